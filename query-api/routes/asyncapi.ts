/** `GET /asyncapi.json`: the live socket, described for programs. */
import type { FastifyPluginAsync } from 'fastify';
import { asyncApi } from '../live/asyncapi.ts';

export const asyncApiRoute =
  (about: { readonly name: string; readonly version: string }): FastifyPluginAsync =>
  async (app) => {
    app.get('/asyncapi.json', { schema: { hide: true } }, async ({ host, protocol }) =>
      asyncApi({ name: about.name, version: about.version, host, secure: protocol === 'https' }),
    );
  };

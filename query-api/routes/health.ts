/** Is it alive, is it ready, how is it doing: for whoever runs Busyhour. No token needed, nothing of a tenant shown. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Registry } from 'prom-client';
import { Type } from 'typebox';
import type { Store } from '../../infra/clickhouse/store.ts';
import { requireRole } from '../auth.ts';
import type { Hub } from '../live/hub.ts';

export interface About {
  readonly name: string;
  readonly version: string;
  /** The numbers come from a simulated centre. */
  readonly simulated: boolean;
  readonly timeZone: string;
}
export interface HealthOptions {
  readonly store: Store;
  readonly hub: Hub;
  readonly registry: Registry;
  readonly about: About;
}

const READINESS = {
  ready: Type.Boolean(),
  store: Type.String({ description: 'ok or unreachable' }),
  live: Type.String({ description: 'ok or catching up' }),
};
const Ready = Type.Object(READINESS);
const NotReady = Type.Object(READINESS, { description: 'Not ready, and why.' });

const storeAnswers = (store: Store): Promise<boolean> => store.ping().catch(() => false);

export const healthRoutes =
  ({ store, hub, registry, about }: HealthOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    const unlimited = { config: { rateLimit: false } };
    app.get(
      '/healthz',
      {
        ...unlimited,
        schema: {
          summary: 'The process is alive',
          description: 'For whoever restarts processes that hang. No store is asked.',
          response: { 200: Type.Object({ alive: Type.Boolean() }) },
        },
      },
      async () => ({ alive: true }),
    );
    app.get(
      '/readyz',
      {
        ...unlimited,
        schema: {
          summary: 'Ready to answer',
          description: 'The store answers, and the live hub has read the topic to its end.',
          response: { 200: Ready, 503: NotReady },
        },
      },
      async (_request, reply) => {
        const storeOk = await storeAnswers(store);
        const liveOk = hub.caughtUp();
        return reply.code(storeOk && liveOk ? 200 : 503).send({
          ready: storeOk && liveOk,
          store: storeOk ? 'ok' : 'unreachable',
          live: liveOk ? 'ok' : 'catching up',
        });
      },
    );
    app.get(
      '/metrics',
      {
        ...unlimited,
        schema: {
          summary: 'Prometheus metrics',
          description: 'Counters of this process, of no tenant, agent or contact.',
        },
      },
      async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()),
    );
    app.get(
      '/v1/about',
      {
        onRequest: requireRole('wallboard'),
        schema: {
          summary: 'What is running here',
          description: 'Whether the figures are of a simulated centre, and in which zone days begin.',
          response: {
            200: Type.Object({
              name: Type.String(),
              version: Type.String(),
              simulated: Type.Boolean(),
              timeZone: Type.String(),
            }),
          },
        },
      },
      async () => about,
    );
  };

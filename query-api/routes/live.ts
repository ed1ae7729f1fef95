/** `GET /v1/live/snapshot`: what a wallboard would show now, as JSON. The WebSocket is in live/upgrade.ts. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { SnapshotSchema } from '../../schemas/live.ts';
import { principalOf, requireRole } from '../auth.ts';
import { snapshotFor } from '../live/fan-out.ts';
import type { Hub } from '../live/hub.ts';
import { LIVE_PATH } from '../live/upgrade.ts';
import { problem, sendProblem } from '../problems.ts';

export const liveRoutes =
  (options: { readonly hub: Hub; readonly nowMs: () => number }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      `${LIVE_PATH}/snapshot`,
      {
        onRequest: requireRole('wallboard'),
        schema: {
          summary: 'Every queue as it stands now',
          description: 'The message that the live socket begins with, for those who only look now and then.',
          response: { 200: SnapshotSchema },
        },
      },
      async (request, reply) => {
        const text = snapshotFor(options.hub.fanOut, principalOf(request), options.nowMs());
        // As text the message goes out as it is; its shape is the schema's.
        return reply
          .type('application/json; charset=utf-8')
          .serializer((body: unknown) => String(body))
          .send(text as never);
      },
    );
    app.get(
      LIVE_PATH,
      {
        schema: {
          summary: 'WebSocket of live queue states',
          description:
            'Subprotocol busyhour.v1; its messages are in /asyncapi.json. A browser sends its token as the second subprotocol.',
        },
      },
      async (_request, reply) => {
        reply.header('upgrade', 'websocket');
        return sendProblem(
          reply,
          problem('upgrade_required', 'open it as a WebSocket, or read /v1/live/snapshot'),
        );
      },
    );
  };

/** `GET /v1/live/snapshot`: what a wallboard would show now, as JSON. The WebSocket is in live/upgrade.ts. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { principalOf, requireRole } from '../auth.ts';
import { snapshotFor } from '../live/fan-out.ts';
import type { Hub } from '../live/hub.ts';
import { LIVE_PATH } from '../live/upgrade.ts';
import { problem, sendProblem } from '../problems.ts';

const Figures = Type.Object({
  offered: Type.Number(),
  answered: Type.Number(),
  abandoned: Type.Number(),
  answered_within: Type.Number(),
  service_level: Type.Union([Type.Number(), Type.Null()]),
  abandonment_rate: Type.Union([Type.Number(), Type.Null()]),
  asa_s: Type.Union([Type.Number(), Type.Null()]),
  aht_s: Type.Union([Type.Number(), Type.Null()]),
  occupancy: Type.Union([Type.Number(), Type.Null()]),
});
const Snapshot = Type.Object({
  type: Type.Literal('snapshot'),
  at: Type.String(),
  seq: Type.Number(),
  queues: Type.Array(
    Type.Object({
      tenant: Type.String(),
      queue: Type.String(),
      channel: Type.String(),
      waiting: Type.Number(),
      oldest_waiting_since: Type.Union([Type.String(), Type.Null()]),
      agents: Type.Record(Type.String(), Type.Number()),
      today: Figures,
      interval: Figures,
      as_of: Type.String(),
      stale: Type.Optional(Type.Literal(true)),
    }),
  ),
});

export const liveRoutes =
  (options: { readonly hub: Hub; readonly nowMs: () => number }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      `${LIVE_PATH}/snapshot`,
      {
        onRequest: requireRole('wallboard'),
        schema: { summary: 'Every queue as it stands now', response: { 200: Snapshot } },
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
      { schema: { summary: 'WebSocket of live queue states (subprotocol busyhour.v1)' } },
      async (_request, reply) => {
        reply.header('upgrade', 'websocket');
        return sendProblem(
          reply,
          problem('upgrade_required', 'open it as a WebSocket, or read /v1/live/snapshot'),
        );
      },
    );
  };

/** `GET /v1/queues`: which queues there are, and since when. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Store } from '../../infra/clickhouse/store.ts';
import { principalOf, queuesInScope, requireRole } from '../auth.ts';
import { type QueueSummaryRow, queuesQuery } from '../queries/queues.ts';

const Reply = Type.Object({
  queues: Type.Array(
    Type.Object({
      queue: Type.String(),
      channels: Type.Array(Type.String()),
      sources: Type.Array(Type.String()),
      first_interval: Type.String({ description: 'ISO 8601, UTC.' }),
      last_interval: Type.String({ description: 'ISO 8601, UTC.' }),
      offered: Type.Number({ description: 'Contacts offered, in all.' }),
    }),
  ),
});

const isoSeconds = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 19)}Z`;

export const queuesRoute =
  (store: Store): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/v1/queues',
      {
        onRequest: requireRole('wallboard'),
        schema: {
          summary: 'The queues this token may see',
          description: 'Each with its channels, its sources, and its first and last quarter hour.',
          response: { 200: Reply },
        },
      },
      async (request) => {
        const principal = principalOf(request);
        const { queues } = queuesInScope(principal, null);
        const { sql, params } = queuesQuery({
          tenant: principal.tenant,
          queues,
          channels: null,
          sources: null,
        });
        const rows = await store.query<QueueSummaryRow>(sql, params);
        return {
          queues: rows.map(({ queue, channels, sources, first_ms, last_ms, offered }) => ({
            queue,
            channels: [...channels],
            sources: [...sources],
            first_interval: isoSeconds(first_ms),
            last_interval: isoSeconds(last_ms),
            offered,
          })),
        };
      },
    );
  };

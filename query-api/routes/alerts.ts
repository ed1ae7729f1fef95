/** `GET /v1/alerts`: which alerts are raised now, for wallboards, and which there were, for planners. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Store } from '../../infra/clickhouse/store.ts';
import { mayActAs, principalOf, queuesInScope, requireRole } from '../auth.ts';
import { badRequest, type Fault, problem, sendProblem } from '../problems.ts';
import { type AlertSelected, alertsQuery } from '../queries/alerts.ts';
import { namesOf, spanOf } from './request-parts.ts';

/** Alerts of one reply. */
export const MAX_ALERTS = 1000;
const DEFAULT_ALERTS = 200;

const Querystring = Type.Object(
  {
    from: Type.Optional(
      Type.String({
        description: 'Date in tz, or ISO 8601; default: today. Needs the role planner, as to does.',
      }),
    ),
    to: Type.Optional(Type.String({ description: 'Exclusive; default: the end of today.' })),
    tz: Type.Optional(Type.String({ description: 'Time zone of dates; default: the configured one.' })),
    status: Type.Optional(
      Type.Enum(['raised', 'cleared'], {
        description: 'Default: raised, or both with from or to. cleared needs the role planner.',
      }),
    ),
    queue: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Only these queues: repeated or separated by commas; \\, is a comma within a name.',
      }),
    ),
    limit: Type.Optional(
      Type.Integer({
        description: `Alerts of the reply, up to ${MAX_ALERTS}; default ${DEFAULT_ALERTS}.`,
        minimum: 1,
        maximum: MAX_ALERTS,
        default: DEFAULT_ALERTS,
      }),
    ),
  },
  { additionalProperties: false },
);
const Reply = Type.Object({
  alerts: Type.Array(
    Type.Object({
      source: Type.String(),
      rule: Type.String(),
      queue: Type.String({ description: 'Empty for a rule on the source as a whole.' }),
      status: Type.String(),
      value: Type.Number({ description: 'When it was raised: a fraction, a count, or seconds.' }),
      threshold: Type.Number(),
      raised_at: Type.String({ description: 'ISO 8601, UTC, in the time of the events.' }),
      cleared_at: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
});

export interface AlertsRouteOptions {
  readonly store: Store;
  readonly nowMs: () => number;
  readonly timeZone: string;
}

const iso = (atMs: number): string => new Date(atMs).toISOString();
const replyRow = ({ raised_ms, cleared_ms, ...row }: AlertSelected) => ({
  ...row,
  raised_at: iso(raised_ms),
  cleared_at: cleared_ms === null ? null : iso(cleared_ms),
});

export const alertsRoute =
  ({ store, nowMs, timeZone }: AlertsRouteOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/v1/alerts',
      {
        onRequest: requireRole('wallboard'),
        schema: {
          summary: 'Alerts raised now, or of a span',
          description:
            'With from, to or status=cleared: the ones there were, by when they were raised. Newest first.',
          querystring: Querystring,
          response: { 200: Reply },
        },
      },
      async (request, reply) => {
        const { query } = request;
        const principal = principalOf(request);
        const isHistory = query.from !== undefined || query.to !== undefined || query.status === 'cleared';
        if (isHistory && !mayActAs(principal, 'planner')) {
          return sendProblem(reply, problem('forbidden', 'alerts of the past need the role planner'));
        }
        const faults: Fault[] = [];
        const range = isHistory ? spanOf(query, { timeZone, nowMs: nowMs() }, faults) : null;
        if (faults.length > 0) return sendProblem(reply, badRequest(faults));
        const { queues, refused } = queuesInScope(principal, namesOf(query.queue));
        if (refused.length > 0) {
          return sendProblem(reply, problem('forbidden', `this token does not cover ${refused.join(', ')}`));
        }
        const { sql, params } = alertsQuery({
          tenant: principal.tenant,
          queues,
          status: query.status ?? (isHistory ? null : 'raised'),
          range,
          limit: query.limit ?? DEFAULT_ALERTS,
        });
        const rows = await store.query<AlertSelected>(sql, params);
        return { alerts: rows.map(replyRow) };
      },
    );
  };

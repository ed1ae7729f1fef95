/** `GET /v1/quality`: first-contact resolution by interval and group. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Store } from '../../infra/clickhouse/store.ts';
import { formatDuration } from '../../schemas/durations.ts';
import { principalOf, queuesInScope, requireRole } from '../auth.ts';
import { COUNT, type ExportColumn, INSTANT, NUMBER } from '../export/columns.ts';
import { FORMATS } from '../export/formats.ts';
import { describeDefinition, sendRows } from '../export/send-export.ts';
import { formatLocal } from '../metrics/buckets.ts';
import { QUALITY_METRICS, qualityFiguresOf } from '../metrics/quality.ts';
import { badRequest, problem, sendProblem } from '../problems.ts';
import { GROUP_COLUMNS, GROUP_NAMES, type QueueGroups } from '../queries/group-columns.ts';
import { type QualityRow, qualityQuery } from '../queries/quality.ts';
import {
  parseQualityRequest,
  QUALITY_INTERVALS,
  QUALITY_LIMITS,
  type QualityRequest,
} from './quality-request.ts';

export interface QualityRouteOptions {
  readonly store: Store;
  readonly nowMs: () => number;
  readonly timeZone: string;
  readonly queueGroups: QueueGroups;
}

const text = (description: string, examples: readonly string[] = []) =>
  Type.Optional(Type.String({ description, maxLength: 200, examples: [...examples] }));
const list = (description: string) =>
  Type.Optional(Type.Array(Type.String({ maxLength: 2000 }), { description, maxItems: 1000 }));

const Querystring = Type.Object(
  {
    from: text('Date in tz, or ISO 8601; default: today.', ['2026-10-01']),
    to: text('Exclusive; default: the end of today.', ['2026-11-01']),
    interval: text(`One of ${QUALITY_INTERVALS.join(', ')}; default 1d.`, ['1w']),
    tz: text('Time zone of days; default: the configured one.', ['Europe/Berlin']),
    fcr_window: text('Who comes back within it was not helped at first; default 7d.', ['7d', '24h']),
    queue: list(
      'Only these queues, or the queues of @group: repeated or separated by commas; \\, is a comma within a name.',
    ),
    queue_group: list('Only the queues of these groups: the same as queue=@group.'),
    channel: list('Only these channels.'),
    source: list('Only these sources.'),
    language: list('Only these languages.'),
    site: list('Only these sites.'),
    tier: list('Only these tiers.'),
    agent: list('Only what these agents answered.'),
    group_by: list(`Any of ${GROUP_NAMES.join(', ')}; default queue. Empty: everything together.`),
    format: text(`One of ${FORMATS.join(', ')}; default json.`, ['csv']),
  },
  { additionalProperties: false },
);
const Reply = Type.Object({
  definition: Type.Record(Type.String(), Type.Unknown()),
  rows: Type.Array(
    Type.Object({
      interval_start: Type.String({ description: 'ISO 8601 with the zone’s offset.' }),
      ...Object.fromEntries(
        GROUP_NAMES.map((name) => [
          name,
          Type.Optional(Type.String({ description: GROUP_COLUMNS[name].doc })),
        ]),
      ),
      ...Object.fromEntries(
        QUALITY_METRICS.map(({ name, unit, doc, formula }) => [
          name,
          Type.Union([Type.Number(), Type.Null()], { description: `${doc} ${formula} (${unit})` }),
        ]),
      ),
      matured: Type.Boolean({
        description: 'The window of all contacts of the interval has passed: the figures stay as they are.',
      }),
    }),
  ),
});

const definitionOf = ({ interval, tz, timeZone, range, windowMs }: QualityRequest) => ({
  fcr_window: formatDuration(windowMs),
  interval,
  tz,
  from: formatLocal(timeZone, range.fromMs),
  to: formatLocal(timeZone, range.toMs),
  ...Object.fromEntries(QUALITY_METRICS.map(({ name, formula }) => [name, formula])),
  computed_from: 'contact_legs',
});

const columnsOf = ({ groupBy }: QualityRequest): readonly ExportColumn[] => [
  { name: 'interval_start', type: INSTANT },
  ...groupBy.map((name) => ({ name, type: 'String' })),
  ...QUALITY_METRICS.map(({ name, unit }) => ({ name, type: unit === 'contacts' ? COUNT : NUMBER })),
  { name: 'matured', type: 'Bool' },
];

const shownRows = (rows: readonly QualityRow[], request: QualityRequest, nowMs: number) => {
  const { groupBy, starts, range, timeZone, windowMs } = request;
  const ends = new Map(starts.map((startMs, i) => [startMs, starts[i + 1] ?? range.toMs]));
  return rows.map((row) => ({
    interval_start: formatLocal(timeZone, row.bucket),
    ...Object.fromEntries(groupBy.map((name) => [name, row[name] ?? ''])),
    ...qualityFiguresOf(row),
    matured: (ends.get(row.bucket) ?? range.toMs) + windowMs <= nowMs,
  }));
};

const TOO_MANY = `more than ${QUALITY_LIMITS.rows} rows; give a nearer from and to, or fewer groups`;

export const qualityRoute =
  ({ store, nowMs, timeZone, queueGroups }: QualityRouteOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/v1/quality',
      {
        onRequest: requireRole('planner'),
        schema: {
          summary: 'First-contact resolution by interval and group',
          description:
            'Rows are where something was answered. A caller who comes back to a queue beyond the token is not seen to.',
          querystring: Querystring,
          response: { 200: Reply },
        },
      },
      async (request, reply) => {
        const parsed = parseQualityRequest(request.query, { nowMs: nowMs(), timeZone, queueGroups });
        if (!parsed.ok) return sendProblem(reply, badRequest(parsed.faults));
        const asked = parsed.value;
        const { channels, sources, format } = asked;
        const principal = principalOf(request);
        const { queues, refused } = queuesInScope(principal, asked.queues);
        if (refused.length > 0) {
          return sendProblem(
            reply,
            problem('forbidden', `this token does not cover queue ${refused.join(', ')}`),
          );
        }
        const { sql, params } = qualityQuery({
          ...asked,
          scope: { tenant: principal.tenant, queues, channels, sources },
          seenQueues: queuesInScope(principal, null).queues,
          families: queueGroups,
          limit: QUALITY_LIMITS.rows + 1,
        });
        const found = await store.query<QualityRow>(sql, params);
        if (found.length > QUALITY_LIMITS.rows)
          return sendProblem(reply, badRequest([{ path: 'from', message: TOO_MANY }]));
        const definition = definitionOf(asked);
        const rows = shownRows(found, asked, nowMs());
        if (format === 'json') return { definition, rows };
        describeDefinition(reply, definition);
        return sendRows(request, reply, 'quality', { store, columns: columnsOf(asked), rows, format });
      },
    );
  };

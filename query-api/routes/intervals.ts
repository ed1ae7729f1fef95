/** `GET /v1/intervals`: figures by interval and group, by a definition of the reader's choice. */
import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Store } from '../../infra/clickhouse/store.ts';
import { principalOf, queuesInScope, requireRole } from '../auth.ts';
import { csvLine } from '../csv.ts';
import {
  bucketStarts,
  formatLocal,
  GRAIN_MS,
  INTERVALS,
  localDayAround,
  type TimeRange,
  widenToGrain,
} from '../metrics/buckets.ts';
import { describeServiceLevel, PROFILE_NAMES } from '../metrics/definition.ts';
import { formatDuration } from '../metrics/durations.ts';
import { type Answer, countRows, type FigureRow, figureRows } from '../metrics/interval-rows.ts';
import { METRICS } from '../metrics/metrics.ts';
import { SERVICE_LEVEL_NAMES } from '../metrics/service-level.ts';
import { badRequest, problem, sendProblem } from '../problems.ts';
import {
  type CountersRow,
  countersQuery,
  type GroupColumn,
  type LevelsRow,
  levelsQuery,
  type Scope,
} from '../queries/intervals.ts';
import { type ExtentRow, extentQuery } from '../queries/queues.ts';
import { FORMATS, type Format, type IntervalsRequest, parseIntervalsRequest } from './intervals-request.ts';

/** Buckets of one reply: a year of quarter hours and some. */
export const MAX_BUCKETS = 40_000;
/** Rows of one reply, which is held in memory: about 70 MB as JSON. */
export const MAX_ROWS = 100_000;
/** Rows written to the socket at once. */
const ROWS_A_CHUNK = 500;

export interface IntervalsRouteOptions {
  readonly store: Store;
  readonly nowMs: () => number;
  readonly timeZone: string;
}

const textParameter = (description: string, examples: readonly string[]) =>
  Type.Optional(Type.String({ description, maxLength: 200, examples: [...examples] }));
const listParameter = (description: string) =>
  Type.Optional(Type.Array(Type.String({ maxLength: 2000 }), { description, maxItems: 1000 }));

const Querystring = Type.Object(
  {
    from: textParameter(
      'Date in tz, or ISO 8601; default: today. With interval=total: the beginning of all data.',
      ['2026-10-25'],
    ),
    to: textParameter('Exclusive; default: the end of today. With interval=total: the end of all data.', [
      '2026-10-26',
    ]),
    interval: textParameter(`One of ${INTERVALS.join(', ')}; default 15m.`, ['1h']),
    tz: textParameter('Time zone of days and of the wall clock; default: the configured one.', [
      'Europe/Berlin',
    ]),
    queue: listParameter('Only these queues: repeated or separated by commas.'),
    channel: listParameter('Only these channels.'),
    source: listParameter('Only these sources.'),
    group_by: listParameter('Any of queue, channel, source; default queue. Empty: everything together.'),
    basis: textParameter('arrival: a contact counts in the interval it was offered in.', ['arrival']),
    sl_threshold: textParameter('Service-level threshold; default 20s.', ['20s', '1m30s']),
    sl_formula: textParameter(`One of ${SERVICE_LEVEL_NAMES.join(', ')}; default abandons_negative.`, [
      'abandons_negative',
    ]),
    short_abandon: textParameter('Longest wait of a short abandon; default 5s.', ['5s']),
    count_exits: Type.Optional(
      Type.Boolean({ description: 'Adds exits to the denominator of the service level.' }),
    ),
    profile: textParameter(`A vendor’s definition: ${PROFILE_NAMES.join(', ')}.`, ['asterisk']),
    format: textParameter(`One of ${FORMATS.join(', ')}; default json.`, ['csv']),
  },
  { additionalProperties: false },
);

const Row = Type.Object({
  interval_start: Type.String({ description: 'ISO 8601 with the zone’s offset.' }),
  queue: Type.Optional(Type.String()),
  channel: Type.Optional(Type.String()),
  source: Type.Optional(Type.String()),
  ...Object.fromEntries(
    METRICS.map(({ name, unit, doc, formula }) => [
      name,
      Type.Union([Type.Number(), Type.Null()], { description: `${doc} ${formula} (${unit})` }),
    ]),
  ),
});
const Reply = Type.Object({
  definition: Type.Record(Type.String(), Type.Unknown()),
  rows: Type.Array(Row),
});

/** What the figures mean, sent along with them. */
const echo = (request: IntervalsRequest, range: TimeRange): Readonly<Record<string, unknown>> => {
  const { definition, timeZone } = request;
  return {
    formula: describeServiceLevel(definition),
    sl_formula: definition.formula,
    sl_threshold: formatDuration(definition.thresholdMs),
    short_abandon: formatDuration(definition.shortAbandonMs),
    count_exits: definition.countExits,
    profile: definition.profile,
    abandon_outcomes: definition.abandonOutcomes,
    exit_outcomes: definition.exitOutcomes,
    interval: request.interval,
    tz: request.tz,
    from: formatLocal(timeZone, range.fromMs),
    to: formatLocal(timeZone, range.toMs),
    basis: 'arrival',
    computed_from: definition.computedFrom,
  };
};

/** Where an end of the range is left open, the data's own. Without data: today. */
const rangeOf = async (
  options: IntervalsRouteOptions,
  request: IntervalsRequest,
  scope: Scope,
): Promise<TimeRange> => {
  const { fromMs, toMs } = request;
  if (fromMs !== null && toMs !== null) return widenToGrain({ fromMs, toMs });
  const { sql, params } = extentQuery(scope);
  const [extent] = await options.store.query<ExtentRow>(sql, params);
  const known = extent !== undefined && extent.intervals > 0;
  const data = known
    ? { fromMs: extent.first_ms, toMs: extent.last_ms + GRAIN_MS }
    : localDayAround(request.timeZone, options.nowMs());
  const from = fromMs ?? Math.min(data.fromMs, toMs ?? data.fromMs);
  return widenToGrain({ fromMs: from, toMs: toMs ?? Math.max(data.toMs, from) });
};

type Outcome = { readonly answer: Answer; readonly range: TimeRange } | { readonly fault: string };

const answerOf = async (
  options: IntervalsRouteOptions,
  request: IntervalsRequest,
  scope: Scope,
): Promise<Outcome> => {
  const { store } = options;
  const { interval, timeZone, groupBy, definition } = request;
  const range = await rangeOf(options, request, scope);
  const starts = bucketStarts({ range, interval, timeZone, limit: MAX_BUCKETS });
  if (starts === null) {
    return { fault: `more than ${MAX_BUCKETS} intervals; give a nearer from and to, or a longer interval` };
  }
  const question = { scope, range, starts, groupBy, definition };
  const run = <Row>({ sql, params }: ReturnType<typeof countersQuery>): Promise<Row[]> =>
    store.query<Row>(sql, params);
  const [counters, levels] = await Promise.all([
    run<CountersRow>(countersQuery(question)),
    definition.computedFrom === 'contact_legs' ? run<LevelsRow>(levelsQuery(question)) : null,
  ]);
  // Only a grouping by queue alone says which groups to expect before anything happened in them.
  const expected = groupBy.join() === 'queue' ? (request.queues ?? []).map((queue) => ({ queue })) : [];
  const answer = { starts, timeZone, groupBy, definition, expected, counters, levels };
  const rows = countRows(answer);
  if (rows > MAX_ROWS) {
    return {
      fault: `${rows} rows, more than ${MAX_ROWS}; give a nearer from and to, a longer interval or fewer queues`,
    };
  }
  return { answer, range };
};

export const fieldsOf = (groupBy: readonly GroupColumn[]): readonly string[] => [
  'interval_start',
  ...groupBy,
  ...METRICS.map((metric) => metric.name),
];

function* inChunks(lines: Iterable<string>): Generator<string> {
  let chunk: string[] = [];
  for (const line of lines) {
    chunk.push(line);
    if (chunk.length === ROWS_A_CHUNK) {
      yield chunk.join('');
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk.join('');
}

function* jsonLines(definition: unknown, rows: Iterable<FigureRow>): Generator<string> {
  yield `{"definition":${JSON.stringify(definition)},"rows":[`;
  let separator = '';
  for (const row of rows) {
    yield separator + JSON.stringify(row);
    separator = ',';
  }
  yield ']}';
}
function* csvLines(groupBy: readonly GroupColumn[], rows: Iterable<FigureRow>): Generator<string> {
  const fields = fieldsOf(groupBy);
  yield csvLine(fields);
  for (const row of rows) yield csvLine(fields.map((field) => row[field] ?? null));
}
function* ndjsonLines(rows: Iterable<FigureRow>): Generator<string> {
  for (const row of rows) yield `${JSON.stringify(row)}\n`;
}

const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  json: 'application/json; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
};

const sendRows = (
  reply: FastifyReply,
  request: IntervalsRequest,
  answer: Answer,
  range: TimeRange,
): FastifyReply => {
  const definition = echo(request, range);
  const rows = figureRows(answer);
  const lines = {
    json: () => jsonLines(definition, rows),
    ndjson: () => ndjsonLines(rows),
    csv: () => csvLines(request.groupBy, rows),
  }[request.format];
  reply.type(CONTENT_TYPES[request.format]);
  // The formats without room for it still carry the definition.
  if (request.format !== 'json') reply.header('busyhour-definition', JSON.stringify(definition));
  if (request.format === 'csv') reply.header('content-disposition', 'attachment; filename="intervals.csv"');
  return reply.send(Readable.from(inChunks(lines())));
};

export const intervalsRoute =
  (options: IntervalsRouteOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/v1/intervals',
      {
        onRequest: requireRole('planner'),
        schema: {
          summary: 'Figures by interval and group',
          description:
            'Gaps are filled with empty intervals. The reply carries the definition it was computed by.',
          querystring: Querystring,
          response: { 200: Reply },
        },
      },
      async (request, reply) => {
        const parsed = parseIntervalsRequest(request.query, {
          nowMs: options.nowMs(),
          timeZone: options.timeZone,
        });
        if (!parsed.ok) return sendProblem(reply, badRequest(parsed.faults));
        const principal = principalOf(request);
        const { queues, refused } = queuesInScope(principal, parsed.value.queues);
        if (refused.length > 0) {
          return sendProblem(
            reply,
            problem('forbidden', `this token does not cover queue ${refused.join(', ')}`),
          );
        }
        const { channels, sources } = parsed.value;
        const outcome = await answerOf(options, parsed.value, {
          tenant: principal.tenant,
          queues,
          channels,
          sources,
        });
        if ('fault' in outcome)
          return sendProblem(reply, badRequest([{ path: 'from', message: outcome.fault }]));
        return sendRows(reply, parsed.value, outcome.answer, outcome.range);
      },
    );
  };

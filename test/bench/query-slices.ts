/** The slices the query benchmark asks for: by the API's own queries, by single legs, and by a scan of all legs. */
import type { Store } from '../../infra/clickhouse/store.ts';
import { exportIntervals } from '../../query-api/export/export-intervals.ts';
import { bucketStarts, type IntervalName } from '../../query-api/metrics/buckets.ts';
import { defineFigures } from '../../query-api/metrics/definition.ts';
import { type FigureRow, figureRows } from '../../query-api/metrics/interval-rows.ts';
import type { GroupColumn } from '../../query-api/queries/group-columns.ts';
import {
  type BoundQuery,
  type CountersRow,
  countersQuery,
  type IntervalsQuestion,
  SETTINGS,
} from '../../query-api/queries/intervals.ts';
import { type LegsRow, legsQuery } from '../../query-api/queries/legs.ts';
import { answerIntervals } from '../../query-api/routes/intervals-answer.ts';
import { type IntervalsRequest, parseIntervalsRequest } from '../../query-api/routes/intervals-request.ts';
import type { SourceMemo } from '../../query-api/routes/source-ends.ts';
import { BENCH_TENANTS, BENCH_YEAR } from './query-data.ts';

const TIME_ZONE = 'Europe/Berlin';
const MAX_BUCKETS = 40_000;

interface Asked {
  readonly from: string;
  readonly to: string;
  readonly interval: IntervalName;
  readonly groupBy: readonly GroupColumn[];
  readonly queues?: readonly string[];
  readonly percentiles?: readonly number[];
}
export interface Slice {
  readonly name: string;
  readonly question: IntervalsQuestion;
  /** What a client of the API would ask. */
  readonly request: IntervalsRequest;
  readonly api: BoundQuery;
  /** The same from single legs, found by the table's key. */
  readonly legs: BoundQuery;
  /** The same from a scan of every leg of every tenant, through the public view and so with FINAL, without settings. */
  readonly raw: BoundQuery;
  /** The quickest scan there is: of the table below, without FINAL, each column read where those before it match. */
  readonly quickRaw: BoundQuery;
}

/** Without an index. */
const SCAN = 'use_primary_key = 0, use_skip_indexes = 0';

const requestOf = ({ from, to, interval, groupBy, queues, percentiles }: Asked): IntervalsRequest => {
  const parsed = parseIntervalsRequest(
    {
      from,
      to,
      interval,
      tz: TIME_ZONE,
      group_by: groupBy,
      ...(queues === undefined ? {} : { queue: queues }),
      ...(percentiles === undefined ? {} : { percentiles: percentiles.map(String) }),
    },
    { nowMs: Date.parse(to), timeZone: TIME_ZONE, queueGroups: {} },
  );
  if (!parsed.ok) throw new Error(parsed.faults.map(({ path, message }) => `${path}: ${message}`).join('; '));
  return parsed.value;
};

const sliceOf = (name: string, asked: Asked): Slice => {
  const range = { fromMs: Date.parse(asked.from), toMs: Date.parse(asked.to) };
  const { interval, groupBy, queues = null, percentiles = [] } = asked;
  const starts = bucketStarts({ range, interval, timeZone: TIME_ZONE, limit: MAX_BUCKETS }) ?? [];
  const question: IntervalsQuestion = {
    scope: { tenant: BENCH_TENANTS[0], queues, channels: null, sources: null },
    filters: {},
    range,
    starts,
    groupBy,
    queueGroups: {},
    definition: defineFigures({}),
    percentiles,
  };
  const legs = legsQuery(question);
  const scan = legs.sql.replace('acd.contact_legs AS l', 'acd.contact_legs_rows AS l');
  return {
    name,
    question,
    request: requestOf(asked),
    api: countersQuery(question),
    legs,
    raw: { sql: legs.sql.replace(SETTINGS, `SETTINGS ${SCAN}`), params: legs.params },
    quickRaw: { sql: `${scan}, ${SCAN}`, params: legs.params },
  };
};

export const SLICES: readonly Slice[] = [
  sliceOf('one queue, one day, by 15 minutes', {
    from: `${BENCH_YEAR}-03-12T00:00+01:00`,
    to: `${BENCH_YEAR}-03-13T00:00+01:00`,
    interval: '15m',
    groupBy: ['queue'],
    queues: ['queue-005'],
  }),
  sliceOf('200 queues, one month, by day', {
    from: `${BENCH_YEAR}-05-01T00:00+02:00`,
    to: `${BENCH_YEAR}-06-01T00:00+02:00`,
    interval: '1d',
    groupBy: ['queue'],
  }),
  sliceOf('one tenant, the year, by hour', {
    from: `${BENCH_YEAR}-01-01T00:00+01:00`,
    to: `${BENCH_YEAR + 1}-01-01T00:00+01:00`,
    interval: '1h',
    groupBy: [],
  }),
  sliceOf('percentiles of 200 queues, the year, by week', {
    from: `${BENCH_YEAR}-01-01T00:00+01:00`,
    to: `${BENCH_YEAR + 1}-01-01T00:00+01:00`,
    interval: '1w',
    groupBy: ['queue'],
    percentiles: [50, 90, 95],
  }),
];

/** The whole of a request but for HTTP: all queries, every row, as JSON; resolves with its bytes. */
export const answerWhole = async (
  store: Store,
  memo: SourceMemo,
  { request, question }: Slice,
): Promise<number> => {
  const outcome = await answerIntervals(
    { store, nowMs: () => question.range.toMs, memo },
    request,
    question.scope,
  );
  if (outcome.status === 'refused') throw new Error(outcome.fault);
  let bytes = 0;
  for await (const chunk of await exportIntervals(store, request, outcome.answer)) bytes += chunk.length;
  return bytes;
};

/** Agents' time and what waits is known to totals alone; sources and definition are about where it comes from. */
const TOTALS_ALONE = new Set([
  'in_progress',
  'occupancy',
  'utilisation',
  'staffed_s',
  'late_corrections',
  'definition',
]);

const rowsOf = (
  { question }: Slice,
  counters: readonly CountersRow[] | null,
  legs: readonly LegsRow[] | null,
): readonly FigureRow[] => {
  const { starts, range, groupBy, definition, percentiles } = question;
  const counted = { counters, levels: null, legs, agentTime: null, upTo: new Map<string, number>() };
  const answer = { starts, endMs: range.toMs, timeZone: TIME_ZONE, groupBy, definition, percentiles };
  return [...figureRows({ ...answer, expected: [], counted })];
};

/** A sum of halves and thirds differs in its last digit with the order of adding. */
const isSame = (a: FigureRow[string] | undefined, b: FigureRow[string] | undefined): boolean =>
  typeof a === 'number' && typeof b === 'number' ? Math.abs(a - b) <= 1e-9 * Math.abs(a) : a === b;

/** Where figures by the API and by the scan differ: the first few. */
export const equalAnswers = async (store: Store, slice: Slice): Promise<readonly string[]> => {
  const counters = await store.query<CountersRow>(slice.api.sql, slice.api.params);
  const scanned = await store.query<LegsRow>(slice.raw.sql, slice.raw.params);
  const [expected, found] = [rowsOf(slice, null, scanned), rowsOf(slice, counters, null)];
  if (found.length !== expected.length) return [`${found.length} rows, not ${expected.length}`];
  const differences = found.flatMap((row, i) =>
    Object.keys(row)
      .filter((field) => !TOTALS_ALONE.has(field) && !isSame(row[field], expected[i]?.[field]))
      .map(
        (field) =>
          `${row.interval_start} ${row.queue ?? ''} ${field}: ${row[field]}, not ${expected[i]?.[field]}`,
      ),
  );
  return differences.slice(0, 5);
};

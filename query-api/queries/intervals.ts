/** The SQL behind `/v1/intervals` over stored totals: counters by bucket and group, and what they rest on. */
import { type EdgeRun, runsOf, type TimeRange } from '../metrics/buckets.ts';
import type { Definition } from '../metrics/definition.ts';
import { AGENT_COUNTERS, type AgentCounters, COUNTERS, type ContactCounters } from '../metrics/metrics.ts';
import {
  GROUP_COLUMNS,
  type GroupColumn,
  type GroupValues,
  type LegColumn,
  type QueueGroups,
} from './group-columns.ts';

/** A statement with `{name:Type}` placeholders and what to bind to them. */
export interface BoundQuery {
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** What a reader may see and asked for; `null` = no restriction. */
export interface Scope {
  readonly tenant: string;
  readonly queues: readonly string[] | null;
  readonly channels: readonly string[] | null;
  readonly sources: readonly string[] | null;
}

export interface IntervalsQuestion {
  readonly scope: Scope;
  /** What only single legs know, restricted to these values. */
  readonly filters: Readonly<Partial<Record<LegColumn, readonly string[]>>>;
  readonly range: TimeRange;
  /** Starts of the buckets, the first being `range.fromMs`. */
  readonly starts: readonly number[];
  readonly groupBy: readonly GroupColumn[];
  readonly queueGroups: QueueGroups;
  readonly definition: Definition;
  /** Per cent, 1 to 99. */
  readonly percentiles: readonly number[];
}

/** Counts under a limit of waiting. */
export type LimitCounts = Readonly<
  Record<'answered_within' | 'abandoned_within' | 'short_abandoned', number>
>;
export type BucketRow = { readonly bucket: number } & GroupValues;
/** What every answer tells of where it comes from. */
export interface Sourced {
  readonly sources: readonly string[];
  /** Upper edges in ms, in the order asked for; 0 without an answered contact. */
  readonly percentiles_ms: readonly number[];
}
/** Further generations of totals: they had left the fold's memory and were touched again. */
type Corrected = { readonly late_corrections: number };
export type CountersRow = BucketRow & LimitCounts & ContactCounters & AgentCounters & Sourced & Corrected;
export type AgentTimeRow = BucketRow & AgentCounters & Corrected;

/** Every query goes through this: no row of another tenant, or of a queue out of scope, can be read. */
export const scoped = ({ queues, channels, sources }: Scope): string =>
  [
    'tenant = {tenant:String}',
    ...(queues === null ? [] : ['queue IN {queues:Array(String)}']),
    ...(channels === null ? [] : ['channel IN {channels:Array(String)}']),
    ...(sources === null ? [] : ['source IN {sources:Array(String)}']),
  ].join('\n  AND ');

export const scopeParams = ({ tenant, queues, channels, sources }: Scope): BoundQuery['params'] => ({
  tenant,
  ...(queues === null ? {} : { queues }),
  ...(channels === null ? {} : { channels }),
  ...(sources === null ? {} : { sources }),
});

/** The edges are rebuilt from their runs inside the query: written out, a year of quarter hours exceeds an HTTP parameter. */
const EDGES = `arrayFlatten(arrayMap((start, step, n) -> arrayMap(i -> start + i * step, range(n)),
  {run_starts:Array(Int64)}, {run_steps:Array(Int64)}, {run_counts:Array(UInt64)}))`;
/** Even buckets need no search, and ClickHouse plans this in less time. The last one may be longer than the others. */
const evenBucket = (atMs: string): string =>
  `{run_start:Int64} + least(intDiv(${atMs} - {run_start:Int64}, {run_step:Int64}), {run_last:Int64}) * {run_step:Int64}`;

const bucketParams = (runs: readonly EdgeRun[]): Readonly<Record<string, unknown>> => {
  const [run] = runs;
  return run !== undefined && runs.length === 1
    ? { run_start: run.startMs, run_step: Math.max(run.stepMs, 1), run_last: run.count - 1 }
    : {
        run_starts: runs.map(({ startMs }) => startMs),
        run_steps: runs.map(({ stepMs }) => stepMs),
        run_counts: runs.map(({ count }) => count),
      };
};

export interface BucketSql {
  /** What stands in SELECT, as `bucket`: the start of the one a moment lies in, UTC ms. */
  readonly of: (column: string) => string;
  readonly params: BoundQuery['params'];
}
/** `starts` are the buckets', ascending; no moment asked about may lie before the first. */
export const bucketSql = (starts: readonly number[]): BucketSql => {
  const runs = runsOf(starts);
  const bucket = (atMs: string): string =>
    runs.length === 1 ? evenBucket(atMs) : `roundDown(${atMs}, ${EDGES})`;
  return {
    of: (column) => `${bucket(`toUnixTimestamp64Milli(${column})`)} AS bucket`,
    params: bucketParams(runs),
  };
};

/** Parameters of every query of one question. */
export const questionParams = ({
  scope,
  range,
  starts,
  queueGroups,
  definition,
}: IntervalsQuestion): Readonly<Record<string, unknown>> => ({
  ...scopeParams(scope),
  from_ms: range.fromMs,
  to_ms: range.toMs,
  ...bucketSql(starts).params,
  group_names: Object.keys(queueGroups),
  group_queues: Object.values(queueGroups),
  threshold_ms: definition.thresholdMs,
  short_ms: definition.shortAbandonMs,
});

export const within = (column: string): string =>
  `${column} >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') AND ${column} < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')`;

/** Expressions come from the table of columns only, never from a request. */
export const selectGroups = (groupBy: readonly GroupColumn[]): string =>
  groupBy.map((name) => GROUP_COLUMNS[name].sql).join(', ');
export const groupSelect = (groupBy: readonly GroupColumn[]): string =>
  groupBy.length === 0 ? '' : `, ${selectGroups(groupBy)}`;
export const keys = (groupBy: readonly GroupColumn[]): string => ['bucket', ...groupBy].join(', ');
export const grouped = (groupBy: readonly GroupColumn[]): string =>
  `GROUP BY ${keys(groupBy)}\nORDER BY ${keys(groupBy)}`;

/** The edges by which so many per cent are counted, as `quantilesExactWeighted…` finds them in `counted`. */
export const percentilesSql = (percentiles: readonly number[], variant: string, counted: string): string => {
  if (percentiles.length === 0) return '[] AS percentiles_ms';
  // Written out, since an aggregate function takes no bound parameter; as numbers, which cannot be anything else.
  const levels = percentiles.map((percent) => Math.round(percent) / 100).join(', ');
  return `quantilesExactWeighted${variant}(${levels})(${counted}) AS percentiles_ms`;
};
/** Counts may be below 0 in a later generation; modulo 2^64 they add up to the same. */
const HISTOGRAM = "mapKeys(wait_answered), CAST(mapValues(wait_answered), 'Array(UInt64)')";

const countUpTo = (histogram: string, limit: string): string =>
  `sum(arraySum((edge, n) -> if(edge <= {${limit}:Int64}, n, 0), mapKeys(${histogram}), mapValues(${histogram})))`;

const sumOf = (column: (typeof COUNTERS)[number]): string =>
  column === 'max_wait_ms' ? `max(t.${column}) AS ${column}` : `sum(t.${column}) AS ${column}`;

/** Straight from the rows: their counters add up over generations, so the view's own adding up first would be for nothing. */
const totalsOf = ({ scope }: IntervalsQuestion): string => `FROM acd.queue_intervals_rows AS t FINAL
WHERE ${scoped(scope)} AND ${within('interval_start')}`;

/** Only columns of the key are asked about, and these are read first: FINAL then merges what matches, not everything. */
export const SETTINGS = 'SETTINGS optimize_move_to_prewhere_if_final = 1';
/** Each name is hashed by itself: ClickHouse then hashes what is in its dictionary, and not every row's text. */
const INTERVAL_HASH =
  'cityHash64(queue) + 3 * cityHash64(channel) + 5 * cityHash64(source) + intHash64(toUnixTimestamp64Milli(interval_start))';
const LATE_CORRECTIONS = `count() - uniqExact(${INTERVAL_HASH}) AS late_corrections`;

/** Counters by bucket and group; the limits are exact when they are edges of the histograms. */
export const countersQuery = (question: IntervalsQuestion): BoundQuery => ({
  sql: `SELECT ${bucketSql(question.starts).of('interval_start')}${groupSelect(question.groupBy)},
  ${COUNTERS.map(sumOf).join(',\n  ')},
  ${countUpTo('wait_answered', 'threshold_ms')} AS answered_within,
  ${countUpTo('wait_abandoned', 'threshold_ms')} AS abandoned_within,
  ${countUpTo('wait_abandoned', 'short_ms')} AS short_abandoned,
  groupUniqArray(source) AS sources,
  ${LATE_CORRECTIONS},
  ${percentilesSql(question.percentiles, 'Array', HISTOGRAM)}
${totalsOf(question)}
${grouped(question.groupBy)}
${SETTINGS}`,
  params: questionParams(question),
});

/** Agents' time alone, beside contacts that are counted from single legs. */
export const agentTimeQuery = (question: IntervalsQuestion): BoundQuery => ({
  sql: `SELECT ${bucketSql(question.starts).of('interval_start')}${groupSelect(question.groupBy)},
  ${AGENT_COUNTERS.map(sumOf).join(',\n  ')},
  ${LATE_CORRECTIONS}
${totalsOf(question)}
${grouped(question.groupBy)}
${SETTINGS}`,
  params: questionParams(question),
});

/** Which groups have anything in a range. */
export const groupsQuery = (question: IntervalsQuestion): BoundQuery => ({
  sql: `SELECT DISTINCT ${selectGroups(question.groupBy)}
FROM acd.queue_intervals_rows
WHERE ${scoped(question.scope)} AND ${within('interval_start')}`,
  params: questionParams(question),
});

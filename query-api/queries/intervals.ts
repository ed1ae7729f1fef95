/** The SQL behind `/v1/intervals`: counters by bucket and group, and the limits' counts from single legs. */
import type { LegOutcome } from '../../schemas/rows.ts';
import { type EdgeRun, runsOf, type TimeRange } from '../metrics/buckets.ts';
import type { Definition } from '../metrics/definition.ts';
import { COUNTERS } from '../metrics/metrics.ts';

/** A statement with `{name:Type}` placeholders and what to bind to them. */
export interface BoundQuery {
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export const GROUP_COLUMNS = ['queue', 'channel', 'source'] as const;
export type GroupColumn = (typeof GROUP_COLUMNS)[number];
export const isGroupColumn = (name: string): name is GroupColumn =>
  GROUP_COLUMNS.some((column) => column === name);

/** What a reader may see and asked for; `null` = no restriction. */
export interface Scope {
  readonly tenant: string;
  readonly queues: readonly string[] | null;
  readonly channels: readonly string[] | null;
  readonly sources: readonly string[] | null;
}

export interface IntervalsQuestion {
  readonly scope: Scope;
  readonly range: TimeRange;
  /** Starts of the buckets, the first being `range.fromMs`. */
  readonly starts: readonly number[];
  readonly groupBy: readonly GroupColumn[];
  readonly definition: Definition;
}

export type GroupValues = Readonly<Partial<Record<GroupColumn, string>>>;
/** Counts under a limit of waiting. */
type LimitCounts = Readonly<Record<'answered_within' | 'abandoned_within' | 'short_abandoned', number>>;
export type BucketRow = { readonly bucket: number } & GroupValues;
export type CountersRow = BucketRow & LimitCounts & Readonly<Record<(typeof COUNTERS)[number], number>>;
export type LevelsRow = BucketRow &
  LimitCounts &
  Readonly<Record<'level_answered' | 'level_abandoned' | 'level_exits', number>>;

/** Every query goes through this: no row of another tenant, or of a queue out of scope, can be read. */
export const SCOPED = `tenant = {tenant:String}
  AND ({any_queue:Bool} OR queue IN {queues:Array(String)})
  AND ({any_channel:Bool} OR channel IN {channels:Array(String)})
  AND ({any_source:Bool} OR source IN {sources:Array(String)})`;

export const scopeParams = (scope: Scope): Readonly<Record<string, unknown>> => ({
  tenant: scope.tenant,
  any_queue: scope.queues === null,
  queues: scope.queues ?? [],
  any_channel: scope.channels === null,
  channels: scope.channels ?? [],
  any_source: scope.sources === null,
  sources: scope.sources ?? [],
});

/** The edges are rebuilt from their runs inside the query: written out, a year of quarter hours exceeds an HTTP parameter. */
const EDGES = `arrayFlatten(arrayMap((start, step, n) -> arrayMap(i -> start + i * step, range(n)),
  {run_starts:Array(Int64)}, {run_steps:Array(Int64)}, {run_counts:Array(UInt64)}))`;

const runParams = (runs: readonly EdgeRun[]): Readonly<Record<string, unknown>> => ({
  run_starts: runs.map((run) => run.startMs),
  run_steps: runs.map((run) => run.stepMs),
  run_counts: runs.map((run) => run.count),
});

const rangeParams = (range: TimeRange): Readonly<Record<string, unknown>> => ({
  from_ms: range.fromMs,
  to_ms: range.toMs,
});

const within = (column: string): string =>
  `>= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') AND ${column} < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')`;

/** Column names come from `GROUP_COLUMNS` and `COUNTERS` only, never from a request. */
const keys = (groupBy: readonly GroupColumn[]): string => ['bucket', ...groupBy].join(', ');

const countUpTo = (histogram: string, limit: string): string =>
  `sum(arraySum(mapValues(mapFilter((edge, n) -> edge <= {${limit}:Int64}, ${histogram}))))`;

const sumOf = (column: (typeof COUNTERS)[number]): string =>
  column === 'max_wait_ms' ? `max(t.${column}) AS ${column}` : `sum(t.${column}) AS ${column}`;

/** Counters of `queue_intervals` by bucket and group; the limits are exact when they are edges of the histograms. */
export const countersQuery = (question: IntervalsQuestion): BoundQuery => ({
  sql: `SELECT roundDown(toUnixTimestamp64Milli(interval_start), ${EDGES}) AS bucket${groupColumns(question.groupBy)},
  ${COUNTERS.map(sumOf).join(',\n  ')},
  ${countUpTo('wait_answered', 'threshold_ms')} AS answered_within,
  ${countUpTo('wait_abandoned', 'threshold_ms')} AS abandoned_within,
  ${countUpTo('wait_abandoned', 'short_ms')} AS short_abandoned
FROM acd.queue_intervals AS t
WHERE ${SCOPED} AND interval_start ${within('interval_start')}
GROUP BY ${keys(question.groupBy)}
ORDER BY ${keys(question.groupBy)}`,
  params: {
    ...scopeParams(question.scope),
    ...rangeParams(question.range),
    ...runParams(runsOf(question.starts)),
    threshold_ms: question.definition.thresholdMs,
    short_ms: question.definition.shortAbandonMs,
  },
});

const groupColumns = (groupBy: readonly GroupColumn[]): string =>
  groupBy.map((column) => `, ${column}`).join('');

const outcomesIn = (name: string): string => `outcome IN {${name}:Array(String)}`;

/** The same counts for any limit and any set of outcomes, from single legs by when they were offered. */
export const levelsQuery = (question: IntervalsQuestion): BoundQuery => ({
  sql: `SELECT roundDown(toUnixTimestamp64Milli(offered_at), ${EDGES}) AS bucket${groupColumns(question.groupBy)},
  countIf(outcome = 'answered') AS level_answered,
  countIf(${outcomesIn('abandons')}) AS level_abandoned,
  countIf(${outcomesIn('exits')}) AS level_exits,
  countIf(outcome = 'answered' AND wait_ms <= {threshold_ms:Int64}) AS answered_within,
  countIf(${outcomesIn('abandons')} AND wait_ms <= {threshold_ms:Int64}) AS abandoned_within,
  countIf(${outcomesIn('abandons')} AND wait_ms <= {short_ms:Int64}) AS short_abandoned
FROM acd.contact_legs
WHERE ${SCOPED} AND offered_at ${within('offered_at')}
GROUP BY ${keys(question.groupBy)}
ORDER BY ${keys(question.groupBy)}`,
  params: {
    ...scopeParams(question.scope),
    ...rangeParams(question.range),
    ...runParams(runsOf(question.starts)),
    threshold_ms: question.definition.thresholdMs,
    short_ms: question.definition.shortAbandonMs,
    abandons: question.definition.abandonOutcomes satisfies readonly LegOutcome[],
    exits: question.definition.exitOutcomes satisfies readonly LegOutcome[],
  },
});

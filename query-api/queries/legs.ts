/** The SQL behind `/v1/intervals` over single legs: any limit, set of outcomes, basis and column a leg has. */
import type { LegOutcome } from '../../schemas/rows.ts';
import { OPEN_EDGE_MS, WAIT_EDGE_RANGES } from '../../schemas/wait-edges.ts';
import { type Basis, LONGEST_LEG_DAYS } from '../metrics/definition.ts';
import type { ContactCounters } from '../metrics/metrics.ts';
import { LEG_COLUMNS } from './group-columns.ts';
import {
  type BoundQuery,
  type BucketRow,
  bucketSql,
  grouped,
  groupSelect,
  type IntervalsQuestion,
  type LimitCounts,
  percentilesSql,
  questionParams,
  SETTINGS,
  type Sourced,
  scoped,
  selectGroups,
  within,
} from './intervals.ts';

export type LevelsRow = BucketRow &
  LimitCounts &
  Readonly<Record<'level_answered' | 'level_abandoned' | 'level_exits', number>>;
export type LegsRow = LevelsRow & ContactCounters & Sourced;

/** The edge a wait counts under, as `edgeOf` of schemas/wait-edges.ts has it. */
export const waitEdgeSql = (wait: string): string => {
  const cases = WAIT_EDGE_RANGES.map(
    ({ toMs, stepMs }) =>
      `${wait} <= ${toMs}, greatest(intDiv(${wait} + ${stepMs - 1}, ${stepMs}), 1) * ${stepMs}`,
  );
  return `multiIf(${cases.join(', ')}, ${OPEN_EDGE_MS})`;
};

/** A wait that nobody knows (a lost contact, a refused one) is taken to be over at once. */
const LEFT_QUEUE_AT = 'ifNull(l.answered_at, l.offered_at + toIntervalMillisecond(ifNull(l.wait_ms, 0)))';
const MOMENTS: Readonly<Record<Basis, string>> = {
  arrival: 'l.offered_at',
  answer: LEFT_QUEUE_AT,
  end: `ifNull(l.ended_at, ${LEFT_QUEUE_AT})`,
};

/** The key prunes by when contacts were offered: never after any of the moments, and never longer before than a leg lasts. */
const during = (basis: Basis): string =>
  basis === 'arrival'
    ? within('offered_at')
    : `offered_at >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') - INTERVAL ${LONGEST_LEG_DAYS} DAY
  AND offered_at < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC') AND ${within(MOMENTS[basis])}`;

/** What is asked of columns that only legs have, as further conditions and their parameters. */
export const filtersOf = ({ filters }: Pick<IntervalsQuestion, 'filters'>): string =>
  LEG_COLUMNS.filter((column) => filters[column] !== undefined)
    .map((column) => ` AND ${column} IN {only_${column}:Array(String)}`)
    .join('');

export const filterParams = ({ filters }: Pick<IntervalsQuestion, 'filters'>): BoundQuery['params'] =>
  Object.fromEntries(Object.entries(filters).map(([column, values]) => [`only_${column}`, values]));

const paramsOf = (question: IntervalsQuestion): BoundQuery['params'] => ({
  ...questionParams(question),
  ...filterParams(question),
  abandons: question.definition.abandonOutcomes satisfies readonly LegOutcome[],
  exits: question.definition.exitOutcomes satisfies readonly LegOutcome[],
});

const outcomesIn = (name: string): string => `outcome IN {${name}:Array(String)}`;
const LEVELS = `countIf(outcome = 'answered') AS level_answered,
  countIf(${outcomesIn('abandons')}) AS level_abandoned,
  countIf(${outcomesIn('exits')}) AS level_exits,
  countIf(outcome = 'answered' AND l.wait_ms <= {threshold_ms:Int64}) AS answered_within,
  countIf(${outcomesIn('abandons')} AND l.wait_ms <= {threshold_ms:Int64}) AS abandoned_within,
  countIf(${outcomesIn('abandons')} AND l.wait_ms <= {short_ms:Int64}) AS short_abandoned`;

const legsOf = (question: IntervalsQuestion): string =>
  `FROM acd.contact_legs AS l
WHERE ${scoped(question.scope)} AND ${during(question.definition.basis)}${filtersOf(question)}`;

/** The service level's counts alone, beside counters from stored totals. */
export const levelsQuery = (question: IntervalsQuestion): BoundQuery => ({
  sql: `SELECT ${bucketSql(question.starts).of(MOMENTS[question.definition.basis])}${groupSelect(question.groupBy)},
  ${LEVELS}
${legsOf(question)}
${grouped(question.groupBy)}
${SETTINGS}`,
  params: paramsOf(question),
});

const HANDLED = "outcome = 'answered' AND l.talk_ms IS NOT NULL";
const sumIf = (column: string, condition: string): string =>
  `ifNull(sumIf(l.${column}, ${condition}), 0) AS ${column}`;
/** Counters as the fold counts them (processors/domain/interval.ts). */
const COUNTER_SQL: Readonly<Record<keyof ContactCounters, string>> = {
  offered: "countIf(NOT startsWith(outcome, 'refused_')) AS offered",
  answered: "countIf(outcome = 'answered') AS answered",
  abandoned: "countIf(outcome = 'abandoned') AS abandoned",
  timed_out: "countIf(outcome = 'timed_out') AS timed_out",
  left_empty: "countIf(outcome = 'left_empty') AS left_empty",
  key_exit: "countIf(outcome = 'key_exit') AS key_exit",
  overflowed: "countIf(outcome = 'overflowed') AS overflowed",
  callback: "countIf(outcome = 'callback') AS callback",
  withdrawn: "countIf(outcome = 'withdrawn') AS withdrawn",
  unknown: "countIf(outcome = 'unknown') AS unknown",
  refused_full: "countIf(outcome = 'refused_full') AS refused_full",
  refused_empty: "countIf(outcome = 'refused_empty') AS refused_empty",
  refused_closed: "countIf(outcome = 'refused_closed') AS refused_closed",
  in_progress: 'toUInt64(0) AS in_progress',
  wait_answered_ms: "ifNull(sumIf(l.wait_ms, outcome = 'answered'), 0) AS wait_answered_ms",
  wait_abandoned_ms: "ifNull(sumIf(l.wait_ms, outcome = 'abandoned'), 0) AS wait_abandoned_ms",
  max_wait_ms: "ifNull(maxIf(l.wait_ms, outcome != 'unknown'), 0) AS max_wait_ms",
  handled: `countIf(${HANDLED}) AS handled`,
  held: `countIf(${HANDLED} AND l.hold_ms > 0) AS held`,
  talk_ms: sumIf('talk_ms', HANDLED),
  hold_ms: sumIf('hold_ms', HANDLED),
  wrap_ms: sumIf('wrap_ms', HANDLED),
  transferred_blind: `countIf(${HANDLED} AND transfer_kind = 'blind') AS transferred_blind`,
  transferred_attended: `countIf(${HANDLED} AND transfer_kind = 'attended') AS transferred_attended`,
};

const ANSWERED_EDGES = `toUInt32(${waitEdgeSql('ifNull(l.wait_ms, 0)')}), 1, outcome = 'answered'`;

/** Every count of contacts, from single legs alone. */
export const legsQuery = (question: IntervalsQuestion): BoundQuery => ({
  sql: `SELECT ${bucketSql(question.starts).of(MOMENTS[question.definition.basis])}${groupSelect(question.groupBy)},
  ${Object.values(COUNTER_SQL).join(',\n  ')},
  ${LEVELS},
  groupUniqArray(source) AS sources,
  ${percentilesSql(question.percentiles, 'If', ANSWERED_EDGES)}
${legsOf(question)}
${grouped(question.groupBy)}
${SETTINGS}`,
  params: paramsOf(question),
});

/** Which groups have anything in a range. */
export const legGroupsQuery = (question: IntervalsQuestion): BoundQuery => ({
  sql: `SELECT DISTINCT ${selectGroups(question.groupBy)}
${legsOf(question)}`,
  params: paramsOf(question),
});

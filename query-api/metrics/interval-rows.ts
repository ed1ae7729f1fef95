/** Makes rows of figures out of what the store counted: gaps filled, in order, one a bucket and group. Pure. */

import type { ServiceLevelCounts } from '../../schemas/service-level.ts';
import { OPEN_EDGE_MS } from '../../schemas/wait-edges.ts';
import type { GroupColumn, GroupValues } from '../queries/group-columns.ts';
import type { AgentTimeRow, BucketRow, CountersRow } from '../queries/intervals.ts';
import type { LegsRow, LevelsRow } from '../queries/legs.ts';
import { formatLocal } from './buckets.ts';
import { type Definition, nameDefinition } from './definition.ts';
import {
  AGENT_COUNTERS,
  type AgentCounters,
  type Cell,
  CONTACT_COUNTERS,
  METRICS,
  writeFigures,
} from './metrics.ts';
import { percentileField } from './percentiles.ts';
import { dataUpTo, finalityOf, type UpTo } from './provenance.ts';

export type FigureRow = Readonly<Record<string, string | number | null>>;

/** What the store answered. Contacts come from `counters`, or else from `legs`. */
export interface Counted {
  readonly counters: readonly CountersRow[] | null;
  /** Given when only the limits' counts come from single legs. */
  readonly levels: readonly LevelsRow[] | null;
  readonly legs: readonly LegsRow[] | null;
  /** Agents’ time beside `legs`; null where the groups cannot tell it apart. */
  readonly agentTime: readonly AgentTimeRow[] | null;
  readonly upTo: UpTo;
}

export interface Answer {
  readonly starts: readonly number[];
  /** End of the last bucket, exclusive. */
  readonly endMs: number;
  readonly timeZone: string;
  readonly groupBy: readonly GroupColumn[];
  readonly definition: Definition;
  readonly percentiles: readonly number[];
  /** Groups to show though nothing happened in them. */
  readonly expected: readonly GroupValues[];
  readonly counted: Counted;
}

const compareText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

interface Group {
  readonly key: string;
  readonly values: GroupValues;
}
interface Groups {
  readonly keyOf: (values: GroupValues) => string;
  /** Every group in order, by its columns. */
  readonly all: readonly Group[];
}

const groupsOf = ({ groupBy, expected, counted }: Answer): Groups => {
  const keyOf = (values: GroupValues): string =>
    JSON.stringify(groupBy.map((column) => values[column] ?? ''));
  const byKey = new Map<string, GroupValues>();
  const { counters, levels, legs, agentTime } = counted;
  // Without grouping there is one group, also when nothing happened.
  const seen: readonly GroupValues[] =
    groupBy.length === 0
      ? [{}]
      : [...expected, ...(counters ?? []), ...(levels ?? []), ...(legs ?? []), ...(agentTime ?? [])];
  for (const values of seen) {
    const key = keyOf(values);
    if (!byKey.has(key))
      byKey.set(key, Object.fromEntries(groupBy.map((column) => [column, values[column] ?? ''])));
  }
  const inOrder = [...byKey]
    .map(([key, values]) => ({ key, values }))
    .sort(
      ({ values: a }, { values: b }) =>
        groupBy.map((column) => compareText(a[column] ?? '', b[column] ?? '')).find((order) => order !== 0) ??
        0,
    );
  return { keyOf, all: inOrder };
};

/** How many rows an answer has, before any is made. */
export const countRows = (answer: Answer): number => groupsOf(answer).all.length * answer.starts.length;

/** Rows of one kind by bucket and group. */
const indexed = <Row extends BucketRow>(
  rows: readonly Row[] | null,
  keyOf: (values: GroupValues) => string,
): ReadonlyMap<string, Row> =>
  new Map((rows ?? []).map((row) => [`${row.bucket} ${keyOf(row)}`, row] as const));

const zeros = <Name extends string>(names: readonly Name[]): Readonly<Record<Name, number>> =>
  Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
const NO_CONTACTS = zeros(CONTACT_COUNTERS);
const NO_AGENT_TIME: AgentCounters = zeros(AGENT_COUNTERS);
const NO_LEVELS: ServiceLevelCounts = {
  answered: 0,
  abandoned: 0,
  exits: 0,
  answeredWithin: 0,
  abandonedWithin: 0,
  shortAbandoned: 0,
};

const levelsOfCounters = (row: CountersRow, { exitOutcomes }: Definition): ServiceLevelCounts => ({
  answered: row.answered,
  abandoned: row.abandoned,
  exits: exitOutcomes.reduce((sum, outcome) => sum + row[outcome], 0),
  answeredWithin: row.answered_within,
  abandonedWithin: row.abandoned_within,
  shortAbandoned: row.short_abandoned,
});
const levelsOfLegs = (row: LevelsRow): ServiceLevelCounts => ({
  answered: row.level_answered,
  abandoned: row.level_abandoned,
  exits: row.level_exits,
  answeredWithin: row.answered_within,
  abandonedWithin: row.abandoned_within,
  shortAbandoned: row.short_abandoned,
});

const levelsOf = (
  { definition, counted }: Answer,
  totals: CountersRow | undefined,
  single: LevelsRow | undefined,
): ServiceLevelCounts => {
  if (single !== undefined) return levelsOfLegs(single);
  const fromTotals = totals !== undefined && counted.levels === null;
  return fromTotals ? levelsOfCounters(totals, definition) : NO_LEVELS;
};

/** The open bin has no upper edge: longer than a week is all that is known. */
const secondsOfEdge = (edgeMs: number | undefined): number | null =>
  edgeMs === undefined || edgeMs === 0 || edgeMs === OPEN_EDGE_MS ? null : edgeMs / 1000;

/** Looks up what was counted for a bucket and group. */
const lookUp = (answer: Answer, keyOf: (values: GroupValues) => string) => {
  const { counted } = answer;
  const totals = indexed(counted.counters, keyOf);
  const levels = indexed(counted.levels, keyOf);
  const legs = indexed(counted.legs, keyOf);
  const agentTime = indexed(counted.agentTime, keyOf);
  const fromTotals = counted.counters !== null;
  const knowsAgents = fromTotals || counted.agentTime !== null;
  return (startMs: number, group: Group) => {
    const key = `${startMs} ${group.key}`;
    const total = totals.get(key);
    const leg = legs.get(key);
    const time = agentTime.get(key);
    const contacts = total ?? leg;
    const inTotals = total ?? time;
    const cell: Cell = {
      // A row of totals has every counter: nothing is copied of it, as an answer may have millions.
      counters: total ?? { ...NO_CONTACTS, ...leg, ...(time ?? NO_AGENT_TIME) },
      levels: levelsOf(answer, total, levels.get(key) ?? leg),
      knowsInProgress: fromTotals,
      knowsAgents,
    };
    return {
      cell,
      sources: contacts?.sources ?? null,
      // Of nobody there is none: an edge that was counted and taken back does not stand for one.
      edgesMs: contacts?.answered ? contacts.percentiles_ms : [],
      lateCorrections: knowsAgents ? (inTotals?.late_corrections ?? 0) : null,
    };
  };
};

interface DataEnd {
  readonly upToMs: number | null;
  readonly text: string | null;
}
/** How far the data of a row's sources goes; most rows of an answer have the same ones. */
const dataEnds = ({
  counted: { upTo },
  timeZone,
}: Answer): ((sources: Iterable<string> | null) => DataEnd) => {
  const known = new Map<string, DataEnd>();
  const endOf = (sources: Iterable<string>): DataEnd => {
    const upToMs = dataUpTo(sources, upTo);
    return { upToMs, text: upToMs === null ? null : formatLocal(timeZone, upToMs) };
  };
  const ofAny = endOf(upTo.keys());
  return (sources) => {
    if (sources === null) return ofAny;
    const key = [...sources].join('\n');
    let end = known.get(key);
    if (end === undefined) {
      end = endOf(sources);
      known.set(key, end);
    }
    return end;
  };
};

/** A row with every field and nothing in it. Rows are copies of it: V8 copies a whole shape far faster than it grows one. */
const blankRow = ({ groupBy, percentiles, definition }: Answer): Record<string, string | number | null> =>
  JSON.parse(
    JSON.stringify({
      interval_start: '',
      ...Object.fromEntries(groupBy.map((column) => [column, ''])),
      ...Object.fromEntries(METRICS.map(({ name }) => [name, null])),
      ...Object.fromEntries(percentiles.map((percent) => [percentileField(percent), null])),
      interval_end: '',
      finality: '',
      data_up_to: null,
      late_corrections: null,
      definition: nameDefinition(definition),
    }),
  );

/** Rows by interval, then by group; an interval in which nothing happened has zeros and nulls. */
export function* figureRows(answer: Answer): Generator<FigureRow> {
  const { starts, endMs, timeZone, groupBy, definition, percentiles } = answer;
  const groups = groupsOf(answer);
  const found = lookUp(answer, groups.keyOf);
  const endOf = dataEnds(answer);
  const blank = blankRow(answer);
  const fields = percentiles.map(percentileField);
  for (const [i, startMs] of starts.entries()) {
    const intervalStart = formatLocal(timeZone, startMs);
    const nextMs = starts[i + 1] ?? endMs;
    const intervalEnd = formatLocal(timeZone, nextMs);
    for (const group of groups.all) {
      const { cell, sources, edgesMs, lateCorrections } = found(startMs, group);
      const { upToMs, text } = endOf(sources);
      const row = { ...blank };
      row.interval_start = intervalStart;
      for (const column of groupBy) row[column] = group.values[column] ?? '';
      writeFigures(row, cell, definition);
      for (const [at, field] of fields.entries()) row[field] = secondsOfEdge(edgesMs[at]);
      row.interval_end = intervalEnd;
      row.finality = finalityOf(nextMs, upToMs, cell.counters.in_progress);
      row.data_up_to = text;
      row.late_corrections = lateCorrections;
      yield row;
    }
  }
}

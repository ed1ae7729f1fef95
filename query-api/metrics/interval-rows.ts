/** Makes rows of figures out of what the store counted: gaps filled, in order, one a bucket and group. Pure. */

import type { ServiceLevelCounts } from '../../schemas/service-level.ts';
import { OPEN_EDGE_MS } from '../../schemas/wait-edges.ts';
import type { GroupColumn, GroupValues } from '../queries/group-columns.ts';
import type { AgentTimeRow, BucketRow, CountersRow } from '../queries/intervals.ts';
import type { LegsRow, LevelsRow } from '../queries/legs.ts';
import { formatLocal } from './buckets.ts';
import { type Definition, nameDefinition } from './definition.ts';
import { AGENT_COUNTERS, type AgentCounters, type Cell, CONTACT_COUNTERS, figuresOf } from './metrics.ts';
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

interface Groups {
  readonly keyOf: (values: GroupValues) => string;
  /** Every group in order, by its columns. */
  readonly all: readonly GroupValues[];
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
  const inOrder = [...byKey.values()].sort(
    (a, b) =>
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
  const { counted, percentiles } = answer;
  const totals = indexed(counted.counters, keyOf);
  const levels = indexed(counted.levels, keyOf);
  const legs = indexed(counted.legs, keyOf);
  const agentTime = indexed(counted.agentTime, keyOf);
  const fromTotals = counted.counters !== null;
  const knowsAgents = fromTotals || counted.agentTime !== null;
  return (startMs: number, group: GroupValues) => {
    const key = `${startMs} ${keyOf(group)}`;
    const contacts = totals.get(key) ?? legs.get(key);
    const inTotals = totals.get(key) ?? agentTime.get(key);
    const cell: Cell = {
      counters: {
        ...NO_CONTACTS,
        ...contacts,
        ...(inTotals ?? NO_AGENT_TIME),
      },
      levels: levelsOf(answer, totals.get(key), levels.get(key) ?? legs.get(key)),
      knowsInProgress: fromTotals,
      knowsAgents,
    };
    return {
      cell,
      sources: contacts?.sources ?? null,
      percentiles: Object.fromEntries(
        percentiles.map((percent, i) => [
          percentileField(percent),
          secondsOfEdge(contacts?.percentiles_ms[i]),
        ]),
      ),
      lateCorrections: knowsAgents ? (inTotals?.late_corrections ?? 0) : null,
    };
  };
};

/** Rows by interval, then by group; an interval in which nothing happened has zeros and nulls. */
export function* figureRows(answer: Answer): Generator<FigureRow> {
  const { starts, endMs, timeZone, definition, counted } = answer;
  const groups = groupsOf(answer);
  const found = lookUp(answer, groups.keyOf);
  const named = nameDefinition(definition);
  const anyUpToMs = dataUpTo(counted.upTo.keys(), counted.upTo);
  for (const [i, startMs] of starts.entries()) {
    const intervalStart = formatLocal(timeZone, startMs);
    const nextMs = starts[i + 1] ?? endMs;
    const intervalEnd = formatLocal(timeZone, nextMs);
    for (const group of groups.all) {
      const { cell, sources, percentiles, lateCorrections } = found(startMs, group);
      const upToMs = sources === null ? anyUpToMs : dataUpTo(sources, counted.upTo);
      yield {
        interval_start: intervalStart,
        ...group,
        ...figuresOf(cell, definition),
        ...percentiles,
        interval_end: intervalEnd,
        finality: finalityOf(nextMs, upToMs, cell.counters.in_progress),
        data_up_to: upToMs === null ? null : formatLocal(timeZone, upToMs),
        late_corrections: lateCorrections,
        definition: named,
      };
    }
  }
}

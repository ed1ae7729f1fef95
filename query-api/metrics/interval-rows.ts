/** Makes rows of figures out of what the store counted: gaps filled, in order, one a bucket and group. Pure. */
import type { BucketRow, CountersRow, GroupColumn, GroupValues, LevelsRow } from '../queries/intervals.ts';
import { formatLocal } from './buckets.ts';
import type { Definition } from './definition.ts';
import { type Cell, COUNTERS, figuresOf } from './metrics.ts';
import type { ServiceLevelCounts } from './service-level.ts';

export type FigureRow = Readonly<Record<string, string | number | null>>;

export interface Answer {
  readonly starts: readonly number[];
  readonly timeZone: string;
  readonly groupBy: readonly GroupColumn[];
  readonly definition: Definition;
  /** Groups to show though nothing happened in them. */
  readonly expected: readonly GroupValues[];
  readonly counters: readonly CountersRow[];
  /** Given when the limits' counts come from single legs. */
  readonly levels: readonly LevelsRow[] | null;
}

const NO_LEVELS: ServiceLevelCounts = {
  answered: 0,
  abandoned: 0,
  exits: 0,
  answeredWithin: 0,
  abandonedWithin: 0,
  shortAbandoned: 0,
};
type Counters = Cell['counters'];
const NO_COUNTERS = Object.fromEntries(COUNTERS.map((name) => [name, 0])) as Counters;

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

const compareText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

interface Groups {
  readonly keyOf: (values: GroupValues) => string;
  /** Every group in order, by its columns. */
  readonly all: readonly GroupValues[];
}

const groupsOf = ({ groupBy, expected, counters, levels }: Answer): Groups => {
  const keyOf = (values: GroupValues): string =>
    JSON.stringify(groupBy.map((column) => values[column] ?? ''));
  const byKey = new Map<string, GroupValues>();
  // Without grouping there is one group, also when nothing happened.
  const seen = groupBy.length === 0 ? [{}] : [...expected, ...counters, ...(levels ?? [])];
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

const cellsOf = (answer: Answer, keyOf: (row: BucketRow) => string): Map<string, Cell> => {
  const cells = new Map<string, Cell>();
  for (const row of answer.counters) {
    const levels = answer.levels === null ? levelsOfCounters(row, answer.definition) : NO_LEVELS;
    cells.set(keyOf(row), { counters: row, levels });
  }
  for (const row of answer.levels ?? []) {
    const counters = cells.get(keyOf(row))?.counters ?? NO_COUNTERS;
    cells.set(keyOf(row), { counters, levels: levelsOfLegs(row) });
  }
  return cells;
};

/** Rows by interval, then by group; an interval in which nothing happened has zeros and nulls. */
export function* figureRows(answer: Answer): Generator<FigureRow> {
  const groups = groupsOf(answer);
  const cells = cellsOf(answer, (row) => `${row.bucket} ${groups.keyOf(row)}`);
  const empty: Cell = { counters: NO_COUNTERS, levels: NO_LEVELS };
  for (const startMs of answer.starts) {
    const intervalStart = formatLocal(answer.timeZone, startMs);
    for (const group of groups.all) {
      const cell = cells.get(`${startMs} ${groups.keyOf(group)}`) ?? empty;
      yield { interval_start: intervalStart, ...group, ...figuresOf(cell, answer.definition) };
    }
  }
}

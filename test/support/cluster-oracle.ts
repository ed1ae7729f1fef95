/** Holds what ClickHouse has of a load against the naive computation over the events that were published. */
import { setTimeout as sleep } from 'node:timers/promises';
import { untilLanded } from '../../processors/runtime/landed.ts';
import type { Cluster } from './cluster.ts';
import type { SourceLoad } from './cluster-load.ts';
import { naiveBatch } from './naive-batch.ts';

const LAND_LIMIT_MS = 90_000;

/** Waits until all of the load has landed; throws with the workers' output when one of them is gone or time is up. */
export const untilLoadLanded = async (cluster: Cluster, sources: readonly SourceLoad[]): Promise<void> => {
  const deadline = Date.now() + LAND_LIMIT_MS;
  const check = (): void => {
    const workers = cluster.workers();
    if (workers.length > 0 && Date.now() < deadline) return;
    throw new Error(`not all landed: ${workers.map((worker) => worker.output()).join('\n') || 'no worker'}`);
  };
  for (const { partition } of sources) await untilLanded({ log: cluster.log, partition, wait: sleep, check });
};

type Row = Readonly<Record<string, unknown>>;

/** A row as text: the same for the oracle's, with maps and epochs, and ClickHouse's, with objects and ISO times. */
const textOf = (row: Row): string =>
  JSON.stringify(
    Object.keys(row)
      .sort()
      .map((column) => [column, plain(column, row[column])]),
  );
const plain = (column: string, value: unknown): unknown => {
  if (value instanceof Map) return plain(column, Object.fromEntries(value));
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).toSorted(([a], [b]) => Number(a) - Number(b));
  }
  if (typeof value === 'string' && isTime(column)) return Date.parse(value);
  return value;
};
const isTime = (column: string): boolean => column.endsWith('_at') || column === 'interval_start';

/** Lines that only one side has, `+` the store's and `-` the oracle's. */
const difference = (stored: readonly Row[], wanted: readonly Row[]): string[] => {
  const have = stored.map(textOf).sort();
  const want = wanted.map(textOf).sort();
  const [haveSet, wantSet] = [new Set(have), new Set(want)];
  const onlyOne = [
    ...have.filter((row) => !wantSet.has(row)).map((row) => `+ ${row}`),
    ...want.filter((row) => !haveSet.has(row)).map((row) => `- ${row}`),
  ];
  if (have.length !== want.length) onlyOne.push(`${have.length} rows, not ${want.length}`);
  return onlyOne;
};

export interface Agreement {
  readonly legs: number;
  readonly intervals: number;
  /** Rows of either side that the other has not. */
  readonly differences: readonly string[];
}

/** Compares `acd.contact_legs` and `acd.queue_intervals` of every source, in all columns that metrics.md defines. */
export const compareWithOracle = async (
  { store }: Cluster,
  sources: readonly SourceLoad[],
): Promise<Agreement> => {
  let [legs, intervals] = [0, 0];
  const differences: string[] = [];
  for (const { source, events } of sources) {
    const naive = naiveBatch(events);
    const stored = (view: string, columns: string): Promise<Row[]> =>
      store.query(`SELECT ${columns} FROM acd.${view} WHERE source = {source:String}`, { source });
    differences.push(
      ...difference(await stored('contact_legs', '* EXCEPT (version)'), naive.contactLegs),
      ...difference(await stored('queue_intervals', '*'), naive.queueIntervals),
    );
    legs += naive.contactLegs.length;
    intervals += naive.queueIntervals.length;
  }
  return { legs, intervals, differences };
};

/**
 * Lands rows in ClickHouse. Rows are idempotent by key and version (law 2), so an insert that may or may not have
 * gone through is simply sent again; only what ClickHouse refuses for good stops the worker.
 */
import { type RowBlock, type Store, StoreError } from '../../infra/clickhouse/store.ts';
import type { RowsByTable, TableName } from '../../schemas/rows.ts';
import { realTimers, type Timers } from './timers.ts';

export type RowBatches = { readonly [T in TableName]?: readonly RowsByTable[T][] };

export interface LandingOptions {
  readonly store: Store;
  /** Stops the retrying, e.g. at shutdown. */
  readonly signal: AbortSignal;
  readonly onRetry: (error: StoreError, attempt: number) => void;
  /** Left out: the process's own. */
  readonly timers?: Timers;
}

/** The delay before the nth try again: doubles from 100 ms up to 10 s. There is no last try: a store that is down stops intake, nothing is dropped. */
const RETRY_FIRST_MS = 100;
const RETRY_LONGEST_MS = 10_000;
const retryDelayMs = (attempt: number): number =>
  Math.min(RETRY_FIRST_MS * 2 ** Math.min(attempt - 1, 10), RETRY_LONGEST_MS);

const untilInserted = async (
  insert: () => Promise<void>,
  { signal, onRetry, timers = realTimers }: LandingOptions,
): Promise<void> => {
  for (let attempt = 1; ; attempt++) {
    try {
      await insert();
      return;
    } catch (error) {
      if (!(error instanceof StoreError) || error.fault === 'reject') throw error;
      onRetry(error, attempt);
    }
    await timers.wait(retryDelayMs(attempt), signal);
  }
};

const landTable = <T extends TableName>(
  table: T,
  rows: readonly RowsByTable[T][],
  options: LandingOptions,
): Promise<void> => untilInserted(() => options.store.insert(table, rows), options);

/** Lands a block as `landRows` lands rows. */
export const landBlock = async (block: RowBlock<never>, options: LandingOptions): Promise<void> => {
  if (block.length > 0) await untilInserted(() => block.insert(), options);
};

/** Inserts every table's rows; resolves when all are acknowledged. Throws what ClickHouse refuses for good, or the signal's reason. */
export const landRows = async (batches: RowBatches, options: LandingOptions): Promise<void> => {
  const tables = (Object.keys(batches) as TableName[]).filter((table) => (batches[table]?.length ?? 0) > 0);
  await Promise.all(tables.map((table) => landTable(table, batches[table] ?? [], options)));
};

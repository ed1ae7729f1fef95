/** Puts rebuilt tables in the place of the standing ones. */
import { REBUILT_TABLES, untilInsertsEnd } from './rebuild.ts';
import type { Store } from './store.ts';

/**
 * Exchanges every standing table with its rebuilt one: each at once, none ever missing, all within one statement.
 * Resolves when inserts that may have looked up a table before the exchange have ended. Throws `StoreError`; then the
 * statement may have been carried out or not.
 */
export async function swapRebuilt(store: Store, database: string): Promise<void> {
  const pairs = REBUILT_TABLES.map((table) => `acd.${table} AND ${database}.${table}`);
  await store.command(`EXCHANGE TABLES ${pairs.join(', ')}`);
  await untilInsertsEnd(store);
}

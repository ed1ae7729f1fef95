/**
 * How long rows are kept, by table: a TTL of ClickHouse, which removes what has run out when it merges. Not by whole
 * parts (`ttl_only_drop_parts`): where a table has no partitions, old and new rows share parts.
 */
import { onCluster } from './cluster.ts';
import { untilRewritten } from './erase-rows.ts';
import type { Store } from './store.ts';

/** Public name → the column that says how old a row is. Snapshots and tokens are no history. */
export const RETAINED = {
  contact_legs: 'offered_at',
  queue_intervals: 'interval_start',
  agent_states: 'started_at',
  agent_intervals: 'interval_start',
  events: 'at',
  anomalies: 'at',
  alerts: 'raised_at',
  dead_letters: 'received_at',
  audit: 'at',
  originals: 'kept_at',
} as const;
export type RetainedTable = keyof typeof RETAINED;
/** Milliseconds, whole seconds; null = for ever. What is not named is left as it is. */
export type Retention = Readonly<Partial<Record<RetainedTable, number | null>>>;

const NAMES = Object.keys(RETAINED) as RetainedTable[];
const tableOf = (name: RetainedTable, cluster: string): string =>
  cluster === '' ? `${name}_rows` : `${name}_rows_local`;
const TTL = /\bTTL toDateTime\(\w+\) \+ toIntervalSecond\((\d+)\)/;

/** How long each table's rows are kept; null = for ever. Throws `StoreError`. */
export const readTableRetention = async (
  store: Store,
  cluster: string,
): Promise<ReadonlyMap<RetainedTable, number | null>> => {
  const tables = await store.query<{ name: string; engine: string }>(
    `SELECT name, engine_full AS engine FROM system.tables WHERE database = 'acd' AND name IN {names:Array(String)}`,
    { names: NAMES.map((name) => tableOf(name, cluster)) },
  );
  const engines = new Map(tables.map(({ name, engine }) => [name, engine]));
  return new Map(
    NAMES.map((name) => {
      const seconds = TTL.exec(engines.get(tableOf(name, cluster)) ?? '')?.[1];
      return [name, seconds === undefined ? null : Number(seconds) * 1_000];
    }),
  );
};

/** Makes the tables keep their rows as long as is asked for; one that does already is not touched. Throws `StoreError`. */
export const applyRetention = async (store: Store, retention: Retention, cluster: string): Promise<void> => {
  const actual = await readTableRetention(store, cluster);
  for (const name of NAMES) {
    const wanted = retention[name];
    if (wanted === undefined || wanted === actual.get(name)) continue;
    const change =
      wanted === null
        ? 'REMOVE TTL'
        : `MODIFY TTL toDateTime(${RETAINED[name]}) + toIntervalSecond(${wanted / 1_000})`;
    await store.command(`ALTER TABLE acd.${tableOf(name, cluster)}${onCluster(cluster)} ${change}`);
  }
};

/** Removes from rebuilt tables what has run out, so that they do not bring it back for a while. Throws `StoreError`. */
export const expireRows = async (
  store: Store,
  database: string,
  wait: (ms: number) => Promise<void>,
): Promise<void> => {
  const tables = await store.query<{ name: string; engine: string }>(
    'SELECT name, engine_full AS engine FROM system.tables WHERE database = {database:String}',
    { database },
  );
  for (const { name } of tables.filter(({ engine }) => TTL.test(engine))) {
    await store.command(`ALTER TABLE ${database}.${name} MATERIALIZE TTL`);
  }
  await untilRewritten(store, { database, cluster: '' }, wait);
};

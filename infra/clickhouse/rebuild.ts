/**
 * The place beside the standing tables where a replay builds new ones: a database of its own, `acd_rebuild_N`. Making
 * it is the claim to be the only replay, and dropping it fences whoever had it: its inserts and its swap find no tables.
 */
import { type RowsByTable, TABLES } from '../../schemas/rows.ts';
import { type Store, StoreError } from './store.ts';

/**
 * Snapshots hold the fold's state, and the workers at work go on with theirs; tokens and the audit log do not come
 * from the log, nor do callers' numbers, so nothing could bring them back.
 */
const KEPT_TABLES = ['snapshots_rows', 'api_tokens_rows', 'audit_rows', 'originals_rows'] as const;
type KeptTable = (typeof KEPT_TABLES)[number];
export type RebuiltTable = Exclude<keyof RowsByTable, KeptTable>;
const isKept = (table: keyof RowsByTable): table is KeptTable =>
  (KEPT_TABLES as readonly string[]).includes(table);
/** Every table whose rows follow from the log. */
export const REBUILT_TABLES = (Object.keys(TABLES) as (keyof RowsByTable)[]).filter(
  (table): table is RebuiltTable => !isKept(table),
);

export const BEAT_INTERVAL_MS = 5_000;
/** A replay that has not shown itself for this long is taken to be dead, and its tables are dropped. */
export const SILENT_AFTER_MS = 30_000;
const DATABASE_EXISTS = '82';
const DATABASE_NAME = /^acd_rebuild_(\d{1,15})$/;

export type Claim =
  | { readonly status: 'claimed'; readonly database: string }
  | { readonly status: 'refused'; readonly reason: string };

/**
 * Claims the rebuilding, drops what dead replays left, and makes empty tables like the standing ones. Throws
 * `StoreError`.
 */
export async function claimRebuild(store: Store, silentAfterMs = SILENT_AFTER_MS): Promise<Claim> {
  const fault = await findExchangeFault(store);
  if (fault !== null) return { status: 'refused', reason: fault };
  return claim(store, silentAfterMs, (database) => makeTables(store, database));
}

/**
 * Claims that nothing is rebuilt and nobody else erases, until it is dropped: rows that a replay reads before it knows
 * of an erasure would bring its callers back. Throws `StoreError`.
 */
export const claimErasing = (store: Store, silentAfterMs = SILENT_AFTER_MS): Promise<Claim> =>
  claim(store, silentAfterMs, async () => {});

async function claim(
  store: Store,
  silentAfterMs: number,
  fill: (database: string) => Promise<void>,
): Promise<Claim> {
  const leftovers = await readRebuilds(store);
  const alive = leftovers.find(({ silentMs }) => silentMs < silentAfterMs);
  if (alive !== undefined) return refusedBy(alive.database, alive.silentMs);
  const database = `acd_rebuild_${Math.max(0, ...leftovers.map(({ number }) => number)) + 1}`;
  try {
    // Two that found the same leftovers ask for the same name: one gets it.
    await store.command(`CREATE DATABASE ${database} COMMENT '${await readNow(store)}'`);
  } catch (error) {
    if (error instanceof StoreError && error.code === DATABASE_EXISTS) return refusedBy(database, 0);
    throw error;
  }
  try {
    for (const leftover of leftovers) await dropRebuild(store, leftover.database);
    await store.command(
      `CREATE TABLE ${database}.beats (at DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = MergeTree ORDER BY at`,
    );
    await fill(database);
  } catch (error) {
    await dropRebuild(store, database).catch(() => undefined);
    throw error;
  }
  return { status: 'claimed', database };
}

async function makeTables(store: Store, database: string): Promise<void> {
  for (const table of REBUILT_TABLES) {
    await store.command(`CREATE TABLE ${database}.${table} AS acd.${table}`);
  }
}

/** Shows that the replay is alive; due every BEAT_INTERVAL_MS. Throws `StoreError` when the claim has been lost. */
export const beat = (store: Store, database: string): Promise<void> =>
  store.command(`INSERT INTO ${database}.beats VALUES (now64(3))`);

/** Drops a rebuild with all its tables. Throws `StoreError`. */
export async function dropRebuild(store: Store, database: string): Promise<void> {
  const mirrors = await store.query<{ name: string }>(
    `SELECT name FROM system.tables WHERE database = {database:String} AND engine = 'MaterializedView'`,
    { database },
  );
  // Mirrors first: an insert into a standing table fails when its mirror's target is gone.
  for (const { name } of mirrors) await store.command(`DROP VIEW IF EXISTS ${database}.${name} SYNC`);
  if (mirrors.length > 0) await untilInsertsEnd(store);
  await store.command(`DROP DATABASE IF EXISTS ${database} SYNC`);
}

/** From now on, what is inserted into a standing table is also in its rebuilt one before it is acknowledged. */
export async function mirrorInserts(store: Store, database: string): Promise<void> {
  for (const table of REBUILT_TABLES) {
    await store.command(
      `CREATE MATERIALIZED VIEW ${database}.${table}_mirror TO ${database}.${table} AS SELECT * FROM acd.${table}`,
    );
  }
  // An insert that began before its mirror does not feed it.
  await untilInsertsEnd(store);
}

const INSERTS_POLL_MS = 50;
/** Longer than any insert may last: the store's own limit of a call. */
const INSERTS_LIMIT_MS = 180_000;

/** Resolves when all inserts under way now have ended. Throws `StoreError` when one does not. */
export async function untilInsertsEnd(store: Store): Promise<void> {
  const running = `SELECT query_id FROM system.processes WHERE query_kind = 'Insert' AND query LIKE '%acd.%'`;
  let ids = (await store.query<{ query_id: string }>(running)).map(({ query_id }) => query_id);
  for (let waitedMs = 0; ids.length > 0; waitedMs += INSERTS_POLL_MS) {
    if (waitedMs >= INSERTS_LIMIT_MS) {
      throw new StoreError(`inserts do not end: ${ids.join(', ')}`, 'retry', 'TIMEOUT');
    }
    await new Promise((resolve) => setTimeout(resolve, INSERTS_POLL_MS));
    const still = new Set((await store.query<{ query_id: string }>(running)).map(({ query_id }) => query_id));
    ids = ids.filter((id) => still.has(id));
  }
}

/** Why tables cannot be exchanged in this ClickHouse, or null. */
async function findExchangeFault(store: Store): Promise<string | null> {
  const engines = await store.query<{ name: string; engine: string }>(
    `SELECT name, engine FROM system.tables WHERE database = 'acd' AND name IN {tables:Array(String)}`,
    { tables: REBUILT_TABLES },
  );
  if (engines.length < REBUILT_TABLES.length) {
    return 'Tables of acd are missing: stop Busyhour, drop the database acd, and the next start makes and fills it from the log.';
  }
  // Replicated tables keep their path in Keeper when they change names: the next rebuild would find it taken.
  const other = engines.find(({ engine }) => engine !== 'ReplacingMergeTree');
  if (other !== undefined) {
    return `acd.${other.name} is ${other.engine}: in a cluster, rebuild into another, empty one by starting Busyhour on it.`;
  }
  return null;
}

interface Rebuild {
  readonly database: string;
  readonly number: number;
  readonly silentMs: number;
}

async function readRebuilds(store: Store): Promise<readonly Rebuild[]> {
  const now = await readNow(store);
  const databases = await store.query<{ name: string; comment: string }>(
    `SELECT name, comment FROM system.databases WHERE startsWith(name, 'acd_rebuild_')`,
  );
  const rebuilds: Rebuild[] = [];
  for (const { name, comment } of databases) {
    const number = DATABASE_NAME.exec(name)?.[1];
    if (number === undefined) continue;
    const seenMs = Math.max(Number(comment), await readLastBeat(store, name));
    rebuilds.push({ database: name, number: Number(number), silentMs: now - seenMs });
  }
  return rebuilds;
}

/** When the rebuild last showed itself; 0 before its first beat, and once another replay has dropped it. */
async function readLastBeat(store: Store, database: string): Promise<number> {
  const [there] = await store.query(
    `SELECT 1 FROM system.tables WHERE database = {database:String} AND name = 'beats'`,
    { database },
  );
  if (there === undefined) return 0;
  const [last] = await store.query<{ at: number }>(
    `SELECT toUnixTimestamp64Milli(max(at)) AS at FROM ${database}.beats`,
  );
  return last?.at ?? 0;
}

/** ClickHouse's clock, the only one all replays share, in UTC epoch ms. */
async function readNow(store: Store): Promise<number> {
  const [row] = await store.query<{ now: number }>('SELECT toUnixTimestamp64Milli(now64(3)) AS now');
  if (row === undefined) throw new StoreError('SELECT without a row', 'retry', 'UNKNOWN');
  return row.now;
}

const refusedBy = (database: string, silentMs: number): Claim => ({
  status: 'refused',
  reason: `Another replay or erasure is at work in ${database}, last seen ${Math.max(0, Math.round(silentMs / 1000))} s ago: wait for it, or, if it was killed, try again in half a minute.`,
});

/** Brings a ClickHouse to the schema of schemas/clickhouse: every numbered file once, in order, each remembered by its checksum. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { clusterNameFault, findInsertFault, onCluster, renderMigrationsTable, renderSql } from './cluster.ts';
import type { Store } from './store.ts';

const MIGRATIONS_DIR = fileURLToPath(new URL('../../schemas/clickhouse/', import.meta.url));
const FILE_NAME = /^\d{4}-[a-z0-9-]+\.sql$/;
/** A statement ends with a semicolon at the end of a line. */
const STATEMENT_END = /;[ \t]*$/m;

export interface Migration {
  /** The file's name, `0001-tables.sql`. */
  readonly name: string;
  readonly sql: string;
}
export type MigrateResult =
  | { readonly status: 'migrated'; readonly applied: readonly string[] }
  /** A file that was applied has been edited since: nothing was changed. */
  | { readonly status: 'refused'; readonly reason: string };

/**
 * Applies the migrations that are missing, to one server or, when its name is given, to a cluster. Each statement is
 * idempotent, so one that a crash interrupted, or that another process runs at the same time, is simply run again.
 * Throws `StoreError`.
 */
export async function migrate(
  store: Store,
  migrations: readonly Migration[] = readMigrations(),
  cluster = '',
): Promise<MigrateResult> {
  const fault = clusterNameFault(cluster) ?? (cluster === '' ? null : await findInsertFault(store));
  if (fault !== null) return { status: 'refused', reason: fault };
  await store.command(`CREATE DATABASE IF NOT EXISTS acd${onCluster(cluster)}`);
  await store.command(renderMigrationsTable(cluster));
  const rendered = migrations.map(({ name, sql }) => ({ name, sql: renderSql(sql, cluster) }));
  const known = await readApplied(store);
  const changed = rendered.filter(({ name, sql }) => known.has(name) && known.get(name) !== checksum(sql));
  if (changed.length > 0) return { status: 'refused', reason: changedMessage(changed, cluster) };
  const missing = rendered.filter(({ name }) => !known.has(name));
  for (const migration of missing) await apply(store, migration);
  return { status: 'migrated', applied: missing.map(({ name }) => name) };
}

/** The files as they stand in `dir`, with what `renderSql` fills in. */
export function readMigrations(dir = MIGRATIONS_DIR): readonly Migration[] {
  const names = readdirSync(dir).filter((name) => FILE_NAME.test(name));
  return names.sort().map((name) => ({ name, sql: readFileSync(`${dir}/${name}`, 'utf8') }));
}

async function apply(store: Store, { name, sql }: Migration): Promise<void> {
  const statements = sql.split(STATEMENT_END).map((statement) => statement.trim());
  for (const statement of statements) if (statement !== '') await store.command(statement);
  await store.command(
    `INSERT INTO acd.schema_migrations (name, checksum) VALUES ('${name}', '${checksum(sql)}')`,
  );
}

async function readApplied(store: Store): Promise<ReadonlyMap<string, string>> {
  const rows = await store.query<{ name: string; checksum: string }>(
    'SELECT name, checksum FROM acd.schema_migrations FINAL',
  );
  return new Map(rows.map((row) => [row.name, row.checksum]));
}

function checksum(sql: string): string {
  return createHash('sha256').update(sql).digest('hex');
}

function changedMessage(changed: readonly Migration[], cluster: string): string {
  const names = changed.map(({ name }) => name).join(', ');
  const edited = `The migration ${names} has been applied to this ClickHouse and edited since: restore the file and put the change into a new one.`;
  const asked = cluster === '' ? 'one server' : `the cluster "${cluster}"`;
  return `${edited} If no file was edited, acd was not set up for ${asked} (put BUSYHOUR_CLICKHOUSE_CLUSTER back), or by a Busyhour that laid its tables out differently: start on an empty ClickHouse (embedded: move the data directory's "clickhouse" away), and it is filled from the log, but for tokens, the audit log and numbers kept, which are lost with it.`;
}

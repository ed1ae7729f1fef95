/**
 * One SQL text for one server and for a cluster: the migrations hold `{{…}}` where the two differ, and this fills it in.
 * In a cluster a table is two: `<name>_local`, replicated within its shard, and `<name>` itself, Distributed over the
 * shards, which everybody writes to and reads from as if it were the only one.
 */
import type { Store } from './store.ts';

/** A name as it stands in ClickHouse's `remote_servers`; '' is one server without Keeper. */
const CLUSTER_NAME = /^[A-Za-z_][\w.-]*$/;
const TAG = /\{\{(\w+)(?: ([^{}]+))?\}\}/g;
/** Stands on a line of its own, which goes too where there is nothing to distribute. */
const DISTRIBUTED_LINE = /^\{\{distributed (\w+) by ([^{}]+)\}\};\n/gm;
/** Of two inserts that reach a shard, both are kept by the same engine: replaced by key and version. */
const ENGINE = 'ReplacingMergeTree';

/** Why a cluster cannot be called that, or null. */
export function clusterNameFault(cluster: string): string | null {
  return cluster === '' || CLUSTER_NAME.test(cluster)
    ? null
    : `"${cluster}" is no cluster name: letters, digits, "_", "." and "-", as in ClickHouse's remote_servers`;
}

/**
 * Why rows must not be inserted over Distributed tables with this user's settings, or null. By default ClickHouse
 * acknowledges such an insert when the server asked has queued it: a checkpoint would run ahead of its rows (law 3).
 * Throws `StoreError`.
 */
export async function findInsertFault(store: Store): Promise<string | null> {
  const [setting] = await store.query<{ value: string }>(
    `SELECT value FROM system.settings WHERE name = 'distributed_foreground_insert'`,
  );
  return setting?.value === '1'
    ? null
    : "In a cluster, ClickHouse must not acknowledge rows before they are on their shard: set distributed_foreground_insert = 1 in the profile of Busyhour's user.";
}

/**
 * Fills in what depends on the cluster:
 * `{{on_cluster}}` after a name; `{{table NAME}}` and `{{engine NAME [VERSION]}}` of a table that holds rows;
 * `{{distributed NAME by KEY}};` for the table over its shards. Throws on a tag it does not know.
 */
export function renderSql(sql: string, cluster: string): string {
  const fault = clusterNameFault(cluster);
  if (fault !== null) throw new Error(fault);
  return sql
    .replace(DISTRIBUTED_LINE, (_line, table: string, key: string) => distributed(table, key, cluster))
    .replace(TAG, (tag: string, name: string, argument = '') => {
      const [table = '', version] = String(argument).split(' ');
      switch (name) {
        case 'on_cluster':
          return onCluster(cluster);
        case 'table':
          return cluster === '' ? `acd.${table}` : `acd.${table}_local${onCluster(cluster)}`;
        case 'engine':
          return engine(table, version, cluster);
        default:
          throw new Error(`${tag}: unknown in a migration`);
      }
    });
}

/** Remembers migrations on every server of the cluster alike, so that any of them can be asked. */
export function renderMigrationsTable(cluster: string): string {
  // Not `{shard}` in the path: all servers are replicas of this one table.
  const table =
    cluster === ''
      ? ENGINE
      : `Replicated${ENGINE}('/clickhouse/tables/all/acd/schema_migrations', '{shard}-{replica}')`;
  return `CREATE TABLE IF NOT EXISTS acd.schema_migrations${onCluster(cluster)}
    (name String, checksum String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))
    ENGINE = ${table} ORDER BY name SETTINGS fsync_after_insert = 1`;
}

/** What follows a name in DDL. */
export function onCluster(cluster: string): string {
  return cluster === '' ? '' : ` ON CLUSTER '${cluster}'`;
}

function engine(table: string, version: string | undefined, cluster: string): string {
  if (cluster === '') return version === undefined ? ENGINE : `${ENGINE}(${version})`;
  const path = `'/clickhouse/tables/{shard}/acd/${table}', '{replica}'`;
  return `Replicated${ENGINE}(${version === undefined ? path : `${path}, ${version}`})`;
}

/**
 * The key must follow from what every version of a row shares: only then are they on one shard, where FINAL,
 * which each shard applies for itself, sees them all.
 */
function distributed(table: string, key: string, cluster: string): string {
  if (cluster === '') return '';
  return `
CREATE TABLE IF NOT EXISTS acd.${table}${onCluster(cluster)} AS acd.${table}_local
ENGINE = Distributed('${cluster}', 'acd', '${table}_local', ${key});
`;
}

/** Tables, table functions and system tables that are named outright. */
import { type Attempt, refused, silent, type Traps } from './attempt.ts';
import { LOADED } from './two-tenants.ts';

/** Everything in `acd` that is no public view. */
const HIDDEN: readonly string[] = [
  ...LOADED,
  ...LOADED.map((table) => `${table}_local`),
  'snapshots_rows',
  'api_tokens_rows',
  'audit_rows',
  'schema_migrations',
];

export const hiddenTables = (): Attempt[] =>
  HIDDEN.flatMap((table) =>
    refused(
      `SELECT * FROM acd.${table}`,
      `SELECT count() FROM acd.contact_legs WHERE contact_id IN (SELECT toString(1) FROM acd.${table})`,
      `SELECT 1 UNION ALL SELECT 1 FROM acd.\`${table}\``,
      `WITH t AS (SELECT * FROM acd.${table}) SELECT count() FROM t`,
      `SELECT * FROM acd.contact_legs AS l, acd.${table} AS r LIMIT 1`,
      `SELECT (SELECT any(tenant) FROM acd.${table})`,
      `SELECT * FROM loop('acd', '${table}') LIMIT 1`,
      `SELECT * FROM loop(acd.${table}) LIMIT 1`,
      `SELECT * FROM merge('acd', '^${table}$')`,
      `SELECT * FROM mergeTreeIndex('acd', '${table}')`,
      `DESCRIBE TABLE acd.${table}`,
      `SHOW CREATE TABLE acd.${table}`,
      `EXPLAIN ESTIMATE SELECT * FROM acd.${table}`,
    ),
  );

/** Table functions that reach outside or below the views, with arguments as their users write them. */
export const tableFunctions = ({ port, file }: Traps): Attempt[] => {
  const at = `127.0.0.1:${port}`;
  return refused(
    ...[
      `url('http://${at}/', 'CSV', 'a String')`,
      `urlCluster('default', 'http://${at}/', 'CSV', 'a String')`,
      `file('/etc/passwd', 'LineAsString', 'a String')`,
      `file('${file}', 'CSV', 'a String')`,
      `file('-', 'LineAsString', 'a String')`,
      `fileCluster('default', '/etc/passwd', 'LineAsString', 'a String')`,
      `filesystem('/')`,
      `s3('http://${at}/b/k', 'CSV', 'a String')`,
      `s3('http://${at}/b/k', 'id', 'secret', 'CSV', 'a String')`,
      `s3Cluster('default', 'http://${at}/b/k', 'CSV', 'a String')`,
      `gcs('http://${at}/b/k', 'CSV', 'a String')`,
      `cosn('http://${at}/b/k', 'CSV', 'a String')`,
      `oss('http://${at}/b/k', 'CSV', 'a String')`,
      `hdfs('hdfs://${at}/k', 'CSV', 'a String')`,
      `azureBlobStorage('DefaultEndpointsProtocol=http;BlobEndpoint=http://${at}/a;', 'c', 'k', 'CSV')`,
      `deltaLake('http://${at}/b/')`,
      `deltaLakeLocal('/etc')`,
      `hudi('http://${at}/b/')`,
      `iceberg('http://${at}/b/')`,
      `icebergLocal('/etc')`,
      `paimonLocal('/etc')`,
      `mysql('${at}', 'd', 't', 'u', 'p')`,
      `postgresql('${at}', 'd', 't', 'u', 'p')`,
      `mongodb('${at}', 'd', 'c', 'u', 'p', 'a String')`,
      `redis('${at}', 'k', 'k String, v String')`,
      `sqlite('${file}', 't')`,
      `odbc('DSN=x', 't')`,
      `jdbc('jdbc:x://${at}', 't')`,
      `ytsaurus('http://${at}', '//t', 'token', 'a String')`,
      `remote('${at}', 'acd', 'contact_legs_rows')`,
      `remote('127.0.0.1', view(SELECT * FROM acd.contact_legs_rows))`,
      `remoteSecure('${at}', 'system', 'one')`,
      `cluster('default', 'acd', 'contact_legs_rows')`,
      `clusterAllReplicas('default', 'system', 'one')`,
      `executable('id', 'TSV', 'a String')`,
      `executable('../../../bin/sh', 'TSV', 'a String', (SELECT 'id'))`,
      `dictionary('acd.contact_legs_rows')`,
      `prometheusQuery('acd', 'x', 'up', 0)`,
      `timeSeriesData('acd', 'x')`,
      `mergeTreeProjection('acd', 'contact_legs_rows', 'p')`,
      `mergeTreeTextIndex('acd', 'contact_legs_rows', 'by_contact')`,
      `mergeTreeAnalyzeIndexes('acd', 'contact_legs_rows')`,
      `view(SELECT * FROM acd.contact_legs_rows)`,
      `viewIfPermitted(SELECT tenant FROM acd.contact_legs_rows ELSE url('http://${at}/', 'CSV', 'tenant String'))`,
      `input('a String')`,
      `merge(REGEXP('.*'), '.*_rows')`,
    ].map((call) => `SELECT * FROM ${call} LIMIT 10`),
  );
};

/** Tables that could tell of other tenants, of users, or of the machine. */
const SYSTEM_SECRETS =
  `processes query_log query_thread_log query_views_log text_log session_log part_log trace_log metric_log
  asynchronous_metric_log error_log crash_log users roles grants role_grants settings_profiles row_policies quotas
  quotas_usage user_directories parts parts_columns detached_parts replicas replication_queue clusters
  named_collections dictionaries merges mutations moves events metrics asynchronous_metrics server_settings
  merge_tree_settings macros disks storage_policies stack_trace query_cache query_condition_cache filesystem_cache
  schema_inference_cache zookeeper zookeeper_log backups data_skipping_indices projections views_refreshes
  asynchronous_inserts user_processes errors warnings certificates symbols remote_data_paths build_options numbers`.split(
    /\s+/,
  );
export const systemTables = (): Attempt[] => [
  ...SYSTEM_SECRETS.flatMap((table) => refused(`SELECT * FROM system.${table} LIMIT 10`)),
  ...silent(
    'SELECT * FROM system.tables',
    'SELECT * FROM system.columns',
    'SELECT * FROM system.databases',
    'SELECT * FROM system.completions',
    'SELECT * FROM system.functions',
    'SELECT * FROM system.settings',
    'SELECT * FROM system.quota_usage',
    'SELECT * FROM system.privileges',
    "SELECT name, total_rows, total_bytes FROM system.tables WHERE database = 'acd'",
    'SHOW TABLES FROM acd',
    'SHOW DATABASES',
    'SHOW GRANTS',
    'SHOW CREATE VIEW acd.contact_legs',
    'SHOW PROCESSLIST',
    'SHOW USERS',
  ),
  ...refused(
    'SELECT * FROM information_schema.tables',
    'SELECT * FROM INFORMATION_SCHEMA.COLUMNS',
    'SHOW CREATE USER busyhour',
    'SHOW ACCESS',
    'SHOW GRANTS FOR busyhour',
    'SHOW CREATE ROW POLICY ON acd.contact_legs_rows',
  ),
];

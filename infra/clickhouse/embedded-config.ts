/**
 * The two files the embedded ClickHouse is configured by. It serves one machine: loopback only, an admin for
 * Busyhour itself and a read-only user a tenant who sees the public views of its own rows and nothing else.
 */
import { type DatabaseUser, SQL_LIMITS } from './sql-access.ts';
import { DEFINER_FIXED, SQL_CHANGEABLE, SQL_SETTINGS } from './sql-limits.ts';
import { FILTERED_TABLES, PUBLIC_VIEWS, passwordHash, rowFilter } from './tenant-users.ts';

export const ADMIN_USER = 'busyhour';

export interface ServerConfig {
  readonly logFile: string;
  readonly usersFile: string;
  readonly httpPort: number;
  readonly tcpPort: number | null;
}

/**
 * Sized for a laptop that has other things to do: a few hundred MB of caches, half of the memory at most. The two
 * addresses are all its HTTP port has: no pages, and no tables by path.
 */
export function serverConfig(config: ServerConfig): string {
  const tcpPort = config.tcpPort === null ? '' : `<tcp_port>${config.tcpPort}</tcp_port>`;
  return `<clickhouse>
  <log-level>warning</log-level>
  <logger>
    <log>${escapeXml(config.logFile)}</log>
    <size>10M</size>
    <count>3</count>
  </logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>${config.httpPort}</http_port>
  ${tcpPort}
  <users_config>${escapeXml(config.usersFile)}</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <max_server_memory_usage_to_ram_ratio>0.5</max_server_memory_usage_to_ram_ratio>
  <background_pool_size>2</background_pool_size>
  <background_schedule_pool_size>8</background_schedule_pool_size>
  <mark_cache_size>268435456</mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <shutdown_wait_unfinished>1</shutdown_wait_unfinished>
  <max_concurrent_queries>100</max_concurrent_queries>
  <http_handlers>
    <rule>
      <url>/</url>
      <methods>GET,POST</methods>
      <handler><type>dynamic_query_handler</type><query_param_name>query</query_param_name></handler>
    </rule>
    <rule>
      <url>/ping</url>
      <methods>GET,HEAD</methods>
      <handler><type>ping</type></handler>
    </rule>
  </http_handlers>
</clickhouse>
`;
}

/** Functions, which need no grant, that reach out of the server; in clickhouse-local `file` reads any file there is. */
const REACHING_OUT = [
  'file',
  'catboostEvaluate',
  ...['Classify', 'Embed', 'Extract', 'Generate', 'Translate'].flatMap((what) => [`ai${what}`, `AI${what}`]),
];

/** A function of that name that the store holds when the server starts is taken in the place of ClickHouse's own. */
export const SHADOWED_FUNCTIONS: readonly { readonly file: string; readonly sql: string }[] =
  REACHING_OUT.map((name) => ({
    file: `function_${name}.sql`,
    sql: `CREATE FUNCTION ${name} AS x -> throwIf(1, '${name}() is not available here')`,
  }));

const LOOPBACK = '<networks><ip>127.0.0.1</ip></networks>';

/**
 * `default` is the user the server's own process runs its last statement as; ClickHouse fixes its name and its empty
 * password. That one statement is a session that lasts as long as the server, and a second session is refused.
 */
export function usersConfig(users: {
  /** The password. */
  readonly admin: string;
  readonly tenants: readonly DatabaseUser[];
}): string {
  return `<clickhouse>
  <profiles>
    <default>
      <date_time_output_format>iso</date_time_output_format>
      <output_format_json_quote_64bit_integers>0</output_format_json_quote_64bit_integers>
      ${definerConstraints()}
    </default>
    <process><max_sessions_for_user>1</max_sessions_for_user></process>
    <tenant>
      ${tenantProfile()}
    </tenant>
  </profiles>
  <quotas>
    <default/>
    <tenant>
      ${tenantQuota()}
    </tenant>
  </quotas>
  <users>
    <default>
      <password></password>
      ${LOOPBACK}
      <profile>process</profile>
      <quota>default</quota>
      <grants>
        <query>GRANT SYSTEM LISTEN, CREATE TEMPORARY TABLE ON *.*</query>
        <query>GRANT READ ON FILE</query>
      </grants>
    </default>
    <${ADMIN_USER}>
      <password_sha256_hex>${passwordHash(users.admin)}</password_sha256_hex>
      ${LOOPBACK}
      <profile>default</profile>
      <quota>default</quota>
      ${rowPolicies()}
    </${ADMIN_USER}>
    ${users.tenants.map(tenantEntry).join('\n    ')}
  </users>
</clickhouse>
`;
}

function definerConstraints(): string {
  const fixed = DEFINER_FIXED.map((name) => `<${name}><const/></${name}>`);
  return `<constraints>${fixed.join('')}</constraints>`;
}

function tenantProfile(): string {
  const settings = Object.entries(SQL_SETTINGS).map(([name, value]) => `<${name}>${value}</${name}>`);
  const constraints = Object.entries(SQL_CHANGEABLE).map(
    ([name, { min, max }]) =>
      `<${name}><min>${min}</min><max>${max}</max><changeable_in_readonly/></${name}>`,
  );
  return [...settings, `<constraints>${constraints.join('')}</constraints>`].join('\n      ');
}

function tenantQuota(): string {
  const { queriesPerHour, rowsPerHour } = SQL_LIMITS;
  return `<interval><duration>3600</duration><queries>${queriesPerHour}</queries><read_rows>${rowsPerHour}</read_rows></interval>`;
}

/** Of the admin, because the views are its own: whoever reads them reads the tables as the admin. */
function rowPolicies(): string {
  const filter = escapeXml(rowFilter([ADMIN_USER]));
  const tables = FILTERED_TABLES.map((table) => `<${table}><filter>${filter}</filter></${table}>`);
  return `<databases><acd>${tables.join('')}</acd></databases>`;
}

function tenantEntry({ username, password }: DatabaseUser): string {
  const grants = PUBLIC_VIEWS.map((view) => `<query>GRANT SELECT ON acd.${view}</query>`).join('');
  return `<${username}>
      <password_sha256_hex>${passwordHash(password)}</password_sha256_hex>
      ${LOOPBACK}
      <profile>tenant</profile>
      <quota>tenant</quota>
      <grants>${grants}</grants>
    </${username}>`;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/**
 * The two files the embedded ClickHouse is configured by. It serves one machine: loopback only, an admin for
 * Busyhour itself and a read-only `analyst` who sees the public views and nothing else.
 */
import { createHash } from 'node:crypto';

export const ADMIN_USER = 'busyhour';
export const ANALYST_USER = 'analyst';

/** What the public may read; the tables below them (`*_rows`) are not granted, the views read those as their definer. */
export const PUBLIC_VIEWS = [
  'contact_legs',
  'queue_intervals',
  'agent_states',
  'agent_intervals',
  'events',
  'dead_letters',
  'anomalies',
  'alerts',
] as const;

export interface ServerConfig {
  readonly logFile: string;
  readonly usersFile: string;
  readonly httpPort: number;
  readonly tcpPort: number | null;
}

/** Sized for a laptop that has other things to do: a few hundred MB of caches, half of the memory at most. */
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
</clickhouse>
`;
}

/** What clickhouse-store.ts sends with every query: a readonly user may name a setting only with the value it has. */
const SHARED_SETTINGS =
  '<date_time_output_format>iso</date_time_output_format><output_format_json_quote_64bit_integers>0</output_format_json_quote_64bit_integers>';
const LOOPBACK = '<networks><ip>127.0.0.1</ip></networks>';

/**
 * `default` is the user the server's own process runs its last statement as; ClickHouse fixes its name and its empty
 * password. That one statement is a session that lasts as long as the server, and a second session is refused.
 */
export function usersConfig(passwords: { readonly admin: string; readonly analyst: string }): string {
  const grants = PUBLIC_VIEWS.map((view) => `<query>GRANT SELECT ON acd.${view}</query>`).join('\n        ');
  return `<clickhouse>
  <profiles>
    <default>
      ${SHARED_SETTINGS}
    </default>
    <process><max_sessions_for_user>1</max_sessions_for_user></process>
    <analyst>
      ${SHARED_SETTINGS}
      <readonly>1</readonly>
      <max_execution_time>30</max_execution_time>
      <max_memory_usage>2000000000</max_memory_usage>
      <max_rows_to_read>1000000000</max_rows_to_read>
      <max_result_rows>1000000</max_result_rows>
      <max_concurrent_queries_for_user>8</max_concurrent_queries_for_user>
    </analyst>
  </profiles>
  <quotas><default/></quotas>
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
      <password_sha256_hex>${sha256(passwords.admin)}</password_sha256_hex>
      ${LOOPBACK}
      <profile>default</profile>
      <quota>default</quota>
    </${ADMIN_USER}>
    <${ANALYST_USER}>
      <password_sha256_hex>${sha256(passwords.analyst)}</password_sha256_hex>
      ${LOOPBACK}
      <profile>analyst</profile>
      <quota>default</quota>
      <grants>
        ${grants}
      </grants>
    </${ANALYST_USER}>
  </users>
</clickhouse>
`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

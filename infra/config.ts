/**
 * The configuration: `busyhour.yaml`, over which the environment wins. All faults are found at once, each named with
 * where it stands and what to do; a half-valid configuration never starts.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import type { AlertRule } from '../schemas/alert-rule.ts';
import type { QueueServiceLevel } from '../schemas/queue-definition.ts';
import type { IsTrustedProxy, JwtConfig } from './access.ts';
import { readJwtConfig, readTrustedProxies } from './access-config.ts';
import { readAlerts } from './alert-config.ts';
import { clusterNameFault } from './clickhouse/cluster.ts';
import type { Retention } from './clickhouse/retention.ts';
import { type LogConfig, readLogConfig } from './log-config.ts';
import { readRetention } from './privacy-config.ts';
import { type QueueGroupsConfig, readQueueGroups } from './queue-groups-config.ts';
import { readServiceLevels } from './service-level-config.ts';
import { isTimeZone } from './time-zone.ts';
import { readWebhooks, type WebhookConfig } from './webhook-config.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** A feed that `start` follows by itself. */
export interface FeedConfig {
  readonly feed: string;
  readonly path: string;
  readonly source: string;
  readonly tenant: string;
  readonly aliases: string | null;
}

export interface Config {
  readonly dataDir: string;
  readonly log: LogConfig;
  /** A Confluent-compatible registry, or null for the schemas this version ships. */
  readonly schemaRegistryUrl: string | null;
  readonly clickhouse: { readonly kind: 'embedded' } | ExternalClickHouse;
  /** The read-only user for ad-hoc SQL on an external ClickHouse; null = the same user. */
  readonly clickhouseAnalyst: ExternalClickHouse | null;
  /** Name of the external ClickHouse's cluster; '' = a single server. */
  readonly clickhouseCluster: string;
  /** HTTP port of the embedded ClickHouse; 0 = any free one. */
  readonly clickhouseHttpPort: number;
  readonly host: string;
  /** Port of the API and the wallboard; 0 = any free one. */
  readonly port: number;
  readonly auth: 'token' | 'off';
  /** Where a day begins, unless a request says otherwise. */
  readonly timeZone: string;
  readonly allowedOrigins: readonly string[];
  /** Whose `X-Forwarded-For` says where a request comes from. */
  readonly isTrustedProxy: IsTrustedProxy;
  /** The issuer whose tokens are taken beside our own, or null. */
  readonly jwt: JwtConfig | null;
  readonly logLevel: LogLevel;
  /** Port at which `process` and `ingest` tell how they do; null = nowhere. */
  readonly metricsPort: number | null;
  /** Secrets shared by several processes; null = made and kept in the data directory. */
  readonly apiToken: string | null;
  readonly pseudonymKey: string | null;
  readonly sqlKey: string | null;
  /** How long rows are kept, by table. */
  readonly retention: Retention;
  /** Whether callers' numbers are kept beside their pseudonyms. */
  readonly keepNumbers: 'no' | 'encrypted';
  readonly feeds: readonly FeedConfig[];
  /** Only in the file. */
  readonly queueGroups: QueueGroupsConfig;
  /** Queues' own service levels, for boards and alerts. */
  readonly serviceLevels: readonly QueueServiceLevel[];
  /** Rules of alerts, for every source this process feeds. */
  readonly alerts: readonly AlertRule[];
  readonly webhooks: readonly WebhookConfig[];
}
export interface ExternalClickHouse {
  readonly kind: 'external';
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

export type ConfigResult =
  | { readonly status: 'valid'; readonly config: Config }
  | { readonly status: 'invalid'; readonly faults: readonly string[] };

type Environment = Readonly<Record<string, string | undefined>>;

/** Every setting: its name in the environment and in the file. */
export const SETTINGS = {
  BUSYHOUR_DATA_DIR: 'data_dir',
  BUSYHOUR_LOG: 'log',
  BUSYHOUR_LOG_SASL: 'log_sasl',
  BUSYHOUR_LOG_USERNAME: 'log_username',
  BUSYHOUR_LOG_PASSWORD: 'log_password',
  BUSYHOUR_LOG_TOKEN_URL: 'log_token_url',
  BUSYHOUR_LOG_TLS: 'log_tls',
  BUSYHOUR_LOG_TLS_CA: 'log_tls_ca',
  BUSYHOUR_LOG_SESSION_MS: 'log_session_ms',
  BUSYHOUR_SCHEMA_REGISTRY_URL: 'schema_registry_url',
  BUSYHOUR_CLICKHOUSE_URL: 'clickhouse_url',
  BUSYHOUR_CLICKHOUSE_ANALYST_URL: 'clickhouse_analyst_url',
  BUSYHOUR_CLICKHOUSE_CLUSTER: 'clickhouse_cluster',
  BUSYHOUR_CLICKHOUSE_HTTP_PORT: 'clickhouse_http_port',
  BUSYHOUR_HOST: 'host',
  BUSYHOUR_PORT: 'port',
  BUSYHOUR_AUTH: 'auth',
  BUSYHOUR_TIME_ZONE: 'time_zone',
  BUSYHOUR_ALLOWED_ORIGINS: 'allowed_origins',
  BUSYHOUR_TRUSTED_PROXIES: 'trusted_proxies',
  BUSYHOUR_JWT_ISSUER: 'jwt_issuer',
  BUSYHOUR_JWT_AUDIENCE: 'jwt_audience',
  BUSYHOUR_JWT_JWKS_URL: 'jwt_jwks_url',
  BUSYHOUR_LOG_LEVEL: 'log_level',
  BUSYHOUR_METRICS_PORT: 'metrics_port',
  BUSYHOUR_API_TOKEN: 'api_token',
  BUSYHOUR_PSEUDONYM_KEY: 'pseudonym_key',
  BUSYHOUR_SQL_KEY: 'sql_key',
  BUSYHOUR_RETENTION: 'retention',
  BUSYHOUR_KEEP_NUMBERS: 'keep_numbers',
} as const;
type SettingName = keyof typeof SETTINGS;

const DEFAULTS: Readonly<Record<SettingName, string>> = {
  BUSYHOUR_DATA_DIR: './data',
  BUSYHOUR_LOG: 'embedded',
  BUSYHOUR_LOG_SASL: 'none',
  BUSYHOUR_LOG_USERNAME: '',
  BUSYHOUR_LOG_PASSWORD: '',
  BUSYHOUR_LOG_TOKEN_URL: '',
  BUSYHOUR_LOG_TLS: 'off',
  BUSYHOUR_LOG_TLS_CA: '',
  BUSYHOUR_LOG_SESSION_MS: '30000',
  BUSYHOUR_SCHEMA_REGISTRY_URL: 'embedded',
  BUSYHOUR_CLICKHOUSE_URL: 'embedded',
  BUSYHOUR_CLICKHOUSE_ANALYST_URL: '',
  BUSYHOUR_CLICKHOUSE_CLUSTER: '',
  BUSYHOUR_CLICKHOUSE_HTTP_PORT: '8123',
  BUSYHOUR_HOST: '127.0.0.1',
  BUSYHOUR_PORT: '8080',
  BUSYHOUR_AUTH: 'token',
  BUSYHOUR_TIME_ZONE: Intl.DateTimeFormat().resolvedOptions().timeZone,
  BUSYHOUR_ALLOWED_ORIGINS: '',
  BUSYHOUR_TRUSTED_PROXIES: '',
  BUSYHOUR_JWT_ISSUER: '',
  BUSYHOUR_JWT_AUDIENCE: '',
  BUSYHOUR_JWT_JWKS_URL: '',
  BUSYHOUR_LOG_LEVEL: 'warn',
  BUSYHOUR_METRICS_PORT: '',
  BUSYHOUR_API_TOKEN: '',
  BUSYHOUR_PSEUDONYM_KEY: '',
  BUSYHOUR_SQL_KEY: '',
  BUSYHOUR_RETENTION: '',
  BUSYHOUR_KEEP_NUMBERS: 'no',
};
const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);
const DEFAULT_CONFIG_FILE = 'busyhour.yaml';

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Reads the file (only a default file may be missing) and the environment. */
export const loadConfig = (env: Environment, file: string | null = null): ConfigResult => {
  const faults: string[] = [];
  const { settings, ...lists } = readFile(file, faults);
  const config = { ...readSettings(withSecretFiles(env, faults), settings, faults), ...lists };
  return faults.length === 0 ? { status: 'valid', config } : { status: 'invalid', faults };
};

/** Lists, which only the file can hold. */
const FILE_ONLY = ['feeds', 'queue_groups', 'service_levels', 'alerts', 'webhooks'];

interface FileContents {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly feeds: readonly FeedConfig[];
  readonly queueGroups: QueueGroupsConfig;
  readonly serviceLevels: readonly QueueServiceLevel[];
  readonly alerts: readonly AlertRule[];
  readonly webhooks: readonly WebhookConfig[];
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

const readFile = (file: string | null, faults: string[]): FileContents => {
  const path = file ?? DEFAULT_CONFIG_FILE;
  const nothing = { settings: {}, feeds: [], queueGroups: {}, serviceLevels: [], alerts: [], webhooks: [] };
  let parsed: unknown;
  try {
    parsed = parse(readFileSync(path, 'utf8')) ?? {};
  } catch (error) {
    if (!(file === null && isMissing(error))) faults.push(`${path}: ${messageOf(error).split('\n')[0]}`);
    return nothing;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    faults.push(`${path}: must be a list of "name: value" lines`);
    return nothing;
  }
  const { feeds, queue_groups, service_levels, alerts, webhooks, ...settings } = parsed as Record<
    string,
    unknown
  >;
  const known: readonly string[] = Object.values(SETTINGS);
  for (const name of Object.keys(settings)) {
    if (!known.includes(name))
      faults.push(`${path}: unknown setting "${name}" (known: ${known.join(', ')}, ${FILE_ONLY.join(', ')})`);
  }
  return {
    settings,
    feeds: readFeeds(path, feeds, faults),
    queueGroups: readQueueGroups(path, queue_groups, faults),
    serviceLevels: readServiceLevels(path, service_levels, faults),
    alerts: readAlerts(path, alerts, faults),
    webhooks: readWebhooks(path, webhooks, faults),
  };
};

const FEED_FIELDS = ['feed', 'path', 'source', 'tenant', 'aliases'];

const readFeeds = (path: string, feeds: unknown, faults: string[]): FeedConfig[] => {
  if (feeds === undefined || feeds === null) return [];
  if (!Array.isArray(feeds)) {
    faults.push(`${path}: feeds must be a list`);
    return [];
  }
  return feeds.flatMap((entry: unknown, i) => {
    const where = `${path}: feeds[${i}]`;
    if (typeof entry !== 'object' || entry === null) {
      faults.push(`${where} must have feed, path and source`);
      return [];
    }
    const of = entry as Record<string, unknown>;
    const text = (name: string): string => (typeof of[name] === 'string' ? of[name] : '');
    for (const name of Object.keys(of)) {
      if (!FEED_FIELDS.includes(name))
        faults.push(`${where}.${name} is unknown (known: ${FEED_FIELDS.join(', ')})`);
    }
    for (const name of ['feed', 'path', 'source'])
      if (text(name) === '') faults.push(`${where}.${name} is missing`);
    return [
      {
        feed: text('feed'),
        path: text('path'),
        source: text('source'),
        tenant: text('tenant') || 'default',
        aliases: text('aliases') || null,
      },
    ];
  });
};

/** `NAME_FILE` gives the value of `NAME` from a file, so that secrets need not be in the environment. */
const withSecretFiles = (env: Environment, faults: string[]): Environment => {
  const read: Record<string, string | undefined> = { ...env };
  for (const name of Object.keys(SETTINGS)) {
    const file = env[`${name}_FILE`];
    if (file === undefined) continue;
    try {
      read[name] = readFileSync(file, 'utf8').trim();
    } catch (error) {
      faults.push(`${name}_FILE: ${messageOf(error)}`);
    }
  }
  return read;
};

const readSettings = (
  env: Environment,
  settings: Readonly<Record<string, unknown>>,
  faults: string[],
): Omit<Config, keyof Omit<FileContents, 'settings'>> => {
  const get = (name: SettingName): string => {
    const fromFile = settings[SETTINGS[name]];
    if (env[name] !== undefined) return env[name];
    if (fromFile === undefined || fromFile === null) return DEFAULTS[name];
    return typeof fromFile === 'string' ? fromFile : JSON.stringify(fromFile);
  };
  const port = (name: SettingName): number => {
    const value = Number(get(name));
    if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
    faults.push(`${name}: "${get(name)}" is no port (0 to 65535)`);
    return 0;
  };
  const oneOf = <T extends string>(name: SettingName, values: readonly T[]): T => {
    const found = values.find((value) => value === get(name));
    if (found !== undefined) return found;
    faults.push(`${name}: "${get(name)}" must be one of ${values.join(', ')}`);
    return values[0] as T;
  };
  const log = readLogConfig(
    {
      log: get('BUSYHOUR_LOG'),
      sasl: get('BUSYHOUR_LOG_SASL'),
      username: get('BUSYHOUR_LOG_USERNAME'),
      password: get('BUSYHOUR_LOG_PASSWORD'),
      tokenUrl: get('BUSYHOUR_LOG_TOKEN_URL'),
      tls: get('BUSYHOUR_LOG_TLS'),
      tlsCa: get('BUSYHOUR_LOG_TLS_CA'),
      sessionMs: get('BUSYHOUR_LOG_SESSION_MS'),
    },
    faults,
  );
  const clickhouse = readClickHouse('BUSYHOUR_CLICKHOUSE_URL', get('BUSYHOUR_CLICKHOUSE_URL'), faults);
  const analystUrl = get('BUSYHOUR_CLICKHOUSE_ANALYST_URL');
  const analyst =
    analystUrl === '' ? null : readClickHouse('BUSYHOUR_CLICKHOUSE_ANALYST_URL', analystUrl, faults);
  const cluster = get('BUSYHOUR_CLICKHOUSE_CLUSTER');
  const clusterFault = cluster === '' ? null : clusterNameFault(cluster);
  if (clusterFault !== null) faults.push(`BUSYHOUR_CLICKHOUSE_CLUSTER: ${clusterFault}`);
  const host = get('BUSYHOUR_HOST');
  const auth = oneOf('BUSYHOUR_AUTH', ['token', 'off'] as const);
  if (auth === 'off' && !LOOPBACK.has(host)) {
    faults.push(`BUSYHOUR_AUTH: "off" only goes with a loopback host, not BUSYHOUR_HOST=${host}`);
  }
  const timeZone = get('BUSYHOUR_TIME_ZONE');
  if (!isTimeZone(timeZone))
    faults.push(`BUSYHOUR_TIME_ZONE: "${timeZone}" is no time zone (e.g. Europe/Berlin)`);
  return {
    // Absolute: ClickHouse reads relative paths from where its configuration is.
    dataDir: resolve(get('BUSYHOUR_DATA_DIR')),
    log,
    schemaRegistryUrl: readRegistry(get('BUSYHOUR_SCHEMA_REGISTRY_URL'), faults),
    clickhouse,
    clickhouseAnalyst: analyst?.kind === 'external' ? analyst : null,
    clickhouseCluster: cluster,
    clickhouseHttpPort: port('BUSYHOUR_CLICKHOUSE_HTTP_PORT'),
    host,
    port: port('BUSYHOUR_PORT'),
    auth,
    timeZone,
    allowedOrigins: get('BUSYHOUR_ALLOWED_ORIGINS')
      .split(',')
      .map((origin) => origin.trim())
      .filter((origin) => origin !== ''),
    isTrustedProxy: readTrustedProxies(get('BUSYHOUR_TRUSTED_PROXIES'), faults),
    jwt: readJwtConfig(
      {
        issuer: get('BUSYHOUR_JWT_ISSUER'),
        audience: get('BUSYHOUR_JWT_AUDIENCE'),
        jwksUrl: get('BUSYHOUR_JWT_JWKS_URL'),
      },
      faults,
    ),
    logLevel: oneOf('BUSYHOUR_LOG_LEVEL', LOG_LEVELS),
    metricsPort: get('BUSYHOUR_METRICS_PORT') === '' ? null : port('BUSYHOUR_METRICS_PORT'),
    apiToken: get('BUSYHOUR_API_TOKEN') || null,
    pseudonymKey: get('BUSYHOUR_PSEUDONYM_KEY') || null,
    sqlKey: get('BUSYHOUR_SQL_KEY') || null,
    retention: readRetention(get('BUSYHOUR_RETENTION'), faults),
    keepNumbers: oneOf('BUSYHOUR_KEEP_NUMBERS', ['no', 'encrypted'] as const),
  };
};

/** The fault never quotes the URL: it may hold a password. */
const readClickHouse = (name: SettingName, value: string, faults: string[]): Config['clickhouse'] => {
  if (value === 'embedded') return { kind: 'embedded' };
  const url = URL.canParse(value) ? new URL(value) : null;
  if (
    url === null ||
    !['http:', 'https:'].includes(url.protocol) ||
    !['/acd', '/', ''].includes(url.pathname)
  ) {
    faults.push(`${name}: must be "embedded" or http(s)://user:password@host:8123/acd`);
    return { kind: 'embedded' };
  }
  return {
    kind: 'external',
    url: url.origin,
    username: decodeURIComponent(url.username) || 'default',
    password: decodeURIComponent(url.password),
  };
};

const readRegistry = (value: string, faults: string[]): string | null => {
  if (value === 'embedded') return null;
  if (URL.canParse(value) && /^https?:/.test(value)) return value;
  faults.push('BUSYHOUR_SCHEMA_REGISTRY_URL: must be "embedded" or http(s)://user:password@host:port');
  return null;
};

/** Checks what Busyhour stands on, one line a fault: configuration, directory, log, schemas, store. */
import { existsSync, statfsSync } from 'node:fs';
import { TABLES } from '../schemas/rows.ts';
import { DEAD_LETTERS, EVENTS } from '../schemas/topics.ts';
import {
  ACCESS_DENIED,
  checkTenantUsers,
  mayMakeUsers,
  type TenantFindings,
} from './clickhouse/check-tenants.ts';
import { readMigrations } from './clickhouse/migrate.ts';
import { type Retention, readTableRetention } from './clickhouse/retention.ts';
import { StoreError } from './clickhouse/store.ts';
import { readTenants } from './clickhouse/tenant-access.ts';
import type { Config } from './config.ts';
import { type Foundation, tenantDdlOf } from './foundation.ts';
import { TOPICS } from './open-log.ts';

export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  /** What was found; for a fault also where, and what to do. */
  readonly detail: string;
}

/** Below this a log and a store in use are close to standing still. */
const LOW_DISK_BYTES = 1024 ** 3;

const found = (name: string, ok: boolean, detail: string): Finding => ({ name, ok, detail });

/** All findings on an open foundation (opening it has already checked that the parts can be reached). */
export const diagnose = async (
  foundation: Foundation,
  config: Pick<Config, 'retention' | 'clickhouse' | 'clickhouseAnalyst' | 'clickhouseCluster'>,
): Promise<readonly Finding[]> => [
  diskSpace(foundation.dataDir),
  ...(await Promise.all([checkLog(foundation), checkTables(foundation), checkMigrations(foundation)])),
  await checkSchemas(foundation),
  await checkRetention(foundation, config.retention, config.clickhouseCluster),
  await checkTenants(foundation, config),
];

const diskSpace = (dataDir: string): Finding => {
  // Only a node and a connector keep anything of their own.
  if (!existsSync(dataDir)) return found('disk', true, 'this role has no data directory');
  const { bavail, bsize } = statfsSync(dataDir);
  const freeGib = (bavail * bsize) / 1024 ** 3;
  const detail = `${freeGib.toFixed(1)} GiB free in ${dataDir}`;
  return bavail * bsize >= LOW_DISK_BYTES
    ? found('disk', true, detail)
    : found('disk', false, `${detail}: make room, or move the directory with BUSYHOUR_DATA_DIR`);
};

const checkLog = async ({ log, topicFaults }: Foundation): Promise<Finding> => {
  const faults = await topicFaults();
  if (faults.length > 0) return found('log', false, faults.join('; '));
  let records = 0;
  for (let partition = 0; partition < EVENTS.partitions; partition++) {
    records += await log.endOffset(EVENTS.name, partition);
  }
  const letters = await log.endOffset(DEAD_LETTERS.name, 0);
  const topics = TOPICS.map(({ name }) => name).join(', ');
  return found('log', true, `topics ${topics}; ${records} events, ${letters} dead letters`);
};

const checkTables = async ({ store }: Foundation): Promise<Finding> => {
  const rows = await store.query<{ name: string }>(
    `SELECT name FROM system.tables WHERE database = 'acd' AND name IN {names:Array(String)}`,
    { names: Object.keys(TABLES) },
  );
  const present = new Set(rows.map(({ name }) => name));
  const missing = Object.keys(TABLES).filter((name) => !present.has(name));
  return missing.length === 0
    ? found('store', true, `ClickHouse answers; ${present.size} tables`)
    : found('store', false, `acd lacks ${missing.join(', ')}: start Busyhour once, it makes them`);
};

const checkMigrations = async ({ store }: Foundation): Promise<Finding> => {
  const applied = await store.query<{ name: string }>('SELECT DISTINCT name FROM acd.schema_migrations');
  const names = new Set(applied.map(({ name }) => name));
  const missing = readMigrations().filter(({ name }) => !names.has(name));
  return missing.length === 0
    ? found('migrations', true, `${names.size} applied`)
    : found('migrations', false, `not applied: ${missing.map(({ name }) => name).join(', ')}`);
};

const DAY_MS = 86_400_000;
const spanOf = (ms: number | null): string => (ms === null ? 'for ever' : `${ms / DAY_MS} d`);

const checkRetention = async (
  { store }: Foundation,
  wanted: Retention,
  cluster: string,
): Promise<Finding> => {
  const actual = [...(await readTableRetention(store, cluster))];
  const detail = actual.map(([name, ms]) => `${name} ${spanOf(ms)}`).join(', ');
  const unlike = actual.filter(([name, ms]) => wanted[name] !== undefined && wanted[name] !== ms);
  return unlike.length === 0
    ? found('retention', true, detail)
    : found(
        'retention',
        false,
        `${unlike.map(([name]) => name).join(', ')} not as configured: restart Busyhour; now ${detail}`,
      );
};

/** The users that tenants' SQL runs as. It makes none: who has none yet has not asked anything. */
export const checkTenants = async (
  { store, secrets, clickhouseUrl: url }: Pick<Foundation, 'store' | 'secrets' | 'clickhouseUrl'>,
  config: Parameters<typeof tenantDdlOf>[0],
): Promise<Finding> => {
  const { sqlKey } = secrets();
  if (sqlKey === '')
    return found('tenants', true, 'not looked at: SQL is with the processes that have BUSYHOUR_SQL_KEY');
  const ddl = tenantDdlOf(config, sqlKey);
  const tenants = (await readTenants(store)).toSorted();
  try {
    const findings = await checkTenantUsers({ store, url, ddl, tenants });
    const isEmbedded = config.clickhouse.kind === 'embedded';
    const usersCome = isEmbedded || (await mayMakeUsers(store));
    return tenantsFinding(findings, { tenants, isEmbedded, usersCome });
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== ACCESS_DENIED) throw error;
    const { definer } = ddl;
    const grant = `GRANT SHOW ROW POLICIES ON acd.* TO ${definer}`;
    return found(
      'tenants',
      false,
      `${definer} may not see row policies: have an administrator run "${grant}"`,
    );
  }
};

interface TenantSetting {
  readonly tenants: readonly string[];
  readonly isEmbedded: boolean;
  /** Whether a tenant without a user gets one by itself. */
  readonly usersCome: boolean;
}
const tenantsFinding = (
  { checked, missing, busy, faults }: TenantFindings,
  { tenants, isEmbedded, usersCome }: TenantSetting,
): Finding => {
  const without = missing.length === 0 ? [] : [`without a database user: ${missing.join(', ')}`];
  const all = usersCome ? faults : [...faults, ...without];
  if (all.length > 0) {
    const remedy = isEmbedded
      ? 'restart Busyhour, it sets up its ClickHouse anew'
      : `have an administrator run what "busyhour sql --ddl --tenant ${missing[0] ?? tenants[0] ?? 'default'}" prints`;
    return found('tenants', false, `${all.join('; ')}: ${remedy}`);
  }
  const sound = checked - missing.length - busy.length;
  const notes = [
    `SQL users of ${sound} of ${tenants.length} tenants looked at: read-only, each sees its own rows alone`,
    ...(busy.length === 0 ? [] : [`at their limits just now: ${busy.join(', ')}`]),
    ...without.map((line) => `${line} (made with the first query to POST /v1/sql)`),
  ];
  return found('tenants', true, notes.join('; '));
};

/** A round trip through the codec shows that the registry knows our schema and that it reads what it writes. */
const checkSchemas = async ({ codec }: Foundation): Promise<Finding> => {
  const event = {
    tenant: 'default',
    source: 'doctor',
    seq: '0',
    event_time: 0,
    recorded_at: 0,
    body: { type: 'source_progressed' },
  } as const;
  const read = codec.decode(codec.encode(event));
  return read.body.type === event.body.type
    ? found('schemas', true, 'the event schema is registered and reads what it writes')
    : found('schemas', false, 'an event did not survive its encoding: reinstall this version of Busyhour');
};

/**
 * What every command stands on: the log with its schemas and ledger, the store, and the data directory where one is
 * needed. Nothing beyond this file and `open-log.ts` knows which log or store it is.
 */
import type { EventCodec } from '../schemas/codec.ts';
import { openStore } from './clickhouse/clickhouse-store.ts';
import { ADMIN_USER } from './clickhouse/embedded-config.ts';
import type { ServerExit } from './clickhouse/embedded-server.ts';
import { startTenantServer, type TenantServer } from './clickhouse/embedded-tenants.ts';
import { migrate } from './clickhouse/migrate.ts';
import { applyRetention } from './clickhouse/retention.ts';
import type { TenantUsers } from './clickhouse/sql-access.ts';
import type { Store } from './clickhouse/store.ts';
import {
  externalTenantUsers,
  joinedTenantUsers,
  ownTenantUsers,
  readTenants,
} from './clickhouse/tenant-access.ts';
import type { TenantDdl } from './clickhouse/tenant-ddl.ts';
import type { Config } from './config.ts';
import {
  findNode,
  loadSecrets,
  loadTenants,
  lockDataDir,
  type RunningNode,
  type Secrets,
  saveTenants,
  takenMessage,
} from './data-dir.ts';
import type { SqliteLedger } from './ledger/sqlite-ledger.ts';
import type { EventLog } from './log/event-log.ts';
import { openLog } from './open-log.ts';
import { type Originals, startOriginals } from './subjects/originals.ts';
import { openSubjectKeys, type SubjectKeyStore } from './subjects/subject-keys.ts';

export interface StoreAccess {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly settings?: Readonly<Record<string, string | number>>;
}
export interface Foundation {
  /** Whether somebody else folds and lands: the node on this directory, or the workers on Kafka. */
  readonly joined: boolean;
  readonly dataDir: string;
  readonly secrets: () => Secrets;
  readonly log: EventLog;
  readonly ledger: () => SqliteLedger;
  readonly codec: EventCodec;
  readonly topicFaults: () => Promise<readonly string[]>;
  /** What pseudonyms are made with; null where `pseudonymKey` is not given. */
  readonly subjectKeys: SubjectKeyStore | null;
  /** null unless callers' numbers are to be kept. */
  readonly originals: Originals | null;
  /** The store as Busyhour itself uses it. */
  readonly store: Store;
  /** How `store` gets in, with the settings of its calls. */
  readonly admin: StoreAccess;
  /** As whom each tenant's SQL runs: a database user that reads the tenant's rows and may nothing else. */
  readonly tenantUsers: TenantUsers;
  /** Embedded: makes database users for the tenants that came since the last start, so that BI tools get in. */
  readonly prepareTenants: () => Promise<void>;
  readonly clickhouseUrl: string;
  /** Resolves if the embedded ClickHouse ends; never for another kind. */
  readonly storeExited: Promise<ServerExit>;
  readonly close: () => Promise<void>;
}
export type FoundationResult =
  | { readonly status: 'open'; readonly foundation: Foundation }
  | { readonly status: 'refused'; readonly message: string };

/** `node`: must hold the directory. `command`: joins the node that runs there, or holds it for the time. */
export type Standing = 'node' | 'command';

interface Closing {
  readonly closers: (() => unknown)[];
  readonly close: () => Promise<void>;
}
/** Closes what was opened, the last first. */
const closing = (): Closing => {
  const closers: (() => unknown)[] = [];
  return {
    closers,
    close: async () => {
      for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) await closer();
    },
  };
};

/** Whether nothing is in the data directory that only one process may hold. */
export const isDistributed = ({ log, clickhouse }: Config): boolean =>
  log.kind === 'kafka' && clickhouse.kind === 'external';

type Held =
  | { readonly status: 'held'; readonly running: RunningNode | null }
  | { readonly status: 'refused'; readonly message: string };

const hold = (config: Config, standing: Standing, closers: Closing['closers']): Held => {
  if (isDistributed(config)) return { status: 'held', running: null };
  const lock = lockDataDir(config.dataDir);
  if (lock.status === 'locked') {
    closers.push(lock.release);
    return { status: 'held', running: null };
  }
  const running = standing === 'command' ? findNode(config.dataDir) : null;
  return running === null
    ? { status: 'refused', message: takenMessage(config.dataDir, lock.by) }
    : { status: 'held', running };
};

/** Opens everything, or says in one line why not. Throws LogError, EmbeddedServerError or StoreError for what broke. */
export const openFoundation = async (config: Config, standing: Standing): Promise<FoundationResult> => {
  const { closers, close } = closing();
  try {
    const held = hold(config, standing, closers);
    if (held.status === 'refused') return held;
    const { running } = held;
    const secrets = secretsOf(config);
    const opened = await openLog(config, closers);
    const subjectKeys = await subjectKeysOf(opened.log, secrets, closers);
    const access = await openClickHouse(config, secrets, running?.clickhouseUrl ?? null, closers);
    const admin =
      config.clickhouseCluster === '' ? access.admin : { ...access.admin, settings: CLUSTER_SETTINGS };
    const store = openStore({ ...admin, database: 'acd' });
    closers.push(() => store.close());
    const migrated = running === null ? await migrate(store, undefined, config.clickhouseCluster) : null;
    if (migrated?.status === 'refused') {
      await close();
      return { status: 'refused', message: migrated.reason };
    }
    if (running === null) await applyRetention(store, config.retention, config.clickhouseCluster);
    const originals = originalsOf(config, store, { secrets, subjectKeys }, closers);
    const { tenantUsers, prepareTenants } = tenantsOf(config, secrets, store, access);
    const foundation: Foundation = {
      joined: running !== null || (standing === 'command' && config.log.kind === 'kafka'),
      dataDir: config.dataDir,
      secrets,
      ...opened,
      subjectKeys,
      originals,
      store,
      admin,
      tenantUsers,
      prepareTenants,
      clickhouseUrl: access.admin.url,
      storeExited: access.exited,
      close,
    };
    return { status: 'open', foundation };
  } catch (error) {
    await close();
    throw error;
  }
};

const originalsOf = (
  { keepNumbers }: Config,
  store: Store,
  { secrets, subjectKeys }: Pick<Foundation, 'secrets' | 'subjectKeys'>,
  closers: Closing['closers'],
): Originals | null => {
  if (keepNumbers === 'no' || subjectKeys === null) return null;
  const originals = startOriginals(store, secrets().pseudonymKey, subjectKeys, Date.now);
  closers.push(originals.close);
  return originals;
};

const subjectKeysOf = async (
  log: EventLog,
  secrets: () => Secrets,
  closers: Closing['closers'],
): Promise<SubjectKeyStore | null> => {
  const { pseudonymKey } = secrets();
  if (pseudonymKey === '') return null;
  const keys = await openSubjectKeys(log, pseudonymKey);
  closers.push(keys.close);
  return keys;
};

/** An insert over a Distributed table is acknowledged when the rows are on their shards, not when they are queued (law 3). */
const CLUSTER_SETTINGS = { distributed_foreground_insert: 1 } as const;

/** Secrets that several processes share come from the configuration; the others are made and kept in the directory. */
const secretsOf = (config: Config): (() => Secrets) => {
  const { dataDir, apiToken, pseudonymKey, sqlKey } = config;
  let loaded: Secrets | null = null;
  return () => {
    // Made up here, each process of a distributed set-up would have its own: '' = not given.
    loaded ??= isDistributed(config) ? NO_SECRETS : loadSecrets(dataDir);
    return {
      ...loaded,
      apiAdminToken: apiToken ?? loaded.apiAdminToken,
      pseudonymKey: pseudonymKey ?? loaded.pseudonymKey,
      sqlKey: sqlKey ?? loaded.sqlKey,
    };
  };
};

const NO_SECRETS: Secrets = {
  clickhouseAdminPassword: '',
  apiAdminToken: '',
  pseudonymKey: '',
  sqlKey: '',
};

interface ClickHouseAccess {
  readonly admin: StoreAccess;
  /** The embedded server, when it is this process that holds it. */
  readonly server: TenantServer | null;
  readonly exited: Promise<ServerExit>;
}
const never = new Promise<never>(() => {});

const openClickHouse = async (
  config: Config,
  secrets: () => Secrets,
  runningUrl: string | null,
  closers: Closing['closers'],
): Promise<ClickHouseAccess> => {
  const { dataDir, clickhouse, clickhouseHttpPort } = config;
  if (clickhouse.kind === 'external') return { admin: clickhouse, server: null, exited: never };
  const { clickhouseAdminPassword: adminPassword, sqlKey } = secrets();
  const adminOf = (url: string): StoreAccess => ({ url, username: ADMIN_USER, password: adminPassword });
  if (runningUrl !== null) return { admin: adminOf(runningUrl), server: null, exited: never };
  const server = await startTenantServer({
    dataDir,
    httpPort: clickhouseHttpPort,
    tcpPort: null,
    adminPassword,
    sqlKey,
    tenants: [...new Set(['default', ...config.feeds.map(({ tenant }) => tenant), ...loadTenants(dataDir)])],
    onTenants: (tenants) => saveTenants(dataDir, tenants),
  });
  closers.push(() => server.close());
  return { admin: adminOf(server.url), server, exited: server.exited };
};

/** The statements of DDL that a tenant's user takes on an external ClickHouse. */
export const tenantDdlOf = (
  config: Pick<Config, 'clickhouse' | 'clickhouseAnalyst' | 'clickhouseCluster'>,
  key: string,
): TenantDdl => ({
  key,
  definer: config.clickhouse.kind === 'external' ? config.clickhouse.username : ADMIN_USER,
  unfiltered: config.clickhouseAnalyst === null ? [] : [config.clickhouseAnalyst.username],
  cluster: config.clickhouseCluster,
});

const tenantsOf = (
  config: Config,
  secrets: () => Secrets,
  store: Store,
  { admin, server }: ClickHouseAccess,
): Pick<Foundation, 'tenantUsers' | 'prepareTenants'> => {
  const { sqlKey } = secrets();
  if (sqlKey === '') {
    const reason = 'BUSYHOUR_SQL_KEY is missing: every process that serves needs the same one';
    return { tenantUsers: async () => ({ status: 'refused', reason }), prepareTenants: async () => {} };
  }
  if (server !== null) {
    return {
      tenantUsers: ownTenantUsers(server, store, sqlKey),
      prepareTenants: async () => server.add(await readTenants(store)),
    };
  }
  const tenantUsers =
    config.clickhouse.kind === 'external'
      ? externalTenantUsers(store, admin.url, tenantDdlOf(config, sqlKey))
      : joinedTenantUsers(admin.url, sqlKey);
  return { tenantUsers, prepareTenants: async () => {} };
};

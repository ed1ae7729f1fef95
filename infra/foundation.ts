/**
 * What every command stands on: the log with its schemas and ledger, the store, and the data directory where one is
 * needed. Nothing beyond this file and `open-log.ts` knows which log or store it is.
 */
import type { EventCodec } from '../schemas/codec.ts';
import { openStore } from './clickhouse/clickhouse-store.ts';
import { ADMIN_USER, ANALYST_USER } from './clickhouse/embedded-config.ts';
import { type ServerExit, startEmbeddedClickHouse } from './clickhouse/embedded-server.ts';
import { migrate } from './clickhouse/migrate.ts';
import type { Store } from './clickhouse/store.ts';
import type { Config } from './config.ts';
import {
  findNode,
  loadSecrets,
  lockDataDir,
  type RunningNode,
  type Secrets,
  takenMessage,
} from './data-dir.ts';
import type { SqliteLedger } from './ledger/sqlite-ledger.ts';
import type { EventLog } from './log/event-log.ts';
import { openLog } from './open-log.ts';

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
  /** The store as Busyhour itself uses it. */
  readonly store: Store;
  /** How `store` gets in, with the settings of its calls. */
  readonly admin: StoreAccess;
  /** The store as an analyst may use it: read-only. */
  readonly analyst: StoreAccess;
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
    const foundation: Foundation = {
      joined: running !== null || (standing === 'command' && config.log.kind === 'kafka'),
      dataDir: config.dataDir,
      secrets,
      ...opened,
      store,
      admin,
      analyst: access.analyst,
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

/** An insert over a Distributed table is acknowledged when the rows are on their shards, not when they are queued (law 3). */
const CLUSTER_SETTINGS = { distributed_foreground_insert: 1 } as const;

/** Secrets that several processes share come from the configuration; the others are made and kept in the directory. */
const secretsOf = (config: Config): (() => Secrets) => {
  const { dataDir, apiToken, pseudonymKey } = config;
  let loaded: Secrets | null = null;
  return () => {
    // Made up here, each process of a distributed set-up would have its own: '' = not given.
    loaded ??= isDistributed(config) ? NO_SECRETS : loadSecrets(dataDir);
    return {
      ...loaded,
      apiAdminToken: apiToken ?? loaded.apiAdminToken,
      pseudonymKey: pseudonymKey ?? loaded.pseudonymKey,
    };
  };
};

const NO_SECRETS: Secrets = {
  clickhouseAdminPassword: '',
  clickhouseAnalystPassword: '',
  apiAdminToken: '',
  pseudonymKey: '',
};

interface ClickHouseAccess {
  readonly admin: StoreAccess;
  readonly analyst: StoreAccess;
  readonly exited: Promise<ServerExit>;
}
const never = new Promise<never>(() => {});

const openClickHouse = async (
  { dataDir, clickhouse, clickhouseAnalyst, clickhouseHttpPort }: Config,
  secrets: () => Secrets,
  runningUrl: string | null,
  closers: Closing['closers'],
): Promise<ClickHouseAccess> => {
  if (clickhouse.kind === 'external') {
    return { admin: clickhouse, analyst: clickhouseAnalyst ?? clickhouse, exited: never };
  }
  const { clickhouseAdminPassword: adminPassword, clickhouseAnalystPassword: analystPassword } = secrets();
  const as = (url: string): Pick<ClickHouseAccess, 'admin' | 'analyst'> => ({
    admin: { url, username: ADMIN_USER, password: adminPassword },
    analyst: { url, username: ANALYST_USER, password: analystPassword },
  });
  if (runningUrl !== null) return { ...as(runningUrl), exited: never };
  const server = await startEmbeddedClickHouse({
    dataDir,
    httpPort: clickhouseHttpPort,
    tcpPort: null,
    adminPassword,
    analystPassword,
  });
  closers.push(() => server.close());
  return { ...as(server.url), exited: server.exited };
};

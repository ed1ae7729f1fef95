/**
 * What every command stands on: the data directory, the log with its ledger and schemas, and the store. A command
 * either holds the directory itself or joins the node that does: both see the same log file and the same ClickHouse.
 */
import { join } from 'node:path';
import { type EventCodec, openEventCodec } from '../schemas/codec.ts';
import { DEAD_LETTERS, EVENTS, LIVE } from '../schemas/topics.ts';
import { openStore } from './clickhouse/clickhouse-store.ts';
import { ADMIN_USER, ANALYST_USER } from './clickhouse/embedded-config.ts';
import { type ServerExit, startEmbeddedClickHouse } from './clickhouse/embedded-server.ts';
import { migrate } from './clickhouse/migrate.ts';
import type { Store } from './clickhouse/store.ts';
import type { Config } from './config.ts';
import { findNode, loadSecrets, lockDataDir, type Secrets, takenMessage } from './data-dir.ts';
import { openSqliteLedger, type SqliteLedger } from './ledger/sqlite-ledger.ts';
import type { EventLog } from './log/event-log.ts';
import { openSqliteLog } from './log/sqlite-log.ts';
import { openEmbeddedRegistry } from './schema-registry/embedded-registry.ts';

export interface StoreAccess {
  readonly url: string;
  readonly username: string;
  readonly password: string;
}
export interface Foundation {
  /** Whether another process runs the node on this directory. */
  readonly joined: boolean;
  readonly dataDir: string;
  readonly secrets: Secrets;
  readonly log: EventLog;
  readonly ledger: SqliteLedger;
  readonly codec: EventCodec;
  /** The store as Busyhour itself uses it. */
  readonly store: Store;
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

export const LOG_FILE = 'log.sqlite';

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

/** Opens everything, or says in one line why not. Throws LogError, EmbeddedServerError or StoreError for what broke. */
export const openFoundation = async (config: Config, standing: Standing): Promise<FoundationResult> => {
  const { closers, close } = closing();
  try {
    const lock = lockDataDir(config.dataDir);
    const running = lock.status === 'taken' && standing === 'command' ? findNode(config.dataDir) : null;
    if (lock.status === 'locked') closers.push(lock.release);
    else if (running === null) return { status: 'refused', message: takenMessage(config.dataDir, lock.by) };
    const secrets = loadSecrets(config.dataDir);
    const opened = await openLog(config.dataDir, closers);
    const access = await openClickHouse(config, secrets, running?.clickhouseUrl ?? null, closers);
    const store = openStore({ ...access.admin, database: 'acd' });
    closers.push(() => store.close());
    if (running === null) {
      const migrated = await migrate(store);
      if (migrated.status === 'refused') {
        await close();
        return { status: 'refused', message: migrated.reason };
      }
    }
    const foundation: Foundation = {
      joined: running !== null,
      dataDir: config.dataDir,
      secrets,
      ...opened,
      store,
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

const openLog = async (dataDir: string, closers: Closing['closers']) => {
  const file = join(dataDir, LOG_FILE);
  const log = openSqliteLog({ file });
  closers.push(() => log.close());
  await log.ensureTopics([EVENTS, LIVE, DEAD_LETTERS]);
  const ledger = openSqliteLedger({ file });
  closers.push(() => ledger.close());
  const registry = openEmbeddedRegistry({ file });
  closers.push(() => registry.close());
  return { log, ledger, codec: await openEventCodec(registry) };
};

interface ClickHouseAccess {
  readonly admin: StoreAccess;
  readonly analyst: StoreAccess;
  readonly exited: Promise<ServerExit>;
}
const never = new Promise<never>(() => {});

const openClickHouse = async (
  { dataDir, clickhouse, clickhouseHttpPort }: Config,
  secrets: Secrets,
  runningUrl: string | null,
  closers: Closing['closers'],
): Promise<ClickHouseAccess> => {
  if (clickhouse.kind === 'external') {
    // An external store's users are its operator's: whoever the URL names is used for both.
    const { url, username, password } = clickhouse;
    return { admin: { url, username, password }, analyst: { url, username, password }, exited: never };
  }
  const as = (url: string): Pick<ClickHouseAccess, 'admin' | 'analyst'> => ({
    admin: { url, username: ADMIN_USER, password: secrets.clickhouseAdminPassword },
    analyst: { url, username: ANALYST_USER, password: secrets.clickhouseAnalystPassword },
  });
  if (runningUrl !== null) return { ...as(runningUrl), exited: never };
  const server = await startEmbeddedClickHouse({
    dataDir,
    httpPort: clickhouseHttpPort,
    tcpPort: null,
    adminPassword: secrets.clickhouseAdminPassword,
    analystPassword: secrets.clickhouseAnalystPassword,
  });
  closers.push(() => server.close());
  return { ...as(server.url), exited: server.exited };
};

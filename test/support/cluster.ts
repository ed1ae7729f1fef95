/**
 * A distributed set-up as an operator runs it: a Kafka broker, a ClickHouse that outlives every worker, and
 * `busyhour process` in processes of their own, each of which a test can stop, kill and freeze.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore } from '../../infra/clickhouse/clickhouse-store.ts';
import { type EmbeddedServer, startEmbeddedClickHouse } from '../../infra/clickhouse/embedded-server.ts';
import { migrate } from '../../infra/clickhouse/migrate.ts';
import type { Store } from '../../infra/clickhouse/store.ts';
import { tenantUser } from '../../infra/clickhouse/tenant-users.ts';
import { type KafkaLog, openKafkaLog } from '../../infra/log/kafka-log.ts';
import { openReleasedRegistry } from '../../infra/schema-registry/released-registry.ts';
import { type EventCodec, openEventCodec } from '../../schemas/codec.ts';
import { ALERTS, DEAD_LETTERS, EVENTS, LIVE } from '../../schemas/topics.ts';
import { type Finished, type Running, spawnBusyhour } from './cli.ts';
import { type BrokerSource, startTestBroker, type TestBroker } from './kafka.ts';
import { freePort } from './own-clickhouse.ts';

/** Short, so that a dead worker's partitions move within a test; long enough for a loaded machine. */
const SESSION_MS = 3_000;
const POLL_MS = 100;
const START_LIMIT_MS = 30_000;
const PASSWORD = 'store-password';
/** Shared by the roles, as an operator gives them. */
export const CLUSTER_SECRETS = {
  BUSYHOUR_API_TOKEN: 'token',
  BUSYHOUR_PSEUDONYM_KEY: 'key',
  BUSYHOUR_SQL_KEY: 'sql-key',
} as const;

export interface WorkerProcess {
  readonly pid: number;
  readonly isRunning: () => boolean;
  readonly output: () => string;
  readonly finished: Promise<Finished>;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Drains and ends. */
  readonly stop: () => Promise<Finished>;
  /** kill -9. */
  readonly kill: () => Promise<Finished>;
}
export interface OutageStore extends Store {
  /** Takes connections and answers nothing. */
  readonly freeze: () => void;
  /** kill -9: connections are refused. */
  readonly kill: () => Promise<void>;
  /** On the same directory and port. */
  readonly restart: () => Promise<void>;
}
export interface Cluster {
  readonly broker: TestBroker;
  readonly log: KafkaLog;
  readonly codec: EventCodec;
  readonly store: OutageStore;
  /** Starts any other role or command on this broker and store. */
  readonly spawn: (args: readonly string[], env?: Readonly<Record<string, string>>) => WorkerProcess;
  /** Resolves when it says that it processes. */
  readonly startWorker: () => Promise<WorkerProcess>;
  readonly workers: () => readonly WorkerProcess[];
  /** Kills what still runs, of whatever role. */
  readonly killWorkers: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Waits for a condition; throws what `wanted` names, with `state()`, when it does not come. */
export const until = async (
  wanted: string,
  limitMs: number,
  holds: () => boolean | Promise<boolean>,
  state: () => string = () => '',
): Promise<void> => {
  const deadline = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${wanted}: not within ${limitMs} ms. ${state()}`);
    await sleep(POLL_MS);
  }
};

const openOutageStore = async (dataDir: string): Promise<OutageStore & { readonly url: string }> => {
  const httpPort = await freePort();
  const start = (): Promise<EmbeddedServer> =>
    startEmbeddedClickHouse({
      dataDir,
      httpPort,
      tcpPort: null,
      adminPassword: PASSWORD,
      tenants: [tenantUser(CLUSTER_SECRETS.BUSYHOUR_SQL_KEY, 'default')],
    });
  let server = await start();
  const { url, adminUser: username } = server;
  const store = openStore({ url, username, password: PASSWORD, database: 'acd' });
  const migrated = await migrate(store);
  if (migrated.status === 'refused') throw new Error(migrated.reason);
  const kill = async (): Promise<void> => {
    process.kill(server.pid, 'SIGKILL');
    await server.exited;
  };
  return {
    ...store,
    url: `http://${username}:${PASSWORD}@${new URL(url).host}/acd`,
    freeze: () => process.kill(server.pid, 'SIGSTOP'),
    kill,
    restart: async () => {
      server = await start();
    },
    close: async () => {
      await store.close();
      await server.close();
    },
  };
};

const asWorker = ({ child, finished, output }: Running): WorkerProcess => {
  const { pid } = child;
  if (pid === undefined) throw new Error(`no worker: ${output()}`);
  const ended = (signal: NodeJS.Signals): Promise<Finished> => {
    child.kill(signal);
    return finished;
  };
  return {
    pid,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    output,
    finished,
    signal: (signal) => child.kill(signal),
    stop: () => ended('SIGTERM'),
    kill: () => ended('SIGKILL'),
  };
};

/** Starts broker and store; no worker yet. */
export const startCluster = async (source: BrokerSource): Promise<Cluster> => {
  const dir = mkdtempSync(join(tmpdir(), 'busyhour-cluster-'));
  const [broker, store] = await Promise.all([startTestBroker(source), openOutageStore(dir)]);
  const log = await openKafkaLog({ brokers: [broker.bootstrap], clientId: 'cluster-test' });
  await log.ensureTopics([EVENTS, LIVE, DEAD_LETTERS, ALERTS]);
  const workers = new Set<WorkerProcess>();
  const others = new Set<WorkerProcess>();
  // A test run that is ended leaves no worker behind.
  const killAll = (): void => {
    for (const started of [...workers, ...others]) started.signal('SIGKILL');
  };
  process.once('exit', killAll);

  const environment = {
    BUSYHOUR_LOG: `kafka://${broker.bootstrap}`,
    BUSYHOUR_LOG_SESSION_MS: String(SESSION_MS),
    BUSYHOUR_CLICKHOUSE_URL: store.url,
    ...CLUSTER_SECRETS,
  };
  const spawn: Cluster['spawn'] = (args, env = {}) => {
    const started = asWorker(spawnBusyhour(dir, args, { ...environment, ...env }));
    others.add(started);
    return started;
  };
  const startWorker = async (): Promise<WorkerProcess> => {
    const worker = asWorker(spawnBusyhour(dir, ['process'], environment));
    workers.add(worker);
    const isUp = (): boolean => worker.output().includes(': processing');
    await until(
      'a worker that processes',
      START_LIMIT_MS,
      () => isUp() || !worker.isRunning(),
      worker.output,
    );
    if (!isUp()) throw new Error(`the worker ended as it started: ${worker.output()}`);
    return worker;
  };
  const killWorkers = async (): Promise<void> => {
    killAll();
    await Promise.all([...workers, ...others].map(({ finished }) => finished));
    workers.clear();
    others.clear();
  };
  return {
    broker,
    log,
    codec: await openEventCodec(openReleasedRegistry()),
    store,
    spawn,
    startWorker,
    workers: () => [...workers].filter((worker) => worker.isRunning()),
    killWorkers,
    close: async () => {
      await killWorkers();
      process.off('exit', killAll);
      await log.close();
      await Promise.all([store.close(), broker.stop()]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

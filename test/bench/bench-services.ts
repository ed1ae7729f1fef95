/** The real Kafka and the real ClickHouse that the benchmarks run against, on temporary directories. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../infra/clickhouse/clickhouse-store.ts';
import { startEmbeddedClickHouse } from '../../infra/clickhouse/embedded-server.ts';
import { migrate } from '../../infra/clickhouse/migrate.ts';
import type { Store } from '../../infra/clickhouse/store.ts';
import { type KafkaBroker, startKafkaBroker } from '../../infra/kafka/kafka-broker.ts';
import { type KafkaLog, openKafkaLog } from '../../infra/log/kafka-log.ts';
import { openEmbeddedRegistry } from '../../infra/schema-registry/embedded-registry.ts';
import { type EventCodec, openEventCodec } from '../../schemas/codec.ts';
import { DEAD_LETTERS, EVENTS, LIVE } from '../../schemas/topics.ts';

export interface BenchServices {
  readonly broker: KafkaBroker;
  readonly log: KafkaLog;
  readonly codec: EventCodec;
  readonly store: Store;
  readonly registryFile: string;
  readonly clickhouse: { readonly url: string; readonly username: string; readonly password: string };
  readonly clickhousePid: number;
  readonly close: () => Promise<void>;
}

/** Starts both, with topics and tables in place. */
export const startBenchServices = async (): Promise<BenchServices> => {
  const dir = mkdtempSync(join(tmpdir(), 'busyhour-bench-'));
  const password = 'bench-admin';
  const broker = await startKafkaBroker({ dir: join(dir, 'kafka') });
  const server = await startEmbeddedClickHouse({
    dataDir: dir,
    httpPort: 0,
    tcpPort: null,
    adminPassword: password,
  });
  const clickhouse = { url: server.url, username: server.adminUser, password };
  const store = openStore({ ...clickhouse, database: 'acd' });
  const migrated = await migrate(store);
  if (migrated.status === 'refused') throw new Error(migrated.reason);
  const log = await openKafkaLog({ clientId: 'busyhour-bench', brokers: [broker.bootstrap] });
  await log.ensureTopics([EVENTS, LIVE, DEAD_LETTERS]);
  const registryFile = join(dir, 'registry.sqlite');
  const registry = openEmbeddedRegistry({ file: registryFile });
  const codec = await openEventCodec(registry);
  return {
    broker,
    log,
    codec,
    store,
    registryFile,
    clickhouse,
    clickhousePid: server.pid,
    close: async () => {
      await Promise.all([log.close(), store.close(), registry.close()]);
      await Promise.all([server.close(), broker.stop()]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

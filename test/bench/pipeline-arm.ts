/**
 * One way to consume the preloaded topic, in a process of its own so that its CPU time and memory are its own. Reads
 * its order as JSON from its first argument and prints what it measured as one line of JSON.
 */
import { Kafka, logLevel } from 'kafkajs';
import { openStore } from '../../infra/clickhouse/clickhouse-store.ts';
import type { Store } from '../../infra/clickhouse/store.ts';
import type { EventLog } from '../../infra/log/event-log.ts';
import { openKafkaLog } from '../../infra/log/kafka-log.ts';
import { FETCH_LIMITS } from '../../infra/log/kafka-member.ts';
import { provideZstd } from '../../infra/log/kafka-zstd.ts';
import { openEmbeddedRegistry } from '../../infra/schema-registry/embedded-registry.ts';
import { createTelemetry } from '../../infra/telemetry.ts';
import { LANDED_GROUP, startWorker, WORKER_LIMITS } from '../../processors/runtime/worker.ts';
import { type EventCodec, openEventCodec } from '../../schemas/codec.ts';
import { EVENTS } from '../../schemas/topics.ts';
import { cpuMsOf } from './process-cpu.ts';

export type ArmName = 'raw' | 'decode' | 'sink off' | 'whole worker';
export interface ArmOrder {
  readonly arm: ArmName;
  readonly bootstrap: string;
  readonly registryFile: string;
  readonly clickhouse: { readonly url: string; readonly username: string; readonly password: string };
  readonly pids: { readonly java: number; readonly clickhouse: number };
  readonly count: number;
}
export interface ArmResult {
  readonly arm: ArmName;
  readonly tookMs: number;
  readonly cpuMs: { readonly node: number; readonly java: number; readonly clickhouse: number };
  /** Resident memory at equal intervals. */
  readonly rssMb: readonly number[];
}

const RSS_INTERVAL_MS = 500;

/** kafkajs itself, with the worker's fetch sizes and nothing done. */
const runRaw = async ({ bootstrap, count }: ArmOrder): Promise<void> => {
  provideZstd();
  const consumer = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).consumer({
    groupId: 'bench-raw',
    ...FETCH_LIMITS,
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  let seen = 0;
  await consumer.connect();
  await consumer.subscribe({ topics: [EVENTS.name], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      seen += batch.messages.length;
      if (seen >= count) resolve();
    },
  });
  await promise;
  await consumer.disconnect();
};

const runDecode = async (log: EventLog, codec: EventCodec, count: number): Promise<void> => {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let seen = 0;
  const consumer = await log.consume(
    { topic: EVENTS.name, group: null, ownThread: true, ...WORKER_LIMITS.fetch },
    {
      onAssigned: async () => 0,
      onBatch: async (_partition, records) => {
        for (const { value } of records) codec.decode(value);
        seen += records.length;
        if (seen >= count) resolve();
      },
      onRevoked: async () => {},
      onFailed: (_partition, error) => reject(error),
    },
  );
  await promise;
  await consumer.close();
};

/** Runs until everything has landed, which the worker tells by what it commits. */
const runWorker = async (log: EventLog, store: Store, codec: EventCodec, count: number): Promise<void> => {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const landed = new Map<number, number>();
  const telling: EventLog = {
    ...log,
    commit: async (group, topic, partition, offset) => {
      await log.commit(group, topic, partition, offset);
      if (group !== LANDED_GROUP) return;
      landed.set(partition, offset);
      if ([...landed.values()].reduce((sum, each) => sum + each, 0) >= count) resolve();
    },
  };
  const worker = await startWorker({
    log: telling,
    store,
    codec,
    nowMs: Date.now,
    metrics: createTelemetry(Date.now).processing,
    logger: { info: () => {}, warn: (fields, message) => console.error(message, fields) },
    onFatal: reject,
  });
  await promise;
  await worker.close();
};

const nowhere = (store: Store): Store => ({
  ...store,
  insert: async () => {},
  openBlock: () => {
    let length = 0;
    return {
      get length() {
        return length;
      },
      add: () => {
        length += 1;
      },
      insert: async () => {},
    };
  },
  query: async () => [],
});

const run = async (order: ArmOrder): Promise<void> => {
  if (order.arm === 'raw') return runRaw(order);
  const registry = openEmbeddedRegistry({ file: order.registryFile });
  const codec = await openEventCodec(registry);
  const log = await openKafkaLog({ clientId: 'busyhour-bench', brokers: [order.bootstrap] });
  const store = openStore({ ...order.clickhouse, database: 'acd' });
  if (order.arm === 'decode') await runDecode(log, codec, order.count);
  else await runWorker(log, order.arm === 'sink off' ? nowhere(store) : store, codec, order.count);
  await Promise.all([log.close(), store.close(), registry.close()]);
};

const measure = async (order: ArmOrder): Promise<ArmResult> => {
  const cpuMs = () => ({
    node: cpuMsOf(process.pid),
    java: cpuMsOf(order.pids.java),
    clickhouse: cpuMsOf(order.pids.clickhouse),
  });
  const rssMb: number[] = [];
  const sampling = setInterval(
    () => rssMb.push(Math.round(process.memoryUsage.rss() / 2 ** 20)),
    RSS_INTERVAL_MS,
  );
  const before = cpuMs();
  const startedMs = performance.now();
  await run(order);
  const tookMs = performance.now() - startedMs;
  const after = cpuMs();
  clearInterval(sampling);
  return {
    arm: order.arm,
    tookMs,
    cpuMs: {
      node: after.node - before.node,
      java: after.java - before.java,
      clickhouse: after.clickhouse - before.clickhouse,
    },
    rssMb,
  };
};

const order = JSON.parse(process.argv[2] ?? '{}') as ArmOrder;
process.stdout.write(`${JSON.stringify(await measure(order))}\n`);

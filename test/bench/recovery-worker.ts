/**
 * A worker in a process of its own, to be killed: tells on stdout, one line of JSON each, when it came how far. Reads
 * where Kafka and ClickHouse are as JSON from its first argument.
 */
import { openStore } from '../../infra/clickhouse/clickhouse-store.ts';
import type { Store } from '../../infra/clickhouse/store.ts';
import type { EventLog } from '../../infra/log/event-log.ts';
import { openKafkaLog } from '../../infra/log/kafka-log.ts';
import { openEmbeddedRegistry } from '../../infra/schema-registry/embedded-registry.ts';
import { createTelemetry } from '../../infra/telemetry.ts';
import { startWorker } from '../../processors/runtime/worker.ts';
import { openEventCodec } from '../../schemas/codec.ts';

export interface RecoveryOrder {
  readonly bootstrap: string;
  readonly registryFile: string;
  readonly clickhouse: { readonly url: string; readonly username: string; readonly password: string };
  readonly partition: number;
}
export type Step = 'connected' | 'assigned' | 'snapshot read' | 'snapshot decoded' | 'caught up';
export interface Told {
  readonly step: Step;
  readonly atMs: number;
}

const tell = (step: Step): void => {
  const told: Told = { step, atMs: Date.now() };
  process.stdout.write(`${JSON.stringify(told)}\n`);
};

const tellingStore = (store: Store, isLoading: () => boolean): Store => ({
  ...store,
  query: async (...args) => {
    const rows = await store.query<never>(...args);
    if (isLoading()) tell('snapshot read');
    return rows;
  },
});

const order = JSON.parse(process.argv[2] ?? '{}') as RecoveryOrder;
const codec = await openEventCodec(openEmbeddedRegistry({ file: order.registryFile }));
const log = await openKafkaLog({ clientId: 'busyhour-bench', brokers: [order.bootstrap] });
tell('connected');

let loading = -1;
const tellingLog: EventLog = {
  ...log,
  consume: (options, handlers) =>
    log.consume(options, {
      ...handlers,
      onAssigned: async (partition) => {
        if (partition !== order.partition) return handlers.onAssigned(partition);
        loading = partition;
        tell('assigned');
        const offset = await handlers.onAssigned(partition);
        loading = -1;
        tell('snapshot decoded');
        return offset;
      },
      onBatch: async (partition, records, endOffset) => {
        await handlers.onBatch(partition, records, endOffset);
        if (partition === order.partition && (records.at(-1)?.offset ?? 0) + 1 >= endOffset)
          tell('caught up');
      },
    }),
};
await startWorker({
  log: tellingLog,
  store: tellingStore(openStore({ ...order.clickhouse, database: 'acd' }), () => loading >= 0),
  codec,
  nowMs: Date.now,
  metrics: createTelemetry(Date.now).processing,
  logger: { info: () => {}, warn: (fields, message) => console.error(message, fields) },
  onFatal: (error) => {
    throw error;
  },
});

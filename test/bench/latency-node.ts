/**
 * One process of bench:latency, running the parts its order names: a centre's calls as they happen, a worker, a hub with
 * its sockets. Prints its port, if it has one, and answers `read` on stdin with its CPU time.
 */
import { createInterface } from 'node:readline';
import { openStore } from '../../infra/clickhouse/clickhouse-store.ts';
import type { EventLog } from '../../infra/log/event-log.ts';
import { openKafkaLog } from '../../infra/log/kafka-log.ts';
import { openSqliteLog } from '../../infra/log/sqlite-log.ts';
import { openEmbeddedRegistry } from '../../infra/schema-registry/embedded-registry.ts';
import { createTelemetry } from '../../infra/telemetry.ts';
import { startWorker } from '../../processors/runtime/worker.ts';
import { type EventCodec, openEventCodec } from '../../schemas/codec.ts';
import { ALERTS, DEAD_LETTERS, EVENTS, LIVE, partitionOf, sourceKey } from '../../schemas/topics.ts';
import { answered, ended, offered } from '../support/events.ts';
import { BENCH_TENANT, serveHub, startBenchHub } from './hub-server.ts';

export type LatencyPart = 'calls' | 'worker' | 'hub';
export interface LatencyOrder {
  readonly parts: readonly LatencyPart[];
  /** A file of SQLite's, or Kafka's `host:port`. */
  readonly log: { readonly file: string } | { readonly bootstrap: string };
  readonly registryFile: string;
  readonly clickhouse: { readonly url: string; readonly username: string; readonly password: string };
  readonly eventsPerSecond: number;
}

const SOURCES = 8;
const QUEUES_EACH = 6;
const STEP_MS = 20;
/** A call is offered, answered and ended so many steps apart. */
const STEPS_APART = 25;

const order = JSON.parse(process.argv[2] ?? '{}') as LatencyOrder;

const openLog = async (): Promise<EventLog> => {
  const log =
    'file' in order.log
      ? openSqliteLog({ file: order.log.file })
      : await openKafkaLog({ clientId: 'bench-latency', brokers: [order.log.bootstrap] });
  await log.ensureTopics([EVENTS, LIVE, DEAD_LETTERS, ALERTS]);
  return log;
};

/** Calls of one source, each step's offered, with those of earlier steps answered and ended. */
const startCalls = (log: EventLog, codec: EventCodec, source: string): void => {
  const started: string[][] = [];
  const perStep = (order.eventsPerSecond * STEP_MS) / 1_000 / SOURCES / 3;
  let due = 0;
  let calls = 0;
  let seq = 0;
  let appending: Promise<unknown> = Promise.resolve();
  const queueOf = (call: string): string => `${source}-queue-${Number(call.slice(1)) % QUEUES_EACH}`;
  const agentOf = (call: string): string => `agent-${Number(call.slice(1)) % 80}`;
  const step = (): void => {
    due += perStep;
    const fresh: string[] = [];
    for (; due >= 1; due--) fresh.push(`c${calls++}`);
    started.unshift(fresh);
    const bodies = [
      ...fresh.map((call) => offered(call, queueOf(call))),
      ...(started[STEPS_APART] ?? []).map((call) => answered(call, queueOf(call), agentOf(call))),
      ...(started[2 * STEPS_APART] ?? []).map((call) => ended(call, queueOf(call), agentOf(call))),
    ];
    started.length = Math.min(started.length, 2 * STEPS_APART);
    const nowMs = Date.now();
    const records = bodies.map((body) => {
      seq += 1;
      const event = { tenant: BENCH_TENANT, source, seq: String(seq).padStart(12, '0'), body };
      const value = codec.encode({ ...event, event_time: nowMs, recorded_at: nowMs });
      return { key: sourceKey(BENCH_TENANT, source), value };
    });
    if (records.length === 0) return;
    appending = appending.then(() => log.append(EVENTS.name, partitionOf(BENCH_TENANT, source), records));
  };
  setInterval(step, STEP_MS);
};

const log = await openLog();
const codec = await openEventCodec(openEmbeddedRegistry({ file: order.registryFile }));
if (order.parts.includes('worker')) {
  await startWorker({
    log,
    store: openStore({ ...order.clickhouse, database: 'acd' }),
    codec,
    nowMs: Date.now,
    metrics: createTelemetry(Date.now).processing,
    logger: { info: () => {}, warn: (fields, message) => console.error(message, fields) },
    onFatal: (error) => {
      throw error;
    },
  });
}
const port = order.parts.includes('hub') ? await serveHub(await startBenchHub(log)) : null;
if (order.parts.includes('calls')) {
  for (let source = 0; source < SOURCES; source++)
    startCalls(log, codec, `centre-${order.eventsPerSecond}-${source}`);
}
process.stdout.write(`${JSON.stringify({ port })}\n`);

createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'end') process.exit(0);
  const { user, system } = process.cpuUsage();
  process.stdout.write(`${JSON.stringify({ cpuMs: (user + system) / 1_000 })}\n`);
});

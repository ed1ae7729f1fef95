/**
 * From an event's entering the log to a wallboard that shows it: `npm run bench:latency`. In one process on the embedded
 * log, then in roles over Kafka, there at rising rates until the processors are busy. docs/performance.md has the goals.
 */
import { mkdtempSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { LiveQueue, ServerMessage } from '../../schemas/live.ts';
import { type BenchChild, percentile, startBenchChild } from './bench-child.ts';
import { type BenchServices, startBenchServices } from './bench-services.ts';
import type { LatencyOrder, LatencyPart } from './latency-node.ts';
import { cpuMsOf } from './process-cpu.ts';

const MEASURED_MS = Number(process.env.BENCH_SECONDS ?? 15) * 1_000;
const SETTLE_MS = 5_000;
/** Before measuring begins, the processes have to have found each other. */
const LIVE_MS = 1_000;
const WAIT_LIMIT_MS = 60_000;
const EMBEDDED_RATES = [1_000, 5_000];
const KAFKA_RATES = [1_000, 5_000, 10_000, 15_000, 20_000, 30_000];
/** Of all cores: higher rates are not tried. */
const BUSY = 0.8;
/** Events are taken to be spread evenly over the time between two pictures of a queue: so many stand for them. */
const STAND_INS = 10;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Watches all queues and notes how late each event was shown. */
const watch = async (port: number) => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/live`, ['busyhour.v1', 'board']);
  const shownUpTo = new Map<string, number>();
  let latencies: number[] = [];
  const take = ({ queue, as_of }: LiveQueue, nowMs: number): void => {
    const asOfMs = Date.parse(as_of);
    const beforeMs = shownUpTo.get(queue);
    shownUpTo.set(queue, asOfMs);
    if (beforeMs === undefined) return;
    for (let i = 0; i < STAND_INS; i++) {
      latencies.push(nowMs - (beforeMs + ((asOfMs - beforeMs) * (i + 0.5)) / STAND_INS));
    }
  };
  socket.on('message', (data: Buffer) => {
    const nowMs = Date.now();
    const message = JSON.parse(data.toString()) as ServerMessage;
    if (message.type === 'update') for (const queue of message.queues) take(queue, nowMs);
  });
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send(JSON.stringify({ type: 'subscribe', queues: '*' }));
  const isLive = (): boolean => {
    const lately = latencies.slice(-STAND_INS);
    return lately.length > 0 && Math.max(...lately) < LIVE_MS;
  };
  return {
    untilLive: async () => {
      for (const endMs = performance.now() + WAIT_LIMIT_MS; !isLive(); ) {
        if (performance.now() > endMs) throw new Error('the board shows nothing that is new');
        await sleep(100);
      }
    },
    reset: () => {
      latencies = [];
    },
    sorted: () => latencies.toSorted((a, b) => a - b),
    close: () => socket.terminate(),
  };
};

const cpuMsOfAll = async (
  { broker, clickhousePid }: BenchServices,
  children: readonly BenchChild[],
  withBroker: boolean,
): Promise<number> => {
  const readings = await Promise.all(children.map((child) => child.ask<{ cpuMs: number }>('read')));
  const own = readings.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
  return own + cpuMsOf(clickhousePid) + (withBroker ? cpuMsOf(broker.pid()) : 0);
};

const measure = async (
  services: BenchServices,
  log: LatencyOrder['log'],
  processes: readonly (readonly LatencyPart[])[],
  eventsPerSecond: number,
): Promise<number> => {
  const { registryFile, clickhouse } = services;
  const orders = processes.map(
    (parts): LatencyOrder => ({ parts, log, registryFile, clickhouse, eventsPerSecond }),
  );
  const children: BenchChild[] = [];
  let port = 0;
  for (const order of orders) {
    const child = startBenchChild('latency-node.ts', order);
    children.push(child);
    const ready = (await child.first) as { port: number | null };
    port = ready.port ?? port;
  }
  const board = await watch(port);
  await board.untilLive();
  await sleep(SETTLE_MS);
  const withBroker = 'bootstrap' in log;
  const cpuBefore = await cpuMsOfAll(services, children, withBroker);
  board.reset();
  const startedMs = performance.now();
  await sleep(MEASURED_MS);
  const tookMs = performance.now() - startedMs;
  const sorted = board.sorted();
  const load = ((await cpuMsOfAll(services, children, withBroker)) - cpuBefore) / tookMs / cpus().length;
  board.close();
  await Promise.all(children.map((child) => child.end()));
  const at = (share: number): string => percentile(sorted, share).toFixed(0).padStart(6);
  say(
    `${(withBroker ? 'Kafka, in roles' : 'embedded').padEnd(16)} ${String(eventsPerSecond).padStart(7)} ${(load * 100).toFixed(0).padStart(5)} % ${at(0.5)} ${at(0.99)} ${at(1)}`,
  );
  return load;
};

const services = await startBenchServices();
say(`${new Date().toISOString()}  ${cpus().length} cores, Node ${process.version}; 8 sources of 6 queues`);
say('                events/s    CPU    p50    p99    max, ms from the log to the board');
/** Another log begins at offset 0 again. */
const forgetSnapshots = (): Promise<void> => services.store.command('TRUNCATE TABLE acd.snapshots_rows');
for (const rate of EMBEDDED_RATES) {
  await forgetSnapshots();
  const file = join(mkdtempSync(join(tmpdir(), 'busyhour-latency-')), 'log.sqlite');
  await measure(services, { file }, [['worker', 'hub', 'calls']], rate);
}
await forgetSnapshots();
for (const rate of KAFKA_RATES) {
  const load = await measure(
    services,
    { bootstrap: services.broker.bootstrap },
    [['worker'], ['hub'], ['calls']],
    rate,
  );
  if (load >= BUSY) break;
}
await services.close();

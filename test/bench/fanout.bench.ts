/**
 * How many wallboards one serving process tells, beside naive ways to do it: `npm run bench:fanout`, or with fewer sockets
 * `BENCH_SOCKETS=1000 npm run bench:fanout`. docs/performance.md has the goals and what is compared.
 */
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { TICK_MS } from '../../query-api/live/hub.ts';
import { percentile, startBenchChild } from './bench-child.ts';
import type { ClientsOrder, ClientsReading, Connected } from './fanout-clients.ts';
import type { FanoutArm, FanoutOrder, FanoutReading } from './fanout-server.ts';

const SOCKETS = Number(process.env.BENCH_SOCKETS ?? 5_000);
const QUEUES = 200;
const QUEUES_EACH = 8;
const CHANGE_MS = 250;
const STALLED_EVERY = 20;
const READ_EVERY = 50;
const MEASURED_MS = Number(process.env.BENCH_SECONDS ?? 15) * 1_000;
const SETTLE_MS = 3_000;
/** Of a core, when latency is measured near the most it can do. */
const LOAD = 0.7;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

interface Measured {
  readonly cpuShare: number;
  readonly messagesPerSecond: number;
  /** Queue states that reached clients, for a second of the server's CPU time. */
  readonly statesPerCpuSecond: number;
  readonly messagesPerCpuSecond: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  readonly rssPerSocket: number;
  readonly rssGrowth: number;
  readonly reconnectMs: number | null;
}
interface Plan {
  readonly arm: FanoutArm;
  readonly tickMs: number;
  readonly changeMs: number;
  readonly reconnect: boolean;
}

const measure = async ({ arm, tickMs, changeMs, reconnect }: Plan): Promise<Measured> => {
  const server = startBenchChild('fanout-server.ts', {
    arm,
    queues: QUEUES,
    tickMs,
    changeMs,
  } satisfies FanoutOrder);
  const { port } = (await server.first) as { port: number };
  const empty = await server.ask<FanoutReading>('read');
  const clients = startBenchChild('fanout-clients.ts', {
    port,
    sockets: SOCKETS,
    queues: QUEUES,
    queuesEach: QUEUES_EACH,
    stalledEvery: STALLED_EVERY,
    readEvery: READ_EVERY,
    seed: 1,
  } satisfies ClientsOrder);
  await clients.first;
  const full = await server.ask<FanoutReading>('read');
  if (full.sockets !== SOCKETS) throw new Error(`${full.sockets} of ${SOCKETS} sockets are open`);
  server.tell('change');
  await sleep(SETTLE_MS);
  await clients.ask('reset');
  const before = await server.ask<FanoutReading>('read');
  const startedMs = performance.now();
  await sleep(MEASURED_MS);
  const after = await server.ask<FanoutReading>('read');
  const seconds = (performance.now() - startedMs) / 1_000;
  const told = await clients.ask<ClientsReading>('read');
  const reconnected = reconnect ? await clients.ask<Connected>('reconnect') : null;
  await Promise.all([clients.end(), server.end()]);
  const cpuSeconds = (after.cpuMs - before.cpuMs) / 1_000;
  const latencies = told.read.latenciesMs.toSorted((a, b) => a - b);
  if (latencies.length === 0) throw new Error(`${arm}: no reading client was told anything`);
  return {
    cpuShare: cpuSeconds / seconds,
    messagesPerSecond: told.messages / seconds,
    messagesPerCpuSecond: told.messages / cpuSeconds,
    statesPerCpuSecond: (told.messages * told.read.queues) / told.read.messages / cpuSeconds,
    latencyMs: { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) },
    rssPerSocket: (full.rssBytes - empty.rssBytes) / SOCKETS,
    rssGrowth: after.rssBytes - full.rssBytes,
    reconnectMs: reconnected?.tookMs ?? null,
  };
};

const row = (name: string, of: Measured): string =>
  [
    name.padEnd(24),
    `${(of.cpuShare * 100).toFixed(0)} %`.padStart(6),
    Math.round(of.messagesPerSecond).toLocaleString('en').padStart(11),
    Math.round(of.messagesPerCpuSecond).toLocaleString('en').padStart(11),
    Math.round(of.statesPerCpuSecond).toLocaleString('en').padStart(13),
    of.latencyMs.p50.toFixed(0).padStart(6),
    of.latencyMs.p99.toFixed(0).padStart(6),
    (of.rssPerSocket / 1_024).toFixed(1).padStart(9),
    (of.rssGrowth / 2 ** 20).toFixed(0).padStart(8),
  ].join(' ');

say(
  `${new Date().toISOString()}  ${cpus().length} cores, Node ${process.version}; ${SOCKETS} sockets of ${QUEUES_EACH} out of ${QUEUES} queues, each changing every ${CHANGE_MS} ms; ${100 / STALLED_EVERY} % of the clients do not read`,
);
say(`${''.padEnd(24)}    CPU  messages/s   a CPU s   states a CPU s    p50    p99   KB/socket  MB more`);
const plain = { changeMs: CHANGE_MS, reconnect: false };
const ours = await measure({ ...plain, arm: 'busyhour', tickMs: TICK_MS, reconnect: true });
say(row('busyhour', ours));
const naive = await measure({ ...plain, arm: 'naive', tickMs: TICK_MS });
say(row('naive', naive));
const byTick = await measure({ ...plain, arm: 'naive by tick', tickMs: TICK_MS });
say(row('naive by tick', byTick));
let pressed = ours;
for (let tickMs = TICK_MS, tries = 0; pressed.cpuShare < LOAD && tries < 3; tries++) {
  tickMs = Math.max(Math.floor((tickMs * pressed.cpuShare) / (LOAD + 0.02)), 1);
  pressed = await measure({ arm: 'busyhour', tickMs, changeMs: tickMs, reconnect: false });
  say(row(`busyhour, tick ${tickMs} ms`, pressed));
}
const ratio = ours.statesPerCpuSecond / naive.statesPerCpuSecond;
say(
  `queue states a CPU second: ${ratio.toFixed(1)} times naive, ${(ours.statesPerCpuSecond / byTick.statesPerCpuSecond).toFixed(1)} times naive by tick`,
);
say(
  `${SOCKETS} reconnects at once: all have their snapshot after ${((ours.reconnectMs ?? 0) / 1_000).toFixed(1)} s`,
);

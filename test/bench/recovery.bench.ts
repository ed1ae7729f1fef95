/**
 * How long a worker with 200,000 open calls takes, after kill -9, to the first live push that is right:
 * `npm run bench:recovery`. Half of the calls wait and half are being talked on, all in one source; after the
 * snapshot came more events, which are folded again.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { LANDED_GROUP, PROCESSORS_GROUP } from '../../processors/runtime/worker.ts';
import type { CanonicalEvent, EventBody } from '../../schemas/events.ts';
import type { LiveRecord } from '../../schemas/live.ts';
import { EVENTS, LIVE, partitionOf, sourceKey } from '../../schemas/topics.ts';
import { type BenchServices, startBenchServices } from './bench-services.ts';
import type { RecoveryOrder, Step, Told } from './recovery-worker.ts';

const OPEN_CALLS = Number(process.env.BENCH_CALLS ?? 200_000);
const TAIL_CALLS = 10_000;
const QUEUES = ['sales', 'support', 'billing', 'orders', 'returns', 'retention'] as const;
const TENANT = 'bench';
const SOURCE = 'recovering';
const PARTITION = partitionOf(TENANT, SOURCE);
const START_MS = Date.parse('2026-03-02T09:00:00Z');
const APPEND_EVENTS = 2_000;
const POLL_MS = 10;
const WAIT_LIMIT_MS = 120_000;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const queueOf = (call: number): string => QUEUES[call % QUEUES.length] ?? '';

const offered = (call: number): EventBody => ({
  type: 'contact_offered',
  contact_id: `call-${call}`,
  queue: queueOf(call),
  channel: 'voice',
  direction: 'inbound',
  language: 'en',
  site: 'north',
  tier: 'gold',
  caller: `caller-${call}`,
  position: null,
});
const answered = (call: number): EventBody => ({
  type: 'contact_answered',
  contact_id: `call-${call}`,
  queue: queueOf(call),
  agent: `agent-${call}`,
  wait_ms: null,
  ring_ms: null,
});
/** Calls that are offered one after the other, the first half of them answered. */
const bodiesOf = (first: number, calls: number): readonly EventBody[] =>
  Array.from({ length: calls }, (_, i) =>
    i < calls / 2 ? [offered(first + i), answered(first + i)] : [offered(first + i)],
  ).flat();

const publish = async ({ log, codec }: BenchServices, bodies: readonly EventBody[]): Promise<void> => {
  const base = await log.endOffset(EVENTS.name, PARTITION);
  for (let from = 0; from < bodies.length; from += APPEND_EVENTS) {
    const records = bodies.slice(from, from + APPEND_EVENTS).map((body, i) => {
      const at = base + from + i;
      const event: CanonicalEvent = {
        tenant: TENANT,
        source: SOURCE,
        seq: String(at).padStart(9, '0'),
        event_time: START_MS + at,
        recorded_at: START_MS + at,
        body,
      };
      return { key: sourceKey(TENANT, SOURCE), value: codec.encode(event) };
    });
    await log.append(EVENTS.name, PARTITION, records);
  }
};

const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  const deadlineMs = Date.now() + WAIT_LIMIT_MS;
  while (!(await holds())) {
    if (Date.now() > deadlineMs) throw new Error(`not within ${WAIT_LIMIT_MS / 1_000} s: ${what}`);
    await sleep(POLL_MS);
  }
};
const untilCommitted = async ({ log }: BenchServices, group: string): Promise<void> => {
  const end = await log.endOffset(EVENTS.name, PARTITION);
  await until(
    `${group} commits offset ${end}`,
    async () => (await log.committed(group, EVENTS.name, PARTITION)) === end,
  );
};

interface RunningWorker {
  readonly child: ChildProcess;
  readonly spawnedAtMs: number;
  readonly steps: Map<Step, number>;
}
const spawnWorker = (services: BenchServices): RunningWorker => {
  const { registryFile, clickhouse, broker } = services;
  const order: RecoveryOrder = {
    bootstrap: broker.bootstrap,
    registryFile,
    clickhouse,
    partition: PARTITION,
  };
  const spawnedAtMs = Date.now();
  const script = resolve(import.meta.dirname, 'recovery-worker.ts');
  const child = spawn(process.execPath, [...process.execArgv, script, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const steps = new Map<Step, number>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { step, atMs } = JSON.parse(line) as Told;
    if (!steps.has(step)) steps.set(step, atMs);
  });
  return { child, spawnedAtMs, steps };
};
const kill = async ({ child }: RunningWorker): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
};

/** Waiting calls by queue, as told on the live topic since an offset. */
const waitingTold = async ({ log }: BenchServices, from: number): Promise<ReadonlyMap<string, number>> => {
  const told = new Map<string, number>();
  for (const { value } of await log.read(LIVE.name, 0, from, {
    maxRecords: 10_000,
    maxBytes: 8 * 1024 * 1024,
  })) {
    const record = JSON.parse(Buffer.from(value).toString()) as LiveRecord;
    if (record.kind === 'queue' && record.source === SOURCE) told.set(record.queue, record.waiting);
  }
  return told;
};
const trueWaiting = (): ReadonlyMap<string, number> => {
  const waiting = new Map<string, number>();
  for (const [first, calls] of [
    [0, OPEN_CALLS],
    [OPEN_CALLS, TAIL_CALLS],
  ] as const) {
    for (let i = Math.ceil(calls / 2); i < calls; i++) {
      waiting.set(queueOf(first + i), (waiting.get(queueOf(first + i)) ?? 0) + 1);
    }
  }
  return waiting;
};

const report = ({ spawnedAtMs, steps }: RunningWorker, pushedAtMs: number): void => {
  const at = (step: Step): number => steps.get(step) ?? Number.NaN;
  const line = (what: string, fromMs: number, toMs: number): void =>
    say(`  ${what.padEnd(42)} ${(toMs - fromMs).toString().padStart(7)} ms`);
  say(`first correct live push after ${pushedAtMs - spawnedAtMs} ms, of which`);
  line('process starts and connects', spawnedAtMs, at('connected'));
  line('group gives the partition (dead member out)', at('connected'), at('assigned'));
  line('snapshot is read', at('assigned'), at('snapshot read'));
  line('snapshot is decoded', at('snapshot read'), at('snapshot decoded'));
  line(`${TAIL_CALLS * 1.5} events after it are folded`, at('snapshot decoded'), at('caught up'));
  line('live picture is published and read', at('caught up'), pushedAtMs);
};

const services = await startBenchServices();
let worker = spawnWorker(services);
try {
  say(
    `${new Date().toISOString()}  ${cpus().length} cores, Node ${process.version}, ${OPEN_CALLS} open calls in one partition`,
  );
  await publish(services, bodiesOf(0, OPEN_CALLS));
  await untilCommitted(services, PROCESSORS_GROUP);
  const [size] = await services.store.query<{ bytes: number }>(
    'SELECT max(length(state)) AS bytes FROM acd.snapshots_rows FINAL',
  );
  say(`snapshot: ${((size?.bytes ?? 0) / 2 ** 20).toFixed(1)} MB`);
  await publish(services, bodiesOf(OPEN_CALLS, TAIL_CALLS));
  await untilCommitted(services, LANDED_GROUP);
  await kill(worker);
  const from = await services.log.endOffset(LIVE.name, 0);
  worker = spawnWorker(services);
  const truth = trueWaiting();
  await until('the live topic is right', async () => {
    const told = await waitingTold(services, from);
    return [...truth].every(([queue, waiting]) => told.get(queue) === waiting);
  });
  report(worker, Date.now());
} finally {
  await kill(worker);
  await services.close();
}

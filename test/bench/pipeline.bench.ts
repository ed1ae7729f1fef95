/**
 * How fast one worker is on a real Kafka and a real ClickHouse, beside what consuming costs at all:
 * `npm run bench:pipeline`, or with fewer events `BENCH_EVENTS=500000 npm run bench:pipeline`. What landed is held
 * against what the simulated centres know of themselves before a speed is printed. docs/performance.md has the goals.
 */
import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import type { SimulationOptions } from '../../ingest/feeds/simulator/centre-plan.ts';
import { EVENTS, sourceKey } from '../../schemas/topics.ts';
import { type BenchServices, startBenchServices } from './bench-services.ts';
import { centresOf, chunksOf, type Sums, trueSums } from './centres.ts';
import type { FoldResult } from './fold-arm.ts';
import type { ArmName, ArmOrder, ArmResult } from './pipeline-arm.ts';

const FULL_COUNT = 5_000_000;
const COUNT = Number(process.env.BENCH_EVENTS ?? FULL_COUNT);
const ARMS: readonly ArmName[] = ['raw', 'decode', 'sink off', 'whole worker'];
const ARM_LIMIT_MS = 15 * 60_000;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const inThousands = (perSecond: number): string => `${Math.round(perSecond / 1_000)} k/s`;

const runChild = async <Result>(script: string, args: readonly string[]): Promise<Result> => {
  const file = resolve(import.meta.dirname, script);
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, file, ...args], {
    timeout: ARM_LIMIT_MS,
  });
  return JSON.parse(stdout) as Result;
};

const preload = async (
  { log, codec }: BenchServices,
  centres: readonly SimulationOptions[],
): Promise<number> => {
  let count = 0;
  for (const { partition, events } of chunksOf(centres)) {
    const records = events.map((event) => ({
      key: sourceKey(event.tenant, event.source),
      value: codec.encode(event),
    }));
    await log.append(EVENTS.name, partition, records);
    count += records.length;
  }
  return count;
};

const LANDED = `SELECT source, sum(offered) AS offered, sum(answered) AS answered, sum(abandoned) AS abandoned
  FROM acd.queue_intervals GROUP BY source`;
const ROWS = `SELECT (SELECT count() FROM acd.events_rows FINAL) AS events,
  (SELECT count() FROM acd.contact_legs_rows FINAL) AS legs,
  (SELECT count() FROM acd.agent_states_rows FINAL) AS agent_states,
  (SELECT count() FROM acd.queue_intervals_rows FINAL) AS queue_intervals`;

/** Throws unless the rows are as many as the fold alone makes and add up to what the centres know. */
const checkAnswers = async (
  { store }: BenchServices,
  centres: readonly SimulationOptions[],
  { keys }: FoldResult,
): Promise<void> => {
  const sums = await store.query<Sums & { source: string }>(LANDED);
  for (const options of centres) {
    const truth = trueSums(options);
    const found = sums.find(({ source }) => source === options.source);
    for (const name of ['offered', 'answered', 'abandoned'] as const) {
      if (found?.[name] === truth[name]) continue;
      throw new Error(`wrong answer: ${options.source} ${name} is ${found?.[name]}, in truth ${truth[name]}`);
    }
  }
  const [rows] = await store.query<FoldResult['keys']>(ROWS);
  for (const name of Object.keys(keys) as (keyof FoldResult['keys'])[]) {
    if (rows?.[name] !== keys[name])
      throw new Error(`wrong answer: ${rows?.[name]} rows of ${name}, the fold alone makes ${keys[name]}`);
  }
  say(`answers: right (${JSON.stringify(rows)}; contacts of ${centres.length} sources as simulated)`);
};

const report = (results: readonly ArmResult[], fold: FoldResult, count: number): void => {
  const rawMs = results.find(({ arm }) => arm === 'raw')?.tookMs ?? Number.NaN;
  say(
    'arm            events/s  of raw   CPU s per M events: node  java  clickhouse   RSS MB (max; quarters)',
  );
  for (const { arm, tookMs, cpuMs, rssMb } of results) {
    const cpu = (ms: number): string => (ms / 1_000 / (count / 1e6)).toFixed(2);
    const quarters = [1, 2, 3, 4].map((n) => rssMb[Math.ceil((rssMb.length * n) / 4) - 1] ?? 0);
    say(
      [
        arm.padEnd(13),
        inThousands(count / (tookMs / 1_000)).padStart(9),
        (rawMs / tookMs).toFixed(2).padStart(7),
        ''.padEnd(22),
        cpu(cpuMs.node).padStart(5),
        cpu(cpuMs.java).padStart(5),
        cpu(cpuMs.clickhouse).padStart(6),
        `     ${Math.max(0, ...rssMb)}; ${quarters.join(' ')}`,
      ].join(' '),
    );
  }
  say(
    `fold alone, in memory: ${inThousands(fold.events / (fold.foldMs / 1_000))}, ${inThousands(fold.events / (fold.foldCpuMs / 1_000))} by CPU time; making rows: ${inThousands(fold.events / (fold.rowsMs / 1_000))}`,
  );
};

const services = await startBenchServices();
try {
  const centres = centresOf(COUNT);
  const count = await preload(services, centres);
  const size = COUNT === FULL_COUNT ? '' : ' (BENCH_EVENTS: not the full run of 5,000,000)';
  say(
    `${new Date().toISOString()}  ${cpus().length} cores, Node ${process.version}, ${count} events${size}, ${centres.length} sources`,
  );
  const results: ArmResult[] = [];
  for (const arm of ARMS) {
    const order: ArmOrder = {
      arm,
      bootstrap: services.broker.bootstrap,
      registryFile: services.registryFile,
      clickhouse: services.clickhouse,
      pids: { java: services.broker.pid(), clickhouse: services.clickhousePid },
      count,
    };
    const result = await runChild<ArmResult>('pipeline-arm.ts', [JSON.stringify(order)]);
    results.push(result);
    // Not on stdout: no speed is believed yet.
    process.stderr.write(`${arm}: ${(result.tookMs / 1_000).toFixed(1)} s, ${JSON.stringify(result)}\n`);
  }
  const fold = await runChild<FoldResult>('fold-arm.ts', [String(COUNT)]);
  await checkAnswers(services, centres, fold);
  report(results, fold, count);
} finally {
  await services.close();
}

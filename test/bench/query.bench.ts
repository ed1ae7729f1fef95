/**
 * How fast the API's own queries are on a year of contact legs, against counting the legs themselves:
 * `npm run bench:query`. Answers must be equal before a time is printed. Everything is in docs/performance.md.
 */
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../infra/clickhouse/clickhouse-store.ts';
import { startEmbeddedClickHouse } from '../../infra/clickhouse/embedded-server.ts';
import { migrate } from '../../infra/clickhouse/migrate.ts';
import type { Store } from '../../infra/clickhouse/store.ts';
import { cpuMsOf } from './process-cpu.ts';
import { generateYear } from './query-data.ts';
import { equalAnswers, SLICES, type Slice } from './query-slices.ts';

const LEGS = Number(process.env.BENCH_LEGS ?? 100_000_000);
/** Only the first so many months of the year, at the year's density. */
const MONTHS = Number(process.env.BENCH_MONTHS ?? 12);
/** Kept after the run and taken up again by the next one; else a temporary directory. */
const KEPT_DIR = process.env.BENCH_DATA_DIR ?? null;
/** Bytes on disk a leg takes, its interval and the room that merges need included. */
const BYTES_A_LEG = 160;
const ROUNDS = 20;
/** A raw scan reads everything: a few are enough to know what it takes. */
const RAW_ROUNDS = 2;
/** No arm of a slice is repeated for longer than this. */
const ARM_LIMIT_MS = 60_000;

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

const freeBytes = (dir: string): number => {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
};

interface Measured {
  readonly p50: number;
  readonly p99: number;
  readonly cpuMs: number;
  readonly rounds: number;
}

const measure = async (run: () => Promise<unknown>, rounds: number, pid: number): Promise<Measured> => {
  const times: number[] = [];
  const startedMs = performance.now();
  const cpuBefore = cpuMsOf(pid);
  while (times.length < rounds && performance.now() - startedMs < ARM_LIMIT_MS) {
    const before = performance.now();
    await run();
    times.push(performance.now() - before);
  }
  const cpuMs = (cpuMsOf(pid) - cpuBefore) / times.length;
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.ceil(times.length * share) - 1] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), cpuMs, rounds: times.length };
};

const shown = ({ p50, p99, cpuMs, rounds }: Measured): string =>
  `${p50.toFixed(1)} | ${p99.toFixed(1)} | ${cpuMs.toFixed(0)} | ${rounds}`;

const benchSlice = async (store: Store, slice: Slice, pid: number): Promise<void> => {
  const differences = await equalAnswers(store, slice);
  if (differences.length > 0) throw new Error(`${slice.name}: answers differ: ${differences.join('; ')}`);
  const run =
    ({ sql, params }: Slice['api']) =>
    () =>
      store.query(sql, params);
  const api = await measure(run(slice.api), ROUNDS, pid);
  const byKey = await measure(run(slice.legs), ROUNDS, pid);
  const raw = await measure(run(slice.raw), RAW_ROUNDS, pid);
  say(`| ${slice.name} | API | ${shown(api)} | 1 |`);
  say(`| | legs by key | ${shown(byKey)} | ${(byKey.p50 / api.p50).toFixed(1)} |`);
  say(`| | raw scan of legs | ${shown(raw)} | ${(raw.p50 / api.p50).toFixed(1)} |`);
};

const dataDir = KEPT_DIR ?? mkdtempSync(join(tmpdir(), 'busyhour-bench-'));
mkdirSync(dataDir, { recursive: true });
if (KEPT_DIR === null && freeBytes(dataDir) < LEGS * BYTES_A_LEG) {
  say(`${LEGS} legs need ${Math.ceil((LEGS * BYTES_A_LEG) / 1e9)} GB at ${dataDir}: set BENCH_LEGS lower`);
  process.exit(1);
}
const server = await startEmbeddedClickHouse({ dataDir, httpPort: 0, tcpPort: null, adminPassword: 'bench' });
const store = openStore({ url: server.url, username: server.adminUser, password: 'bench', database: 'acd' });
const migrated = await migrate(store);
if (migrated.status === 'refused') throw new Error(migrated.reason);
const startedMs = performance.now();
await generateYear(store, { legs: LEGS, months: MONTHS }, (month) =>
  say(`month ${month + 1} of ${MONTHS} is in after ${((performance.now() - startedMs) / 1000).toFixed(0)} s`),
);
const [counted] = await store.query<{ legs: number; intervals: number }>(
  'SELECT (SELECT count() FROM acd.contact_legs_rows) AS legs, (SELECT count() FROM acd.queue_intervals_rows) AS intervals',
);
say(`\n${counted?.legs} rows of legs, ${counted?.intervals} of intervals; times in ms\n`);
say('| slice | arm | p50 | p99 | ClickHouse CPU | rounds | times the API |');
say('|---|---|---:|---:|---:|---:|---:|');
for (const slice of SLICES) await benchSlice(store, slice, server.pid);
await store.close();
await server.close();
if (KEPT_DIR === null) rmSync(dataDir, { recursive: true, force: true });

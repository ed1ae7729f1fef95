/**
 * How fast the API's own queries are on a year of contact legs, against counting the legs themselves:
 * `npm run bench:query`. Answers must be equal before a time is printed. Everything is in docs/performance.md.
 */
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openStore } from '../../infra/clickhouse/clickhouse-store.ts';
import { startEmbeddedClickHouse } from '../../infra/clickhouse/embedded-server.ts';
import { migrate } from '../../infra/clickhouse/migrate.ts';
import type { Store } from '../../infra/clickhouse/store.ts';
import { watermarksQuery } from '../../query-api/queries/watermarks.ts';
import { createSourceMemo } from '../../query-api/routes/source-ends.ts';
import { cpuMsOf } from './process-cpu.ts';
import { BENCH_TENANTS, generateYear } from './query-data.ts';
import { answerWhole, equalAnswers, SLICES, type Slice } from './query-slices.ts';

const LEGS = Number(process.env.BENCH_LEGS ?? 100_000_000);
/** Only the first so many months of the year, at the year's density. */
const MONTHS = Number(process.env.BENCH_MONTHS ?? 12);
/** Kept after the run and taken up again by the next one; else a temporary directory. */
const KEPT_DIR = process.env.BENCH_DATA_DIR ?? null;
/** Bytes on disk a leg takes, its interval and the room that merges need included. */
const BYTES_A_LEG = 160;
/** Enough for a 99th percentile, where the time allows. */
const ROUNDS = 200;
/** A raw scan reads everything: a few are enough to know what it takes. */
const RAW_ROUNDS = 2;
/** No arm of a slice is repeated for longer than this. */
const ARM_LIMIT_MS = 30_000;
const MERGES_POLL_MS = 1_000;
/** Merges that take longer than this after the last row have not been waited for. */
const MERGES_LIMIT_MS = 600_000;

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

/** As a server keeps it from one answer to the next. */
const memo = createSourceMemo();

const benchSlice = async (store: Store, slice: Slice, pid: number): Promise<void> => {
  const differences = await equalAnswers(store, slice);
  if (differences.length > 0) throw new Error(`${slice.name}: answers differ: ${differences.join('; ')}`);
  const arm = async (name: string, run: () => Promise<unknown>, rounds: number): Promise<Measured> => {
    await run();
    const measured = await measure(run, rounds, pid);
    say(`| ${slice.name} | ${name} | ${shown(measured)} |`);
    return measured;
  };
  const query =
    ({ sql, params }: Slice['api']) =>
    () =>
      store.query(sql, params);
  const whole = await arm('API, whole answer', () => answerWhole(store, memo, slice), ROUNDS);
  await arm('its query alone', query(slice.api), ROUNDS);
  await arm('legs by key', query(slice.legs), ROUNDS);
  const quick = await arm('quickest scan', query(slice.quickRaw), RAW_ROUNDS);
  const raw = await arm('raw scan of legs', query(slice.raw), RAW_ROUNDS);
  const times = ({ p50 }: Measured): string => (p50 / whole.p50).toFixed(1);
  say(`| ${slice.name} | raw scan, quickest scan: times the API | ${times(raw)}, ${times(quick)} | | | |`);
};

/** How far each source's data goes, which every answer tells: looked for among all events. */
const benchWatermarks = async (store: Store, pid: number): Promise<void> => {
  const { sql, params } = watermarksQuery(BENCH_TENANTS[0], ['pbx-0', 'pbx-1']);
  const measured = await measure(() => store.query(sql, params), ROUNDS, pid);
  say(`| how far two sources' events go | query | ${shown(measured)} |`);
};

/** Parts are merged when ClickHouse sees fit, and no further: nothing is asked of it that it would not do by itself. */
const untilMergesEnd = async (store: Store): Promise<void> => {
  const endMs = performance.now() + MERGES_LIMIT_MS;
  while (performance.now() < endMs) {
    const [merges] = await store.query<{ running: number }>('SELECT count() AS running FROM system.merges');
    if (merges?.running === 0) return;
    await pause(MERGES_POLL_MS);
  }
};

const COUNTED_TABLES = ['contact_legs_rows', 'queue_intervals_rows', 'events_rows'];
const sayTables = async (store: Store): Promise<void> => {
  const tables = await store.query<{ table: string; rows: number; parts: number; bytes: number }>(
    `SELECT table, sum(rows) AS rows, count() AS parts, sum(bytes_on_disk) AS bytes FROM system.parts
     WHERE database = 'acd' AND active AND table IN {tables:Array(String)} GROUP BY table ORDER BY table`,
    { tables: COUNTED_TABLES },
  );
  for (const { table, rows, parts, bytes } of tables) {
    say(`${table}: ${rows} rows in ${parts} parts, ${(bytes / 1e9).toFixed(1)} GB`);
  }
};

const loads = (): string =>
  loadavg()
    .map((load) => load.toFixed(1))
    .join(', ');

const dataDir = KEPT_DIR ?? mkdtempSync(join(tmpdir(), 'busyhour-bench-'));
mkdirSync(dataDir, { recursive: true });
if (KEPT_DIR === null && freeBytes(dataDir) < LEGS * BYTES_A_LEG) {
  say(`${LEGS} legs need ${Math.ceil((LEGS * BYTES_A_LEG) / 1e9)} GB at ${dataDir}: set BENCH_LEGS lower`);
  process.exit(1);
}
const server = await startEmbeddedClickHouse({ dataDir, httpPort: 0, tcpPort: null, adminPassword: 'bench' });
// The same query again and again would otherwise be told which granules matched the last time.
const settings = { use_query_condition_cache: 0 };
const store = openStore({
  url: server.url,
  username: server.adminUser,
  password: 'bench',
  database: 'acd',
  settings,
});
const migrated = await migrate(store);
if (migrated.status === 'refused') throw new Error(migrated.reason);
const startedMs = performance.now();
const sinceStart = (): string => `${((performance.now() - startedMs) / 1000).toFixed(0)} s`;
await generateYear(store, { legs: LEGS, months: MONTHS }, (month) =>
  say(`month ${month + 1} of ${MONTHS} is in after ${sinceStart()}`),
);
await untilMergesEnd(store);
say(`generated and merged after ${sinceStart()}`);
await sayTables(store);
say(`\n${new Date().toISOString()}, load average ${loads()}; times in ms\n`);
say('| slice | arm | p50 | p99 | ClickHouse CPU | rounds |');
say('|---|---|---:|---:|---:|---:|');
for (const slice of SLICES) await benchSlice(store, slice, server.pid);
await benchWatermarks(store, server.pid);
say(`\n${new Date().toISOString()}, load average ${loads()}`);
await store.close();
await server.close();
if (KEPT_DIR === null) rmSync(dataDir, { recursive: true, force: true });

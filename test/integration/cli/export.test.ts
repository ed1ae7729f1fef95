/** `busyhour export` as a user runs it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { busyhour, type DataDir, makeDataDir } from '../../support/cli.ts';

/** An hour before the centre stops: whoever came by then has gone again. */
const MORNING = ['--from', '2026-03-02T08:00:00Z', '--to', '2026-03-02T11:00:00Z', '--json'];

let dir: DataDir;
beforeAll(async () => {
  dir = makeDataDir();
  const simulated = await busyhour(dir.path, [
    ...['simulate', '--queues', '2', '--agents', '10', '--rate', '0.02', '--json'],
    ...['--from', '2026-03-02T08:00:00Z', '--until', '2026-03-02T12:00:00Z'],
  ]);
  expect(simulated.code, simulated.stderr).toBe(0);
});
afterAll(() => dir?.remove());

const told = (stdout: string): { rows: number; bytes: number } =>
  JSON.parse(stdout) as { rows: number; bytes: number };

test('figures and contacts agree on how many were offered, and nothing but whole files is left', async () => {
  const figures = await busyhour(dir.path, [
    'export',
    'intervals',
    ...MORNING,
    '--out',
    'morning.csv',
    '--layout',
    'wfm',
  ]);
  expect(figures.code, figures.stderr).toBe(0);
  const rows = parse(readFileSync(join(dir.path, 'morning.csv')), { columns: true }) as Record<
    string,
    string
  >[];
  expect(rows).toHaveLength(12 * 2);
  expect(told(figures.stdout).rows).toBe(rows.length);

  const contacts = await busyhour(dir.path, [
    ...['export', 'contacts', ...MORNING, '--format', 'parquet', '--out', 'legs.parquet'],
  ]);
  expect(contacts.code, contacts.stderr).toBe(0);
  const bytes = new Uint8Array(readFileSync(join(dir.path, 'legs.parquet')));
  const legs = await parquetReadObjects({ file: bytes.buffer });
  const offered = rows.reduce((sum, row) => sum + Number(row.offered), 0);
  expect(offered).toBeGreaterThan(20);
  expect(legs.filter(({ outcome }) => !String(outcome).startsWith('refused_'))).toHaveLength(offered);
  expect(told(contacts.stdout)).toMatchObject({ rows: legs.length, bytes: bytes.length });
  expect(readdirSync(dir.path).filter((name) => name.endsWith('.part'))).toEqual([]);
});

test('a wrong flag is told by its name, with exit code 2 and no file', async () => {
  const wrong = await busyhour(dir.path, [
    'export',
    'intervals',
    ...MORNING,
    '--out',
    'x.csv',
    '--sl-threshold',
    'fast',
  ]);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('--sl-threshold: fast is not a duration');
  expect(readdirSync(dir.path)).not.toContain('x.csv');
});

test('figures of single legs are asked for by flags too', async () => {
  const asked = ['--direction', 'outbound,inbound', '--group-by', 'direction', '--interval', 'total'];
  const told = await busyhour(dir.path, ['export', 'intervals', ...MORNING, ...asked, '--out', '-']);
  expect(told.code, told.stderr).toBe(0);
  const rows = parse(told.stdout, { columns: true }) as Record<string, string>[];
  expect(rows.map(({ direction }) => direction)).toEqual(['inbound']);
  expect(Number(rows[0]?.offered)).toBeGreaterThan(20);
});

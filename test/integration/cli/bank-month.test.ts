/**
 * A month of a real bank, imported five ways, gives the same bytes. A part of the month in `npm test`; with
 * BUSYHOUR_TEST_FULL=1 the whole of it, whose figures its README gives.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { openSqliteLog } from '../../../infra/log/sqlite-log.ts';
import { EVENTS, partitionOf } from '../../../schemas/topics.ts';
import { busyhour, type DataDir, makeDataDir, spawnBusyhour, startNode } from '../../support/cli.ts';

const WHOLE = process.env.BUSYHOUR_TEST_FULL === '1';
const PART_LINES = 6_000;
const CALLS = join(import.meta.dirname, '../../fixtures/bank-1999-02/calls.tsv.gz');
const MAP = join(import.meta.dirname, '../../../ingest/feeds/call-records/maps/anonymous-bank.yaml');

const [header = '', ...all] = gunzipSync(readFileSync(CALLS)).toString('latin1').trimEnd().split('\n');
const lines = WHOLE ? all : all.slice(0, PART_LINES);

/** A repeatable shuffle (Fisher-Yates over a linear congruential generator). */
const shuffled = (input: readonly string[]): string[] => {
  const out = [...input];
  let state = 1999;
  for (let i = out.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const j = state % (i + 1);
    [out[i], out[j]] = [out[j] ?? '', out[i] ?? ''];
  }
  return out;
};

const dirs: DataDir[] = [];
afterAll(() => {
  for (const dir of dirs) dir.remove();
});
const makeDir = (): string => {
  const dir = makeDataDir();
  dirs.push(dir);
  return dir.path;
};
const fileOf = (dir: string, name: string, content: readonly string[]): string => {
  const path = join(dir, name);
  writeFileSync(path, `${[header, ...content].join('\n')}\n`, 'latin1');
  return path;
};
const importing = (...files: string[]): string[] => [
  'import',
  'call-records',
  ...files,
  ...['--source', 'bank', '--tz', 'Asia/Jerusalem', '--map', MAP, '--json'],
];
const importInto = async (dir: string, ...files: string[]): Promise<Record<string, unknown>> => {
  const { code, stdout, stderr } = await busyhour(dir, importing(...files));
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Record<string, unknown>;
};
/** One line a view: its rows and their hash. One after the other, as each query holds the directory. */
const digest = async (dir: string): Promise<readonly string[]> => {
  const digests: string[] = [];
  for (const view of ['contact_legs', 'queue_intervals']) {
    const query = `SELECT * FROM ${view} ORDER BY ALL`;
    const { code, stdout } = await busyhour(dir, ['sql', query, '--format', 'TSVWithNames']);
    expect(code).toBe(0);
    const rows = stdout.split('\n').length - 2;
    digests.push(`${view} ${rows} ${createHash('sha256').update(stdout).digest('hex')}`);
  }
  return digests;
};

/** Starts an import and kills it (-9) once its log has grown by `events`. */
const importKilled = async (dir: string, file: string, events: number): Promise<void> => {
  const log = openSqliteLog({ file: join(dir, 'data', 'log.sqlite') });
  await log.ensureTopics([EVENTS]);
  const partition = partitionOf('default', 'bank');
  const target = (await log.endOffset(EVENTS.name, partition)) + events;
  const running = spawnBusyhour(dir, importing(file));
  while ((await log.endOffset(EVENTS.name, partition)) < target) await sleep(1);
  running.child.kill('SIGKILL');
  await running.finished;
  await log.close();
};

describe(WHOLE ? 'the whole month' : `the month's first ${PART_LINES} calls`, () => {
  const inOrder = makeDir();
  let expected: readonly string[] = [];

  it('in file order gives the figures its README states', async () => {
    const summary = await importInto(inOrder, fileOf(inOrder, 'calls.tsv', lines));
    const outcomeOf = (line: string): string => line.split('\t')[12] ?? '';
    const queued = (line: string): boolean => line.split('\t')[9] !== '0:00:00';
    const answered = lines.filter((line) => outcomeOf(line) === 'AGENT').length;
    const abandoned = lines.filter((line) => outcomeOf(line) === 'HANG' && queued(line)).length;
    const menu = lines.filter((line) => outcomeOf(line) === 'HANG' && !queued(line)).length;
    const phantoms = lines.filter((line) => outcomeOf(line) === 'PHANTOM').length;
    if (WHOLE) expect([answered, abandoned, menu, phantoms]).toEqual([27_162, 3_963, 1_941, 278]);
    expect(summary).toMatchObject({
      read: lines.length,
      published: answered + abandoned,
      rejected: 0,
      dropped: { never_offered: menu, phantom: phantoms },
      landed: { contact_legs: answered + abandoned, agent_states: 0 },
    });
    expected = await digest(inOrder);
  });

  it('answers service levels from it', async () => {
    const node = await startNode(inOrder, ['--no-demo']);
    const get = async (query: string): Promise<Record<string, number>> => {
      const reply = await node.get(`/v1/intervals?interval=total&group_by=source&${query}`);
      return ((await reply.json()) as { rows: Record<string, number>[] }).rows[0] ?? {};
    };
    const figures = await get('');
    expect(figures.offered).toBe(Number(figures.answered) + Number(figures.abandoned));
    if (WHOLE) {
      const levels = await Promise.all(
        [
          'sl_formula=answered_only',
          'sl_formula=abandons_negative',
          'sl_formula=abandons_positive',
          'sl_formula=short_excluded&short_abandon=10s',
        ].map(async (query) => Number((await get(query)).service_level).toFixed(4)),
      );
      expect(levels).toEqual(['0.5968', '0.5208', '0.5612', '0.5321']);
      expect(figures.answered_within).toBe(16_209);
    }
    await node.stop();
  });

  it.each<[string, (dir: string) => Promise<unknown>]>([
    ['shuffled', (dir) => importInto(dir, fileOf(dir, 'shuffled.tsv', shuffled(lines)))],
    [
      'with 5 % of its lines doubled',
      (dir) => {
        const doubled = shuffled(lines).slice(0, Math.floor(lines.length / 20));
        return importInto(dir, fileOf(dir, 'doubled.tsv', shuffled([...lines, ...doubled])));
      },
    ],
    [
      'in two halves',
      async (dir) => {
        const middle = Math.floor(lines.length / 2);
        await importInto(dir, fileOf(dir, 'first.tsv', lines.slice(0, middle)));
        await importInto(dir, fileOf(dir, 'second.tsv', lines.slice(middle)));
      },
    ],
    [
      'killed (-9) twice on the way',
      async (dir) => {
        const file = fileOf(dir, 'calls.tsv', lines);
        await importInto(dir, fileOf(dir, 'few.tsv', lines.slice(0, 10)));
        await importKilled(dir, file, lines.length / 2);
        await importKilled(dir, file, lines.length / 2);
        await importInto(dir, file);
      },
    ],
  ])('%s: the same bytes', async (_name, doImport) => {
    const dir = makeDir();
    await doImport(dir);
    expect(await digest(dir)).toEqual(expected);
  });
}, 600_000);

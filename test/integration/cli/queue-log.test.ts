import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { busyhour, type DataDir, makeDataDir, type RunningNode, startNode } from '../../support/cli.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/asterisk22');
const QUEUE_LOG = join(FIXTURES, 'queue_log');
const IMPORT = ['import', 'asterisk-queue-log', QUEUE_LOG, '--source', 'lab', '--json'];

interface Counted {
  readonly completed: number;
  readonly abandoned: number;
  readonly answeredOnly: number;
  readonly abandonsPositive: number;
}
/** What Asterisk says of itself: `sales has 0 calls … C:40, A:36, SL:75.0%, SL2:73.7% within 20s`. */
const countedByAsterisk = (): Map<string, Counted> => {
  const text = readFileSync(join(FIXTURES, 'queue-show.txt'), 'utf8');
  const line = /^(\S+) has .* C:(\d+), A:(\d+), SL:([\d.]+)%, SL2:([\d.]+)%/gm;
  return new Map(
    [...text.matchAll(line)].map(([, queue = '', c, a, sl, sl2]) => [
      queue,
      { completed: Number(c), abandoned: Number(a), answeredOnly: Number(sl), abandonsPositive: Number(sl2) },
    ]),
  );
};
interface Row {
  readonly queue: string;
  readonly answered: number;
  readonly abandoned: number;
  readonly timed_out: number;
  readonly left_empty: number;
  readonly service_level: number;
}

let data: DataDir;
let node: RunningNode;
beforeAll(async () => {
  data = makeDataDir();
  node = await startNode(data.path, ['--no-demo']);
});
afterAll(async () => {
  await node.stop();
  data.remove();
});
const rows = async (query: string): Promise<Row[]> => {
  const reply = await node.get(`/v1/intervals?interval=total&source=lab&${query}`);
  expect(reply.status).toBe(200);
  return ((await reply.json()) as { rows: Row[] }).rows;
};
const summaryOf = (stdout: string): Record<string, unknown> => JSON.parse(stdout) as Record<string, unknown>;

describe("a real Asterisk's queue_log, imported into a running node", () => {
  it('is read whole and lands', async () => {
    const { code, stdout, stderr } = await busyhour(data.path, IMPORT);
    expect([code, stderr]).toEqual([0, '']);
    expect(summaryOf(stdout)).toMatchObject({
      read: 373,
      published: 373,
      duplicates: 0,
      rejected: 0,
      landed: { contact_legs: 123, queue_intervals: 4, events: 375, dead_letters: 0 },
    });
  });

  it('gives exactly what Asterisk itself counted, answered only and with abandons', async () => {
    const counted = countedByAsterisk();
    expect([...counted.keys()]).toEqual(['sales', 'support']);
    const percent = (fraction: number): number => Math.round(fraction * 1_000) / 10;
    for (const row of await rows('sl_formula=answered_only')) {
      expect(row.answered).toBe(counted.get(row.queue)?.completed);
      expect(row.abandoned + row.timed_out + row.left_empty).toBe(counted.get(row.queue)?.abandoned);
      expect(percent(row.service_level)).toBe(counted.get(row.queue)?.answeredOnly);
    }
    for (const row of await rows('profile=asterisk')) {
      expect(percent(row.service_level)).toBe(counted.get(row.queue)?.abandonsPositive);
    }
  });

  it('changes nothing when it is imported again: as it is, zipped, renamed, from standard input', async () => {
    const zipped = join(data.path, 'queue_log.1.gz');
    writeFileSync(zipped, gzipSync(readFileSync(QUEUE_LOG)));
    for (const file of [QUEUE_LOG, zipped, '-']) {
      const args = IMPORT.map((arg) => (arg === QUEUE_LOG ? file : arg));
      const { code, stdout } = await busyhour(data.path, args, {}, readFileSync(QUEUE_LOG, 'utf8'));
      expect(code).toBe(0);
      expect(summaryOf(stdout)).toMatchObject({
        published: 0,
        duplicates: 373,
        landed: { contact_legs: 0, queue_intervals: 0, agent_states: 0, events: 0 },
      });
    }
  });

  it('callers are pseudonyms everywhere', async () => {
    const { stdout } = await busyhour(data.path, [
      'sql',
      "SELECT count() FROM contact_legs WHERE caller LIKE '%2782555%' OR caller = ''",
      '--format',
      'TSV',
    ]);
    expect(stdout).toBe('0\n');
    const log = readFileSync(join(data.path, 'data', 'log.sqlite'));
    expect(log.includes('27825550001')).toBe(false);
  });

  it('lines that cannot be understood are dead letters with reason and place, and the rest lands', async () => {
    const torn = join(data.path, 'torn');
    writeFileSync(
      torn,
      '1795600000|x.1|sales|NONE|ENTERQUEUE||082|1\nnonsense\n1795600009|x.1|sales|NONE|ABANDON|1|1|9\n',
    );
    const args = ['import', 'asterisk-queue-log', torn, '--source', 'torn', '--json'];
    const { code, stdout } = await busyhour(data.path, args);
    expect(code).toBe(0);
    expect(summaryOf(stdout)).toMatchObject({
      read: 3,
      published: 2,
      rejected: 1,
      landed: { contact_legs: 1, dead_letters: 1 },
    });
    const { stdout: letters } = await busyhour(data.path, [
      'sql',
      "SELECT feed, source, reason, line FROM dead_letters WHERE source = 'torn'",
      '--format',
      'TSV',
    ]);
    expect(letters).toBe('asterisk-queue-log\ttorn\tfewer than 5 fields separated by "|"\tnonsense\n');
  });

  it('sql is read-only', async () => {
    const { code, stderr } = await busyhour(data.path, ['sql', 'DROP TABLE contact_legs_rows']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^busyhour: ClickHouse: .*\n$/);
  });

  it('doctor finds no fault', async () => {
    const { code, stdout } = await busyhour(data.path, ['doctor']);
    expect([code, stdout.split('\n').filter((line) => line.startsWith('FAULT'))]).toEqual([0, []]);
    expect(stdout).toMatch(/^ok {4}tenants: SQL users of 1 of 1 tenants looked at: read-only, /m);
  });

  it('a second node on the same directory is refused in one line', async () => {
    const { code, stderr } = await busyhour(data.path, ['start']);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `busyhour: The data directory ${join(data.path, 'data')} is in use by process ${node.child.pid} since ${
        / since (\S+):/.exec(stderr)?.[1]
      }: stop that one, or choose another with BUSYHOUR_DATA_DIR.\n`,
    );
  });
});

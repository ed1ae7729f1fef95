import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openSqliteLog } from '../../../infra/log/sqlite-log.ts';
import { EVENTS, partitionOf } from '../../../schemas/topics.ts';
import { busyhour, type DataDir, makeDataDir, type Running, spawnBusyhour } from '../../support/cli.ts';

let data: DataDir;
beforeAll(() => {
  data = makeDataDir();
});
afterAll(() => data.remove());

const lines = readFileSync(join(import.meta.dirname, '../../fixtures/asterisk22/queue_log'), 'utf8').split(
  /(?<=\n)/,
);
const part = (from: number, to: number): string => lines.slice(from, to).join('');

const untilPublished = async (events: number): Promise<void> => {
  const log = openSqliteLog({ file: join(data.path, 'data', 'log.sqlite') });
  await log.ensureTopics([EVENTS]);
  const partition = partitionOf('default', 'lab');
  await vi.waitFor(
    async () => expect(await log.endOffset(EVENTS.name, partition)).toBeGreaterThanOrEqual(events),
    { timeout: 20_000, interval: 20 },
  );
  await log.close();
};

it('a followed queue_log survives kill -9, rotation meanwhile, and gives what an import gives', async () => {
  const path = join(data.path, 'queue_log');
  const follow = (): Running =>
    spawnBusyhour(data.path, ['ingest', 'asterisk-queue-log', path, '--source', 'lab', '--follow']);
  writeFileSync(path, part(0, 100) + part(100, 101).slice(0, 15));
  const first = follow();
  await untilPublished(101);
  first.child.kill('SIGKILL');
  await first.finished;

  appendFileSync(path, part(100, 101).slice(15) + part(101, 200));
  renameSync(path, `${path}.1`);
  writeFileSync(path, part(200, 300));
  const second = follow();
  await untilPublished(301);
  appendFileSync(path, part(300, lines.length));
  await untilPublished(lines.length + 1);
  second.child.kill('SIGTERM');
  expect(await second.finished).toMatchObject({ code: 0, stderr: '' });

  const counts = (): Promise<string> =>
    busyhour(data.path, [
      'sql',
      "SELECT queue, outcome, count() FROM contact_legs WHERE source = 'lab' GROUP BY ALL ORDER BY ALL",
      '--format',
      'TSV',
    ]).then(({ stdout }) => stdout);
  const followed = await counts();
  expect(followed).toBe(
    [
      'sales\tabandoned\t26',
      'sales\tanswered\t40',
      'sales\ttimed_out\t10',
      'support\tabandoned\t16',
      'support\tanswered\t29',
      'support\ttimed_out\t2',
      '',
    ].join('\n'),
  );
  // The rotated file was followed under this identity already.
  const again = await busyhour(data.path, [
    'import',
    'asterisk-queue-log',
    `${path}.1`,
    path,
    '--source',
    'lab',
    '--json',
  ]);
  expect(JSON.parse(again.stdout)).toMatchObject({ published: 0, duplicates: lines.length });
  expect(await counts()).toBe(followed);
}, 120_000);

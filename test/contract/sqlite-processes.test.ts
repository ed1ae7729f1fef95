/** The embedded log among processes: killed while appending, appended to from elsewhere, opened by many at once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StoredRecord } from '../../infra/log/event-log.ts';
import { openSqliteLog } from '../../infra/log/sqlite-log.ts';

const CHILD = join(import.meta.dirname, 'append-batches-child.ts');
const TOPIC = 'events';
const PLENTY = { maxRecords: 1_000_000, maxBytes: 1_000_000_000 };

let dir: string;
let file: string;
const children = new Set<ChildProcess>();

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'busyhour-log-'));
  file = join(dir, 'log.sqlite');
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  rmSync(dir, { recursive: true });
});

const appendInChild = (first: number, count: number, size: number) => {
  const args = [CHILD, file, TOPIC, `${first}`, `${count}`, `${size}`];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  return { child, acknowledged: createInterface({ input: child.stdout }), exited: once(child, 'exit') };
};

const readAll = async (): Promise<readonly StoredRecord[]> => {
  const log = openSqliteLog({ file });
  const stored = await log.read(TOPIC, 0, 0, PLENTY);
  await log.close();
  return stored;
};

describe('embedded log, several processes', () => {
  test('every acknowledged batch outlives kill -9, and none is there in part', async () => {
    const size = 40;
    const acknowledged: number[] = [];
    for (const [round, killAfter] of [1, 17, 60].entries()) {
      const first = round * 1_000_000;
      const { child, acknowledged: lines, exited } = appendInChild(first, 1_000_000, size);
      let inRound = 0;
      for await (const line of lines) {
        acknowledged.push(Number(line));
        inRound += 1;
        // The child goes on appending while the signal travels: it dies wherever it happens to be.
        if (inRound === killAfter) child.kill('SIGKILL');
      }
      expect(await exited).toEqual([null, 'SIGKILL']);

      const stored = await readAll();
      const keys = stored.map(({ key }) => key);
      const batches = [...new Set(keys.map((key) => Number(key.split('/')[0])))];
      const whole = batches.flatMap((batch) =>
        Array.from({ length: size }, (_, index) => `${batch}/${index}`),
      );
      expect(keys).toEqual(whole);
      expect(acknowledged.filter((batch) => !batches.includes(batch))).toEqual([]);
      expect(stored.map(({ offset }) => offset)).toEqual(stored.map((_, index) => index));
    }
  });

  test('a tail sees what another process appends, well before a slow poll would', async () => {
    const log = openSqliteLog({ file, pollMs: 20 });
    await log.ensureTopics([{ name: TOPIC, partitions: 1, compacted: false }]);
    const { promise: all, resolve } = Promise.withResolvers<void>();
    const keys: string[] = [];
    const consumer = await log.consume(
      { ...PLENTY, topic: TOPIC, group: 'node' },
      {
        onAssigned: async () => 0,
        onBatch: async (_, records) => {
          keys.push(...records.map(({ key }) => key));
          if (keys.length === 30) resolve();
        },
        onRevoked: async () => {},
        onFailed: (_, error) => expect.unreachable(error.message),
      },
    );
    const { exited } = appendInChild(0, 10, 3);
    await all;
    expect(await exited).toEqual([0, null]);
    await consumer.close();
    await log.close();
    const expected = Array.from({ length: 10 }, (_, batch) => [0, 1, 2].map((index) => `${batch}/${index}`));
    expect(keys).toEqual(expected.flat());
  });

  test('several processes make the log and append to it at the same time', async () => {
    const firsts = [0, 1_000, 2_000, 3_000];
    const size = 5;
    const runs = firsts.map((first) => appendInChild(first, 20, size));
    const exits = await Promise.all(runs.map(({ exited }) => exited));
    expect(exits).toEqual(firsts.map(() => [0, null]));

    const stored = await readAll();
    const heads = stored.filter((_, index) => index % size === 0).map(({ key }) => Number(key.split('/')[0]));
    const whole = heads.flatMap((batch) => Array.from({ length: size }, (_, index) => `${batch}/${index}`));
    expect(stored.map(({ key }) => key)).toEqual(whole);
    for (const first of firsts) {
      const own = heads.filter((batch) => batch >= first && batch < first + 1_000);
      expect(own).toEqual(Array.from({ length: 20 }, (_, index) => first + index));
    }
  });
});

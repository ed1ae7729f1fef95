/** What only the embedded log promises, beyond the contract of all logs (test/contract). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ConsumerHandlers, LogRecord } from '../../../../infra/log/event-log.ts';
import { openSqliteLog, type SqliteLog } from '../../../../infra/log/sqlite-log.ts';

const PLENTY = { maxRecords: 10_000, maxBytes: 100_000_000 };
const EVENTS = { name: 'events', partitions: 2, compacted: false };
const LIVE = { name: 'live', partitions: 1, compacted: true };

let dir: string;
let file: string;
let log: SqliteLog;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'busyhour-log-'));
  file = join(dir, 'made', 'on', 'the', 'way', 'log.sqlite');
  log = openSqliteLog({ file });
  await log.ensureTopics([EVENTS, LIVE]);
});
afterEach(async () => {
  await log.close();
  rmSync(dir, { recursive: true });
});

const record = (key: string, bytes = 10): LogRecord => ({ key, value: new Uint8Array(bytes) });
const records = (count: number, bytes?: number): readonly LogRecord[] =>
  Array.from({ length: count }, (_, index) => record(`${index}`, bytes));
const keysAt = async (topic: string): Promise<readonly (readonly [number, string])[]> =>
  (await log.read(topic, 0, 0, PLENTY)).map(({ offset, key }) => [offset, key]);

const handlers = (over: Partial<ConsumerHandlers> = {}): ConsumerHandlers => ({
  onAssigned: async () => 0,
  onBatch: async () => {},
  onRevoked: async () => {},
  onFailed: (_, error) => expect.unreachable(error.message),
  ...over,
});

describe('offsets', () => {
  test('begin at 0 and rise by one', async () => {
    expect(await log.append('events', 0, records(3))).toBe(2);
    expect(await log.append('events', 0, records(1))).toBe(3);
    expect(await log.append('events', 1, records(1))).toBe(0);
    expect(await log.endOffset('events', 0)).toBe(4);
  });
});

describe('compaction', () => {
  test('removes the older record of a key, also within one batch', async () => {
    await log.append('live', 0, [record('sales'), record('support'), record('sales')]);
    expect(await keysAt('live')).toEqual([
      [1, 'support'],
      [2, 'sales'],
    ]);
    expect(await log.append('live', 0, [record('support')])).toBe(3);
    expect(await keysAt('live')).toEqual([
      [2, 'sales'],
      [3, 'support'],
    ]);
    expect(await log.endOffset('live', 0)).toBe(4);
  });

  test('a topic cannot become compacted afterwards', async () => {
    const changed = log.ensureTopics([{ ...EVENTS, compacted: true }]);
    await expect(changed).rejects.toMatchObject({ code: 'TOPIC_MISMATCH' });
  });
});

describe('trim', () => {
  test('forgets what is older and goes on counting', async () => {
    await log.append('events', 0, records(25_000));
    await log.append('events', 1, records(1));
    await log.trim('events', 0, 24_998);
    expect((await keysAt('events')).map(([offset]) => offset)).toEqual([24_998, 24_999]);
    expect(await log.read('events', 1, 0, PLENTY)).toHaveLength(1);
    await log.trim('events', 0, 1_000_000);
    expect(await keysAt('events')).toEqual([]);
    expect(await log.append('events', 0, records(1))).toBe(25_000);
  });

  test('a key trimmed away can be written again', async () => {
    await log.append('live', 0, [record('sales'), record('support')]);
    await log.trim('live', 0, 1);
    await log.append('live', 0, [record('sales')]);
    expect(await keysAt('live')).toEqual([
      [1, 'support'],
      [2, 'sales'],
    ]);
  });
});

describe('consumers', () => {
  test('an append through the same handle is delivered without waiting for a poll', async () => {
    await log.close();
    log = openSqliteLog({ file, pollMs: 3_600_000 });
    const keys: string[] = [];
    const onBatch: ConsumerHandlers['onBatch'] = async (_, batch) => {
      keys.push(...batch.map(({ key }) => key));
    };
    await log.consume({ ...PLENTY, topic: 'events', group: null }, handlers({ onBatch }));
    await nextTurn();
    await log.append('events', 1, [record('now')]);
    await vi.waitFor(() => expect(keys).toEqual(['now']));
  });

  test('a second member of a group is refused while the first is there', async () => {
    const options = { ...PLENTY, topic: 'events', group: 'workers' };
    const first = await log.consume(options, handlers());
    await expect(log.consume(options, handlers())).rejects.toMatchObject({ code: 'GROUP_TAKEN' });
    await log.consume({ ...options, topic: 'live' }, handlers());
    await first.close();
    await log.consume(options, handlers());
    // Closing the first again must not let a third one in.
    await first.close();
    await expect(log.consume(options, handlers())).rejects.toMatchObject({ code: 'GROUP_TAKEN' });
  });

  test('a long backlog lets timers and sockets have their turn', async () => {
    await log.append('events', 0, records(200));
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 0);
    const { promise: done, resolve } = Promise.withResolvers<number>();
    const onBatch: ConsumerHandlers['onBatch'] = async (_, batch) => {
      const busyUntil = performance.now() + 0.5;
      while (performance.now() < busyUntil);
      if (batch.at(-1)?.offset === 199) resolve(turns);
    };
    await log.consume({ ...PLENTY, maxRecords: 1, topic: 'events', group: null }, handlers({ onBatch }));
    expect(await done).toBeGreaterThan(10);
    clearInterval(timer);
  });

  test('closing the log drains its consumers, which may still append and commit', async () => {
    await log.append('events', 0, records(1));
    const calls: string[] = [];
    const { promise: inHand, resolve } = Promise.withResolvers<void>();
    await log.consume(
      { ...PLENTY, topic: 'events', group: 'workers' },
      handlers({
        onBatch: async () => {
          resolve();
          await nextTurn();
          await log.append('live', 0, [record('sales')]);
          calls.push('appended');
        },
        onRevoked: async (partition) => {
          await log.commit('workers', 'events', partition, 1);
          calls.push(`revoked ${partition}`);
        },
      }),
    );
    await inHand;
    await log.close();
    expect(calls.toSorted()).toEqual(['appended', 'revoked 0', 'revoked 1']);
    log = openSqliteLog({ file });
    expect(await keysAt('live')).toEqual([[0, 'sales']]);
    expect(await log.committed('workers', 'events', 0)).toBe(1);
  });
});

describe('a closed log', () => {
  test('refuses everything clearly', async () => {
    await log.close();
    await log.close();
    for (const refused of [
      () => log.append('events', 0, records(1)),
      () => log.read('events', 0, 0, PLENTY),
      () => log.ensureTopics([EVENTS]),
      () => log.consume({ ...PLENTY, topic: 'events', group: null }, handlers()),
    ]) {
      await expect(refused()).rejects.toMatchObject({ code: 'LOG_CLOSED' });
    }
  });
});

describe('a full disk', () => {
  test('refuses the whole batch, keeps what was there, and takes more when there is room', async () => {
    await log.close();
    log = openSqliteLog({ file, maxBytes: 400_000 });
    const acknowledged: number[] = [];
    const fill = async (): Promise<never> => {
      for (;;) acknowledged.push(await log.append('events', 0, records(20, 1_000)));
    };
    await expect(fill()).rejects.toMatchObject({ code: 'LOG_FULL' });
    const last = acknowledged.at(-1) ?? -1;
    expect(last).toBeGreaterThan(100);
    expect(await log.endOffset('events', 0)).toBe(last + 1);
    expect(await keysAt('events')).toHaveLength(last + 1);
    await expect(log.append('events', 1, records(100, 5_000))).rejects.toMatchObject({ code: 'LOG_FULL' });

    await log.trim('events', 0, last - 10);
    expect(await log.append('events', 0, records(20, 1_000))).toBe(last + 20);
    expect((await log.read('events', 0, last, PLENTY)).map(({ offset }) => offset)).toEqual(
      Array.from({ length: 21 }, (_, index) => last + index),
    );
  });
});

/**
 * What every adapter of the EventLog port must do. It takes nothing for granted that the port does not promise:
 * offsets may have gaps, what is appended may take a moment to be seen, consumers may take a moment to start.
 */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ConsumerHandlers, EventLog, LogRecord, StoredRecord } from '../../infra/log/event-log.ts';

export interface OpenedLog {
  readonly log: EventLog;
  /** Closes the log and opens it again on the same data. */
  readonly reopen?: () => Promise<EventLog>;
  close(): Promise<void>;
}

const PLENTY = { maxRecords: 10_000, maxBytes: 100_000_000 };
const PATIENCE = { timeout: 15_000, interval: 10 };

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf8'));
const record = (key: string, text: string): LogRecord => ({ key, value: bytesOf(text) });
const numbered = (from: number, count: number): readonly LogRecord[] =>
  Array.from({ length: count }, (_, index) => record('k', `${from + index}`));
const textOf = ({ value }: LogRecord): string => Buffer.from(value).toString('utf8');
const plain = ({ key, value }: LogRecord): { key: string; value: number[] } => ({ key, value: [...value] });
const until = (condition: () => void | Promise<void>): Promise<void> => vi.waitFor(condition, PATIENCE);

/** Reads on from `from` until `count` records have been seen, and then makes sure that no more are there. */
const readCount = async (
  log: EventLog,
  topic: string,
  partition: number,
  count: number,
  from = 0,
): Promise<readonly StoredRecord[]> => {
  const seen: StoredRecord[] = [];
  await until(async () => {
    const next = (seen.at(-1)?.offset ?? from - 1) + 1;
    seen.push(...(await log.read(topic, partition, next, PLENTY)));
    expect(seen.length).toBeGreaterThanOrEqual(count);
  });
  expect(seen).toHaveLength(count);
  return seen;
};

/** Handlers that write down what happened, in order; `over` replaces some of them. */
const observer = (over: Partial<ConsumerHandlers> = {}) => {
  const calls: string[] = [];
  const records: (StoredRecord & { partition: number })[] = [];
  const failures: string[] = [];
  const handlers: ConsumerHandlers = {
    onAssigned: async (partition) => {
      calls.push(`assigned ${partition}`);
      return (await over.onAssigned?.(partition)) ?? 0;
    },
    onBatch: async (partition, batch, endOffset) => {
      calls.push(`batch ${partition}`);
      await over.onBatch?.(partition, batch, endOffset);
      records.push(...batch.map((stored) => ({ ...stored, partition })));
    },
    onRevoked: async (partition) => {
      await over.onRevoked?.(partition);
      calls.push(`revoked ${partition}`);
    },
    onFailed: (partition, error) => failures.push(`${partition}: ${error.message}`),
  };
  const texts = (partition: number): string[] =>
    records.filter((stored) => stored.partition === partition).map(textOf);
  return { handlers, calls, failures, texts };
};

const gate = (): { readonly opened: Promise<void>; open: () => void } => {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: () => resolve() };
};

export const eventLogContract = (name: string, open: () => Promise<OpenedLog>): void => {
  let opened: OpenedLog;
  let log: EventLog;

  const newTopic = async (partitions = 1, compacted = false): Promise<string> => {
    const topic = `contract-${randomUUID()}`;
    await log.ensureTopics([{ name: topic, partitions, compacted }]);
    return topic;
  };

  describe(`event log contract: ${name}`, () => {
    beforeAll(async () => {
      opened = await open();
      log = opened.log;
    });
    afterAll(() => opened.close());

    describe('append and read', () => {
      test('records come back in the order they were appended, at rising offsets', async () => {
        const topic = await newTopic();
        const firstLast = await log.append(topic, 0, numbered(0, 3));
        const secondLast = await log.append(topic, 0, numbered(3, 2));
        const stored = await readCount(log, topic, 0, 5);
        expect(stored.map(textOf)).toEqual(['0', '1', '2', '3', '4']);
        const offsets = stored.map(({ offset }) => offset);
        expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b));
        expect([offsets[2], offsets[4]]).toEqual([firstLast, secondLast]);
      });

      test('a partition holds only what was appended to it', async () => {
        const topic = await newTopic(3);
        await log.append(topic, 2, [record('a', 'two')]);
        await log.append(topic, 0, [record('a', 'zero')]);
        expect((await readCount(log, topic, 0, 1)).map(textOf)).toEqual(['zero']);
        expect((await readCount(log, topic, 2, 1)).map(textOf)).toEqual(['two']);
        expect(await log.read(topic, 1, 0, PLENTY)).toEqual([]);
      });

      test('reading begins at the offset asked for and is empty at the end', async () => {
        const topic = await newTopic();
        const last = await log.append(topic, 0, numbered(0, 4));
        const stored = await readCount(log, topic, 0, 4);
        const middle = stored[2]?.offset ?? Number.NaN;
        expect((await readCount(log, topic, 0, 2, middle)).map(textOf)).toEqual(['2', '3']);
        expect(await log.read(topic, 0, last + 1, PLENTY)).toEqual([]);
      });

      test('keys and values are kept byte by byte', async () => {
        const topic = await newTopic();
        const allBytes = Uint8Array.from({ length: 256 }, (_, index) => index);
        const keys = ['', 'a\0b', 'tenant/source', 'Ünïcödé \u{1F4DE}', '\u{FEFF}bom', ' '];
        const written = [
          ...keys.map((key) => ({ key, value: bytesOf(key) })),
          { key: 'all', value: allBytes },
          { key: 'part of a larger buffer', value: allBytes.subarray(100, 120) },
          { key: 'nothing', value: new Uint8Array(0) },
        ];
        await log.append(topic, 0, written);
        const stored = await readCount(log, topic, 0, written.length);
        expect(stored.map(plain)).toEqual(written.map(plain));
      });

      test('an unknown topic is refused', async () => {
        await expect(log.append(`missing-${randomUUID()}`, 0, numbered(0, 1))).rejects.toThrow();
        const topic = await newTopic(2);
        await expect(log.append(topic, 2, numbered(0, 1))).rejects.toThrow();
      });
    });

    describe('read limits', () => {
      test('no more records than asked for', async () => {
        const topic = await newTopic();
        await log.append(topic, 0, numbered(0, 10));
        await readCount(log, topic, 0, 10);
        const stored = await log.read(topic, 0, 0, { ...PLENTY, maxRecords: 3 });
        expect(stored.map(textOf)).toEqual(['0', '1', '2'].slice(0, stored.length));
        expect(stored.length).toBeGreaterThan(0);
      });

      test('no more bytes than asked for, but at least one record, however large', async () => {
        const topic = await newTopic();
        const huge = { key: 'huge', value: new Uint8Array(200_000).fill(7) };
        await log.append(topic, 0, [record('k', 'small'), huge, record('k', 'after')]);
        await readCount(log, topic, 0, 3);
        const limits = { ...PLENTY, maxBytes: 1_000 };
        const seen: (readonly string[])[] = [];
        for (let next = 0; seen.length < 3; ) {
          const stored = await log.read(topic, 0, next, limits);
          seen.push(stored.map(({ key }) => key));
          next = (stored.at(-1)?.offset ?? next) + 1;
        }
        expect(seen).toEqual([['k'], ['huge'], ['k']]);
      });
    });

    describe('topics and offsets', () => {
      test('making a topic again changes nothing; with another partition count it is refused', async () => {
        const topic = await newTopic(2);
        await log.append(topic, 1, numbered(0, 1));
        await log.ensureTopics([{ name: topic, partitions: 2, compacted: false }]);
        await readCount(log, topic, 1, 1);
        const other = { name: topic, partitions: 3, compacted: false };
        await expect(log.ensureTopics([other])).rejects.toThrow(topic);
      });

      test('the end offset is 0 when empty, and the next record comes at or after it', async () => {
        const topic = await newTopic();
        expect(await log.endOffset(topic, 0)).toBe(0);
        const last = await log.append(topic, 0, numbered(0, 3));
        await until(async () => expect(await log.endOffset(topic, 0)).toBeGreaterThan(last));
        const end = await log.endOffset(topic, 0);
        await log.append(topic, 0, numbered(3, 1));
        const [next] = await readCount(log, topic, 0, 1, end);
        expect(next && textOf(next)).toBe('3');
      });

      test('each group has committed offsets of its own', async () => {
        const topic = await newTopic(2);
        const [a, b] = [`a-${randomUUID()}`, `b-${randomUUID()}`];
        await log.append(topic, 0, numbered(0, 5));
        expect(await log.committed(a, topic, 0)).toBeNull();
        await log.commit(a, topic, 0, 3);
        await log.commit(a, topic, 0, 4);
        await log.commit(b, topic, 0, 1);
        expect(await log.committed(a, topic, 0)).toBe(4);
        expect(await log.committed(b, topic, 0)).toBe(1);
        expect(await log.committed(a, topic, 1)).toBeNull();
      });

      test('a compacted topic keeps the newest record of every key', async () => {
        const topic = await newTopic(1, true);
        for (const text of ['1', '2', '3']) {
          await log.append(topic, 0, [
            record('sales', `sales ${text}`),
            record('support', `support ${text}`),
          ]);
        }
        const last = await log.append(topic, 0, [record('sales', 'sales 4')]);
        const newest = new Map<string, string>();
        await until(async () => {
          const stored = await log.read(topic, 0, 0, PLENTY);
          for (const each of stored) newest.set(each.key, textOf(each));
          expect(stored.at(-1)?.offset).toBe(last);
        });
        expect(Object.fromEntries(newest)).toEqual({ sales: 'sales 4', support: 'support 3' });
      });

      test('records, offsets and commits are there after the log was opened again', async (context) => {
        if (opened.reopen === undefined) return context.skip('this adapter cannot be opened again');
        const topic = await newTopic(2);
        const group = `g-${randomUUID()}`;
        const last = await log.append(topic, 1, numbered(0, 50));
        await log.commit(group, topic, 1, 20);
        log = await opened.reopen();
        expect((await readCount(log, topic, 1, 50)).map(textOf)).toEqual(numbered(0, 50).map(textOf));
        expect(await log.committed(group, topic, 1)).toBe(20);
        expect(await log.append(topic, 1, numbered(50, 1))).toBeGreaterThan(last);
      });
    });

    describe('consumers', () => {
      test('what is there and what comes later is delivered in order', async () => {
        const topic = await newTopic(2);
        await log.append(topic, 0, numbered(0, 5));
        const { handlers, texts } = observer();
        const consumer = await log.consume({ ...PLENTY, maxRecords: 2, topic, group: null }, handlers);
        await until(() => expect(texts(0)).toHaveLength(5));
        await log.append(topic, 0, numbered(5, 3));
        await log.append(topic, 1, numbered(0, 1));
        await until(() => expect([...texts(0), ...texts(1)]).toHaveLength(9));
        await consumer.close();
        expect(texts(0)).toEqual(numbered(0, 8).map(textOf));
        expect(texts(1)).toEqual(['0']);
      });

      test('a partition begins where its handler says, whatever the group has committed', async () => {
        const topic = await newTopic(2);
        const group = `g-${randomUUID()}`;
        await log.append(topic, 0, numbered(0, 6));
        await log.append(topic, 1, numbered(0, 6));
        const fourth = (await readCount(log, topic, 0, 6))[3]?.offset ?? Number.NaN;
        await log.commit(group, topic, 0, fourth + 2);
        const onAssigned = async (partition: number) => (partition === 0 ? fourth : 0);
        const { handlers, texts } = observer({ onAssigned });
        const consumer = await log.consume({ ...PLENTY, topic, group }, handlers);
        await until(() => expect([...texts(0), ...texts(1)]).toHaveLength(9));
        await consumer.close();
        expect(texts(0)).toEqual(['3', '4', '5']);
        expect(texts(1)).toEqual(['0', '1', '2', '3', '4', '5']);
      });

      test('a batch tells where the partition ended, and respects the limits', async () => {
        const topic = await newTopic();
        const last = await log.append(topic, 0, numbered(0, 10));
        const batches: { size: number; past: boolean }[] = [];
        const { handlers, texts } = observer({
          onBatch: async (_, records, endOffset) => {
            batches.push({ size: records.length, past: endOffset > last });
          },
        });
        const consumer = await log.consume({ ...PLENTY, maxRecords: 4, topic, group: null }, handlers);
        await until(() => expect(texts(0)).toHaveLength(10));
        await consumer.close();
        expect(batches.every(({ size, past }) => size >= 1 && size <= 4 && past)).toBe(true);
      });

      test('the next batch waits until the one before is dealt with', async () => {
        const topic = await newTopic(2);
        const first = gate();
        let inHand = 0;
        const overlaps: number[] = [];
        const { handlers, calls, texts } = observer({
          onBatch: async (partition) => {
            if (partition !== 0) return;
            inHand += 1;
            if (inHand > 1) overlaps.push(inHand);
            await first.opened;
            inHand -= 1;
          },
        });
        await log.append(topic, 0, numbered(0, 2));
        const consumer = await log.consume({ ...PLENTY, maxRecords: 1, topic, group: null }, handlers);
        await until(() => expect(calls).toContain('batch 0'));
        await log.append(topic, 0, numbered(2, 2));
        // The other partition goes on meanwhile, which also gives a second batch of this one the time to come.
        await log.append(topic, 1, numbered(0, 3));
        await until(() => expect(texts(1)).toHaveLength(3));
        expect(calls.filter((call) => call === 'batch 0')).toHaveLength(1);
        first.open();
        await until(() => expect(texts(0)).toHaveLength(4));
        await consumer.close();
        expect(overlaps).toEqual([]);
        expect(texts(0)).toEqual(['0', '1', '2', '3']);
      });

      test('a failing handler stops its own partition only, and says so once', async () => {
        const topic = await newTopic(3);
        for (const partition of [0, 1, 2]) await log.append(topic, partition, numbered(0, 1));
        const { handlers, calls, failures, texts } = observer({
          onAssigned: async (partition) => {
            if (partition === 2) throw new Error('no snapshot');
            return 0;
          },
          onBatch: async (partition) => {
            if (partition === 1) throw new Error('no room');
          },
        });
        const consumer = await log.consume({ ...PLENTY, topic, group: null }, handlers);
        await until(() => expect(failures).toHaveLength(2));
        for (const partition of [0, 1, 2]) await log.append(topic, partition, numbered(1, 2));
        await until(() => expect(texts(0)).toHaveLength(3));
        await consumer.close();
        expect(failures.toSorted()).toEqual(['1: no room', '2: no snapshot']);
        expect(calls.filter((call) => /[12]$/.test(call)).toSorted()).toEqual([
          'assigned 1',
          'assigned 2',
          'batch 1',
        ]);
      });

      test('closing waits for the batch in hand, revokes every partition, and delivers nothing more', async () => {
        const topic = await newTopic(2);
        const batch = gate();
        const { handlers, calls, texts } = observer({
          onBatch: async (partition) => (partition === 0 ? batch.opened : undefined),
        });
        await log.append(topic, 0, numbered(0, 2));
        const consumer = await log.consume({ ...PLENTY, maxRecords: 1, topic, group: null }, handlers);
        await until(() => expect(calls).toEqual(expect.arrayContaining(['batch 0', 'assigned 1'])));
        let closed = false;
        const closing = consumer.close().then(() => {
          closed = true;
        });
        await log.append(topic, 1, numbered(0, 1));
        expect(closed).toBe(false);
        batch.open();
        await closing;
        await consumer.close();
        const atClose = [...calls];
        expect(texts(0)).toEqual(['0']);
        expect(calls.filter((call) => call.startsWith('revoked')).toSorted()).toEqual([
          'revoked 0',
          'revoked 1',
        ]);
        expect(calls.lastIndexOf('batch 0')).toBeLessThan(calls.indexOf('revoked 0'));
        await log.append(topic, 0, numbered(2, 1));
        await readCount(log, topic, 0, 3);
        expect(calls).toEqual(atClose);
      });

      test('every group and every private reader gets everything', async () => {
        const topic = await newTopic();
        await log.append(topic, 0, numbered(0, 3));
        const groups = [`a-${randomUUID()}`, `b-${randomUUID()}`, null, null];
        const readers = groups.map(() => observer());
        const consumers = await Promise.all(
          readers.map(({ handlers }, index) =>
            log.consume({ ...PLENTY, topic, group: groups[index] ?? null }, handlers),
          ),
        );
        await until(() => expect(readers.map(({ texts }) => texts(0).length)).toEqual([3, 3, 3, 3]));
        await Promise.all(consumers.map((consumer) => consumer.close()));
        for (const { texts } of readers) expect(texts(0)).toEqual(['0', '1', '2']);
      });

      test('a group can be joined again after its member has left', async () => {
        const topic = await newTopic();
        const group = `g-${randomUUID()}`;
        await log.append(topic, 0, numbered(0, 2));
        for (const _ of ['first', 'second']) {
          const { handlers, texts } = observer();
          const consumer = await log.consume({ ...PLENTY, topic, group }, handlers);
          await until(() => expect(texts(0)).toEqual(['0', '1']));
          await consumer.close();
        }
      });
    });

    describe('laws', () => {
      test('batches appended at the same time stay whole and in their appender’s order', async () => {
        const topic = await newTopic();
        const appenders = ['a', 'b', 'c', 'd'];
        const batch = (appender: string, number: number): readonly LogRecord[] =>
          Array.from({ length: 7 }, (_, index) => record(appender, `${appender}${number}.${index}`));
        await Promise.all(
          appenders.map(async (appender) => {
            for (let number = 0; number < 5; number += 1) await log.append(topic, 0, batch(appender, number));
          }),
        );
        const stored = (await readCount(log, topic, 0, 4 * 5 * 7)).map(textOf);
        const batches = Array.from({ length: 20 }, (_, index) => stored.slice(index * 7, index * 7 + 7));
        for (const appender of appenders) {
          const own = batches.filter(([head]) => head?.startsWith(appender));
          expect(own).toEqual(own.map((_, number) => batch(appender, number).map(textOf)));
          expect(own).toHaveLength(5);
        }
      });

      const command = fc.record({
        partition: fc.integer({ min: 0, max: 1 }),
        batch: fc.array(
          fc.record({
            key: fc.string({ unit: 'grapheme', maxLength: 8 }),
            value: fc.uint8Array({ maxLength: 50 }),
          }),
          { minLength: 1, maxLength: 12 },
        ),
        from: fc.nat(40),
        maxRecords: fc.integer({ min: 1, max: 20 }),
        maxBytes: fc.integer({ min: 1, max: 300 }),
      });

      test('reading answers as a plain list would, whatever was appended and asked for', async () => {
        const check = fc.asyncProperty(fc.array(command, { maxLength: 10 }), async (commands) => {
          const topic = await newTopic(2);
          const model: [StoredRecord[], StoredRecord[]] = [[], []];
          for (const { partition, batch, from, ...limits } of commands) {
            const list = partition === 0 ? model[0] : model[1];
            const last = await log.append(topic, partition, batch);
            const known = list.at(-1)?.offset ?? -1;
            const added = await readCount(log, topic, partition, batch.length, known + 1);
            expect(added.map(plain)).toEqual(batch.map(plain));
            expect(added.at(-1)?.offset).toBe(last);
            list.push(...added);

            const index = Math.min(from, list.length - 1);
            const read = await log.read(topic, partition, list[index]?.offset ?? 0, limits);
            expect(read.length).toBeGreaterThan(0);
            expect(read.length).toBeLessThanOrEqual(limits.maxRecords);
            expect(read).toEqual(list.slice(index, index + read.length));
            const bytes = read.reduce((sum, { value }) => sum + value.length, 0);
            expect(read.length === 1 || bytes <= limits.maxBytes).toBe(true);
          }
        });
        await fc.assert(check, { numRuns: 25 });
      });
    });
  });
};

/**
 * What every adapter of the EventLog port must do. It takes nothing for granted that the port does not promise:
 * offsets may have gaps, what is appended may take a moment to be seen, consumers may take a moment to start.
 */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EventLog, LogRecord, StoredRecord } from '../../infra/log/event-log.ts';
import { consumerContract } from './event-log-consumers.contract.ts';
import { bytesOf, numbered, PLENTY, readCount, record, textOf, until } from './log-records.ts';

export interface OpenedLog {
  readonly log: EventLog;
  /** Closes the log and opens it again on the same data. */
  readonly reopen?: () => Promise<EventLog>;
  close(): Promise<void>;
}

const plain = ({ key, value }: LogRecord): { key: string; value: number[] } => ({ key, value: [...value] });

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

    consumerContract(() => log, newTopic);

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

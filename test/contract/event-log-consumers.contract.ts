/** The part of the EventLog contract that is about consumers; event-log.contract.ts runs it. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ConsumerHandlers, EventLog, StoredRecord } from '../../infra/log/event-log.ts';
import { numbered, PLENTY, readCount, textOf, until } from './log-records.ts';

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

export const consumerContract = (
  log: () => EventLog,
  newTopic: (partitions?: number, compacted?: boolean) => Promise<string>,
): void => {
  describe('consumers', () => {
    test('what is there and what comes later is delivered in order', async () => {
      const topic = await newTopic(2);
      await log().append(topic, 0, numbered(0, 5));
      const { handlers, texts } = observer();
      const consumer = await log().consume({ ...PLENTY, maxRecords: 2, topic, group: null }, handlers);
      await until(() => expect(texts(0)).toHaveLength(5));
      await log().append(topic, 0, numbered(5, 3));
      await log().append(topic, 1, numbered(0, 1));
      await until(() => expect([...texts(0), ...texts(1)]).toHaveLength(9));
      await consumer.close();
      expect(texts(0)).toEqual(numbered(0, 8).map(textOf));
      expect(texts(1)).toEqual(['0']);
    });

    test('a partition begins where its handler says, whatever the group has committed', async () => {
      const topic = await newTopic(2);
      const group = `g-${randomUUID()}`;
      await log().append(topic, 0, numbered(0, 6));
      await log().append(topic, 1, numbered(0, 6));
      const fourth = (await readCount(log(), topic, 0, 6))[3]?.offset ?? Number.NaN;
      await log().commit(group, topic, 0, fourth + 2);
      const onAssigned = async (partition: number) => (partition === 0 ? fourth : 0);
      const { handlers, texts } = observer({ onAssigned });
      const consumer = await log().consume({ ...PLENTY, topic, group }, handlers);
      await until(() => expect([...texts(0), ...texts(1)]).toHaveLength(9));
      await consumer.close();
      expect(texts(0)).toEqual(['3', '4', '5']);
      expect(texts(1)).toEqual(['0', '1', '2', '3', '4', '5']);
    });

    test('a batch tells where the partition ended, and respects the limits', async () => {
      const topic = await newTopic();
      const last = await log().append(topic, 0, numbered(0, 10));
      const batches: { size: number; past: boolean }[] = [];
      const { handlers, texts } = observer({
        onBatch: async (_, records, endOffset) => {
          batches.push({ size: records.length, past: endOffset > last });
        },
      });
      const consumer = await log().consume({ ...PLENTY, maxRecords: 4, topic, group: null }, handlers);
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
      await log().append(topic, 0, numbered(0, 2));
      const consumer = await log().consume({ ...PLENTY, maxRecords: 1, topic, group: null }, handlers);
      await until(() => expect(calls).toContain('batch 0'));
      await log().append(topic, 0, numbered(2, 2));
      // The other partition goes on meanwhile, which also gives a second batch of this one the time to come.
      await log().append(topic, 1, numbered(0, 3));
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
      for (const partition of [0, 1, 2]) await log().append(topic, partition, numbered(0, 1));
      const { handlers, calls, failures, texts } = observer({
        onAssigned: async (partition) => {
          if (partition === 2) throw new Error('no snapshot');
          return 0;
        },
        onBatch: async (partition) => {
          if (partition === 1) throw new Error('no room');
        },
      });
      const consumer = await log().consume({ ...PLENTY, topic, group: null }, handlers);
      await until(() => expect(failures).toHaveLength(2));
      for (const partition of [0, 1, 2]) await log().append(topic, partition, numbered(1, 2));
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
      await log().append(topic, 0, numbered(0, 2));
      const consumer = await log().consume({ ...PLENTY, maxRecords: 1, topic, group: null }, handlers);
      await until(() => expect(calls).toEqual(expect.arrayContaining(['batch 0', 'assigned 1'])));
      let closed = false;
      const closing = consumer.close().then(() => {
        closed = true;
      });
      await log().append(topic, 1, numbered(0, 1));
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
      await log().append(topic, 0, numbered(2, 1));
      await readCount(log(), topic, 0, 3);
      expect(calls).toEqual(atClose);
    });

    test('every group and every private reader gets everything', async () => {
      const topic = await newTopic();
      await log().append(topic, 0, numbered(0, 3));
      const groups = [`a-${randomUUID()}`, `b-${randomUUID()}`, null, null];
      const readers = groups.map(() => observer());
      const consumers = await Promise.all(
        readers.map(({ handlers }, index) =>
          log().consume({ ...PLENTY, topic, group: groups[index] ?? null }, handlers),
        ),
      );
      await until(() => expect(readers.map(({ texts }) => texts(0).length)).toEqual([3, 3, 3, 3]));
      await Promise.all(consumers.map((consumer) => consumer.close()));
      for (const { texts } of readers) expect(texts(0)).toEqual(['0', '1', '2']);
    });

    test('a group can be joined again after its member has left', async () => {
      const topic = await newTopic();
      const group = `g-${randomUUID()}`;
      await log().append(topic, 0, numbered(0, 2));
      for (const _ of ['first', 'second']) {
        const { handlers, texts } = observer();
        const consumer = await log().consume({ ...PLENTY, topic, group }, handlers);
        await until(() => expect(texts(0)).toEqual(['0', '1']));
        await consumer.close();
      }
    });
  });
};

import fc from 'fast-check';
import type { KafkaMessage } from 'kafkajs';
import { describe, expect, it, test } from 'vitest';
import { batchesOf, bytesOf, memoryOf, packRecords, recordsOf } from '../../../../infra/log/kafka-packed.ts';

interface Sample {
  readonly key: string | null;
  readonly value: string | null;
}
const message = ({ key, value }: Sample, index: number): KafkaMessage => ({
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  timestamp: '0',
  attributes: 0,
  headers: {},
  // Offsets rise, and not always by one.
  offset: String(2 ** 40 + index * 3),
});
const plain = ({ key, value }: Sample, index: number) => ({
  offset: 2 ** 40 + index * 3,
  key: key ?? '',
  value: value ?? '',
});
const read = (records: ReturnType<typeof recordsOf>) =>
  records.map(({ offset, key, value }) => ({ offset, key, value: Buffer.from(value).toString() }));
const NO_LIMIT = { maxRecords: 1_000, maxBytes: 1_000_000 };

const samples = fc.array(
  fc.record({
    key: fc.option(fc.constantFrom('acme/berlin', 'acme/rome', 'größe', '')),
    value: fc.option(fc.string({ maxLength: 20 })),
  }),
  { maxLength: 30 },
);

describe('packed records', () => {
  test('law: what was packed comes out again, whatever its keys and values', () => {
    fc.assert(
      fc.property(samples, (given) => {
        expect(read(recordsOf(packRecords(given.map(message))))).toEqual(given.map(plain));
      }),
    );
  });

  test('law: however it was fetched and whatever the limits, every record is delivered once, in order, within them', () => {
    const limits = fc.record({
      maxRecords: fc.integer({ min: 1, max: 8 }),
      maxBytes: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(samples, fc.array(fc.integer({ min: 0, max: 30 })), limits, (given, cuts, limit) => {
        const edges = [
          0,
          ...cuts.filter((cut) => cut < given.length).toSorted((a, b) => a - b),
          given.length,
        ];
        const messages = given.map(message);
        const fetched = edges.slice(1).map((to, index) => packRecords(messages.slice(edges[index], to)));
        const batches = [...batchesOf(fetched, limit)];
        expect(batches.flatMap((batch) => read(recordsOf(batch)))).toEqual(given.map(plain));
        for (const batch of batches) {
          expect(batch.offsets.length).toBeGreaterThan(0);
          expect(batch.offsets.length).toBeLessThanOrEqual(limit.maxRecords);
          // One record larger than the limit comes alone.
          if (batch.offsets.length > 1) expect(bytesOf(batch)).toBeLessThanOrEqual(limit.maxBytes);
        }
      }),
    );
  });

  it('puts small fetches together: a handler slower than fetching would fall behind for good', () => {
    const one = (index: number) => packRecords([message({ key: 'k', value: 'v' }, index)]);
    expect([...batchesOf([one(0), one(1), one(2)], NO_LIMIT)]).toHaveLength(1);
  });

  it('counts the bytes of keys and values', () => {
    const records = packRecords([
      message({ key: 'abc', value: '12345' }, 0),
      message({ key: null, value: null }, 1),
      message({ key: 'abc', value: '1' }, 2),
    ]);
    expect(bytesOf(records)).toBe(3 + 5 + 3 + 1);
  });

  it('gives batches memory of their own: one that is handed to another thread takes nothing from the next', () => {
    const fetched = packRecords([0, 1].map((index) => message({ key: 'k', value: `v${index}` }, index)));
    const batches = [...batchesOf([fetched], { maxRecords: 1, maxBytes: 100 })];
    const [first, second] = batches;
    structuredClone(first, { transfer: [...memoryOf(first ?? fetched)] });
    expect(read(recordsOf(second ?? fetched))).toEqual([plain({ key: 'k', value: 'v1' }, 1)]);
  });
});

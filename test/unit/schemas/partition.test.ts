import { describe, expect, test } from 'vitest';
import { murmur2, partitionOfKey } from '../../../schemas/partition.ts';
import { EVENTS, partitionOf } from '../../../schemas/topics.ts';

/** org.apache.kafka.common.utils.UtilsTest#testMurmur2 */
const VECTORS: readonly (readonly [string, number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
];

describe('murmur2', () => {
  test.each(VECTORS)('hashes %s as Kafka does', (text, hash) => {
    expect(murmur2(Buffer.from(text, 'utf8'))).toBe(hash);
  });
});

describe('partitionOfKey', () => {
  test.each(VECTORS)('puts %s where Kafka’s default partitioner puts it', (text, hash) => {
    expect(partitionOfKey(text, 8)).toBe((hash & 0x7fffffff) % 8);
  });

  test('gives a source one of the topic’s partitions, always the same', () => {
    const partitions = Array.from({ length: 200 }, (_, index) => partitionOf('acme', `pbx-${index}`));
    expect(partitions).toEqual(
      Array.from({ length: 200 }, (_, index) => partitionOf('acme', `pbx-${index}`)),
    );
    expect([...new Set(partitions)].toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: EVENTS.partitions }, (_, index) => index),
    );
  });
});

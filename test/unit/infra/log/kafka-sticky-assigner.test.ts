import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assignSticky, type Claim } from '../../../../infra/log/kafka-sticky-assigner.ts';

const partitionsTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
const claim = (memberId: string, ...partitions: number[]): Claim => ({ memberId, partitions });

describe('who gets which partition', () => {
  test.each([
    ['nobody had any', [claim('a'), claim('b')], 5, { a: [0, 1, 4], b: [2, 3] }],
    ['nothing changed', [claim('a', 1, 3), claim('b', 0, 2)], 4, { a: [1, 3], b: [0, 2] }],
    ['one joins', [claim('a', 0, 1, 2, 3), claim('b')], 4, { a: [0, 1], b: [2, 3] }],
    ['one has left', [claim('a', 0, 1)], 4, { a: [0, 1, 2, 3] }],
    ['both say they have it', [claim('b', 0, 1), claim('a', 0, 1)], 2, { a: [0], b: [1] }],
    ['more members than partitions', [claim('a'), claim('b', 0), claim('c')], 1, { a: [], b: [0], c: [] }],
    ['it had one that is no more', [claim('a', 7)], 1, { a: [0] }],
  ])('%s', (_, claims, count, expected) => {
    expect(Object.fromEntries(assignSticky(claims, partitionsTo(count)))).toEqual(expected);
  });

  const group = fc
    .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 12 }))
    .chain(([partitions, members]) =>
      fc.record({
        partitions: fc.constant(partitions),
        claims: fc.tuple(
          ...Array.from({ length: members }, (_, index) =>
            fc.record({
              memberId: fc.constant(`m${index}`),
              partitions: fc.uniqueArray(fc.nat(partitions + 2), { maxLength: partitions }),
            }),
          ),
        ),
      }),
    );

  test('every partition goes to one member, and none has two more than another', () => {
    fc.assert(
      fc.property(group, ({ partitions, claims }) => {
        const shares = [...assignSticky(claims, partitionsTo(partitions)).values()];
        expect(shares.flat().toSorted((a, b) => a - b)).toEqual(partitionsTo(partitions));
        const sizes = shares.map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('the order of the members does not matter, and assigning again changes nothing', () => {
    fc.assert(
      fc.property(group, ({ partitions, claims }) => {
        const shares = assignSticky(claims, partitionsTo(partitions));
        expect(assignSticky(claims.toReversed(), partitionsTo(partitions))).toEqual(shares);
        const settled = [...shares].map(([memberId, share]) => claim(memberId, ...share));
        expect(assignSticky(settled, partitionsTo(partitions))).toEqual(shares);
      }),
    );
  });

  test('when one leaves, nobody else gives anything away', () => {
    fc.assert(
      fc.property(group, ({ partitions, claims }) => {
        const before = assignSticky(claims, partitionsTo(partitions));
        const stayed = [...before].slice(1).map(([memberId, share]) => claim(memberId, ...share));
        if (stayed.length === 0) return;
        const after = assignSticky(stayed, partitionsTo(partitions));
        for (const { memberId, partitions: had } of stayed) {
          expect(after.get(memberId)).toEqual(expect.arrayContaining([...had]));
        }
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countWait,
  mergeHistograms,
  type WaitHistogram,
} from '../../../../processors/domain/wait-histogram.ts';
import { edgeOf, isWaitEdge, OPEN_EDGE_MS } from '../../../../schemas/wait-edges.ts';

const S = 1_000;
const H = 3_600 * S;

/** The edges as metrics.md lists them, written out. */
const EDGES: readonly number[] = [
  ...Array.from({ length: 60 }, (_, i) => (i + 1) * S),
  ...Array.from({ length: 48 }, (_, i) => (65 + i * 5) * S),
  ...Array.from({ length: 50 }, (_, i) => (330 + i * 30) * S),
  ...Array.from({ length: 18 }, (_, i) => (2_100 + i * 300) * S),
  ...Array.from({ length: 22 }, (_, i) => (i + 3) * H),
  ...Array.from({ length: 6 }, (_, i) => (i + 2) * 24 * H),
  OPEN_EDGE_MS,
];
const histogram = fc.array(fc.integer({ min: 0, max: 9 * 24 * H })).map((waits) => {
  const counts: WaitHistogram = new Map();
  for (const wait of waits) countWait(counts, wait, 1);
  return counts;
});
const sorted = (counts: ReadonlyMap<number, number>) => [...counts].sort(([a], [b]) => a - b);

describe('wait histogram', () => {
  it.each([
    [0, 1 * S],
    [1, 1 * S],
    [1 * S, 1 * S],
    [20 * S, 20 * S],
    [20 * S + 1, 21 * S],
    [60 * S + 1, 65 * S],
    [301 * S, 330 * S],
    [30 * 60 * S + 1, 35 * 60 * S],
    [2 * H + 1, 3 * H],
    [24 * H + 1, 48 * H],
    [7 * 24 * H, 7 * 24 * H],
    [7 * 24 * H + 1, OPEN_EDGE_MS],
  ])('a wait of %i ms counts under the edge %i', (wait, edge) => {
    expect(edgeOf(wait)).toBe(edge);
  });

  it('counts every wait under the smallest edge that is not below it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9 * 24 * H }), (wait) => {
        expect(edgeOf(wait)).toBe(EDGES.find((edge) => edge >= wait));
        expect(isWaitEdge(wait)).toBe(EDGES.includes(wait));
      }),
    );
  });

  it('merges associatively and commutatively', () => {
    fc.assert(
      fc.property(histogram, histogram, histogram, (a, b, c) => {
        expect(sorted(mergeHistograms(mergeHistograms(a, b), c))).toEqual(
          sorted(mergeHistograms(a, mergeHistograms(b, c))),
        );
        expect(sorted(mergeHistograms(a, b))).toEqual(sorted(mergeHistograms(b, a)));
      }),
    );
  });

  it('forgets what is taken back out', () => {
    const counts: WaitHistogram = new Map();
    countWait(counts, 12 * S, 1);
    countWait(counts, 12 * S, -1);
    expect(counts.size).toBe(0);
  });
});

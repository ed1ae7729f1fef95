/**
 * Histograms of waits. The edges include every threshold people use, so that a service level at any of them is
 * exact whenever it is asked for (law 4); histograms merge by addition.
 */

import { edgeOf } from '../../schemas/wait-edges.ts';

/** Upper edge in ms → signed count. */
export type WaitHistogram = Map<number, number>;

/** Counts a wait in (`sign` 1) or takes it back out (-1). A bin that comes to nothing goes, so equal contents are equal maps. */
export const countWait = (histogram: WaitHistogram, waitMs: number, sign: 1 | -1): void => {
  const edge = edgeOf(waitMs);
  const count = (histogram.get(edge) ?? 0) + sign;
  if (count === 0) histogram.delete(edge);
  else histogram.set(edge, count);
};

/** The sum of two histograms. Associative and commutative; neither argument changes. */
export const mergeHistograms = (
  a: ReadonlyMap<number, number>,
  b: ReadonlyMap<number, number>,
): WaitHistogram => {
  const sum = new Map(a);
  for (const [edge, count] of b) {
    const total = (sum.get(edge) ?? 0) + count;
    if (total === 0) sum.delete(edge);
    else sum.set(edge, total);
  }
  return sum;
};

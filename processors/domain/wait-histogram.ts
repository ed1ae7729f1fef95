/**
 * Histograms of waits. The edges include every threshold people use, so that a service level at any of them is
 * exact whenever it is asked for (law 4); histograms merge by addition.
 */

/** Upper edge in ms → signed count. */
export type WaitHistogram = Map<number, number>;

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The edge of the open last bin: the largest key a ClickHouse `Map(UInt32, …)` holds. */
export const OPEN_EDGE_MS = 0xffff_ffff;

/** Ranges of equally wide bins: up to `toMs`, every `stepMs` (metrics.md, "Interval totals"). */
const RANGES = [
  { toMs: 60 * SECOND_MS, stepMs: SECOND_MS },
  { toMs: 300 * SECOND_MS, stepMs: 5 * SECOND_MS },
  { toMs: 1_800 * SECOND_MS, stepMs: 30 * SECOND_MS },
  { toMs: 7_200 * SECOND_MS, stepMs: 300 * SECOND_MS },
  { toMs: 24 * HOUR_MS, stepMs: HOUR_MS },
  { toMs: 7 * DAY_MS, stepMs: DAY_MS },
] as const;

/** The smallest edge ≥ `waitMs`; a wait of 0 is under the first edge. */
export const edgeOf = (waitMs: number): number => {
  for (const { toMs, stepMs } of RANGES) {
    if (waitMs <= toMs) return Math.max(Math.ceil(waitMs / stepMs), 1) * stepMs;
  }
  return OPEN_EDGE_MS;
};

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

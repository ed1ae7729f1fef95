/**
 * The bin edges of the stored wait histograms (metrics.md, "Interval totals"): the processors count by them, and a
 * limit that is an edge is answered exactly from the histograms.
 */

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The edge of the open last bin: the largest key a ClickHouse `Map(UInt32, …)` holds. */
export const OPEN_EDGE_MS = 0xffff_ffff;

/** Ranges of equally wide bins: up to `toMs`, every `stepMs` (metrics.md, "Interval totals"). */
export const WAIT_EDGE_RANGES = [
  { toMs: 60 * SECOND_MS, stepMs: SECOND_MS },
  { toMs: 300 * SECOND_MS, stepMs: 5 * SECOND_MS },
  { toMs: 1_800 * SECOND_MS, stepMs: 30 * SECOND_MS },
  { toMs: 7_200 * SECOND_MS, stepMs: 300 * SECOND_MS },
  { toMs: 24 * HOUR_MS, stepMs: HOUR_MS },
  { toMs: 7 * DAY_MS, stepMs: DAY_MS },
] as const;

/** The smallest edge ≥ `waitMs`; a wait of 0 is under the first edge. */
export const edgeOf = (waitMs: number): number => {
  for (const { toMs, stepMs } of WAIT_EDGE_RANGES) {
    if (waitMs <= toMs) return Math.max(Math.ceil(waitMs / stepMs), 1) * stepMs;
  }
  return OPEN_EDGE_MS;
};

/** Whether a limit is exact in the histograms. */
export const isWaitEdge = (limitMs: number): boolean => limitMs > 0 && edgeOf(limitMs) === limitMs;

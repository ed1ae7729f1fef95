/**
 * The bin edges of the stored wait histograms (metrics.md), as far as a reader needs them: a limit that is an edge
 * is answered exactly from the histograms. A test holds them equal to the fold's.
 */

const rangeMs = (firstS: number, lastS: number, stepS: number): number[] =>
  Array.from({ length: Math.floor((lastS - firstS) / stepS) + 1 }, (_, i) => (firstS + i * stepS) * 1000);
const HOUR_S = 3600;
const DAY_S = 86_400;

/** Upper edges in ms, without the open last bin. */
export const WAIT_EDGES_MS: readonly number[] = [
  ...rangeMs(1, 60, 1),
  ...rangeMs(65, 300, 5),
  ...rangeMs(330, 1800, 30),
  ...rangeMs(2100, 7200, 300),
  ...rangeMs(3 * HOUR_S, 24 * HOUR_S, HOUR_S),
  ...rangeMs(2 * DAY_S, 7 * DAY_S, DAY_S),
];

const EDGES = new Set(WAIT_EDGES_MS);
export const isWaitEdge = (limitMs: number): boolean => EDGES.has(limitMs);

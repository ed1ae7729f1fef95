/**
 * Cuts a range of time into intervals of a time zone's wall clock. Node's tz database is the only authority: the
 * store is handed the edges and knows no zone. Pure.
 */
import { tzOffset } from '@date-fns/tz';

export const INTERVALS = ['15m', '30m', '1h', '1d', '1w', '1mo', 'total'] as const;
export type IntervalName = (typeof INTERVALS)[number];
export const isIntervalName = (name: string): name is IntervalName =>
  INTERVALS.some((interval) => interval === name);

/** UTC epoch ms, `toMs` exclusive. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The grain totals are stored at; offsets of zones are multiples of it. */
export const GRAIN_MS = 900_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const STEPS_MS = { '15m': GRAIN_MS, '30m': 2 * GRAIN_MS, '1h': 4 * GRAIN_MS } as const;

const offsetMs = (timeZone: string, atMs: number): number => tzOffset(timeZone, new Date(atMs)) * MINUTE_MS;

/**
 * The zone by the name the tz database itself uses, or null when there is none. One name a zone bounds the
 * formatters that @date-fns/tz keeps for ever.
 */
export const canonicalTimeZone = (name: string): string | null => {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
};

/** A wall-clock date as days since 1970-01-01: arithmetic on it knows no zone. */
const localDay = (timeZone: string, atMs: number): number =>
  Math.floor((atMs + offsetMs(timeZone, atMs)) / DAY_MS);

/** The first instant of a local date, also where midnight happens twice or, clocks going forward, not at all. */
const startOfLocalDay = (timeZone: string, day: number): number => {
  const wallMs = day * DAY_MS;
  const nearMs = wallMs - offsetMs(timeZone, wallMs);
  const before = wallMs - offsetMs(timeZone, nearMs - DAY_MS / 2);
  const after = wallMs - offsetMs(timeZone, nearMs + DAY_MS / 2);
  const isMidnight = (atMs: number): boolean => atMs + offsetMs(timeZone, atMs) === wallMs;
  if (isMidnight(before)) return before;
  return isMidnight(after) ? after : before;
};

/** The UTC ms at which the local date of an instant begins, and the next one. */
export const localDayAround = (timeZone: string, atMs: number): TimeRange => {
  const day = localDay(timeZone, atMs);
  return { fromMs: startOfLocalDay(timeZone, day), toMs: startOfLocalDay(timeZone, day + 1) };
};

/** The first instant of a calendar date `YYYY-MM-DD` in a zone. */
export const startOfDate = (timeZone: string, utcMidnightMs: number): number =>
  startOfLocalDay(timeZone, utcMidnightMs / DAY_MS);

/** The local date on which the interval after the one that holds `day` begins. Weeks begin on Monday. */
const nextDate = (day: number, interval: '1d' | '1w' | '1mo'): number => {
  if (interval === '1d') return day + 1;
  // 1970-01-01 was a Thursday, three days after a Monday.
  if (interval === '1w') return day + 7 - ((((day + 3) % 7) + 7) % 7);
  const date = new Date(day * DAY_MS);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / DAY_MS;
};

function* dateEdges(range: TimeRange, interval: '1d' | '1w' | '1mo', timeZone: string): Generator<number> {
  let day = localDay(timeZone, range.fromMs);
  for (;;) {
    day = nextDate(day, interval);
    const edgeMs = startOfLocalDay(timeZone, day);
    if (edgeMs >= range.toMs) return;
    if (edgeMs > range.fromMs) yield edgeMs;
  }
}

/**
 * Instants at which the wall clock shows a multiple of the step. Within a day without a clock change that is plain
 * arithmetic; a day with one is walked in quarter hours, since Lord Howe's clocks change by half an hour.
 */
function* clockEdges(range: TimeRange, stepMs: number, timeZone: string): Generator<number> {
  let dayStartMs = localDayAround(timeZone, range.fromMs).fromMs;
  while (dayStartMs < range.toMs) {
    const dayEndMs = localDayAround(timeZone, dayStartMs).toMs;
    const dayOffsetMs = offsetMs(timeZone, dayStartMs);
    const steady = offsetMs(timeZone, dayEndMs) === dayOffsetMs;
    const grainMs = steady ? stepMs : GRAIN_MS;
    const firstMs = Math.ceil((dayStartMs + dayOffsetMs) / grainMs) * grainMs - dayOffsetMs;
    for (let atMs = firstMs; atMs < Math.min(dayEndMs, range.toMs); atMs += grainMs) {
      const onStep = steady || (atMs + offsetMs(timeZone, atMs)) % stepMs === 0;
      if (onStep && atMs > range.fromMs) yield atMs;
    }
    dayStartMs = dayEndMs;
  }
}

const innerEdges = (range: TimeRange, interval: IntervalName, timeZone: string): Iterable<number> => {
  if (interval === 'total') return [];
  if (interval === '1d' || interval === '1w' || interval === '1mo')
    return dateEdges(range, interval, timeZone);
  return clockEdges(range, STEPS_MS[interval], timeZone);
};

export interface Bucketing {
  readonly range: TimeRange;
  readonly interval: IntervalName;
  readonly timeZone: string;
  /** At most this many buckets. */
  readonly limit: number;
}

/**
 * Starts of the intervals that partition a range, in order: the first is `fromMs`, each ends where the next begins,
 * the last at `toMs`. Empty for an empty range, null when there would be more than `limit`.
 */
export const bucketStarts = ({ range, interval, timeZone, limit }: Bucketing): readonly number[] | null => {
  if (range.fromMs >= range.toMs) return [];
  const starts = [range.fromMs];
  for (const edgeMs of innerEdges(range, interval, timeZone)) {
    if (starts.length === limit) return null;
    if (edgeMs > (starts.at(-1) ?? Number.NEGATIVE_INFINITY)) starts.push(edgeMs);
  }
  return starts;
};

/** A range widened to the stored grain, so that no quarter hour is counted in part. */
export const widenToGrain = (range: TimeRange): TimeRange => ({
  fromMs: Math.floor(range.fromMs / GRAIN_MS) * GRAIN_MS,
  toMs: Math.ceil(range.toMs / GRAIN_MS) * GRAIN_MS,
});

/** Equally spaced edges: a year of quarter hours is a handful of them, which fits a query's parameters. */
export interface EdgeRun {
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
}

/** The same edges as runs; `expandRuns` of it gives them back. */
export const runsOf = (edges: readonly number[]): readonly EdgeRun[] => {
  const runs: { startMs: number; stepMs: number; count: number }[] = [];
  for (const edgeMs of edges) {
    const run = runs.at(-1);
    if (run === undefined) runs.push({ startMs: edgeMs, stepMs: 0, count: 1 });
    else if (run.count === 1) Object.assign(run, { stepMs: edgeMs - run.startMs, count: 2 });
    else if (edgeMs === run.startMs + run.stepMs * run.count) run.count += 1;
    else runs.push({ startMs: edgeMs, stepMs: 0, count: 1 });
  }
  return runs;
};

export const expandRuns = (runs: readonly EdgeRun[]): readonly number[] =>
  runs.flatMap(({ startMs, stepMs, count }) => Array.from({ length: count }, (_, i) => startMs + i * stepMs));

const pad = (value: number): string => String(value).padStart(2, '0');

/** ISO 8601 with the zone's offset, so that the hour that happens twice is told apart; UTC as `Z`. */
export const formatLocal = (timeZone: string, atMs: number): string => {
  const offsetMinutes = offsetMs(timeZone, atMs) / MINUTE_MS;
  const wall = new Date(atMs + offsetMinutes * MINUTE_MS).toISOString().slice(0, 19);
  if (offsetMinutes === 0) return `${wall}Z`;
  const minutes = Math.abs(offsetMinutes);
  return `${wall}${offsetMinutes < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}:${pad(Math.floor(minutes % 60))}`;
};

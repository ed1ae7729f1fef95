/** A queue's past as local days of quarter hours, and which of its days may teach what a normal day is. Pure. */
import { tzOffset } from '@date-fns/tz';
import { GRAIN_MS, type TimeRange } from '../metrics/buckets.ts';

/** One stored interval of 15 minutes; where there is none, nothing happened. */
export interface QuarterCounts {
  readonly offered: number;
  readonly handled: number;
  /** Talk, hold and wrap-up of the handled. */
  readonly handleMs: number;
}

/** `slot` is the quarter hour of the wall clock, 0..95: on the day of 25 hours four of them come twice, on that of 23 four are missing. */
export interface Quarter extends QuarterCounts {
  readonly startMs: number;
  readonly slot: number;
}
export interface Day {
  /** Local date as days since 1970-01-01. */
  readonly date: number;
  readonly quarters: readonly Quarter[];
  readonly offered: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
export const SLOTS_A_DAY = DAY_MS / GRAIN_MS;

export interface WallQuarter {
  readonly date: number;
  readonly slot: number;
}
/** Where an instant is on a zone's calendar and clock. */
export const wallQuarter = (timeZone: string, atMs: number): WallQuarter => {
  const wallMs = atMs + tzOffset(timeZone, new Date(atMs)) * MINUTE_MS;
  const date = Math.floor(wallMs / DAY_MS);
  return { date, slot: Math.floor((wallMs - date * DAY_MS) / GRAIN_MS) };
};

export const weekdayOf = (date: number): number => ((date % 7) + 7) % 7;
export const formatDate = (date: number): string => new Date(date * DAY_MS).toISOString().slice(0, 10);

const NOTHING: QuarterCounts = { offered: 0, handled: 0, handleMs: 0 };

/** Every local day of a range that begins and ends at local midnights, in order; quarter hours not given are zero. */
export const daysOf = (
  range: TimeRange,
  timeZone: string,
  counts: ReadonlyMap<number, QuarterCounts>,
): readonly Day[] => {
  const byDate = new Map<number, Quarter[]>();
  for (let startMs = range.fromMs; startMs < range.toMs; startMs += GRAIN_MS) {
    const { date, slot } = wallQuarter(timeZone, startMs);
    const quarter = { startMs, slot, ...(counts.get(startMs) ?? NOTHING) };
    const quarters = byDate.get(date);
    if (quarters === undefined) byDate.set(date, [quarter]);
    else quarters.push(quarter);
  }
  return [...byDate].map(([date, quarters]) => ({
    date,
    quarters,
    offered: quarters.reduce((sum, { offered }) => sum + offered, 0),
  }));
};

/** The days from the first to the last with a call: before it the queue was not there, after it nothing was recorded. */
export const recordedDays = (days: readonly Day[]): readonly Day[] => {
  const first = days.findIndex((day) => day.offered > 0);
  const last = days.findLastIndex((day) => day.offered > 0);
  return first < 0 ? [] : days.slice(first, last + 1);
};

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
};

/** Days under half their weekday's median, by more than chance, teach nothing: an outage, or a holiday nobody listed. */
const LOW_SHARE = 0.5;
const CHANCE_DEVIATIONS = 5;

const isLow = (offered: number, usual: number): boolean =>
  offered < LOW_SHARE * usual && usual - offered > CHANCE_DEVIATIONS * Math.sqrt(usual);

export interface Screened {
  readonly normal: readonly Day[];
  readonly holidays: readonly Day[];
  readonly low: readonly Day[];
}

export const screenDays = (days: readonly Day[], holidays: ReadonlySet<number>): Screened => {
  const working = days.filter((day) => !holidays.has(day.date));
  const usual = Array.from({ length: 7 }, (_, weekday) =>
    median(working.filter((day) => weekdayOf(day.date) === weekday).map((day) => day.offered)),
  );
  const low = working.filter((day) => isLow(day.offered, usual[weekdayOf(day.date)] ?? 0));
  const lowDates = new Set(low.map((day) => day.date));
  return {
    normal: working.filter((day) => !lowDates.has(day.date)),
    holidays: days.filter((day) => holidays.has(day.date)),
    low,
  };
};

/** A queue's past as local days of quarter hours, and which of its days may teach what a normal day is. Pure. */
import { type CalendarDay, type WallQuarter, weekdayOf } from './calendar.ts';

/** One stored interval of 15 minutes; where there is none, nothing happened. */
export interface QuarterCounts {
  readonly offered: number;
  readonly handled: number;
  /** Talk, hold and wrap-up of the handled. */
  readonly handleMs: number;
}

export interface Quarter extends WallQuarter, QuarterCounts {}
export interface Day {
  /** Local date as days since 1970-01-01. */
  readonly date: number;
  readonly quarters: readonly Quarter[];
  readonly offered: number;
}

const NOTHING: QuarterCounts = { offered: 0, handled: 0, handleMs: 0 };

/** The days of a calendar with what came in, by the start of the quarter hour; what is not given is zero. */
export const daysOf = (
  calendar: readonly CalendarDay[],
  counts: ReadonlyMap<number, QuarterCounts>,
): readonly Day[] =>
  calendar.map((day) => {
    const quarters = day.quarters.map((quarter) => ({
      ...quarter,
      ...(counts.get(quarter.startMs) ?? NOTHING),
    }));
    return { date: day.date, quarters, offered: quarters.reduce((sum, { offered }) => sum + offered, 0) };
  });

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

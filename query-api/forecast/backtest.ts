/**
 * How well the method would have done: the last weeks are forecast one after the other, each from what was known
 * before it (a rolling origin), beside the naive forecast that repeats the same weekday of the week before. Pure.
 */
import { weekdayOf } from './calendar.ts';
import { type Day, type Screened, screenDays } from './history.ts';
import { learnProfile } from './profile.ts';

/** Weeks forecast anew, the last ones. */
export const BACKTEST_WEEKS = 4;
/** Days a forecast is made from at least. */
export const LEAST_DAYS = 14;

export interface Backtest {
  /** Σ |forecast − actual| / Σ actual over the intervals; null without calls. */
  readonly wape: number | null;
  readonly naiveWape: number | null;
  readonly weeks: number;
  readonly intervals: number;
}

/** The newest normal day of the same weekday before the origin that had this quarter hour. */
const naiveForecast = (known: readonly Day[], date: number) => {
  const sameWeekday = known.filter((day) => weekdayOf(day.date) === weekdayOf(date)).reverse();
  return (slot: number): number => {
    for (const { quarters } of sameWeekday) {
      const then = quarters.filter((quarter) => quarter.slot === slot);
      if (then.length > 0) return then.reduce((sum, { offered }) => sum + offered, 0) / then.length;
    }
    return 0;
  };
};

interface Sums {
  actual: number;
  forecast: number;
  naive: number;
}

/** Four decimals: an error of rounding is none. */
const rounded = (fraction: number): number => Math.round(fraction * 10_000) / 10_000;

export interface BacktestQuestion {
  /** The recorded days before the forecast, in order. */
  readonly days: readonly Day[];
  readonly screened: Screened;
  readonly holidays: ReadonlySet<number>;
  /** First date forecast. */
  readonly origin: number;
  /** Start of the asked interval that a quarter hour is part of. */
  readonly intervalOf: (startMs: number) => number;
}

const addWeek = (question: BacktestQuestion, origin: number, sums: Map<number, Sums>): void => {
  const known = screenDays(
    question.days.filter((day) => day.date < origin),
    question.holidays,
  );
  const profile = learnProfile(known, origin);
  const scored = question.screened.normal.filter(({ date }) => date >= origin && date < origin + 7);
  for (const { date, quarters } of scored) {
    const naive = naiveForecast(known.normal, date);
    for (const { startMs, slot, offered } of quarters) {
      const key = question.intervalOf(startMs);
      const sum = sums.get(key) ?? { actual: 0, forecast: 0, naive: 0 };
      sums.set(key, sum);
      sum.actual += offered;
      sum.forecast += profile.calls(date, slot);
      sum.naive += naive(slot);
    }
  }
};

/** Only normal days are scored: neither method claims to foresee an outage. */
export const backtest = (question: BacktestQuestion): Backtest => {
  const first = question.days[0]?.date ?? question.origin;
  const fitting = Math.floor((question.origin - first - LEAST_DAYS) / 7);
  const weeks = Math.max(0, Math.min(BACKTEST_WEEKS, fitting));
  const sums = new Map<number, Sums>();
  for (let week = weeks; week > 0; week -= 1) addWeek(question, question.origin - 7 * week, sums);
  const all = [...sums.values()];
  const actual = all.reduce((sum, interval) => sum + interval.actual, 0);
  const errorOf = (method: 'forecast' | 'naive'): number | null =>
    actual > 0
      ? rounded(all.reduce((sum, interval) => sum + Math.abs(interval[method] - interval.actual), 0) / actual)
      : null;
  return { wape: errorOf('forecast'), naiveWape: errorOf('naive'), weeks, intervals: all.length };
};

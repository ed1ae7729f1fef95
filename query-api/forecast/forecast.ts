/** One queue's forecast: calls, handle time and agents by interval, with how wrong the method was lately. Pure. */
import { formatLocal, GRAIN_MS } from '../metrics/buckets.ts';
import { type StaffingPlan, staffInterval } from '../staffing/staff.ts';
import { type Backtest, backtest, LEAST_DAYS } from './backtest.ts';
import {
  type CalendarDay,
  type CalendarInterval,
  formatDate,
  type WallQuarter,
  weekdayOf,
} from './calendar.ts';
import { type Day, daysOf, type QuarterCounts, recordedDays, type Screened, screenDays } from './history.ts';
import { learnProfile, type Profile } from './profile.ts';

export interface ForecastQuestion {
  /** Whole local days before the forecast. */
  readonly history: readonly CalendarDay[];
  /** The date after them. */
  readonly origin: number;
  /** What to forecast, in order; each within one local day. */
  readonly intervals: readonly CalendarInterval[];
  /** Staffs an interval for its busiest quarter hour: the mean load of a day staffs no hour of it. */
  readonly byPeak: boolean;
  readonly timeZone: string;
  /** Dates as days since 1970-01-01, past and to come. */
  readonly holidays: ReadonlySet<number>;
  /** Given: in place of the history's own. */
  readonly handleMs: number | null;
  readonly plan: StaffingPlan;
  /** Start of the interval of the asked length that a quarter hour of the history is part of. */
  readonly intervalOf: (startMs: number) => number;
}

export interface ForecastRow {
  readonly interval_start: string;
  /** Whole calls: those of a day add up to the day's. */
  readonly calls: number;
  /** The mean that the agents are computed from. */
  readonly expected_calls: number;
  readonly aht_s: number;
  /** Null: out of reach of any number of agents. */
  readonly agents: number | null;
  readonly scheduled_agents: number | null;
  readonly service_level: number | null;
  readonly occupancy: number | null;
  readonly holiday: boolean;
}

export interface QueueForecast {
  readonly firstDate: string;
  readonly lastDate: string;
  /** Days that the profile was learnt from. */
  readonly days: number;
  /** Days that were not, since nearly nothing came in. */
  readonly leftOut: readonly string[];
  readonly trend: number;
  readonly holidayFactor: number | null;
  readonly backtest: Backtest;
  readonly rows: readonly ForecastRow[];
}
export type Forecast =
  | { readonly status: 'forecast'; readonly forecast: QueueForecast }
  | { readonly status: 'too_little'; readonly reason: string };

/** As shown, and as staffed for: four decimals of a call, whole milliseconds. */
interface Expected {
  readonly calls: number;
  readonly handleMs: number;
}

const WEEKDAYS = ['Thursday', 'Friday', 'Saturday', 'Sunday', 'Monday', 'Tuesday', 'Wednesday'] as const;

/** Why these days cannot be forecast from, or null. */
const whyTooLittle = (days: readonly Day[], screened: Screened, origin: number): string | null => {
  const first = days[0];
  if (first === undefined) return 'no calls in the history';
  const span = origin - first.date;
  if (span < LEAST_DAYS) {
    return `${span} days of history (from ${formatDate(first.date)}); at least ${LEAST_DAYS} are needed`;
  }
  const seen = new Set(screened.normal.map((day) => weekdayOf(day.date)));
  const missing = WEEKDAYS.filter((_, weekday) => !seen.has(weekday));
  return missing.length > 0 ? `no ordinary ${missing.join(', ')} in the history; give a longer one` : null;
};

const CALL_PARTS = 10_000;

const expectedOf = (
  profile: Profile,
  question: ForecastQuestion,
  quarters: readonly WallQuarter[],
): Expected => {
  const parts = quarters.map(({ date, slot }) => ({
    calls: (question.holidays.has(date) ? (profile.holidayFactor ?? 1) : 1) * profile.calls(date, slot),
    handleMs: question.handleMs ?? profile.handleMs(slot) ?? 0,
  }));
  const calls = parts.reduce((sum, part) => sum + part.calls, 0);
  // Without calls the times of day weigh alike.
  const weightOf = (part: Expected): number => (calls > 0 ? part.calls / calls : 1 / parts.length);
  const handleMs = parts.reduce((sum, part) => sum + weightOf(part) * part.handleMs, 0);
  return { calls: Math.round(calls * CALL_PARTS) / CALL_PARTS, handleMs: Math.round(handleMs) };
};

const busiest = (parts: readonly Expected[]): Expected | undefined =>
  [...parts].sort((a, b) => b.calls * b.handleMs - a.calls * a.handleMs)[0];

/** Whole calls, by rounding the running sum of each day: a night of 0.3 calls a quarter hour is not rounded away. */
const wholeCalls = (): ((date: number, calls: number) => number) => {
  let today = Number.NaN;
  let sum = 0;
  return (date, calls) => {
    if (date !== today) sum = 0;
    today = date;
    const before = Math.round(sum);
    sum += calls;
    return Math.round(sum) - before;
  };
};

const rowsOf = (profile: Profile, question: ForecastQuestion): readonly ForecastRow[] => {
  const { intervals, timeZone, plan, holidays, byPeak } = question;
  const round = wholeCalls();
  return intervals.map(({ startMs, endMs, quarters }) => {
    const expected = expectedOf(profile, question, quarters);
    const date = quarters[0]?.date ?? Number.NaN;
    const peak = byPeak
      ? busiest(quarters.map((quarter) => expectedOf(profile, question, [quarter])))
      : undefined;
    const periodMs = peak === undefined ? endMs - startMs : GRAIN_MS;
    const figures = staffInterval({ ...(peak ?? expected), periodMs }, plan);
    return {
      interval_start: formatLocal(timeZone, startMs),
      calls: round(date, expected.calls),
      expected_calls: expected.calls,
      aht_s: expected.handleMs / 1000,
      agents: figures?.agents ?? null,
      scheduled_agents: figures?.scheduled_agents ?? null,
      service_level: figures?.service_level ?? null,
      occupancy: figures?.occupancy ?? null,
      holiday: holidays.has(date),
    };
  });
};

/** Forecasts a queue from its stored quarter hours by their start, or says why that cannot be done. */
export const forecastQueue = (
  question: ForecastQuestion,
  counts: ReadonlyMap<number, QuarterCounts>,
): Forecast => {
  const { history, origin, holidays, intervalOf } = question;
  const days = recordedDays(daysOf(history, counts));
  const screened = screenDays(days, holidays);
  const reason = whyTooLittle(days, screened, origin);
  if (reason !== null) return { status: 'too_little', reason };
  const profile = learnProfile(screened, origin);
  if (question.handleMs === null && profile.handleMs(0) === null) {
    return { status: 'too_little', reason: 'no handled call in the history; give aht, such as 180s' };
  }
  const [first, last] = [days[0]?.date ?? origin, days.at(-1)?.date ?? origin];
  return {
    status: 'forecast',
    forecast: {
      firstDate: formatDate(first),
      lastDate: formatDate(last),
      days: screened.normal.length,
      leftOut: screened.low.map((day) => formatDate(day.date)),
      trend: profile.trend,
      holidayFactor: profile.holidayFactor,
      backtest: backtest({ days, screened, holidays, origin, intervalOf }),
      rows: rowsOf(profile, question),
    },
  };
};

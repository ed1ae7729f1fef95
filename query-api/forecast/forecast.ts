/** One queue's forecast: calls, handle time and agents by interval, with how wrong the method was lately. Pure. */
import type { IntervalName, TimeRange } from '../metrics/buckets.ts';
import { formatLocal, GRAIN_MS } from '../metrics/buckets.ts';
import { type StaffingPlan, staffInterval } from '../staffing/staff.ts';
import { type Backtest, backtest, LEAST_DAYS } from './backtest.ts';
import {
  type Day,
  daysOf,
  formatDate,
  type QuarterCounts,
  recordedDays,
  type Screened,
  screenDays,
  wallQuarter,
  weekdayOf,
} from './history.ts';
import { learnProfile, type Profile } from './profile.ts';

export interface ForecastQuestion {
  /** Whole local days before the forecast. */
  readonly history: TimeRange;
  /** Starts of the intervals to forecast, the first being `range.fromMs`. */
  readonly starts: readonly number[];
  readonly range: TimeRange;
  readonly interval: IntervalName;
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

interface Expected {
  readonly startMs: number;
  readonly endMs: number;
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

/** Mean calls and handle time of the quarter hours of a span. */
const expectedIn = (
  profile: Profile,
  question: ForecastQuestion,
  span: { readonly startMs: number; readonly endMs: number },
): Expected => {
  const { timeZone, holidays } = question;
  const quarters = Array.from({ length: (span.endMs - span.startMs) / GRAIN_MS }, (_, i) => {
    const { date, slot } = wallQuarter(timeZone, span.startMs + i * GRAIN_MS);
    const factor = holidays.has(date) ? (profile.holidayFactor ?? 1) : 1;
    const handleMs = question.handleMs ?? profile.handleMs(slot) ?? 0;
    return { calls: factor * profile.calls(date, slot), handleMs };
  });
  const calls = quarters.reduce((sum, quarter) => sum + quarter.calls, 0);
  // Without calls the times of day weigh alike.
  const weighed = quarters.reduce(
    (sum, quarter) => sum + (calls > 0 ? quarter.calls / calls : 1 / quarters.length) * quarter.handleMs,
    0,
  );
  return { ...span, calls, handleMs: weighed };
};

/** What to staff an interval for: of a whole day its busiest quarter hour, since a day's mean load staffs no one hour. */
const busiestPart = (profile: Profile, question: ForecastQuestion, whole: Expected): Expected => {
  if (question.interval !== '1d') return whole;
  let busiest: Expected | null = null;
  for (let startMs = whole.startMs; startMs < whole.endMs; startMs += GRAIN_MS) {
    const quarter = expectedIn(profile, question, { startMs, endMs: startMs + GRAIN_MS });
    if (busiest === null || quarter.calls * quarter.handleMs > busiest.calls * busiest.handleMs) {
      busiest = quarter;
    }
  }
  return busiest ?? whole;
};

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

const rowsOf = (profile: Profile, question: ForecastQuestion): readonly ForecastRow[] => {
  const { starts, range, timeZone, plan, holidays } = question;
  let today = Number.NaN;
  let sum = 0;
  return starts.map((startMs, i) => {
    const whole = expectedIn(profile, question, { startMs, endMs: starts[i + 1] ?? range.toMs });
    const { date } = wallQuarter(timeZone, startMs);
    if (date !== today) sum = 0;
    today = date;
    // Rounding the running sum: a night of 0.3 calls a quarter hour is not rounded away.
    const calls = Math.round(sum + whole.calls) - Math.round(sum);
    sum += whole.calls;
    const part = busiestPart(profile, question, whole);
    const demand = { calls: part.calls, periodMs: part.endMs - part.startMs, handleMs: part.handleMs };
    const figures = staffInterval(demand, plan);
    return {
      interval_start: formatLocal(timeZone, startMs),
      calls,
      expected_calls: rounded(whole.calls, 4),
      aht_s: rounded(whole.handleMs / 1000, 3),
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
  const { history, timeZone, holidays, intervalOf } = question;
  const days = recordedDays(daysOf(history, timeZone, counts));
  const screened = screenDays(days, holidays);
  const origin = wallQuarter(timeZone, history.toMs).date;
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

/** Reads the parameters of `/v1/forecast`: all faults at once, each with its field. Pure. */
import { CHANNELS } from '../../schemas/events.ts';
import type { Format } from '../export/formats.ts';
import { dateAt } from '../forecast/calendar.ts';
import { HOLIDAY_COUNTRIES, holidaysOf } from '../forecast/holidays.ts';
import {
  bucketStarts,
  canonicalTimeZone,
  localDayAround,
  startOfDate,
  type TimeRange,
  widenToGrain,
} from '../metrics/buckets.ts';
import { parseInstant } from '../metrics/instants.ts';
import type { Fault } from '../problems.ts';
import { type PlanQuery, readDuration, readPlan } from '../staffing/plan-request.ts';
import type { StaffingPlan } from '../staffing/staff.ts';
import { formatOf, knownNamesOf, namesOf, type SpanQuery, spanOf } from './request-parts.ts';

export const FORECAST_LIMITS = {
  queues: 20,
  /** Rows of one reply: ten queues for a week of quarter hours. */
  rows: 6720,
  /** Days between today and the end of the forecast: what lies further off is no longer told by some weeks' history. */
  daysAhead: 92,
  weeksOfHistory: 53,
} as const;
export const FORECAST_INTERVALS = ['15m', '30m', '1h', '1d'] as const;
export type ForecastInterval = (typeof FORECAST_INTERVALS)[number];
export const DEFAULT_HISTORY_WEEKS = 8;
const LEAST_HISTORY_WEEKS = 2;
const DAY_MS = 86_400_000;

/** As they come out of the query string. */
export interface ForecastQuery extends SpanQuery, Omit<PlanQuery, 'agents'> {
  readonly queue?: readonly string[];
  readonly channel?: readonly string[];
  readonly source?: readonly string[];
  readonly interval?: string;
  readonly history?: string;
  readonly holidays?: readonly string[];
  readonly aht?: string;
  readonly format?: string;
}

export interface ForecastRequest {
  readonly queues: readonly string[];
  readonly channels: readonly string[] | null;
  readonly sources: readonly string[] | null;
  readonly range: TimeRange;
  readonly starts: readonly number[];
  readonly interval: ForecastInterval;
  readonly timeZone: string;
  readonly historyWeeks: number;
  /** Whole local days before today and before the forecast: of today not all is known yet. */
  readonly history: TimeRange;
  /** Dates as days since 1970-01-01. */
  readonly holidays: ReadonlySet<number>;
  readonly handleMs: number | null;
  readonly plan: StaffingPlan;
  readonly format: Format;
}
export type ParsedForecast =
  | { readonly status: 'ok'; readonly request: ForecastRequest }
  | { readonly status: 'refused'; readonly faults: readonly Fault[] };
type Context = { readonly timeZone: string; readonly nowMs: number };

/** Tomorrow, unless told otherwise; of a day named by `from` alone, that day. */
const rangeOf = (query: ForecastQuery, context: Context, faults: Fault[]) => {
  const timeZone = canonicalTimeZone(query.tz ?? context.timeZone) ?? 'UTC';
  const tomorrowMs = localDayAround(timeZone, context.nowMs).toMs;
  const nowMs = query.from === undefined ? tomorrowMs : 0;
  const span = spanOf(query, { timeZone: context.timeZone, nowMs }, faults);
  const range = widenToGrain(span);
  if (range.toMs > tomorrowMs + FORECAST_LIMITS.daysAhead * DAY_MS) {
    const message = `is more than ${FORECAST_LIMITS.daysAhead} days ahead; forecast nearer to the time`;
    faults.push({ path: 'to', message });
  }
  return { range, timeZone };
};

const historyWeeksOf = ({ history }: ForecastQuery, faults: Fault[]): number => {
  if (history === undefined) return DEFAULT_HISTORY_WEEKS;
  const weeks = Number(/^(\d{1,2})w$/.exec(history)?.[1] ?? Number.NaN);
  const most = FORECAST_LIMITS.weeksOfHistory;
  if (weeks >= LEAST_HISTORY_WEEKS && weeks <= most) return weeks;
  const message = `${history} is not a number of weeks from ${LEAST_HISTORY_WEEKS}w to ${most}w`;
  faults.push({ path: 'history', message });
  return DEFAULT_HISTORY_WEEKS;
};

const historyOf = (fromMs: number, weeks: number, { timeZone, nowMs }: Context): TimeRange => {
  const toMs = localDayAround(timeZone, Math.min(fromMs, nowMs)).fromMs;
  const date = dateAt(timeZone, toMs);
  return { fromMs: startOfDate(timeZone, (date - 7 * weeks) * DAY_MS), toMs };
};

/** Dates and countries mixed, over history and forecast alike. */
const holidaysIn = (
  { holidays }: ForecastQuery,
  first: number,
  last: number,
  faults: Fault[],
): ReadonlySet<number> =>
  new Set(
    (namesOf(holidays) ?? []).flatMap((name) => {
      if (HOLIDAY_COUNTRIES.includes(name.toUpperCase())) {
        return holidaysOf(name.toUpperCase(), first, last);
      }
      const atMs = /^\d{4}-\d{2}-\d{2}$/.test(name) ? parseInstant(name, 'UTC') : null;
      if (atMs !== null) return [atMs / DAY_MS];
      const message = `${name} is neither a date such as 2026-12-25 nor one of ${HOLIDAY_COUNTRIES.join(', ')}`;
      faults.push({ path: 'holidays', message });
      return [];
    }),
  );

const queuesOf = (query: ForecastQuery, faults: Fault[]): readonly string[] => {
  const queues = namesOf(query.queue) ?? [];
  if (queues.length === 0 || queues.length > FORECAST_LIMITS.queues) {
    faults.push({ path: 'queue', message: `name 1 to ${FORECAST_LIMITS.queues} queues` });
  }
  return queues;
};

const intervalOf = ({ interval = '15m' }: ForecastQuery, faults: Fault[]): ForecastInterval => {
  const [known] = knownNamesOf('interval', [interval], FORECAST_INTERVALS, faults) ?? [];
  return known ?? '15m';
};

export const parseForecastRequest = (query: ForecastQuery, context: Context): ParsedForecast => {
  const faults: Fault[] = [];
  const note = (path: string, message: string): void => {
    faults.push({ path, message });
  };
  const { range, timeZone } = rangeOf(query, context, faults);
  const historyWeeks = historyWeeksOf(query, faults);
  const history = historyOf(range.fromMs, historyWeeks, { timeZone, nowMs: context.nowMs });
  const queues = queuesOf(query, faults);
  const interval = intervalOf(query, faults);
  const limit = Math.floor(FORECAST_LIMITS.rows / Math.max(1, queues.length));
  const starts = bucketStarts({ range, interval, timeZone, limit });
  if (starts === null) {
    note('to', `more than ${FORECAST_LIMITS.rows} rows; give a nearer to, a longer interval or fewer queues`);
  }
  const [first, last] = [dateAt(timeZone, history.fromMs), dateAt(timeZone, range.toMs)];
  const request: ForecastRequest = {
    queues,
    channels: knownNamesOf('channel', query.channel, CHANNELS, faults),
    sources: namesOf(query.source),
    range,
    starts: starts ?? [],
    interval,
    timeZone,
    historyWeeks,
    history,
    holidays: holidaysIn(query, first, last, faults),
    handleMs:
      query.aht === undefined ? null : readDuration(query.aht, 'aht', note, { fallbackMs: 1, leastMs: 1 }),
    plan: readPlan(query, note),
    format: formatOf(query.format, faults),
  };
  return faults.length > 0 ? { status: 'refused', faults } : { status: 'ok', request };
};

/** A forecast's rows: exact where the past repeats itself, right on days of 23 and 25 hours, and untaught by outages. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calendarOf, intervalsOf, weekdayOf } from '../../../../query-api/forecast/calendar.ts';
import {
  type Forecast,
  type ForecastQuestion,
  forecastQueue,
  type QueueForecast,
} from '../../../../query-api/forecast/forecast.ts';
import type { QuarterCounts } from '../../../../query-api/forecast/history.ts';
import { bucketStarts, type IntervalName, startOfDate } from '../../../../query-api/metrics/buckets.ts';
import type { StaffingPlan } from '../../../../query-api/staffing/staff.ts';

const DAY_MS = 86_400_000;
const ZONE = 'Europe/Berlin';
const dateOf = (text: string): number => Date.parse(text) / DAY_MS;
const PLAN: StaffingPlan = {
  targets: { serviceLevel: 0.8, asaMs: null, abandonment: null, maxOccupancy: null },
  level: { formula: 'abandons_negative', countExits: false },
  thresholdMs: 20_000,
  shortAbandonMs: 5000,
  patienceMs: null,
  shrinkage: 0.3,
  agents: null,
};

interface Case {
  readonly origin: string;
  readonly weeks: number;
  /** Calls of a quarter hour of the past. */
  readonly calls: (date: number, slot: number) => number;
  readonly from?: string;
  readonly to: string;
  readonly interval?: IntervalName;
  readonly holidays?: readonly string[];
  readonly handleMs?: number;
  /** Handle time of the past's calls; 0: none was handled. */
  readonly pastHandleMs?: number;
}

const run = (given: Case): Forecast => {
  const { origin, weeks, from = origin, to, interval = '15m' } = given;
  const startOf = (date: number): number => startOfDate(ZONE, date * DAY_MS);
  const history = calendarOf(
    { fromMs: startOf(dateOf(origin) - 7 * weeks), toMs: startOf(dateOf(origin)) },
    ZONE,
  );
  const pastHandleMs = given.pastHandleMs ?? 180_000;
  const counts = new Map<number, QuarterCounts>();
  for (const { startMs, date, slot } of history.flatMap((day) => day.quarters)) {
    const offered = given.calls(date, slot);
    const handled = pastHandleMs > 0 ? offered : 0;
    if (offered > 0) counts.set(startMs, { offered, handled, handleMs: handled * pastHandleMs });
  }
  const range = { fromMs: startOf(dateOf(from)), toMs: startOf(dateOf(to)) };
  const starts = bucketStarts({ range, interval, timeZone: ZONE, limit: 10_000 }) ?? [];
  const question: ForecastQuestion = {
    history,
    origin: dateOf(origin),
    intervals: intervalsOf(range, ZONE, starts),
    byPeak: interval === '1d',
    timeZone: ZONE,
    holidays: new Set((given.holidays ?? []).map(dateOf)),
    handleMs: given.handleMs ?? null,
    plan: PLAN,
    intervalOf: (startMs) => startMs,
  };
  return forecastQueue(question, counts);
};
const forecastOf = (given: Case): QueueForecast => {
  const outcome = run(given);
  if (outcome.status === 'too_little') throw new Error(outcome.reason);
  return outcome.forecast;
};
const reasonOf = (given: Case): string => {
  const outcome = run(given);
  return outcome.status === 'too_little' ? outcome.reason : '';
};
const total = ({ rows }: QueueForecast): number => rows.reduce((sum, { calls }) => sum + calls, 0);

/** Open from 8 to 18, busier on Mondays (weekday 4, as 1970 began on a Thursday), closed on Saturday and Sunday. */
const office = (date: number, slot: number): number => {
  const weekday = weekdayOf(date);
  if (weekday === 2 || weekday === 3 || slot < 32 || slot >= 72) return 0;
  return (weekday === 4 ? 20 : 12) + (slot % 8);
};
const OFFICE: Case = { origin: '2026-03-02', weeks: 8, calls: office, to: '2026-03-09' };

describe('a history that repeats itself week by week', () => {
  // The last weekend lies after the last call, and is not scored.
  test('is forecast exactly, with an error of 0, weekends empty and without agents', () => {
    const forecast = forecastOf(OFFICE);
    expect(forecast.backtest).toEqual({ wape: 0, naiveWape: 0, weeks: 4, intervals: 26 * 96 });
    expect(forecast.trend).toBe(0);
    expect(forecast.rows).toHaveLength(7 * 96);
    forecast.rows.forEach((row, i) => {
      const calls = office(dateOf('2026-03-02') + Math.floor(i / 96), i % 96);
      expect(row).toMatchObject({ calls, expected_calls: calls, aht_s: 180, holiday: false });
      expect((row.agents ?? 0) > 0).toBe(calls > 0);
      if (calls === 0) expect(row).toMatchObject({ agents: 0, scheduled_agents: 0, service_level: null });
      else expect(row.service_level).toBeGreaterThanOrEqual(0.8);
    });
  });

  test('whatever the week looks like', () => {
    const weeks = fc.array(fc.nat(60), { minLength: 7 * 8, maxLength: 7 * 8 });
    fc.assert(
      fc.property(weeks, fc.integer({ min: 3, max: 12 }), (week, count) => {
        fc.pre(week.every((calls, i) => i % 8 > 0 || calls > 0));
        const calls = (date: number, slot: number): number =>
          slot >= 40 && slot < 48 ? (week[weekdayOf(date) * 8 + slot - 40] ?? 0) : 0;
        const forecast = forecastOf({ ...OFFICE, weeks: count, calls });
        expect(forecast.backtest).toMatchObject({ wape: 0, naiveWape: 0 });
        expect(forecast.rows.map((row) => row.calls)).toEqual(
          forecast.rows.map((_, i) => calls(dateOf('2026-03-02') + Math.floor(i / 96), i % 96)),
        );
      }),
      { numRuns: 25, seed: 6 },
    );
  });

  test.each(['30m', '1h', '1d'] as const)('adds up by %s', (interval) => {
    const forecast = forecastOf({ ...OFFICE, interval });
    expect(total(forecast)).toBe(total(forecastOf(OFFICE)));
    expect(forecast.rows.every(({ calls }) => Number.isInteger(calls))).toBe(true);
  });

  test('a day is staffed for its busiest quarter hour', () => {
    const [monday] = forecastOf({ ...OFFICE, interval: '1d', to: '2026-03-03' }).rows;
    const quarters = forecastOf({ ...OFFICE, to: '2026-03-03' }).rows;
    expect(monday?.agents).toBe(Math.max(...quarters.map(({ agents }) => agents ?? 0)));
    expect(monday?.scheduled_agents).toBe(Math.max(...quarters.map((row) => row.scheduled_agents ?? 0)));
  });
});

test('a history k times as busy gives a forecast k times as large', () => {
  const noisy = (date: number, slot: number): number =>
    40 + ((date * 7919 + slot * 104_729 + ((date * slot) % 17)) % 41);
  const base = forecastOf({ ...OFFICE, calls: noisy });
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 50 }), (k) => {
      const scaled = forecastOf({ ...OFFICE, calls: (date, slot) => k * noisy(date, slot) });
      const furthest = scaled.rows.map((row, i) =>
        Math.abs(row.expected_calls - k * (base.rows[i]?.expected_calls ?? Number.NaN)),
      );
      expect(Math.max(...furthest)).toBeLessThan(k * 1e-4);
      expect(scaled.rows.map((row) => row.aht_s)).toEqual(base.rows.map((row) => row.aht_s));
      expect(scaled.backtest).toEqual(base.backtest);
      expect(scaled.trend).toBeCloseTo(base.trend, 12);
    }),
    { numRuns: 5, seed: 6 },
  );
});

describe('whole calls', () => {
  test('a thin queue’s calls are not rounded away: those of a day add up to its mean', () => {
    // A call on every third quarter hour, at others in other weeks.
    const thin = (date: number, slot: number): number => ((slot + Math.floor(date / 7)) % 3 === 0 ? 1 : 0);
    const forecast = forecastOf({ ...OFFICE, calls: thin, weeks: 9, to: '2026-03-04' });
    const [first, second] = [forecast.rows.slice(0, 96), forecast.rows.slice(96)];
    for (const day of [first, second]) {
      const mean = day.reduce((sum, row) => sum + row.expected_calls, 0);
      expect(day.reduce((sum, row) => sum + row.calls, 0)).toBe(Math.round(mean));
      expect(day.every(({ calls }) => calls === 0 || calls === 1)).toBe(true);
      expect(mean).toBeGreaterThan(20);
    }
  });
});

describe('days of 23 and 25 hours', () => {
  const steady = (_: number, slot: number): number => 10 + (slot % 4);
  test.each([
    ['2026-03-29', 23, '2026-03-28T00:00:00+01:00'],
    ['2026-10-25', 25, '2026-10-24T00:00:00+02:00'],
  ])('%s has %i hours, each forecast by its own clock', (date, hours) => {
    const origin = new Date((dateOf(date) - 6) * DAY_MS).toISOString().slice(0, 10);
    const next = new Date((dateOf(date) + 1) * DAY_MS).toISOString().slice(0, 10);
    const forecast = forecastOf({ origin, weeks: 6, calls: steady, from: date, to: next });
    expect(forecast.rows).toHaveLength(hours * 4);
    expect(new Set(forecast.rows.map((row) => row.interval_start)).size).toBe(hours * 4);
    for (const row of forecast.rows)
      expect(row.calls).toBe(10 + Number(row.interval_start.slice(14, 16)) / 15);
    const byDay = forecastOf({ origin, weeks: 6, calls: steady, from: date, to: next, interval: '1d' });
    expect(total(byDay)).toBe(hours * 46);
  });
  test.each(['2026-04-06', '2026-11-02'])('in the history they teach the same: %s', (origin) => {
    const forecast = forecastOf({ origin, weeks: 4, calls: steady, to: '2026-12-31', from: '2026-12-30' });
    expect(forecast.backtest).toMatchObject({ wape: 0, naiveWape: 0 });
    expect(forecast.rows.map(({ calls }) => calls)).toEqual(
      Array.from({ length: 96 }, (_, slot) => 10 + (slot % 4)),
    );
  });
});

describe('what is no ordinary day', () => {
  const without = (dates: readonly string[], share = 0) => {
    const out = new Set(dates.map(dateOf));
    return (date: number, slot: number): number =>
      out.has(date) ? Math.floor(office(date, slot) * share) : office(date, slot);
  };
  test('an outage, a whole day or most of one, is left out and named', () => {
    for (const share of [0, 0.3]) {
      const forecast = forecastOf({ ...OFFICE, calls: without(['2026-02-17', '2026-02-26'], share) });
      expect(forecast.leftOut).toEqual(['2026-02-17', '2026-02-26']);
      expect(forecast.rows).toEqual(forecastOf(OFFICE).rows);
      expect(forecast.backtest.wape).toBe(0);
    }
  });
  test('a listed holiday teaches holidays, not Tuesdays', () => {
    const holidays = ['2026-02-17', '2026-03-04'];
    const forecast = forecastOf({ ...OFFICE, calls: without(['2026-02-17'], 0.5), holidays });
    expect(forecast.leftOut).toEqual([]);
    expect(forecast.holidayFactor).toBeGreaterThan(0.4);
    const usual = forecastOf(OFFICE).rows;
    forecast.rows.forEach((row, i) => {
      const isHoliday = row.interval_start.startsWith('2026-03-04');
      const factor = isHoliday ? (forecast.holidayFactor ?? 0) : 1;
      expect(row.holiday).toBe(isHoliday);
      expect(row.expected_calls).toBeCloseTo(factor * (usual[i]?.expected_calls ?? 0), 3);
    });
  });
  test('a closed holiday is forecast closed', () => {
    const holidays = ['2026-02-17', '2026-03-04'];
    const forecast = forecastOf({ ...OFFICE, calls: without(['2026-02-17']), holidays });
    const closed = forecast.rows.filter((row) => row.holiday);
    expect(forecast.holidayFactor).toBe(0);
    expect(closed).toHaveLength(96);
    expect(closed.every((row) => row.calls === 0 && row.agents === 0)).toBe(true);
  });
  test('a holiday with none before it is forecast as an ordinary day, and says so', () => {
    const forecast = forecastOf({ ...OFFICE, holidays: ['2026-03-04'] });
    expect(forecast.holidayFactor).toBeNull();
    expect(forecast.rows.filter((row) => row.holiday)).toHaveLength(96);
    expect(total(forecast)).toBe(total(forecastOf(OFFICE)));
  });
});

test('growth of two per cent a week is seen, and carried on damped', () => {
  const growing = (date: number, slot: number): number =>
    Math.round(40 * office(date, slot) * 1.02 ** Math.floor((date - dateOf('2026-03-02')) / 7));
  const forecast = forecastOf({ ...OFFICE, calls: growing });
  expect(forecast.trend).toBeGreaterThan(0.017);
  expect(forecast.trend).toBeLessThan(0.023);
  expect(forecast.backtest.wape).toBeLessThan((forecast.backtest.naiveWape ?? 0) / 1.4);
  const lastWeek = 40 * 1.02 ** -1 * total(forecastOf(OFFICE));
  expect(total(forecast) / lastWeek).toBeGreaterThan(1.01);
  expect(total(forecast) / lastWeek).toBeLessThan(1.025);
});

describe('handle time', () => {
  test('follows the time of day', () => {
    const forecast = forecastOf(OFFICE);
    expect(new Set(forecast.rows.map((row) => row.aht_s))).toEqual(new Set([180]));
  });
  test('may be given', () => {
    const rows = forecastOf({ ...OFFICE, handleMs: 600_000 }).rows;
    expect(rows.every((row) => row.aht_s === 600)).toBe(true);
    expect(rows[40]?.agents ?? 0).toBeGreaterThan(forecastOf(OFFICE).rows[40]?.agents ?? 0);
  });
  test('of a history in which nothing was handled is not invented', () => {
    expect(reasonOf({ ...OFFICE, pastHandleMs: 0 })).toBe(
      'no handled call in the history; give aht, such as 180s',
    );
    expect(run({ ...OFFICE, pastHandleMs: 0, handleMs: 180_000 }).status).toBe('forecast');
  });
});

test.each<[string, Case, string]>([
  ['no calls', { ...OFFICE, calls: () => 0 }, 'no calls in the history'],
  [
    'ten days',
    { ...OFFICE, calls: (date, slot) => (date < dateOf('2026-02-20') ? 0 : 9 + (slot % 3)) },
    '10 days of history (from 2026-02-20); at least 14 are needed',
  ],
  [
    'two weeks of which every Monday is a holiday',
    { ...OFFICE, weeks: 2, holidays: ['2026-02-16', '2026-02-23'] },
    'no ordinary Monday in the history; give a longer one',
  ],
])('too little history: %s', (_, given, reason) => {
  expect(reasonOf(given)).toContain(reason);
});

/** Intervals of time zones against a second implementation: quarter hours walked one by one with Intl.DateTimeFormat. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bucketStarts, GRAIN_MS, type IntervalName } from '../../../../query-api/metrics/buckets.ts';

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'America/Havana',
  'America/Godthab',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Australia/Eucla',
  'Pacific/Chatham',
  'Pacific/Apia',
  'Africa/Casablanca',
] as const;
const DAY_MS = 86_400_000;
const STEP_MINUTES: Partial<Record<IntervalName, number>> = { '15m': 15, '30m': 30, '1h': 60 };

const wallClocks = new Map(
  ZONES.map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat('en-CA', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    }),
  ]),
);
const wall = (timeZone: (typeof ZONES)[number], atMs: number) => {
  const parts = wallClocks.get(timeZone)?.formatToParts(atMs) ?? [];
  const part = (type: string): number => Number(parts.find((found) => found.type === type)?.value);
  return {
    minutes: part('hour') * 60 + part('minute'),
    date: Date.UTC(part('year'), part('month') - 1, part('day')),
  };
};

/** What a calendar date belongs to: itself, the Monday before it, or its month. */
const periodOf = (date: number, interval: IntervalName): string => {
  if (interval === '1mo') return new Date(date).toISOString().slice(0, 7);
  const backMs = interval === '1w' ? ((new Date(date).getUTCDay() + 6) % 7) * DAY_MS : 0;
  return String(date - backMs);
};

const walked = (
  timeZone: (typeof ZONES)[number],
  interval: IntervalName,
  fromMs: number,
  toMs: number,
): number[] => {
  const seen = new Set<string>();
  const starts: number[] = [];
  for (let atMs = fromMs; atMs < toMs; atMs += GRAIN_MS) {
    const { minutes, date } = wall(timeZone, atMs);
    const step = STEP_MINUTES[interval];
    const period = periodOf(date, interval);
    const begins = step === undefined ? !seen.has(period) : minutes % step === 0;
    seen.add(period);
    if (begins || atMs === fromMs) starts.push(atMs);
  }
  return starts;
};

const quarter = (from: string, to: string) =>
  fc
    .integer({ min: Date.parse(from) / GRAIN_MS, max: Date.parse(to) / GRAIN_MS })
    .map((count) => count * GRAIN_MS);
/** Half of the ranges begin in the weeks in which clocks change. */
const beginning = fc.oneof(
  quarter('2010-01-01T00:00Z', '2030-01-01T00:00Z'),
  quarter('2026-03-06T00:00Z', '2026-04-06T00:00Z'),
  quarter('2026-09-25T00:00Z', '2026-11-03T00:00Z'),
  quarter('2011-12-25T00:00Z', '2011-12-31T00:00Z'),
);

test.each([
  ['15m', 3],
  ['30m', 5],
  ['1h', 5],
  ['1d', 12],
  ['1w', 25],
  ['1mo', 60],
] as const)('%s is the same by the second implementation', (interval, days) => {
  fc.assert(
    fc.property(fc.constantFrom(...ZONES), beginning, (timeZone, fromMs) => {
      const toMs = fromMs + days * DAY_MS;
      const starts = bucketStarts({ range: { fromMs, toMs }, interval, timeZone, limit: 100_000 });
      expect(starts).toEqual(walked(timeZone, interval, fromMs, toMs));
    }),
    { numRuns: interval === '1mo' ? 20 : 60 },
  );
});

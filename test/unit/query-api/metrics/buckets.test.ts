import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bucketStarts,
  canonicalTimeZone,
  expandRuns,
  formatLocal,
  GRAIN_MS,
  INTERVALS,
  type IntervalName,
  runsOf,
  widenToGrain,
} from '../../../../query-api/metrics/buckets.ts';
import { parseInstant } from '../../../../query-api/metrics/instants.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const at = (iso: string): number => Date.parse(iso);

interface Case {
  readonly timeZone: string;
  readonly from: string;
  readonly to: string;
  readonly interval: IntervalName;
}
const startsOf = ({ timeZone, from, to, interval }: Case): readonly number[] =>
  bucketStarts({ range: { fromMs: at(from), toMs: at(to) }, interval, timeZone, limit: 100_000 }) ?? [];
const localStarts = (asked: Case): string[] => startsOf(asked).map((ms) => formatLocal(asked.timeZone, ms));

describe('days', () => {
  test.each([
    ['Europe/Berlin', '2026-03-28T23:00:00Z', 23],
    ['Europe/Berlin', '2026-10-24T22:00:00Z', 25],
    ['America/New_York', '2026-11-01T04:00:00Z', 25],
    ['Australia/Lord_Howe', '2026-04-04T13:00:00Z', 24.5],
    ['America/Havana', '2026-11-01T04:00:00Z', 25],
    ['America/Havana', '2026-03-08T05:00:00Z', 23],
    ['Asia/Kathmandu', '2026-03-28T18:15:00Z', 24],
    ['Pacific/Apia', '2011-12-29T10:00:00Z', 24],
  ])('in %s the day from %s has %d hours', (timeZone, from, hours) => {
    const to = new Date(at(from) + 3 * DAY_MS).toISOString();
    const [first = 0, second = 0] = startsOf({ timeZone, from, to, interval: '1d' });
    expect((second - first) / HOUR_MS).toBe(hours);
  });
});

describe('hours', () => {
  test('the hour that happens twice is two', () => {
    expect(
      localStarts({
        timeZone: 'Europe/Berlin',
        from: '2026-10-24T23:00:00Z',
        to: '2026-10-25T03:00:00Z',
        interval: '1h',
      }),
    ).toEqual([
      '2026-10-25T01:00:00+02:00',
      '2026-10-25T02:00:00+02:00',
      '2026-10-25T02:00:00+01:00',
      '2026-10-25T03:00:00+01:00',
    ]);
  });
  test('begin when the wall clock says so, also where it changes by half an hour', () => {
    expect(
      localStarts({
        timeZone: 'Australia/Lord_Howe',
        from: '2026-04-04T13:00:00Z',
        to: '2026-04-04T17:30:00Z',
        interval: '1h',
      }),
    ).toEqual([
      '2026-04-05T00:00:00+11:00',
      '2026-04-05T01:00:00+11:00',
      '2026-04-05T02:00:00+10:30',
      '2026-04-05T03:00:00+10:30',
    ]);
  });
  test('of a 45-minute zone begin off the UTC hour', () => {
    const asked = { timeZone: 'Asia/Kathmandu', from: '2026-01-01T00:00:00Z', to: '2026-01-01T02:00:00Z' };
    expect(localStarts({ ...asked, interval: '1h' })).toEqual([
      '2026-01-01T05:45:00+05:45',
      '2026-01-01T06:00:00+05:45',
      '2026-01-01T07:00:00+05:45',
    ]);
  });
});

test('weeks begin on Monday, months on the first', () => {
  const asked = { timeZone: 'Europe/Berlin', from: '2026-02-18T23:00:00Z', to: '2026-03-10T00:00:00Z' };
  expect(localStarts({ ...asked, interval: '1w' })).toEqual([
    '2026-02-19T00:00:00+01:00',
    '2026-02-23T00:00:00+01:00',
    '2026-03-02T00:00:00+01:00',
    '2026-03-09T00:00:00+01:00',
  ]);
  expect(localStarts({ ...asked, interval: '1mo' })).toEqual([
    '2026-02-19T00:00:00+01:00',
    '2026-03-01T00:00:00+01:00',
  ]);
});

test('more buckets than allowed are refused before they are made', () => {
  const range = { fromMs: 0, toMs: 10_000 * DAY_MS };
  expect(bucketStarts({ range, interval: '15m', timeZone: 'UTC', limit: 1000 })).toBeNull();
});

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/Sao_Paulo',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'Pacific/Apia',
  'Africa/Cairo',
];
const quarterHour = fc
  .integer({ min: at('1999-01-01T00:00:00Z') / GRAIN_MS, max: at('2030-01-01T00:00:00Z') / GRAIN_MS })
  .map((quarter) => quarter * GRAIN_MS);
const question = fc.record({
  timeZone: fc.constantFrom(...ZONES),
  interval: fc.constantFrom(...INTERVALS),
  fromMs: quarterHour,
  quarters: fc.integer({ min: 1, max: 3000 }),
});

const LONGEST_MS: Record<IntervalName, number> = {
  '15m': GRAIN_MS,
  '30m': 4 * GRAIN_MS,
  '1h': 8 * GRAIN_MS,
  '1d': 49 * HOUR_MS,
  '1w': 8 * DAY_MS,
  '1mo': 32 * DAY_MS,
  total: Number.POSITIVE_INFINITY,
};

test('buckets partition the range: contiguous, on the grain, none too long, dates at the start of a local day', () => {
  fc.assert(
    fc.property(question, ({ timeZone, interval, fromMs, quarters }) => {
      const range = { fromMs, toMs: fromMs + quarters * GRAIN_MS };
      const starts = bucketStarts({ range, interval, timeZone, limit: 10_000 }) ?? [];
      const edges = [...starts, range.toMs];
      expect(starts[0]).toBe(fromMs);
      for (const [i, startMs] of starts.entries()) {
        const lengthMs = (edges[i + 1] ?? 0) - startMs;
        expect(startMs % GRAIN_MS).toBe(0);
        expect(lengthMs).toBeGreaterThan(0);
        expect(lengthMs).toBeLessThanOrEqual(LONGEST_MS[interval]);
        if (i > 0 && ['1d', '1w', '1mo'].includes(interval)) {
          const dayOf = (ms: number): string => formatLocal(timeZone, ms).slice(0, 10);
          expect(dayOf(startMs - 1)).not.toBe(dayOf(startMs));
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('runs give back the edges they were made of, and a year of quarter hours is a few of them', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 500 })), (values) => {
      const edges = values.sort((a, b) => a - b);
      expect(expandRuns(runsOf(edges))).toEqual(edges);
    }),
  );
  const year = startsOf({
    timeZone: 'Europe/Berlin',
    from: '2026-01-01T00:00:00Z',
    to: '2027-01-01T00:00:00Z',
    interval: '1d',
  });
  expect(year.length).toBeGreaterThan(365);
  expect(runsOf(year).length).toBeLessThan(10);
});

test('a range is widened to whole quarter hours', () => {
  const range = widenToGrain({ fromMs: GRAIN_MS + 1, toMs: 2 * GRAIN_MS + 1 });
  expect(range).toEqual({ fromMs: GRAIN_MS, toMs: 3 * GRAIN_MS });
});

test.each([
  ['Europe/Berlin', 'Europe/Berlin'],
  ['europe/berlin', 'Europe/Berlin'],
  ['UTC', 'UTC'],
  ['Mars/Base', null],
  ['', null],
])('zone %j is %j', (name, expected) => {
  expect(canonicalTimeZone(name)).toBe(expected);
});

test.each([
  ['2026-10-25', '2026-10-24T22:00:00.000Z'],
  ['2026-10-25T09:00', '2026-10-25T08:00:00.000Z'],
  ['2026-07-01 09:00:30', '2026-07-01T07:00:30.000Z'],
  ['2026-10-25T09:00:00Z', '2026-10-25T09:00:00.000Z'],
  ['2026-10-25T09:00:00.5+0530', '2026-10-25T03:30:00.500Z'],
  ['2026-10-25T09:00:00 02:00', '2026-10-25T07:00:00.000Z'],
  ['1970-01-01', '1969-12-31T23:00:00.000Z'],
  ['0026-10-25', null],
  ['1926-10-25', null],
  ['2300-01-01', null],
  ['2026-02-29', null],
  ['2026-13-01', null],
  ['2026-10-25T24:00', null],
  ['today', null],
])('instant %j in Berlin is %j', (text, expected) => {
  const atMs = parseInstant(text, 'Europe/Berlin');
  expect(atMs === null ? null : new Date(atMs).toISOString()).toBe(expected);
});

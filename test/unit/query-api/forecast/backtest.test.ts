/** The method against the naive forecast, on a real bank's month and on a simulated centre (docs/forecast.md). */
import { describe, expect, test } from 'vitest';
import { type Backtest, backtest } from '../../../../query-api/forecast/backtest.ts';
import { calendarOf, dateAt, intervalsOf } from '../../../../query-api/forecast/calendar.ts';
import {
  daysOf,
  type QuarterCounts,
  recordedDays,
  screenDays,
} from '../../../../query-api/forecast/history.ts';
import { bucketStarts, type IntervalName, startOfDate } from '../../../../query-api/metrics/buckets.ts';
import { BANK_ZONE, bankQueues, simulatedQueues } from '../../../support/quarter-hours.ts';

type Counts = ReadonlyMap<number, QuarterCounts>;

const together = (queues: ReadonlyMap<string, Counts>): Counts => {
  const sums = new Map<number, QuarterCounts>();
  for (const counts of queues.values()) {
    for (const [startMs, { offered, handled, handleMs }] of counts) {
      const sum = sums.get(startMs) ?? { offered: 0, handled: 0, handleMs: 0 };
      sums.set(startMs, {
        offered: sum.offered + offered,
        handled: sum.handled + handled,
        handleMs: sum.handleMs + handleMs,
      });
    }
  }
  return sums;
};

const tested = (
  counts: Counts,
  zone: string,
  [first, end]: readonly [string, string],
  interval: IntervalName,
): Backtest => {
  const range = { fromMs: startOfDate(zone, Date.parse(first)), toMs: startOfDate(zone, Date.parse(end)) };
  const days = recordedDays(daysOf(calendarOf(range, zone), counts));
  const starts = bucketStarts({ range, interval, timeZone: zone, limit: 10_000 }) ?? [];
  const intervalStarts = new Map(
    intervalsOf(range, zone, starts).flatMap(({ startMs, quarters }) =>
      quarters.map((quarter) => [quarter.startMs, startMs]),
    ),
  );
  const holidays = new Set<number>();
  return backtest({
    days,
    screened: screenDays(days, holidays),
    holidays,
    origin: dateAt(zone, range.toMs),
    intervalOf: (startMs) => intervalStarts.get(startMs) ?? Number.NaN,
  });
};

const bank = bankQueues();
const FEBRUARY = ['1999-02-01', '1999-03-01'] as const;
const ofBank = (queue: string, interval: IntervalName): Backtest =>
  tested(queue === 'all' ? together(bank) : (bank.get(queue) ?? new Map()), BANK_ZONE, FEBRUARY, interval);

describe('the bank’s February 1999: its last two weeks, each from the weeks before it', () => {
  test('has 31,125 offered calls in six queues', () => {
    const offered = [...together(bank).values()].reduce((sum, counts) => sum + counts.offered, 0);
    expect([offered, bank.size]).toEqual([31_125, 6]);
  });

  test.each<[string, IntervalName, number, number]>([
    ['all', '15m', 0.2978, 0.3649],
    ['all', '30m', 0.2397, 0.3055],
    ['all', '1h', 0.2135, 0.2665],
    ['all', '1d', 0.125, 0.1347],
    ['PS', '15m', 0.3396, 0.4211],
    ['PS', '30m', 0.2652, 0.3372],
    ['NW', '15m', 0.6427, 0.7547],
    ['NE', '15m', 0.6213, 0.7115],
    ['TT', '15m', 1.2346, 1.391],
    ['IN', '15m', 1.6386, 1.648],
  ])('%s by %s is wrong by %d, the naive forecast by %d', (queue, interval, wape, naiveWape) => {
    const result = ofBank(queue, interval);
    expect(result).toMatchObject({ wape, naiveWape, weeks: 2 });
    expect(wape).toBeLessThanOrEqual(naiveWape);
  });

  test('five calls a day are foreseen by neither', () => {
    const { wape, naiveWape } = ofBank('PE', '15m');
    expect(Math.min(wape ?? 0, naiveWape ?? 0)).toBeGreaterThan(2);
  });
});

describe('six weeks of the simulated centre, in which days differ by chance alone', () => {
  const queues = simulatedQueues(Date.parse('2026-03-02T00:00:00Z'), 6);
  const SPAN = ['2026-03-02', '2026-04-13'] as const;
  const cases = ['all', ...queues.keys()].flatMap((queue) =>
    (['15m', '30m', '1h'] as const).map((interval) => [queue, interval] as const),
  );
  test.each(cases)('%s by %s is nearer than the naive forecast', (queue, interval) => {
    const counts = queue === 'all' ? together(queues) : (queues.get(queue) ?? new Map());
    const { wape, naiveWape, weeks } = tested(counts, 'UTC', SPAN, interval);
    expect(weeks).toBe(4);
    expect(wape ?? Number.NaN).toBeLessThanOrEqual(naiveWape ?? Number.NaN);
  });

  test('the centre’s days are within two per cent', () => {
    expect(tested(together(queues), 'UTC', SPAN, '1d')).toMatchObject({ wape: 0.0193, naiveWape: 0.0227 });
  });
});

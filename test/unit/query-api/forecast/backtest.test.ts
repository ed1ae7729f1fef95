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

  const INTERVALS = ['15m', '30m', '1h', '1d'] as const;
  // [forecast, naive] by INTERVALS, as docs/forecast.md states them.
  test.each<[string, readonly (readonly [number, number])[]]>([
    [
      'all',
      [
        [0.2978, 0.3649],
        [0.2397, 0.3055],
        [0.2135, 0.2665],
        [0.125, 0.1347],
      ],
    ],
    [
      'PS',
      [
        [0.3396, 0.4211],
        [0.2652, 0.3372],
        [0.2283, 0.2858],
        [0.142, 0.1836],
      ],
    ],
    [
      'NW',
      [
        [0.6427, 0.7547],
        [0.5335, 0.6197],
        [0.4755, 0.5266],
        [0.3344, 0.3278],
      ],
    ],
    [
      'NE',
      [
        [0.6213, 0.7115],
        [0.4635, 0.535],
        [0.3822, 0.4453],
        [0.1444, 0.1399],
      ],
    ],
    [
      'TT',
      [
        [1.2346, 1.391],
        [1.0632, 1.2379],
        [0.9218, 1.0882],
        [0.446, 0.5524],
      ],
    ],
    [
      'IN',
      [
        [1.6386, 1.648],
        [1.4562, 1.504],
        [1.1505, 1.248],
        [0.3341, 0.352],
      ],
    ],
    [
      'PE',
      [
        [2.6187, 2.2889],
        [2.4132, 2.1556],
        [2.133, 1.9333],
        [1.0311, 0.8667],
      ],
    ],
  ])('%s is wrong by the figures of docs/forecast.md', (queue, expected) => {
    const results = INTERVALS.map((interval) => ofBank(queue, interval));
    expect(results.map(({ wape, naiveWape }) => [wape, naiveWape])).toEqual(expected);
    expect(results.every(({ weeks }) => weeks === 2)).toBe(true);
  });

  test.each(['all', 'PS', 'NW', 'NE', 'TT', 'IN'])(
    '%s is foreseen better than by last week alone',
    (queue) => {
      for (const interval of ['15m', '30m', '1h'] as const) {
        const { wape, naiveWape } = ofBank(queue, interval);
        expect(wape ?? Number.NaN).toBeLessThan(naiveWape ?? Number.NaN);
      }
    },
  );
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

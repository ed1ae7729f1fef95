/** Adherence: how time fits a schedule, against a second by second count. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AdherenceQuestion,
  AWAY_ACTIVITIES,
  adherenceOf,
  inOrder,
  isAway,
  type Planned,
  type Stretch,
} from '../../../../query-api/metrics/adherence.ts';

const HOUR_MS = 3_600_000;
const hours = (from: number, to: number): Stretch => ({ fromMs: from * HOUR_MS, toMs: to * HOUR_MS });
const plan = (activity: string, from: number, to: number): Planned => ({ activity, ...hours(from, to) });
const question = (changes: Partial<AdherenceQuestion>): AdherenceQuestion => ({
  starts: [0],
  endMs: 24 * HOUR_MS,
  planned: [],
  working: [],
  away: AWAY_ACTIVITIES,
  ...changes,
});
const inHours = (
  changes: Partial<AdherenceQuestion>,
): Record<string, [scheduled: number, adherent: number]> =>
  Object.fromEntries(
    [...adherenceOf(question(changes))].map(([start, { scheduledMs, adherentMs }]) => [
      start / HOUR_MS,
      [scheduledMs / HOUR_MS, adherentMs / HOUR_MS],
    ]),
  );

describe('of a day from 9 to 17 with a break from 12 to 13', () => {
  const planned = [plan('work', 9, 12), plan('Lunch ', 12, 13), plan('work', 13, 17)];

  test.each<[string, Stretch[], [number, number]]>([
    ['as planned', [hours(9, 12), hours(13, 17)], [8, 8]],
    ['an hour late', [hours(10, 12), hours(13, 17)], [8, 7]],
    ['an hour earlier and later, which was not asked for', [hours(8, 12), hours(13, 18)], [8, 8]],
    ['through the break', [hours(9, 17)], [8, 7]],
    ['the break an hour later', [hours(9, 13), hours(14, 17)], [8, 6]],
    ['not there at all: away in the break at least', [], [8, 1]],
  ])('%s', (_, working, expected) => {
    expect(inHours({ planned, working })).toEqual({ 0: expected });
  });

  test('counts each part in the interval it passes in, and nothing that is not known yet', () => {
    const starts = [0, 10 * HOUR_MS, 12.5 * HOUR_MS];
    expect(inHours({ planned, starts, endMs: 14 * HOUR_MS, working: [hours(9, 12)] })).toEqual({
      0: [1, 1],
      10: [2.5, 2.5],
      12.5: [1.5, 0.5],
    });
  });
});

test('what an activity asks for is decided by its name, whatever its letters', () => {
  expect(['LUNCH', ' break', 'work', 'Sales'].map((name) => isAway(name, AWAY_ACTIVITIES))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

const stretch = fc
  .tuple(fc.nat(200), fc.nat(40))
  .map(([from, length]) => ({ fromMs: from, toMs: from + length }));
const disjoint = fc.array(stretch, { maxLength: 12 }).map(inOrder);

test('law: the same as counting millisecond by millisecond', () => {
  fc.assert(
    fc.property(
      disjoint,
      disjoint,
      fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
      fc.uniqueArray(fc.nat(240), { minLength: 1, maxLength: 6 }),
      fc.nat(260),
      (planned, working, areAway, cuts, endMs) => {
        const starts = [0, ...cuts.filter((cut) => cut > 0)].sort((a, b) => a - b);
        const plans = planned.map((of, i) => ({ ...of, activity: areAway[i] === true ? 'break' : 'work' }));
        const counted = new Map<number, { scheduledMs: number; adherentMs: number }>();
        for (let at = 0; at < endMs; at++) {
          const now = plans.find(({ fromMs, toMs }) => fromMs <= at && at < toMs);
          if (now === undefined) continue;
          const start = starts.findLast((of) => of <= at) ?? 0;
          const works = working.some(({ fromMs, toMs }) => fromMs <= at && at < toMs);
          const cell = counted.get(start) ?? { scheduledMs: 0, adherentMs: 0 };
          cell.scheduledMs += 1;
          if (works === (now.activity === 'work')) cell.adherentMs += 1;
          counted.set(start, cell);
        }
        const found = adherenceOf(question({ starts, endMs, planned: plans, working }));
        expect(new Map([...found].sort(([a], [b]) => a - b))).toEqual(
          new Map([...counted].sort(([a], [b]) => a - b)),
        );
      },
    ),
  );
});

import { expect, test } from 'vitest';
import { type DayRow, dayOf, INTERVAL_MS } from '../../../../../query-api/pages/wallboard/day.ts';
import type { LiveFigures } from '../../../../../schemas/live.ts';

const START_MS = Date.parse('2026-11-24T12:00:00Z');
const row = (index: number, rest: Partial<DayRow> = {}): DayRow => ({
  interval_start: new Date(START_MS + index * INTERVAL_MS).toISOString(),
  offered: 10,
  service_level: 0.5,
  staffed_s: 3600,
  ...rest,
});
const figures = (offered: number, met: number, counted: number): LiveFigures => ({
  offered,
  answered: counted,
  abandoned: 0,
  answered_within: met,
  sl_met: met,
  sl_counted: counted,
  service_level: null,
  abandonment_rate: null,
  asa_s: null,
  aht_s: null,
  occupancy: null,
});
const NOW_MS = START_MS + INTERVAL_MS + 60_000;

test('past intervals are the API’s, the running one is the live figures together, the future is empty', () => {
  const day = dayOf([row(0), row(1), row(2)], [figures(3, 2, 2), figures(5, 1, 2)], NOW_MS);
  expect(day).toEqual({
    atS: [0, 1, 2].map((index) => (START_MS + index * INTERVAL_MS) / 1000),
    offered: [10, 8, null],
    serviceLevel: [50, 75, null],
    staffed: [4, null, null],
  });
});

test('without live figures the running interval is as the API has it; no contact has no service level', () => {
  expect(dayOf([row(1)], [], NOW_MS)).toMatchObject({ offered: [10], serviceLevel: [50] });
  expect(dayOf([row(1)], [figures(0, 0, 0)], NOW_MS)).toMatchObject({ offered: [0], serviceLevel: [null] });
  expect(dayOf([row(0, { service_level: null })], [], NOW_MS)).toMatchObject({ serviceLevel: [null] });
});

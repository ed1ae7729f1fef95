/** The agents an interval needs: metrics.md's case, each kind of target, shrinkage, and that one fewer would not do. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Demand,
  MAX_AGENTS,
  performanceOf,
  type StaffingFigures,
  type StaffingPlan,
  scheduledAgents,
  staffInterval,
  type Targets,
} from '../../../../query-api/staffing/staff.ts';
import { SERVICE_LEVEL_NAMES } from '../../../../schemas/service-level.ts';

const NO_TARGETS: Targets = { serviceLevel: null, asaMs: null, abandonment: null, maxOccupancy: null };
const plan = (targets: Partial<Targets>, rest: Partial<StaffingPlan> = {}): StaffingPlan => ({
  targets: { ...NO_TARGETS, ...targets },
  level: { formula: 'abandons_negative', countExits: false },
  thresholdMs: 20_000,
  shortAbandonMs: 5000,
  patienceMs: null,
  shrinkage: 0,
  agents: null,
  ...rest,
});
/** 100 calls of 180 s in half an hour: 10 erlangs. */
const BOOK: Demand = { calls: 100, periodMs: 1_800_000, handleMs: 180_000 };
const staff = (demand: Demand, asked: StaffingPlan): StaffingFigures => {
  const figures = staffInterval(demand, asked);
  if (figures === null) throw new Error('out of reach');
  return figures;
};
const PATIENT = { patienceMs: 180_000 };

describe('targets', () => {
  test.each<[string, StaffingPlan, number]>([
    [
      'a service level of .8 (pyworkforce, test_expected_erlangc_results: 14)',
      plan({ serviceLevel: 0.8 }),
      14,
    ],
    ['a service level of .9', plan({ serviceLevel: 0.9 }), 15],
    ['a mean wait of 8 s', plan({ asaMs: 8000 }), 14],
    ['a mean wait of 7.8 s', plan({ asaMs: 7800 }), 15],
    ['an occupancy of at most .7', plan({ maxOccupancy: 0.7 }), 15],
    ['an occupancy of at most 10/14, reached exactly', plan({ maxOccupancy: 10 / 14 }), 14],
    ['the strictest of several', plan({ serviceLevel: 0.8, maxOccupancy: 0.5, asaMs: 60_000 }), 20],
    ['no more than 12.6 % lost of impatient callers', plan({ abandonment: 0.126 }, PATIENT), 10],
    ['no more than 12.5 % lost', plan({ abandonment: 0.125 }, PATIENT), 11],
    ['no more than 2 % lost', plan({ abandonment: 0.02 }, PATIENT), 14],
    ['nothing at all', plan({}), 1],
  ])('%s', (_, asked, agents) => {
    expect(staff(BOOK, asked).agents).toBe(agents);
  });

  test('an occupancy reached exactly is not missed for a binary fraction', () => {
    const calls = (occupancy: number, agents: number): Demand => ({
      ...BOOK,
      calls: occupancy * agents * 10,
    });
    for (let percent = 1; percent < 100; percent += 1) {
      for (const agents of [1, 7, 10, 49, 100]) {
        expect(staff(calls(percent / 100, agents), plan({ maxOccupancy: percent / 100 })).agents).toBe(
          agents,
        );
      }
    }
  });

  test('every service-level formula may be the target, by the table of metrics.md', () => {
    const levels = SERVICE_LEVEL_NAMES.map((formula) => {
      const level = { formula, countExits: false };
      return staff(BOOK, plan({}, { ...PATIENT, level, agents: 10 })).service_level ?? 0;
    });
    const { abandonment, answeredWithin, abandonedWithin } = performanceOf(BOOK, 180_000, 10);
    const [a, b, s] = [answeredWithin(20_000), abandonedWithin(20_000), abandonedWithin(5000)];
    expect(levels).toEqual([a / (1 - abandonment), a, a + b, a / (1 - b), a / (1 - s), a + s].map(near));
  });

  test('what no number of agents reaches has no answer', () => {
    expect(staffInterval({ ...BOOK, calls: 90_000 }, plan({ maxOccupancy: 0.4 }))).toBeNull();
    expect(staff({ ...BOOK, calls: 90_000 }, plan({ maxOccupancy: 0.45 })).agents).toBe(MAX_AGENTS);
  });
});

const near = (value: number): unknown => expect.closeTo(value, 12);

describe('figures', () => {
  test('of the book’s 14 agents', () => {
    expect(staff(BOOK, plan({ serviceLevel: 0.8 }, { shrinkage: 0.3 }))).toEqual({
      agents: 14,
      service_level: expect.closeTo(0.8884, 4),
      asa_s: expect.closeTo(7.84, 2),
      occupancy: expect.closeTo(0.7143, 4),
      wait_probability: expect.closeTo(0.1741, 4),
      abandonment_rate: 0,
      scheduled_agents: 20,
    });
  });
  test('of a number of agents that cannot keep up', () => {
    const without = staff(BOOK, plan({}, { agents: 10 }));
    expect(without).toMatchObject({ service_level: 0, asa_s: null, occupancy: 1, wait_probability: 1 });
    expect(staff(BOOK, plan({}, { agents: 10, ...PATIENT })).abandonment_rate).toBeCloseTo(0.1251, 4);
    const nobody = staff(BOOK, plan({}, { agents: 0, ...PATIENT }));
    expect(nobody).toMatchObject({ service_level: 0, asa_s: null, occupancy: null, abandonment_rate: 1 });
  });
  test('of an interval without calls: nobody needed, and nothing to measure', () => {
    expect(staff({ ...BOOK, calls: 0 }, plan({ serviceLevel: 0.9 }))).toEqual({
      agents: 0,
      service_level: null,
      asa_s: null,
      occupancy: null,
      wait_probability: null,
      abandonment_rate: null,
      scheduled_agents: 0,
    });
    expect(staff({ ...BOOK, calls: 0 }, plan({}, { agents: 3 })).occupancy).toBe(0);
  });
});

describe('shrinkage', () => {
  test.each([
    [14, 0.3, 20],
    [21, 0.3, 30],
    [7, 0.3, 10],
    [9, 0.1, 10],
    [3, 0.4, 5],
    [15, 0.3, 22],
    [0, 0.3, 0],
    [10, 0, 10],
    [1, 0.99, 100],
    [20_000, 0.333333, 30_000],
  ])('%i agents with %d off: schedule %i', (agents, shrinkage, scheduled) => {
    expect(scheduledAgents(agents, shrinkage)).toBe(scheduled);
  });
  test('is exact in every hundredth, by whole numbers', () => {
    for (let percent = 0; percent < 100; percent += 1) {
      for (let agents = 0; agents <= 500; agents += 1) {
        const present = 100 - percent;
        const exact = (agents * 100 - ((agents * 100) % present)) / present;
        const expected = (agents * 100) % present === 0 ? exact : exact + 1;
        expect(scheduledAgents(agents, percent / 100)).toBe(expected);
      }
    }
  });
});

const targets = fc.record({
  serviceLevel: fc.option(fc.double({ min: 0.05, max: 0.99, noNaN: true })),
  asaMs: fc.option(fc.integer({ min: 500, max: 120_000 })),
  abandonment: fc.option(fc.double({ min: 0.005, max: 0.5, noNaN: true })),
  maxOccupancy: fc.option(fc.double({ min: 0.3, max: 1, noNaN: true })),
});
const demands = fc.record({
  calls: fc.oneof(fc.double({ min: 0.01, max: 20, noNaN: true }), fc.integer({ min: 1, max: 20_000 })),
  periodMs: fc.constantFrom(900_000, 1_800_000, 3_600_000),
  handleMs: fc.integer({ min: 1000, max: 900_000 }),
});

test('the agents found reach every target, and one fewer would miss one', () => {
  fc.assert(
    fc.property(
      demands,
      targets,
      fc.option(fc.integer({ min: 1000, max: 3_600_000 })),
      fc.constantFrom(...SERVICE_LEVEL_NAMES),
      (demand, asked, patienceMs, formula) => {
        const abandonment = patienceMs === null ? null : asked.abandonment;
        const level = { formula, countExits: false };
        const found = staffInterval(demand, plan({ ...asked, abandonment }, { patienceMs, level }));
        if (found === null) return;
        const reaches = (agents: number): boolean => {
          if (agents === 0) return false;
          const figures = staff(demand, plan({}, { patienceMs, level, agents }));
          const atMost = (value: number | null, most: number | null): boolean =>
            most === null || (value !== null && value <= most * (1 + 1e-9));
          return (
            (asked.serviceLevel === null || (figures.service_level ?? 0) >= asked.serviceLevel - 1e-9) &&
            atMost(figures.asa_s === null ? null : figures.asa_s * 1000, asked.asaMs) &&
            atMost(figures.abandonment_rate, abandonment) &&
            atMost(figures.occupancy, asked.maxOccupancy)
          );
        };
        expect(reaches(found.agents)).toBe(true);
        expect(reaches(found.agents - 1)).toBe(false);
      },
    ),
    { numRuns: 300, seed: 6 },
  );
});

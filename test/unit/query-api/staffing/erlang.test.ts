/** Erlang's formulas against published figures, and against queues computed the long way. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { erlangB, erlangC, erlangCPerformance } from '../../../../query-api/staffing/erlang.ts';
import { erlangAPerformance } from '../../../../query-api/staffing/erlang-a.ts';
import { type Centre, type Outcome, simulateCentre, solveCentre } from '../../../support/birth-death.ts';

const HANDLE_MS = 180_000;

const erlangA = (load: number, agents: number, patienceMs: number, handleMs = HANDLE_MS) =>
  erlangAPerformance({ load, handleMs, patienceMs }, agents);

describe('published figures', () => {
  test.each([
    // Erlang's own table: 10 erlangs on 10 lines.
    [10, 10, 0.2146],
    // Wolfram, Enhanced Core Algorithms: a loss of about 0.05 with 30 lines and 25 erlangs.
    [25, 30, 0.0526],
    [0, 0, 1],
    [0, 5, 0],
  ])('Erlang B of %d erlangs on %i lines is %d', (load, lines, expected) => {
    expect(Math.abs(erlangB(load, lines) - expected)).toBeLessThan(0.0005);
  });

  test.each([
    // github.com/perehinik/call-center-tools, python/tests/unit/test_staffing.py
    [123, 132, 0.3211],
    [12_345, 12_421, 0.3812],
    [1000, 900, 1],
  ])('Erlang C of %d erlangs on %i agents is %d', (load, agents, expected) => {
    expect(erlangC(load, agents)).toBeCloseTo(expected, 4);
  });

  test('100 calls of 180 s in 30 min on 14 agents (CRAN package ErlangC, README; metrics.md)', () => {
    const { waitProbability, asaMs, occupancy, answeredWithin } = erlangCPerformance(10, HANDLE_MS, 14);
    expect(waitProbability).toBeCloseTo(0.1741319, 7);
    expect(asaMs()).toBeCloseTo(7835.93701177724, 8);
    expect(occupancy).toBeCloseTo(0.7142857, 7);
    expect(answeredWithin(20_000)).toBeCloseTo(0.88835, 5);
  });

  test('metrics.md: 15 agents answer .9415 within 20 s', () => {
    expect(erlangCPerformance(10, HANDLE_MS, 15).answeredWithin(20_000)).toBeCloseTo(0.9415, 4);
  });

  test.each([
    [10, 0.1251],
    [14, 0.0187],
  ])('metrics.md: with patience 180 s, %i agents lose %d', (agents, expected) => {
    expect(erlangA(10, agents, 180_000).abandonment).toBeCloseTo(expected, 4);
  });

  // O. Garnett, A. Mandelbaum, M. Reiman, Designing a Call Center with Impatient Customers (2002), table 1: 48 calls a
  // minute of one minute on 50 agents; 20.8 s without abandonment, and with a patience of two minutes 3.1 %, 93 %.
  test('Garnett, Mandelbaum and Reiman: the same centre without and with impatience', () => {
    const patient = erlangCPerformance(48, 60_000, 50);
    const impatient = erlangA(48, 50, 120_000, 60_000);
    expect((patient.asaMs() ?? 0) / 1000).toBeCloseTo(20.8, 1);
    expect(patient.occupancy).toBeCloseTo(0.96, 12);
    expect(impatient.abandonment).toBeCloseTo(0.031, 3);
    expect(impatient.occupancy).toBeCloseTo(0.93, 2);
  });
});

/** The formulas' figures in the oracle's units. */
const computed = ({ load, agents, patience }: Centre, limit: number): Outcome => {
  const performance = Number.isFinite(patience)
    ? erlangA(load, agents, patience * HANDLE_MS)
    : erlangCPerformance(load, HANDLE_MS, agents);
  return {
    waitProbability: performance.waitProbability,
    abandonment: performance.abandonment,
    meanWait: (performance.asaMs() ?? Number.NaN) / HANDLE_MS,
    answeredWithin: performance.answeredWithin(limit * HANDLE_MS),
    abandonedWithin: performance.abandonedWithin(limit * HANDLE_MS),
  };
};
const expectNear = (actual: Outcome, expected: Outcome, tolerance: number): void => {
  for (const name of Object.keys(expected) as (keyof Outcome)[]) {
    const allowed = tolerance * Math.max(1, expected[name]);
    expect(Math.abs(actual[name] - expected[name]), `${name} ${actual[name]}`).toBeLessThan(allowed);
  }
};

const between = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const centres = fc
  .record({ agents: fc.integer({ min: 1, max: 25 }), use: between(0.05, 2), patience: between(0.02, 4) })
  .map(({ agents, use, patience }): Centre => ({ load: agents * use, agents, patience }));

describe('against queues computed the long way', () => {
  test('Erlang A agrees with the birth-death chain and a caller followed through it', () => {
    fc.assert(
      fc.property(centres, between(0, 1.5), (centre, limit) => {
        expectNear(computed(centre, limit), solveCentre(centre, limit), 1e-9);
      }),
      { numRuns: 120, seed: 6 },
    );
  });

  test('Erlang C agrees with it too', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 15 }),
        between(0.05, 0.8),
        between(0, 1),
        (agents, use, limit) => {
          const centre = { load: agents * use, agents, patience: Number.POSITIVE_INFINITY };
          expectNear(computed(centre, limit), solveCentre(centre, limit), 1e-9);
        },
      ),
      { numRuns: 40, seed: 6 },
    );
  });

  test.each<Centre>([
    { load: 10, agents: 14, patience: Number.POSITIVE_INFINITY },
    { load: 10, agents: 11, patience: 1 },
    { load: 10, agents: 8, patience: 0.5 },
  ])('a simulation of 300,000 callers comes near: %j', (centre) => {
    expectNear(computed(centre, 1 / 9), simulateCentre(centre, 1 / 9, 300_000, 1), 0.01);
  });
});

const figures = (performance: ReturnType<typeof erlangA>, limitMs: number): readonly number[] => [
  performance.waitProbability,
  performance.abandonment,
  performance.occupancy ?? 0,
  performance.answeredWithin(limitMs),
  performance.abandonedWithin(limitMs),
];
const hugeCentres = fc.record({
  load: fc.oneof(between(1e-6, 1), between(1, 200), between(200, 10_000)),
  agents: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 200, max: 20_000 })),
  handleMs: fc.integer({ min: 1, max: 7_200_000 }),
  patienceMs: fc.integer({ min: 1, max: 86_400_000 }),
  limitMs: fc.integer({ min: 0, max: 3_600_000 }),
});

describe('laws', () => {
  test('probabilities stay within 0..1 and waits are no less than 0, up to 10,000 erlangs and 20,000 agents', () => {
    fc.assert(
      fc.property(hugeCentres, ({ load, agents, handleMs, patienceMs, limitMs }) => {
        const both = [
          erlangA(load, agents, patienceMs, handleMs),
          erlangCPerformance(load, handleMs, agents),
        ];
        for (const performance of both) {
          for (const figure of figures(performance, limitMs)) {
            expect(figure).toBeGreaterThanOrEqual(0);
            expect(figure).toBeLessThanOrEqual(1 + 1e-12);
          }
          const asaMs = performance.asaMs();
          if (asaMs !== null) {
            expect(asaMs).toBeGreaterThanOrEqual(0);
            expect(asaMs).toBeLessThan(Number.POSITIVE_INFINITY);
          }
        }
      }),
      { numRuns: 400, seed: 6 },
    );
  });

  test('one agent more never makes anything worse', () => {
    fc.assert(
      fc.property(hugeCentres, ({ load, agents, handleMs, patienceMs, limitMs }) => {
        const slack = 1e-9;
        const [fewer, more] = [agents, agents + 1].map((n) => erlangA(load, n, patienceMs, handleMs));
        const [wait = 0, abandonment = 0, , answered = 0] =
          fewer === undefined ? [] : figures(fewer, limitMs);
        const [wait1 = 0, abandonment1 = 0, , answered1 = 0] =
          more === undefined ? [] : figures(more, limitMs);
        expect(wait1).toBeLessThanOrEqual(wait + slack);
        expect(abandonment1).toBeLessThanOrEqual(abandonment + slack);
        expect(answered1).toBeGreaterThanOrEqual(answered - slack);
        const [asa, asa1] = [fewer?.asaMs() ?? Number.POSITIVE_INFINITY, more?.asaMs() ?? 0];
        expect(asa1).toBeLessThanOrEqual(asa * (1 + 1e-6) + slack);
        expect(erlangC(load, agents + 1)).toBeLessThanOrEqual(erlangC(load, agents) + slack);
      }),
      { numRuns: 400, seed: 6 },
    );
  });

  test('the more patient the callers, the nearer Erlang A comes to Erlang C', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), between(0.3, 0.95), (agents, use) => {
        const load = agents * use;
        const limit = erlangCPerformance(load, HANDLE_MS, agents);
        const distances = [1e6, 1e8, 1e10].map((patienceMs) =>
          Math.abs(erlangA(load, agents, patienceMs).waitProbability - limit.waitProbability),
        );
        const last = erlangA(load, agents, 1e10);
        expect(distances[2]).toBeLessThanOrEqual((distances[0] ?? 0) + 1e-9);
        expect(distances[2]).toBeLessThan(0.002);
        expect(last.abandonment).toBeLessThan(0.001);
        expect(Math.abs(last.answeredWithin(20_000) - limit.answeredWithin(20_000))).toBeLessThan(0.002);
        expect(Math.abs((last.asaMs() ?? 0) / (limit.asaMs() ?? 0) - 1)).toBeLessThan(0.02);
      }),
      { numRuns: 100, seed: 6 },
    );
  });

  test('who is neither answered nor given up in time waits; in the end everyone is one or the other', () => {
    fc.assert(
      fc.property(hugeCentres, ({ load, agents, handleMs, patienceMs }) => {
        const performance = erlangA(load, agents, patienceMs, handleMs);
        const longMs = 50 * patienceMs;
        const all = performance.answeredWithin(longMs) + performance.abandonedWithin(longMs);
        expect(Math.abs(all - 1)).toBeLessThan(1e-9);
        expect(performance.abandonedWithin(longMs)).toBeCloseTo(performance.abandonment, 9);
        const atOnce = performance.answeredWithin(0);
        expect(Math.abs(atOnce - (1 - performance.waitProbability))).toBeLessThan(1e-9);
      }),
      { numRuns: 200, seed: 6 },
    );
  });
});

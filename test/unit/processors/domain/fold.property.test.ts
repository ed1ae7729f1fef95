import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulationDefaults } from '../../../../ingest/feeds/simulator/centre-plan.ts';
import { simulateCentre } from '../../../../ingest/feeds/simulator/simulate-centre.ts';
import type { CanonicalEvent } from '../../../../schemas/events.ts';
import {
  publicLegs,
  publicQueueIntervals,
  publicTables,
  run,
  type Tables,
} from '../../../support/folding.ts';
import { naiveBatch } from '../../../support/naive-batch.ts';

const HOUR_MS = 3_600_000;
const MORNING = Date.parse('2026-03-02T09:00:00Z');

/** A few hours of a small simulated centre. */
const centre = (seed: number, hours: number): CanonicalEvent[] => [
  ...simulateCentre(
    simulationDefaults({
      seed,
      tenant: 'default',
      source: 'sim',
      startMs: MORNING,
      untilMs: MORNING + hours * HOUR_MS,
      queues: 3,
      agents: 12,
    }),
  ),
];

const log = centre(7, 3);
const whole = publicTables(run(log));
const batches = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 12 });

describe('the same log gives the same rows', () => {
  it('however it is cut into batches', () => {
    fc.assert(
      fc.property(batches, (sizes) => {
        expect(publicTables(run(log, { batches: sizes }))).toEqual(whole);
      }),
      { numRuns: 25 },
    );
  });

  it('wherever the worker dies between landing and snapshot', () => {
    fc.assert(
      fc.property(batches, fc.integer({ min: 2, max: 7 }), (sizes, every) => {
        let crashes = 0;
        const crashAfterBatch = (batch: number): boolean => batch % every === 0 && crashes++ < 40;
        expect(publicTables(run(log, { batches: sizes, crashAfterBatch }))).toEqual(whole);
      }),
      { numRuns: 25 },
    );
  });

  it('whatever is doubled', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(log.length - 1), { maxLength: 200 }), (doubled) => {
        const again = new Set(doubled);
        const noisy = log.flatMap((event, i) => (again.has(i) ? [event, event] : [event]));
        expect(publicTables(run(noisy))).toEqual(whole);
      }),
      { numRuns: 25 },
    );
  });

  it('in whatever order it arrives within the stated lateness', () => {
    const latenessMs = 60_000;
    const declare = (event: CanonicalEvent): CanonicalEvent =>
      event.body.type === 'source_declared'
        ? { ...event, body: { ...event.body, lateness_ms: latenessMs } }
        : event;
    const [first, ...rest] = log.map(declare);
    const last = log.at(-1);
    if (first === undefined || last === undefined) throw new Error('the simulated centre said nothing');
    const close: CanonicalEvent = { ...last, seq: 'close', body: { type: 'source_progressed' } };
    const inOrder = publicTables(run([first, ...rest, close]));
    fc.assert(
      fc.property(fc.infiniteStream(fc.integer({ min: 0, max: latenessMs - 1 })), (delays) => {
        const arrived = rest
          .map((event) => ({ event, arrivesAt: event.event_time + (delays.next().value ?? 0) }))
          .sort((a, b) => a.arrivesAt - b.arrivesAt)
          .map(({ event }) => event);
        expect(publicTables(run([first, ...arrived, close]))).toEqual(inOrder);
      }),
      { numRuns: 15 },
    );
  });
});

const conserved = (tables: Tables): void => {
  for (const row of publicQueueIntervals(tables)) {
    const n = (name: string): number => Number(row[name] ?? 0);
    const exits = ['timed_out', 'left_empty', 'key_exit', 'overflowed', 'callback', 'withdrawn', 'unknown']
      .map(n)
      .reduce((a, b) => a + b, 0);
    expect(n('offered')).toBe(n('answered') + n('abandoned') + exits + n('in_progress'));
  }
};

describe('in every interval, at every moment', () => {
  it('offered = answered + abandoned + exits + in progress', () => {
    fc.assert(
      fc.property(fc.nat(log.length), (length) => conserved(run(log.slice(0, length)))),
      { numRuns: 25 },
    );
  });

  it("an agent's time in all states is his staffed time, and queues add up to the centre", () => {
    for (const row of whole.agentIntervals) {
      const states = ['available', 'ringing', 'on_contact', 'on_hold', 'wrap_up', 'unavailable'];
      expect(states.map((state) => Number(row[`${state}_ms`])).reduce((a, b) => a + b)).toBe(row.staffed_ms);
      expect(Number(row.staffed_ms)).toBeLessThanOrEqual(900_000);
    }
    for (const name of ['on_contact_ms', 'on_hold_ms', 'wrap_up_ms', 'available_ms', 'staffed_ms']) {
      const sum = (rows: readonly Record<string, unknown>[]): number =>
        rows.reduce((total, row) => total + Number(row[name] ?? 0), 0);
      expect([name, sum(whole.queueIntervals)]).toEqual([name, sum(whole.agentIntervals)]);
    }
  });
});

type NaiveQueueInterval = ReturnType<typeof naiveBatch>['queueIntervals'][number];

const COUNTERS = (row: NaiveQueueInterval): object => ({
  ...row,
  // Shares of a millisecond are the fold's own business (see the sharing tests).
  available_ms: 0,
  staffed_ms: 0,
});
const ordered = (rows: readonly object[]): object[] =>
  [...rows].sort((a, b) => {
    const key = (row: object): string => {
      const { queue, channel, interval_start } = row as NaiveQueueInterval;
      return [queue, channel, interval_start].join('|');
    };
    return key(a) < key(b) ? -1 : 1;
  });

describe('the fold agrees with a naive computation over the whole log', () => {
  it.each([11, 12, 13])('for a simulated centre of seed %i', (seed) => {
    const events = centre(seed, 6);
    const naive = naiveBatch(events);
    const tables = run(events);
    const legs = publicLegs(tables).map(({ version: _, ...leg }) => leg);
    const byLeg = (a: { contact_id: string; leg: number }, b: { contact_id: string; leg: number }): number =>
      a.contact_id === b.contact_id ? a.leg - b.leg : a.contact_id < b.contact_id ? -1 : 1;
    expect(legs.sort(byLeg)).toEqual([...naive.contactLegs].sort(byLeg));
    const folded = publicQueueIntervals(tables) as unknown as NaiveQueueInterval[];
    const offeredIn = (rows: readonly NaiveQueueInterval[]): object[] => ordered(rows.map(COUNTERS));
    expect(offeredIn(folded)).toEqual(offeredIn(naive.queueIntervals));
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulationDefaults } from '../../../../ingest/feeds/simulator/centre-plan.ts';
import { simulateCentre } from '../../../../ingest/feeds/simulator/simulate-centre.ts';
import type { CanonicalEvent } from '../../../../schemas/events.ts';
import { declaringBy, definitionFor, ruleOf } from '../../../support/alert-rules.ts';
import { publicAlerts, publicLegs, run, type Tables } from '../../../support/folding.ts';

const MORNING = Date.parse('2026-03-02T08:00:00Z');
const HOURS = 3;
const RULES = [
  ruleOf('waiting > 3 for 20 s', { clear: '1' }),
  ruleOf('waiting > 0'),
  ruleOf('oldest_waiting > 60 s', { clearAfter: '30 s' }),
  ruleOf('oldest_waiting >= 45 s', { clear: '20 s' }),
  ruleOf('service_level < 0.8 for 3 min', { clear: '0.85', clearAfter: '1 min' }),
  ruleOf('service_level < 0.9', { minOffered: '4', queues: ['sal*', '*ling'] }),
  ruleOf('abandonment_rate > 10 % for 1 min'),
  ruleOf('agents_available < 1 for 10 s'),
  ruleOf('agents_staffed < 3'),
  ruleOf('silent_for > 20 s'),
];

/** One queue is measured by its own. */
const DEFINITIONS = [
  definitionFor('sal*', { formula: 'short_met', threshold_ms: 15_000, count_exits: true }),
];

/** A few hours of a small, overloaded centre, with rules from the beginning. */
const centre = (seed: number): CanonicalEvent[] => {
  const events = [
    ...simulateCentre(
      simulationDefaults({
        seed,
        tenant: 'default',
        source: 'sim',
        startMs: MORNING,
        untilMs: MORNING + HOURS * 3_600_000,
        queues: 3,
        agents: 8,
        callsPerSecond: 0.06,
      }),
    ),
  ];
  const [first, ...rest] = events;
  const last = events.at(-1);
  if (first === undefined || last === undefined) throw new Error('the simulated centre said nothing');
  const rules: CanonicalEvent = { ...first, seq: 'rules', body: declaringBy(DEFINITIONS, ...RULES) };
  const close: CanonicalEvent = {
    ...last,
    seq: 'zz-close',
    event_time: last.event_time + 60_000,
    body: { type: 'source_progressed' },
  };
  return [first, rules, ...rest, close];
};

const log = centre(7);
const tablesOfWhole = run(log);
const whole = publicAlerts(tablesOfWhole);
const batches = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 12 });

it('the centre breaks every rule, so that the laws below are about something', () => {
  expect(RULES.filter(({ id }) => !whole.some(({ rule }) => rule === id)).map(({ id }) => id)).toEqual([]);
});

describe('the same log raises and clears the same alerts', () => {
  it('however it is cut into batches, and wherever the worker dies between landing and snapshot', () => {
    fc.assert(
      fc.property(batches, fc.integer({ min: 2, max: 7 }), (sizes, every) => {
        let crashes = 0;
        const crashAfterBatch = (batch: number): boolean => batch % every === 0 && crashes++ < 10;
        const tables = run(log, { batches: sizes, crashAfterBatch });
        expect(tables.alerts).toEqual(tablesOfWhole.alerts);
      }),
      { numRuns: 8 },
    );
  });

  it('whatever is doubled', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(log.length - 1), { maxLength: 200 }), (doubled) => {
        const again = new Set(doubled);
        const noisy = log.flatMap((event, i) => (again.has(i) ? [event, event] : [event]));
        expect(publicAlerts(run(noisy))).toEqual(whole);
      }),
      { numRuns: 8 },
    );
  });

  it('in whatever order it arrives within the stated lateness', () => {
    const latenessMs = 60_000;
    const [declared, rules, ...rest] = log.map((event) =>
      event.body.type === 'source_declared'
        ? { ...event, body: { ...event.body, lateness_ms: latenessMs } }
        : event,
    );
    const close = rest.pop();
    if (declared === undefined || rules === undefined || close === undefined) throw new Error('no log');
    fc.assert(
      fc.property(fc.infiniteStream(fc.integer({ min: 0, max: latenessMs - 1 })), (delays) => {
        const arrived = rest
          .map((event) => ({ event, arrivesAt: event.event_time + (delays.next().value ?? 0) }))
          .sort((a, b) => a.arrivesAt - b.arrivesAt)
          .map(({ event }) => event);
        expect(publicAlerts(run([declared, rules, ...arrived, close]))).toEqual(whole);
      }),
      { numRuns: 8 },
    );
  });
});

interface Span {
  readonly queue: string;
  readonly raised_at: number;
  readonly cleared_at: number | null;
}
const byTime = (a: Span, b: Span): number =>
  a.raised_at - b.raised_at || (a.queue < b.queue ? -1 : a.queue > b.queue ? 1 : 0);
const spansOf = (tables: Tables, id: string): Span[] =>
  publicAlerts(tables)
    .filter(({ rule }) => rule === id)
    .map(({ queue, raised_at, cleared_at }) => ({ queue, raised_at, cleared_at }))
    .sort(byTime);

/** Stretches in which at least one of the given ones lasts; stretches that touch are one. */
const union = (stretches: readonly { from: number; to: number }[]): { from: number; to: number }[] => {
  const joined: { from: number; to: number }[] = [];
  for (const { from, to } of [...stretches].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else joined.push({ from, to });
  }
  return joined;
};

describe('alerts agree with a naive computation over all waits', () => {
  it.each([1, 2, 3])('of a simulated centre of seed %i', (seed) => {
    const tables = run(centre(seed));
    const waits = publicLegs(tables)
      .filter(({ wait_ms, ended_at, answered_at }) => wait_ms !== null && (answered_at ?? ended_at) !== null)
      .map(({ queue, offered_at, answered_at, ended_at }) => ({
        queue,
        from: offered_at,
        to: answered_at ?? ended_at ?? 0,
      }));
    const naive = (afterMs: number, keptMs: number): Span[] =>
      [...new Set(waits.map(({ queue }) => queue))]
        .flatMap((queue) => {
          const broken = waits
            .filter((wait) => wait.queue === queue && wait.to - wait.from > afterMs)
            .map(({ from, to }) => ({ from: from + afterMs, to: to + keptMs }));
          return union(broken).map(({ from, to }) => ({ queue, raised_at: from, cleared_at: to }));
        })
        .sort(byTime);
    const lastWait = Math.max(...waits.map(({ to }) => to));
    const settled = (spans: Span[]): Span[] =>
      spans.filter(({ raised_at }) => raised_at < lastWait - 3_600_000);
    expect(settled(spansOf(tables, 'oldest_waiting > 60 s'))).toEqual(settled(naive(60_001, 30_000)));
    expect(settled(spansOf(tables, 'oldest_waiting > 60 s')).length).toBeGreaterThan(3);
  });
});

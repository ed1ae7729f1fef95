import { describe, expect, test } from 'vitest';
import {
  DAY_MS,
  demandAt,
  HOUR_MS,
  planAgents,
  planQueues,
  type SimulationOptions,
  simulationDefaults,
} from '../../../../ingest/feeds/simulator/centre-plan.ts';
import { simulateCentre } from '../../../../ingest/feeds/simulator/simulate-centre.ts';
import { type TrueLeg, truthUntil } from '../../../../ingest/feeds/simulator/truth.ts';
import type { CanonicalEvent } from '../../../../schemas/events.ts';

const START_MS = Date.UTC(2026, 2, 9);
const SEEDS = [1, 2, 3];

const day = (seed: number, more: Partial<SimulationOptions> = {}): SimulationOptions =>
  simulationDefaults({
    seed,
    tenant: 'acme',
    source: 'sim',
    startMs: START_MS,
    untilMs: START_MS + DAY_MS,
    ...more,
  });

const take = (events: Iterable<CanonicalEvent>, count: number): CanonicalEvent[] => {
  const taken: CanonicalEvent[] = [];
  for (const event of events) {
    if (taken.length === count) break;
    taken.push(event);
  }
  return taken;
};

describe('the stream', () => {
  test('is the same bytes for the same options, and other bytes for another seed', () => {
    const bytes = (seed: number): string => JSON.stringify([...simulateCentre(day(seed))]);
    expect(bytes(1)).toBe(bytes(1));
    expect(bytes(1)).not.toBe(bytes(2));
  });

  test('does not depend on how far it is read', () => {
    const endless = simulationDefaults({ seed: 4, tenant: 'acme', source: 'sim', startMs: START_MS });
    const whole = [...simulateCentre({ ...endless, untilMs: START_MS + DAY_MS })];
    expect(take(simulateCentre(endless), whole.length)).toEqual(whole);
    expect(take(simulateCentre(endless), 1_000)).toEqual(whole.slice(0, 1_000));
  });

  test('declares its source first, runs forward in whole milliseconds, and numbers its events in order', () => {
    const events = [...simulateCentre(day(1))];
    expect(events[0]?.body).toEqual({
      type: 'source_declared',
      feed: 'simulator',
      lateness_ms: 0,
      tracks_agents: true,
    });
    for (const [i, event] of events.entries()) {
      expect(Number.isInteger(event.event_time)).toBe(true);
      expect(event.event_time).toBeGreaterThanOrEqual(events[i - 1]?.event_time ?? START_MS);
      expect(event.event_time).toBeLessThan(START_MS + DAY_MS);
      expect(event.seq > (events[i - 1]?.seq ?? '')).toBe(true);
    }
  });

  test('of a centre begun at another time shares no seq with this one', () => {
    const seqs = (options: SimulationOptions): string[] => [...simulateCentre(options)].map(({ seq }) => seq);
    const later = day(1, { startMs: START_MS + HOUR_MS });
    expect(new Set([...seqs(day(1)), ...seqs(later)]).size).toBe(seqs(day(1)).length + seqs(later).length);
  });

  test('begun in the middle of a day, finds the agents of that hour at work', () => {
    const options = day(1, { startMs: START_MS + 10 * HOUR_MS });
    const here = take(simulateCentre(options), 500).filter(
      ({ body, event_time }) => body.type === 'agent_logged_in' && event_time === options.startMs,
    );
    expect(here.length).toBeGreaterThan(20);
  });

  test.each([
    { queues: 1, agents: 1, callsPerSecond: 0.01 },
    { queues: 15, agents: 7, callsPerSecond: 0.05 },
    { queues: 3, agents: 0, callsPerSecond: 0.05 },
    { queues: 6, agents: 40, callsPerSecond: 0 },
  ])('runs for $queues queues, $agents agents and $callsPerSecond calls a second', (size) => {
    const { legs } = truthUntil(day(1, size), START_MS + DAY_MS);
    expect(legs.length > 50).toBe(size.callsPerSecond > 0);
  });
});

describe.each(SEEDS)('a day of the default centre, seed %d', (seed) => {
  const { legs, segments } = truthUntil(day(seed), START_MS + DAY_MS);
  const answered = legs.filter(({ outcome }) => outcome === 'answered');
  const calls = legs.filter(({ leg }) => leg === 1);
  const mean = (values: readonly (number | null)[]): number =>
    values.reduce<number>((sum, value) => sum + (value ?? 0), 0) / values.length;

  test('calls come as a Poisson stream that follows the time of day', () => {
    for (const plan of planQueues(6, 40)) {
      for (const fromHour of [0, 8, 10, 14, 18]) {
        const hours = [0, 1, 2, 3].map((i) => demandAt(plan, (fromHour + i / 2 + 0.25) * HOUR_MS));
        const expected = day(seed).callsPerSecond * plan.share * 1_800 * hours.reduce((a, b) => a + b, 0);
        const from = START_MS + fromHour * HOUR_MS;
        const count = calls.filter(
          (leg) => leg.queue === plan.name && leg.offered_at >= from && leg.offered_at < from + 2 * HOUR_MS,
        ).length;
        expect(Math.abs(count - expected)).toBeLessThan(4.5 * Math.sqrt(expected) + 2);
      }
    }
  });

  test('talk, hold and wrap-up are as long as they should be', () => {
    const handled = answered.filter(({ ended_at }) => ended_at !== null);
    expect(mean(handled.map(({ talk_ms }) => talk_ms))).toBeGreaterThan(165_000);
    expect(mean(handled.map(({ talk_ms }) => talk_ms))).toBeLessThan(215_000);
    const wrapped = handled.filter(({ wrap_ms }) => wrap_ms !== null);
    expect(Math.abs(mean(wrapped.map(({ wrap_ms }) => wrap_ms)) - 30_000)).toBeLessThan(3_000);
    const held = handled.filter(({ hold_ms }) => (hold_ms ?? 0) > 0);
    expect(held.length / handled.length).toBeGreaterThan(0.1);
    expect(held.length / handled.length).toBeLessThan(0.3);
  });

  test('callers lose patience at the rate of a mean patience of 180 s', () => {
    const gaveUp = legs.filter(({ outcome }) => outcome === 'abandoned').length;
    const waited = legs.reduce((sum, leg) => sum + (leg.wait_ms ?? 0), 0);
    // Abandonments over time waited estimate the rate; 8 % of callers never lose patience.
    const meanPatienceMs = waited / gaveUp;
    expect(meanPatienceMs).toBeGreaterThan(150_000);
    expect(meanPatienceMs).toBeLessThan(250_000);
  });

  test('the centre is busy, and most callers are answered in time', () => {
    const abandoned = legs.filter(({ outcome }) => outcome === 'abandoned');
    const inTime = answered.filter(({ wait_ms }) => (wait_ms ?? 0) <= 20_000);
    const serviceLevel = inTime.length / (answered.length + abandoned.length);
    expect(serviceLevel).toBeGreaterThan(0.7);
    expect(serviceLevel).toBeLessThan(0.9);
    const spent = (states: readonly string[], from: number, to: number): number =>
      segments
        .filter(({ state }) => states.includes(state))
        .reduce((sum, s) => sum + Math.max(0, Math.min(s.ended_at, to) - Math.max(s.started_at, from)), 0);
    const busyHour = [START_MS + 10 * HOUR_MS, START_MS + 12 * HOUR_MS] as const;
    const busy = spent(['on_contact', 'on_hold', 'wrap_up'], ...busyHour);
    const occupancy = busy / (busy + spent(['available'], ...busyHour));
    expect(occupancy).toBeGreaterThan(0.72);
    expect(occupancy).toBeLessThan(0.92);
  });

  test('nobody is in two places at once, nor on a contact of a queue he has no skill for', () => {
    const skills = new Map(
      planAgents(40, planQueues(6, 40)).map(({ name, skills }) => [
        name,
        skills.map((skill) => planQueues(6, 40)[skill]?.name),
      ]),
    );
    for (const [i, segment] of segments.entries()) {
      expect(segment.ended_at).toBeGreaterThan(segment.started_at);
      const before = segments[i - 1];
      if (before?.agent === segment.agent) {
        expect(segment.started_at).toBeGreaterThanOrEqual(before.ended_at);
      }
      if (segment.queue !== '') expect(skills.get(segment.agent)).toContain(segment.queue);
    }
  });

  test('a leg is one stay: it waits, is answered or leaves, and its parts add up', () => {
    const wrong = (leg: TrueLeg): boolean => {
      if (leg.outcome === null) return leg.ended_at !== null;
      if (leg.outcome !== 'answered')
        return leg.agent !== '' || leg.answered_at !== null || leg.ended_at === null;
      const { wait_ms, ring_ms, talk_ms, hold_ms, answered_at, ended_at } = leg;
      if (wait_ms === null || ring_ms === null || answered_at === null) return true;
      if (leg.offered_at + wait_ms !== answered_at || ring_ms > wait_ms) return true;
      return ended_at !== null && answered_at + (talk_ms ?? 0) + (hold_ms ?? 0) !== ended_at;
    };
    expect(legs.filter(wrong)).toEqual([]);
  });

  test('legs of a contact are numbered from 1, each begun by the transfer of the one before', () => {
    const byName = new Map(legs.map((leg) => [`${leg.contact_id}/${leg.leg}`, leg]));
    expect(byName.size).toBe(legs.length);
    const later = legs.filter(({ leg }) => leg > 1);
    expect(later.length).toBeGreaterThan(100);
    for (const leg of later) {
      const before = byName.get(`${leg.contact_id}/${leg.leg - 1}`);
      expect(before?.transferred_to).toBe(leg.queue);
      expect(before?.ended_at).toBe(leg.offered_at);
    }
  });

  test('some callers call again', () => {
    const callers = calls.map(({ caller }) => caller).filter((caller) => caller !== '');
    const again = callers.length - new Set(callers).size;
    expect(again / callers.length).toBeGreaterThan(0.08);
    expect(again / callers.length).toBeLessThan(0.25);
  });
});

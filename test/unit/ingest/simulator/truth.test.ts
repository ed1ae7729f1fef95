import { describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS, simulationDefaults } from '../../../../ingest/feeds/simulator/centre-plan.ts';
import { simulateCentre } from '../../../../ingest/feeds/simulator/simulate-centre.ts';
import { type Truth, truthUntil } from '../../../../ingest/feeds/simulator/truth.ts';
import type { CanonicalEvent } from '../../../../schemas/events.ts';
import { statesOf } from '../../../support/naive-agents.ts';
import { naiveBatch } from '../../../support/naive-batch.ts';
import { agentIntervalsOf, queueIntervalsOf } from '../../../support/naive-totals.ts';

const START_MS = Date.UTC(2026, 2, 9);
const WHERE = { tenant: 'acme', source: 'sim' };

/** The events before `untilMs`, and a heartbeat there, so that all time up to it counts. */
const eventsUntil = (options: Parameters<typeof simulateCentre>[0], untilMs: number): CanonicalEvent[] => [
  ...simulateCentre({ ...options, untilMs }),
  {
    ...WHERE,
    seq: 'end',
    event_time: untilMs,
    recorded_at: untilMs,
    body: { type: 'source_progressed' },
  },
];

const byContact = (legs: Truth['legs']): Truth['legs'] =>
  legs.toSorted((a, b) =>
    a.contact_id === b.contact_id ? a.leg - b.leg : a.contact_id < b.contact_id ? -1 : 1,
  );

const scenarios = [
  { name: 'a day of the default centre', seed: 1, agents: 40, rush: 1, hours: 24 },
  { name: 'a day with another seed', seed: 2, agents: 40, rush: 1, hours: 24 },
  { name: 'a day with a third', seed: 3, agents: 40, rush: 1, hours: 24 },
  {
    name: 'a day far too busy, queues full and people waiting for ever',
    seed: 4,
    agents: 12,
    rush: 4,
    hours: 24,
  },
  { name: 'a morning cut in the middle of everything', seed: 5, agents: 40, rush: 1.4, hours: 10.37 },
  { name: 'two days with few agents, where queues are left empty', seed: 6, agents: 5, rush: 1, hours: 48 },
] as const;

describe('the events lead to what happened in the centre', () => {
  test.each(scenarios)('$name', ({ seed, agents, rush, hours }) => {
    const usual = simulationDefaults({ seed, ...WHERE, startMs: START_MS, agents });
    const options = { ...usual, callsPerSecond: usual.callsPerSecond * rush };
    const untilMs = START_MS + Math.round(hours * HOUR_MS);
    const truth = truthUntil(options, untilMs);
    const batch = naiveBatch(eventsUntil(options, untilMs));

    expect(batch.legs).toEqual(byContact(truth.legs));
    const own = truth.segments.map((segment) =>
      segment.queue === '' ? segment : { ...segment, queues: [segment.queue] },
    );
    expect(statesOf(batch.segments)).toEqual(statesOf(own));
    expect(batch.queueIntervals).toEqual(queueIntervalsOf(truth.legs, own));
    expect(batch.agentIntervals).toEqual(agentIntervalsOf(truth.legs, own));
  });
});

test('the busy and the small centre between them show every outcome the simulator knows', () => {
  const outcomes = new Set(
    scenarios.flatMap(({ seed, agents, rush, hours }) => {
      const usual = simulationDefaults({ seed, ...WHERE, startMs: START_MS, agents });
      const options = { ...usual, callsPerSecond: usual.callsPerSecond * rush };
      return truthUntil(options, START_MS + hours * HOUR_MS).legs.map(({ outcome }) => outcome);
    }),
  );
  expect(outcomes).toEqual(
    new Set([
      'abandoned',
      'answered',
      'key_exit',
      'left_empty',
      null,
      'refused_empty',
      'refused_full',
      'timed_out',
    ]),
  );
});

test('the truth of a time is the beginning of the truth of a later one', () => {
  const options = simulationDefaults({ seed: 9, ...WHERE, startMs: START_MS });
  const noon = START_MS + DAY_MS / 2;
  const early = truthUntil(options, noon);
  const late = truthUntil(options, START_MS + DAY_MS);
  const over = early.legs.filter(({ ended_at, wrap_ms }) => ended_at !== null && wrap_ms !== null);
  const lateByName = new Map(late.legs.map((leg) => [`${leg.contact_id}/${leg.leg}`, leg]));
  expect(over.length).toBeGreaterThan(500);
  for (const leg of over) expect(lateByName.get(`${leg.contact_id}/${leg.leg}`)).toEqual(leg);
});

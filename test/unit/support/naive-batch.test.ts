import { describe, expect, test } from 'vitest';
import type { CanonicalEvent, EventBody } from '../../../schemas/events.ts';
import { naiveBatch } from '../../support/naive-batch.ts';

const NINE = Date.UTC(2026, 2, 9, 9);
const at = (seconds: number): number => NINE + seconds * 1000;

/** A log of one source: `[seconds after nine, body]`. */
const log = (...lines: readonly (readonly [seconds: number, body: EventBody])[]): CanonicalEvent[] =>
  lines.map(([seconds, body], i) => ({
    tenant: 'acme',
    source: 'pbx',
    seq: String(i),
    event_time: at(seconds),
    recorded_at: 0,
    body,
  }));

const NOTHING = { wait_ms: null, talk_ms: null, hold_ms: null };
const WHO = {
  channel: 'voice',
  direction: 'inbound',
  language: 'en',
  site: '',
  tier: '',
  caller: 'c1',
} as const;
const offered = (contact_id: string, queue: string): EventBody => ({
  type: 'contact_offered',
  contact_id,
  queue,
  ...WHO,
  position: 1,
});
const work = (contact_id: string, queue: string, agent: string) => ({ contact_id, queue, agent });
const answered = (
  contact_id: string,
  queue: string,
  agent: string,
  stated: { wait_ms?: number; ring_ms?: number } = {},
): EventBody => ({
  type: 'contact_answered',
  ...work(contact_id, queue, agent),
  wait_ms: stated.wait_ms ?? null,
  ring_ms: stated.ring_ms ?? null,
});
const ended = (
  contact_id: string,
  queue: string,
  agent: string,
  stated: { wait_ms?: number; talk_ms?: number; hold_ms?: number } = {},
): EventBody => ({
  type: 'contact_ended',
  ...work(contact_id, queue, agent),
  ended_by: 'caller',
  ...NOTHING,
  ...stated,
});
const exited = (
  contact_id: string,
  queue: string,
  outcome: 'abandoned' | 'timed_out' = 'abandoned',
  wait_ms: number | null = null,
): EventBody => ({ type: 'contact_exited', contact_id, queue, outcome, wait_ms });
const loggedIn = (agent: string): EventBody => ({ type: 'agent_logged_in', agent });
const joined = (agent: string, queue: string): EventBody => ({
  type: 'agent_joined_queue',
  agent,
  queue,
  paused: false,
});
const heartbeat: EventBody = { type: 'source_progressed' };

describe('legs', () => {
  test('a call: waits 10 s, talks 60 s and then 20 s around a hold of 30 s, and 15 s are written up', () => {
    const { contactLegs } = naiveBatch(
      log(
        [0, offered('k', 'sales')],
        [10, answered('k', 'sales', 'ann', { ring_ms: 4_000 })],
        [70, { type: 'contact_held', ...work('k', 'sales', 'ann') }],
        [100, { type: 'contact_resumed', ...work('k', 'sales', 'ann') }],
        [120, ended('k', 'sales', 'ann')],
        [120, { type: 'wrap_up_started', ...work('k', 'sales', 'ann'), planned_ms: null }],
        [135, { type: 'wrap_up_ended', ...work('k', 'sales', 'ann'), wrap_ms: null }],
      ),
    );
    expect(contactLegs).toEqual([
      {
        tenant: 'acme',
        source: 'pbx',
        contact_id: 'k',
        leg: 1,
        queue: 'sales',
        ...WHO,
        offered_at: at(0),
        answered_at: at(10),
        ended_at: at(120),
        outcome: 'answered',
        wait_ms: 10_000,
        ring_ms: 4_000,
        talk_ms: 80_000,
        hold_ms: 30_000,
        wrap_ms: 15_000,
        agent: 'ann',
        ended_by: 'caller',
        transfer_kind: '',
        transferred_to: '',
        position: 1,
      },
    ]);
  });

  test('durations that are stated win over the stamps', () => {
    const { contactLegs } = naiveBatch(
      log(
        [0, offered('k', 'sales')],
        [10, answered('k', 'sales', 'ann', { wait_ms: 9_600 })],
        [70, ended('k', 'sales', 'ann', { wait_ms: 9_500, talk_ms: 59_000, hold_ms: 500 })],
        [70, { type: 'wrap_up_started', ...work('k', 'sales', 'ann'), planned_ms: 10_000 }],
        [79, { type: 'wrap_up_ended', ...work('k', 'sales', 'ann'), wrap_ms: 8_800 }],
        [80, offered('l', 'sales')],
        [90, exited('l', 'sales', 'timed_out', 10_400)],
      ),
    );
    expect(
      contactLegs.map(({ wait_ms, talk_ms, hold_ms, wrap_ms }) => [wait_ms, talk_ms, hold_ms, wrap_ms]),
    ).toEqual([
      [9_500, 59_000, 500, 8_800],
      [10_400, null, null, null],
    ]);
  });

  test.each([
    {
      name: 'a contact that comes back to the same queue begins a second leg',
      events: log(
        [0, offered('k', 'q')],
        [5, exited('k', 'q', 'timed_out')],
        [6, offered('k', 'q')],
        [9, exited('k', 'q')],
      ),
      legs: [
        [1, 'q', 'timed_out', 5_000, ''],
        [2, 'q', 'abandoned', 3_000, ''],
      ],
    },
    {
      name: 'a leg still waiting when the contact is offered again has lost its exit',
      events: log([0, offered('k', 'q')], [5, offered('k', 'r')], [9, exited('k', 'r')]),
      legs: [
        [1, 'q', 'unknown', 5_000, ''],
        [2, 'r', 'abandoned', 4_000, ''],
      ],
    },
    {
      name: 'and is corrected when the exit arrives after all',
      events: log(
        [0, offered('k', 'q')],
        [5, offered('k', 'r')],
        [6, exited('k', 'q', 'timed_out', 5_000)],
        [9, exited('k', 'r')],
      ),
      legs: [
        [1, 'q', 'timed_out', 5_000, ''],
        [2, 'r', 'abandoned', 4_000, ''],
      ],
    },
    {
      name: 'a talking leg stays open through a whole later one: a redirect logs its end last',
      events: log(
        [0, offered('k', 'q')],
        [2, answered('k', 'q', 'ann')],
        [10, offered('k', 'r')],
        [12, answered('k', 'r', 'bob')],
        [20, ended('k', 'r', 'bob')],
        [20, ended('k', 'q', 'ann')],
      ),
      legs: [
        [1, 'q', 'answered', 2_000, 'ann'],
        [2, 'r', 'answered', 2_000, 'bob'],
      ],
    },
    {
      name: 'of two talks in one queue the one with the same agent ends, whatever the order',
      events: log(
        [0, offered('k', 'q')],
        [1, answered('k', 'q', 'ann')],
        [2, offered('k', 'q')],
        [4, answered('k', 'q', 'bob')],
        [9, ended('k', 'q', 'bob')],
      ),
      legs: [[2, 'q', 'answered', 2_000, 'bob']],
    },
    {
      name: 'with an agent of neither, the oldest talk ends',
      events: log(
        [0, offered('k', 'q')],
        [1, answered('k', 'q', 'ann')],
        [2, offered('k', 'q')],
        [4, answered('k', 'q', 'bob')],
        [9, ended('k', 'q', 'eve')],
      ),
      legs: [[1, 'q', 'answered', 1_000, 'ann']],
    },
    {
      name: 'a refusal is a leg that was never admitted',
      events: log([0, { type: 'contact_refused', contact_id: 'k', queue: 'q', ...WHO, reason: 'full' }]),
      legs: [[1, 'q', 'refused_full', null, '']],
    },
    {
      name: 'what is still waiting or talking is no row yet',
      events: log([0, offered('k', 'q')], [1, offered('l', 'q')], [3, answered('l', 'q', 'ann')]),
      legs: [],
    },
    {
      name: 'a clock that stepped back gives 0, never a negative duration',
      events: log(
        [0, offered('k', 'q')],
        [1, answered('k', 'q', 'ann')],
        [2, ended('k', 'q', 'ann', { hold_ms: 5_000 })],
      ),
      legs: [[1, 'q', 'answered', 1_000, 'ann']],
    },
  ])('$name', ({ events, legs }) => {
    const rows = naiveBatch(events).contactLegs;
    expect(rows.map((row) => [row.leg, row.queue, row.outcome, row.wait_ms, row.agent])).toEqual(legs);
    for (const row of rows) expect(row.talk_ms ?? 0).toBeGreaterThanOrEqual(0);
  });

  test('a restart loses who waits and ends who talks', () => {
    const { contactLegs } = naiveBatch(
      log(
        [0, offered('k', 'q')],
        [0, offered('l', 'q')],
        [4, answered('l', 'q', 'ann')],
        [10, { type: 'source_restarted' }],
      ),
    );
    expect(
      contactLegs.map(({ outcome, ended_by, talk_ms, ended_at }) => [outcome, ended_by, talk_ms, ended_at]),
    ).toEqual([
      ['unknown', '', null, at(10)],
      ['answered', 'system', 6_000, at(10)],
    ]);
  });

  test('repeats count once, and the order in the pile does not matter', () => {
    const events = log([0, offered('k', 'q')], [2, answered('k', 'q', 'ann')], [9, ended('k', 'q', 'ann')]);
    expect(naiveBatch([...events.toReversed(), ...events])).toEqual(naiveBatch(events));
  });

  test('the same contact id in two sources is two contacts', () => {
    const events = log([0, offered('k', 'q')], [5, exited('k', 'q')]);
    const both = [...events, ...events.map((event) => ({ ...event, source: 'other' }))];
    expect(naiveBatch(both).contactLegs.map(({ source, leg }) => [source, leg])).toEqual([
      ['other', 1],
      ['pbx', 1],
    ]);
  });
});

describe('interval totals', () => {
  test('contacts count where they were offered, with their waits under the smallest edge', () => {
    const { queueIntervals } = naiveBatch(
      log(
        [890, offered('a', 'q')],
        [895, offered('b', 'q')],
        [899, offered('c', 'q')],
        [899.5, offered('d', 'q')],
        [910, answered('a', 'q', 'ann')],
        [915.001, exited('b', 'q')],
        [930, ended('a', 'q', 'ann')],
        [960.5, exited('c', 'q', 'timed_out')],
      ),
    );
    expect(queueIntervals.map(({ interval_start }) => interval_start)).toEqual([at(0), at(900)]);
    expect(queueIntervals[0]).toMatchObject({
      offered: 4,
      answered: 1,
      abandoned: 1,
      timed_out: 1,
      in_progress: 1,
      wait_answered: new Map([[20_000, 1]]),
      wait_abandoned: new Map([[21_000, 1]]),
      wait_exited: new Map([[65_000, 1]]),
      wait_answered_ms: 20_000,
      wait_abandoned_ms: 20_001,
      max_wait_ms: 61_500,
      handled: 1,
      talk_ms: 20_000,
      on_contact_ms: 0,
    });
    expect(queueIntervals[1]).toMatchObject({ offered: 0, handled: 0, on_contact_ms: 20_000 });
  });

  test.each([
    [0, 1_000],
    [1_000, 1_000],
    [1_001, 2_000],
    [60_001, 65_000],
    [300_001, 330_000],
    [1_800_001, 2_100_000],
    [7_200_001, 10_800_000],
    [86_400_001, 172_800_000],
    [604_800_001, 4_294_967_295],
  ])('a wait of %d ms counts under %d', (wait, edge) => {
    const { queueIntervals } = naiveBatch(
      log([0, offered('k', 'q')], [1, exited('k', 'q', 'abandoned', wait)]),
    );
    expect(queueIntervals[0]?.wait_abandoned).toEqual(new Map([[edge, 1]]));
  });

  test("agents' time is clipped to intervals; work belongs to its queue, idle time is shared", () => {
    const { queueIntervals, agentIntervals, agentStates } = naiveBatch(
      log(
        [0, loggedIn('ann')],
        [0, joined('ann', 'q')],
        [0, joined('ann', 'r')],
        [600, offered('k', 'q')],
        [600, { type: 'agent_ringing', ...work('k', 'q', 'ann') }],
        [605, answered('k', 'q', 'ann')],
        [1_000, { type: 'contact_held', ...work('k', 'q', 'ann') }],
        [1_100, ended('k', 'q', 'ann')],
        [1_100, { type: 'wrap_up_started', ...work('k', 'q', 'ann'), planned_ms: 40_000 }],
        [1_200, { type: 'agent_paused', agent: 'ann', queue: '', reason: 'lunch' }],
        [1_500, { type: 'agent_unpaused', agent: 'ann', queue: '' }],
        [1_700, { type: 'agent_left_queue', agent: 'ann', queue: 'q' }],
        [1_750, { type: 'agent_left_queue', agent: 'ann', queue: 'r' }],
        [1_750, { type: 'agent_logged_out', agent: 'ann' }],
        [1_800, heartbeat],
      ),
    );
    expect(agentStates.map((s) => [s.state, s.reason, s.queue, s.duration_ms / 1000])).toEqual([
      ['available', '', '', 600],
      ['ringing', '', 'q', 5],
      ['on_contact', '', 'q', 395],
      ['on_hold', '', 'q', 100],
      ['wrap_up', '', 'q', 40],
      ['available', '', '', 60],
      ['unavailable', 'lunch', '', 300],
      ['available', '', '', 250],
    ]);
    const time = queueIntervals.map((row) => [
      row.queue,
      (row.interval_start - NINE) / 1000,
      row.on_contact_ms / 1000,
      row.on_hold_ms / 1000,
      row.wrap_up_ms / 1000,
      row.available_ms / 1000,
      row.staffed_ms / 1000,
    ]);
    expect(time).toEqual([
      ['q', 0, 295, 0, 0, 300, 600],
      ['q', 900, 100, 100, 40, 130, 520],
      ['r', 0, 0, 0, 0, 300, 300],
      ['r', 900, 0, 0, 0, 180, 330],
    ]);
    expect(agentIntervals.map((row) => [row.staffed_ms / 1000, row.ringing_ms / 1000, row.handled])).toEqual([
      [900, 5, 0],
      [850, 0, 1],
    ]);
    expect(agentIntervals[1]?.reasons).toEqual(new Map([['lunch', 300_000]]));
  });

  test('odd milliseconds are shared so that queues add up to the agent', () => {
    const { queueIntervals } = naiveBatch(
      log([0, joined('ann', 'a')], [0, joined('ann', 'b')], [0, joined('ann', 'c')], [0.1, heartbeat]),
    );
    expect(queueIntervals.map(({ available_ms }) => available_ms)).toEqual([33, 33, 34]);
  });

  test('with two contacts at once the one that binds more has the agent, and no time counts twice', () => {
    const { agentStates } = naiveBatch(
      log(
        [0, loggedIn('ann')],
        [0, joined('ann', 'q')],
        [0, offered('k', 'q')],
        [0, answered('k', 'q', 'ann')],
        [10, { type: 'contact_held', ...work('k', 'q', 'ann') }],
        [20, offered('l', 'q')],
        [20, answered('l', 'q', 'ann')],
        [30, ended('l', 'q', 'ann')],
        [50, ended('k', 'q', 'ann')],
        [60, heartbeat],
      ),
    );
    expect(
      agentStates.map(({ state, contact_id, duration_ms }) => [state, contact_id, duration_ms / 1000]),
    ).toEqual([
      ['on_contact', 'k', 10],
      ['on_hold', 'k', 10],
      ['on_contact', 'l', 10],
      ['on_hold', 'k', 20],
    ]);
  });

  test('paused in one of two queues, an agent is available in the other; in both, he is away', () => {
    const pause = (queue: string): EventBody => ({
      type: 'agent_paused',
      agent: 'ann',
      queue,
      reason: queue,
    });
    const { queueIntervals } = naiveBatch(
      log(
        [0, joined('ann', 'a')],
        [0, joined('ann', 'b')],
        [100, pause('a')],
        [300, pause('b')],
        [400, { type: 'agent_unpaused', agent: 'ann', queue: '' }],
        [500, heartbeat],
      ),
    );
    expect(queueIntervals.map((row) => [row.available_ms / 1000, row.staffed_ms / 1000])).toEqual([
      [100, 150],
      [300, 350],
    ]);
  });

  test('a phone known to have rung only afterwards was ringing before the answer', () => {
    const { agentStates } = naiveBatch(
      log(
        [0, joined('ann', 'q')],
        [10, offered('k', 'q')],
        [20, answered('k', 'q', 'ann', { ring_ms: 6_000 })],
        [30, ended('k', 'q', 'ann')],
        [40, heartbeat],
      ),
    );
    expect(agentStates.map(({ state, duration_ms }) => [state, duration_ms / 1000])).toEqual([
      ['available', 14],
      ['ringing', 6],
      ['on_contact', 10],
    ]);
  });

  test('a source that does not tell where agents are has contacts but no time of agents', () => {
    const { queueIntervals, agentIntervals } = naiveBatch(
      log(
        [0, { type: 'source_declared', feed: 'call-records', lateness_ms: 0, tracks_agents: false }],
        [0, offered('k', 'q')],
        [5, answered('k', 'q', 'ann')],
        [65, ended('k', 'q', 'ann')],
        [100, heartbeat],
      ),
    );
    expect(agentIntervals).toEqual([]);
    expect(queueIntervals).toMatchObject([{ answered: 1, talk_ms: 60_000, on_contact_ms: 0, staffed_ms: 0 }]);
  });

  test('without a heartbeat, open time counts up to the last quarter hour only', () => {
    const { queueIntervals } = naiveBatch(
      log([0, joined('ann', 'q')], [1_000, offered('k', 'q')], [1_001, exited('k', 'q')]),
    );
    expect(queueIntervals.map((row) => row.available_ms / 1000)).toEqual([900, 0]);
  });
});

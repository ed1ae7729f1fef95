import { describe, expect, test } from 'vitest';
import type { EventBody } from '../../../schemas/events.ts';
import { naiveBatch } from '../../support/naive-batch.ts';
import {
  answered,
  at,
  ended,
  exited,
  heartbeat,
  joined,
  log,
  loggedIn,
  NINE,
  offered,
  work,
} from '../../support/seconds.ts';

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

import { describe, expect, it } from 'vitest';
import { RECENT_SEQS } from '../../../../processors/domain/fold.ts';
import type { CanonicalEvent, EventBody } from '../../../../schemas/events.ts';
import { answered, clock, ended, exited, logOf, offered, progressed } from '../../../support/events.ts';
import {
  publicAgentIntervals,
  publicLegs,
  publicQueueIntervals,
  run,
  type Tables,
} from '../../../support/folding.ts';

const declared = (more: Partial<Extract<EventBody, { type: 'source_declared' }>> = {}): EventBody => ({
  type: 'source_declared',
  feed: 'test',
  lateness_ms: 0,
  tracks_agents: true,
  ...more,
});
const outcomes = (tables: Tables) =>
  publicLegs(tables).map(({ contact_id, leg, queue, outcome, agent }) =>
    [contact_id, leg, queue, outcome, agent].join(' '),
  );
const anomalies = (tables: Tables) =>
  [...tables.anomalies.values()].map(({ kind, detail }) => `${kind} ${detail}`.trim());
const total = (tables: Tables, counter: string): number =>
  publicQueueIntervals(tables).reduce((sum, row) => sum + Number(row[counter] ?? 0), 0);

describe('a contact through a queue', () => {
  it('offered, answered and ended is one leg of one interval', () => {
    const tables = run(
      logOf([
        ['11:59:52', offered('c1', 'sales', { position: 2 })],
        ['12:00:02', answered('c1', 'sales', 'Ann', 9_000)],
        ['12:00:10', ended('c1', 'sales', 'Ann')],
      ]),
    );
    expect(publicLegs(tables)).toMatchObject([
      {
        leg: 1,
        outcome: 'answered',
        offered_at: clock('11:59:52'),
        wait_ms: 10_000,
        ring_ms: 9_000,
        talk_ms: 8_000,
        hold_ms: 0,
        wrap_ms: null,
        ended_by: 'caller',
        position: 2,
        version: 3,
      },
    ]);
    const arrival = publicQueueIntervals(tables).find((row) => row.interval_start === clock('11:45:00'));
    expect(arrival).toMatchObject({ offered: 1, answered: 1, handled: 1, talk_ms: 8_000, in_progress: 0 });
    expect(arrival?.wait_answered).toEqual(new Map([[10_000, 1]]));
    // The agent's time is where it passed, not where the contact arrived.
    expect(arrival?.on_contact_ms).toBe(0);
    const after = publicQueueIntervals(tables).find((row) => row.interval_start === clock('12:00:00'));
    expect(after).toMatchObject({ offered: 0, on_contact_ms: 8_000 });
  });

  it('not yet final it is in progress, and in no row of contact_legs', () => {
    const tables = run(logOf([['12:00:00', offered('c1', 'sales')]]));
    expect(publicLegs(tables)).toEqual([]);
    expect(total(tables, 'in_progress')).toBe(1);
  });

  it('re-entering the same queue is a second leg with its own clock', () => {
    const tables = run(
      logOf([
        ['12:00:00', offered('c1', 'sales')],
        ['12:00:30', exited('c1', 'sales', 'left_empty')],
        ['12:00:40', offered('c1', 'sales')],
        ['12:00:45', answered('c1', 'sales', 'Ann')],
        ['12:01:00', ended('c1', 'sales', 'Ann')],
      ]),
    );
    expect(outcomes(tables)).toEqual(['c1 1 sales left_empty ', 'c1 2 sales answered Ann']);
  });

  it("a redirected caller's first queue completes after the second queue's whole leg", () => {
    const tables = run(
      logOf([
        ['12:00:00', offered('c1', 'sales')],
        ['12:00:02', answered('c1', 'sales', 'Ann')],
        ['12:00:10', offered('c1', 'support')],
        ['12:00:13', exited('c1', 'support')],
        ['12:00:16', ended('c1', 'sales', 'Ann')],
      ]),
    );
    expect(outcomes(tables)).toEqual(['c1 1 sales answered Ann', 'c1 2 support abandoned ']);
    expect(anomalies(tables)).toEqual([]);
  });

  it('redirected into the queue it talks in, each agent ends his own leg', () => {
    const tables = run(
      logOf([
        ['12:00:00', offered('c1', 'sales')],
        ['12:00:02', answered('c1', 'sales', 'Ann')],
        ['12:00:10', offered('c1', 'sales')],
        ['12:00:12', answered('c1', 'sales', 'Bob')],
        ['12:00:20', ended('c1', 'sales', 'Ann')],
        ['12:00:30', ended('c1', 'sales', 'Bob')],
      ]),
    );
    expect(publicLegs(tables).map(({ leg, agent, talk_ms }) => [leg, agent, talk_ms])).toEqual([
      [1, 'Ann', 18_000],
      [2, 'Bob', 18_000],
    ]);
  });

  it('whose exit line was lost is unknown, counted, and put right when the line turns up', () => {
    const lost: [string, EventBody][] = [
      ['12:00:00', offered('c1', 'sales')],
      ['12:00:30', offered('c1', 'support')],
    ];
    const without = run(logOf(lost));
    expect(outcomes(without)).toEqual(['c1 1 sales unknown ']);
    expect(anomalies(without)).toEqual(['exit_lost']);
    const late = run(logOf([...lost, ['12:00:31', exited('c1', 'sales', 'timed_out')]]));
    expect(outcomes(late)).toEqual(['c1 1 sales timed_out ']);
    expect(total(late, 'unknown')).toBe(0);
    expect(total(late, 'timed_out')).toBe(1);
  });

  it('refused at the door is not offered', () => {
    const { position: _, ...facts } = offered('c1', 'sales');
    const tables = run(logOf([['12:00:00', { ...facts, type: 'contact_refused', reason: 'full' }]]));
    expect(outcomes(tables)).toEqual(['c1 1 sales refused_full ']);
    expect([total(tables, 'offered'), total(tables, 'refused_full')]).toEqual([0, 1]);
  });

  it('wrap-up that ends later lands as a higher version of the same row', () => {
    const log: [string, EventBody][] = [
      ['12:00:00', offered('c1', 'sales')],
      ['12:00:05', answered('c1', 'sales', 'Ann')],
      ['12:00:20', ended('c1', 'sales', 'Ann')],
      [
        '12:00:20',
        { type: 'wrap_up_started', contact_id: 'c1', queue: 'sales', agent: 'Ann', planned_ms: null },
      ],
      ['12:00:50', { type: 'wrap_up_ended', contact_id: 'c1', queue: 'sales', agent: 'Ann', wrap_ms: null }],
    ];
    const tables = run(logOf(log), { batches: [3, 2] });
    expect(publicLegs(tables)).toMatchObject([{ wrap_ms: 30_000, version: 5 }]);
    expect(total(tables, 'wrap_ms')).toBe(30_000);
    expect(total(tables, 'wrap_up_ms')).toBe(30_000);
  });

  it('what fits no leg is counted and kept, and changes no number', () => {
    const tables = run(
      logOf([
        ['12:00:00', answered('ghost', 'sales', 'Ann')],
        ['12:00:05', ended('ghost', 'sales', 'Ann')],
        ['12:00:06', exited('ghost', 'sales')],
      ]),
    );
    expect(publicLegs(tables)).toEqual([]);
    expect(anomalies(tables)).toEqual([
      'no_such_leg contact_answered',
      'no_such_leg contact_ended',
      'no_such_leg contact_exited',
    ]);
  });
});

describe('a source', () => {
  it('that restarts loses who waits and cuts who talks', () => {
    const tables = run(
      logOf([
        ['12:00:00', offered('c1', 'sales')],
        ['12:00:00', offered('c2', 'sales')],
        ['12:00:05', answered('c2', 'sales', 'Ann')],
        ['12:01:00', { type: 'source_restarted' }],
        ['12:01:30', { type: 'agent_logged_out', agent: 'Ann' }],
      ]),
    );
    expect(outcomes(tables)).toEqual(['c1 1 sales unknown ', 'c2 1 sales answered Ann']);
    expect(total(tables, 'handled')).toBe(1);
    expect(total(tables, 'on_contact_ms')).toBe(55_000);
  });

  it('nothing is heard of a leg for a day: it is given up, not handled, and its agent is free', () => {
    const day = (time: string): CanonicalEvent => ({
      tenant: 'default',
      source: 'pbx',
      seq: 'tomorrow',
      event_time: clock(time) + 25 * 3_600_000,
      recorded_at: 0,
      body: progressed,
    });
    const tables = run([
      ...logOf([
        ['12:00:00', offered('c1', 'sales')],
        ['12:00:00', offered('c2', 'sales')],
        ['12:00:05', answered('c2', 'sales', 'Ann')],
      ]),
      day('12:00:00'),
    ]);
    expect(publicLegs(tables)).toMatchObject([
      { contact_id: 'c1', outcome: 'unknown' },
      { contact_id: 'c2', outcome: 'answered', talk_ms: null },
    ]);
    expect(anomalies(tables)).toEqual(['went_stale waiting', 'went_stale talking']);
    expect([total(tables, 'answered'), total(tables, 'handled')]).toEqual([1, 0]);
  });

  it('with a stamp from before its clock was set counts a day of agent time at most, not decades', () => {
    const [first, ...rest] = logOf([
      ['12:00:00', { type: 'agent_joined_queue', agent: 'Ann', queue: 'sales', paused: false }],
      ['12:00:00', offered('c1', 'sales')],
      ['12:00:05', answered('c1', 'sales', 'Ann')],
      ['12:00:20', ended('c1', 'sales', 'Ann')],
    ]);
    const tables = run(first === undefined ? [] : [{ ...first, event_time: 0 }, ...rest]);
    expect(publicAgentIntervals(tables).length).toBeLessThanOrEqual(97);
    expect(total(tables, 'handled')).toBe(1);
  });

  it('whose feed does not tell where agents are gets no agent time', () => {
    const tables = run(
      logOf([
        ['12:00:00', declared({ tracks_agents: false })],
        ['12:00:00', offered('c1', 'sales')],
        ['12:00:05', answered('c1', 'sales', 'Ann')],
        ['12:00:20', ended('c1', 'sales', 'Ann')],
      ]),
    );
    expect(total(tables, 'handled')).toBe(1);
    expect(total(tables, 'staffed_ms')).toBe(0);
    expect(publicAgentIntervals(tables)).toEqual([]);
  });

  it('read twice gives the same, and says how much it dropped', () => {
    const log = logOf([
      ['12:00:00', offered('c1', 'sales')],
      ['12:00:05', exited('c1', 'sales')],
    ]);
    const twice = run([...log, ...log]);
    expect(publicQueueIntervals(twice)).toEqual(publicQueueIntervals(run(log)));
    expect(total(twice, 'abandoned')).toBe(1);
  });

  it('remembers recent seqs across its two generations', () => {
    const filler = Array.from(
      { length: RECENT_SEQS },
      (_, i): CanonicalEvent => ({
        tenant: 'default',
        source: 'pbx',
        seq: `filler${i}`,
        event_time: clock('12:00:01'),
        recorded_at: 0,
        body: progressed,
      }),
    );
    const [first] = logOf([['12:00:00', offered('c1', 'sales')]]);
    const log = first === undefined ? [] : [first, ...filler, first];
    expect(total(run(log), 'offered')).toBe(1);
  });

  it('idle time of an agent of two queues is shared, to the millisecond', () => {
    const tables = run(
      logOf([
        ['12:00:00', offered('c0', 'sales')],
        ['12:00:00', offered('c0', 'support')],
        ['12:00:00', { type: 'agent_joined_queue', agent: 'Ann', queue: 'sales', paused: false }],
        ['12:00:00', { type: 'agent_joined_queue', agent: 'Ann', queue: 'support', paused: false }],
        ['12:00:03.333', progressed],
        ['12:00:10.001', { type: 'agent_paused', agent: 'Ann', queue: '', reason: 'lunch' }],
        ['12:00:20', { type: 'agent_left_queue', agent: 'Ann', queue: 'support' }],
        ['12:00:20', { type: 'agent_left_queue', agent: 'Ann', queue: 'sales' }],
      ]),
    );
    const shares = publicQueueIntervals(tables).map(({ queue, available_ms, staffed_ms }) => [
      queue,
      available_ms,
      staffed_ms,
    ]);
    expect(shares).toEqual([
      ['sales', 5_000, 10_000 - 1 + 0],
      ['support', 5_001, 10_001],
    ]);
    expect(publicAgentIntervals(tables)).toMatchObject([
      {
        available_ms: 10_001,
        unavailable_ms: 9_999,
        staffed_ms: 20_000,
        reasons: new Map([['lunch', 9_999]]),
      },
    ]);
  });
});

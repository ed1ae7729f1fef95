import { describe, expect, test } from 'vitest';
import { naiveBatch } from '../../support/naive-batch.ts';
import { answered, at, ended, exited, log, offered, WHO, work } from '../../support/seconds.ts';

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

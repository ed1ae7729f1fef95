import { describe, expect, it } from 'vitest';
import {
  evolveAgentWork,
  PRESUMED_STAFFED_MS,
  passTime,
  UNHEARD_STAFFED_MS,
  WRAP_UP_LIMIT_MS,
} from '../../../../processors/domain/agent.ts';
import {
  c1,
  c2,
  join,
  leave,
  login,
  logout,
  openLedger,
  pause,
  play,
  unpause,
  work,
  wrapsUp,
} from '../../../support/agents.ts';

describe("an agent's time", () => {
  it('is in one state at a time: a chat beside a call is not counted twice', () => {
    const { ledger } = play([
      [0, login],
      [0, join('sales')],
      [10, work('answers', c1)],
      [20, work('answers', c2)],
      [40, work('finishes', c1)],
      [50, work('finishes', c2)],
      [60, logout],
    ]);
    expect(Object.fromEntries(ledger.counted)).toEqual({ available: 20_000, on_contact: 40_000 });
    expect(ledger.stretches).toEqual([
      'available 0..10',
      'on_contact 10..40',
      'on_contact 40..50',
      'available 50..60',
    ]);
  });

  it('was ringing before a feed said so: the idle stretch gives it up', () => {
    const { agent: ann, ledger } = play([
      [0, login],
      [0, join('sales')],
    ]);
    passTime(ann, 18_000, ledger);
    evolveAgentWork(ann, { ...c1, type: 'answers', rangMs: 4_000 }, 20_000, ledger);
    passTime(ann, 30_000, ledger);
    expect(Object.fromEntries(ledger.counted)).toEqual({
      available: 16_000,
      ringing: 4_000,
      on_contact: 10_000,
    });
    expect(ledger.stretches).toEqual(['available 0..16', 'ringing 16..20']);
  });

  it('an agent only seen at work is presumed staffed from his first ring until hours after he was last heard of', () => {
    const { agent: ann, ledger } = play([
      [100, work('answers', c1, 5_000)],
      [160, work('finishes')],
    ]);
    passTime(ann, 160_000 + PRESUMED_STAFFED_MS + 3_600_000, ledger);
    expect(ann.stretch.state).toBe('offline');
    expect(Object.fromEntries(ledger.counted)).toEqual({
      ringing: 5_000,
      on_contact: 60_000,
      available: PRESUMED_STAFFED_MS,
    });
  });

  it.each([
    [
      'logged in',
      [
        [0, login],
        [0, join('sales')],
      ] as const,
    ],
    [
      'on a contact',
      [
        [0, login],
        [0, work('answers')],
      ] as const,
    ],
  ])('%s and never heard of again he is gone after a day, however late the next news', (_state, deeds) => {
    const { agent: ann, ledger } = play(deeds);
    passTime(ann, 40 * 365 * 86_400_000, ledger);
    expect(ann.stretch.state).toBe('offline');
    expect([...ledger.counted.values()]).toEqual([UNHEARD_STAFFED_MS]);
  });

  it('PAUSEALL with its PAUSE for each queue is one pause', () => {
    const { ledger } = play([
      [0, login],
      [0, join('sales')],
      [0, join('support')],
      [10, pause('', 'lunch')],
      [10, pause('support', 'lunch')],
      [10, pause('sales', 'lunch')],
      [70, unpause('')],
      [70, unpause('support')],
      [70, unpause('sales')],
      [80, logout],
    ]);
    expect(ledger.stretches).toEqual(['available 0..10', 'unavailable:lunch 10..70', 'available 70..80']);
  });

  it('paused in one queue of two he is available in the other', () => {
    const { agent: ann } = play([
      [0, join('sales')],
      [0, join('support')],
      [5, pause('sales', 'coaching')],
    ]);
    expect(ann.stretch).toMatchObject({ state: 'available', queues: ['support'] });
  });

  it('freed in one queue after a pause everywhere he stays paused in the others', () => {
    const { agent: ann } = play([
      [0, join('sales')],
      [0, join('support')],
      [5, pause('', 'lunch')],
      [9, unpause('sales')],
    ]);
    expect(ann.stretch).toMatchObject({ state: 'available', queues: ['sales'] });
    expect(ann.queues.get('support')).toBe('lunch');
  });

  it('a planned wrap-up ends by itself, a lost one at its limit', () => {
    const planned = play([
      [0, join('sales')],
      [1, work('answers')],
      [2, work('finishes')],
      [2, wrapsUp(30_000)],
    ]);
    passTime(planned.agent, 60_000, planned.ledger);
    expect(planned.ledger.stretches).toContain('wrap_up 2..32');
    const lost = play([
      [0, join('sales')],
      [1, work('answers')],
      [2, work('finishes')],
      [2, wrapsUp(null)],
    ]);
    passTime(lost.agent, 2 * WRAP_UP_LIMIT_MS, lost.ledger);
    expect(lost.agent.stretch.state).toBe('available');
  });

  it('one who logs out on a contact is offline when it ends', () => {
    const { agent: ann } = play([
      [0, login],
      [1, work('answers')],
      [5, logout],
    ]);
    expect(ann.stretch.state).toBe('on_contact');
    evolveAgentWork(ann, { ...c1, type: 'finishes', rangMs: null }, 9_000, openLedger());
    expect(ann.stretch.state).toBe('offline');
  });

  it('leaving the last queue ends the presence of one who only joined queues', () => {
    expect(
      play([
        [0, join('sales')],
        [5, leave('sales')],
      ]).agent.stretch.state,
    ).toBe('offline');
    expect(
      play([
        [0, login],
        [0, join('sales')],
        [5, leave('sales')],
      ]).agent.stretch.state,
    ).toBe('available');
  });
});

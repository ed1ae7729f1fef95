import { describe, expect, it } from 'vitest';
import {
  type Agent,
  type AgentBook,
  type AgentWork,
  evolveAgent,
  evolveAgentWork,
  newAgent,
  PRESUMED_STAFFED_MS,
  passTime,
  UNHEARD_STAFFED_MS,
  WRAP_UP_LIMIT_MS,
} from '../../../../processors/domain/agent.ts';
import type { AgentEvent } from '../../../../schemas/events.ts';
import type { AgentStateName } from '../../../../schemas/rows.ts';

interface Ledger extends AgentBook {
  readonly counted: Map<string, number>;
  readonly stretches: string[];
}
const openLedger = (): Ledger => {
  const counted = new Map<string, number>();
  const stretches: string[] = [];
  return {
    counted,
    stretches,
    time: (_agent, { state }, from, to, sign) =>
      counted.set(state, (counted.get(state) ?? 0) + sign * (to - from)),
    ended: (_agent, { state, reason, startedAtMs }, endedAt) =>
      stretches.push(
        `${state}${reason === '' ? '' : `:${reason}`} ${startedAtMs / 1_000}..${endedAt / 1_000}`,
      ),
  };
};

type Deed = AgentEvent | AgentWork;
const isEvent = (deed: Deed): deed is AgentEvent => deed.type.startsWith('agent_');
const play = (
  deeds: readonly (readonly [seconds: number, deed: Deed])[],
): { agent: Agent; ledger: Ledger } => {
  const agent = newAgent('Ann');
  const ledger = openLedger();
  for (const [seconds, deed] of deeds) {
    if (isEvent(deed)) evolveAgent(agent, deed, seconds * 1_000, ledger);
    else evolveAgentWork(agent, deed, seconds * 1_000, ledger);
  }
  return { agent, ledger };
};

const agent = 'Ann';
const login: Deed = { type: 'agent_logged_in', agent };
const logout: Deed = { type: 'agent_logged_out', agent };
const join = (queue: string, paused = false): Deed => ({ type: 'agent_joined_queue', agent, queue, paused });
const leave = (queue: string): Deed => ({ type: 'agent_left_queue', agent, queue });
const pause = (queue: string, reason: string): Deed => ({ type: 'agent_paused', agent, queue, reason });
const unpause = (queue: string): Deed => ({ type: 'agent_unpaused', agent, queue });
const c1 = { contactId: 'c1', queue: 'sales', channel: 'voice' } as const;
const c2 = { contactId: 'c2', queue: 'support', channel: 'chat' } as const;
const work = (
  type: 'rings' | 'answers' | 'holds' | 'resumes' | 'finishes' | 'wrap_up_ends',
  of: typeof c1 | typeof c2 = c1,
  rangMs: number | null = null,
): Deed => ({ ...of, type, rangMs });
const rang = (ms: number): Deed => ({ ...c1, type: 'stops_ringing', rangMs: ms });
const wrapsUp = (plannedMs: number | null): Deed => ({ ...c1, type: 'wraps_up', plannedMs });
const drops: Deed = { type: 'drops_everything' };

/** An agent in each state, and everything that can happen to one. */
const IN_STATE: { readonly [S in AgentStateName]: readonly (readonly [number, Deed])[] } = {
  offline: [],
  available: [
    [0, login],
    [0, join('sales')],
  ],
  ringing: [
    [0, login],
    [0, join('sales')],
    [1, work('rings')],
  ],
  on_contact: [
    [0, login],
    [0, join('sales')],
    [1, work('answers')],
  ],
  on_hold: [
    [0, login],
    [0, join('sales')],
    [1, work('answers')],
    [2, work('holds')],
  ],
  wrap_up: [
    [0, login],
    [0, join('sales')],
    [1, work('answers')],
    [2, work('finishes')],
    [2, wrapsUp(null)],
  ],
  unavailable: [
    [0, login],
    [0, join('sales')],
    [1, pause('', 'lunch')],
  ],
};
const DEEDS: readonly Deed[] = [
  login,
  logout,
  join('sales'),
  leave('sales'),
  pause('', 'lunch'),
  pause('sales', 'break'),
  unpause(''),
  unpause('sales'),
  work('rings'),
  rang(3_000),
  work('answers'),
  work('holds'),
  work('resumes'),
  work('finishes'),
  wrapsUp(30_000),
  work('wrap_up_ends'),
  drops,
];
const nameOf = (deed: Deed): string =>
  'queue' in deed && isEvent(deed) ? `${deed.type}(${deed.queue})` : deed.type;

describe('every agent state × event', () => {
  it('leads to a state', () => {
    const matrix = Object.entries(IN_STATE).map(([state, before]) => {
      const row = DEEDS.map(
        (deed) => `${nameOf(deed)} → ${play([...before, [10, deed]]).agent.stretch.state}`,
      );
      return { state, starts: play(before).agent.stretch.state, row };
    });
    for (const { state, starts } of matrix) expect(starts).toBe(state);
    expect(matrix.flatMap(({ state, row }) => row.map((cell) => `${state}: ${cell}`))).toMatchInlineSnapshot(`
      [
        "offline: agent_logged_in → available",
        "offline: agent_logged_out → offline",
        "offline: agent_joined_queue(sales) → available",
        "offline: agent_left_queue(sales) → offline",
        "offline: agent_paused() → unavailable",
        "offline: agent_paused(sales) → unavailable",
        "offline: agent_unpaused() → available",
        "offline: agent_unpaused(sales) → available",
        "offline: rings → ringing",
        "offline: stops_ringing → available",
        "offline: answers → on_contact",
        "offline: holds → offline",
        "offline: resumes → offline",
        "offline: finishes → offline",
        "offline: wraps_up → wrap_up",
        "offline: wrap_up_ends → offline",
        "offline: drops_everything → offline",
        "available: agent_logged_in → available",
        "available: agent_logged_out → offline",
        "available: agent_joined_queue(sales) → available",
        "available: agent_left_queue(sales) → available",
        "available: agent_paused() → unavailable",
        "available: agent_paused(sales) → unavailable",
        "available: agent_unpaused() → available",
        "available: agent_unpaused(sales) → available",
        "available: rings → ringing",
        "available: stops_ringing → available",
        "available: answers → on_contact",
        "available: holds → available",
        "available: resumes → available",
        "available: finishes → available",
        "available: wraps_up → wrap_up",
        "available: wrap_up_ends → available",
        "available: drops_everything → available",
        "ringing: agent_logged_in → ringing",
        "ringing: agent_logged_out → ringing",
        "ringing: agent_joined_queue(sales) → ringing",
        "ringing: agent_left_queue(sales) → ringing",
        "ringing: agent_paused() → ringing",
        "ringing: agent_paused(sales) → ringing",
        "ringing: agent_unpaused() → ringing",
        "ringing: agent_unpaused(sales) → ringing",
        "ringing: rings → ringing",
        "ringing: stops_ringing → available",
        "ringing: answers → on_contact",
        "ringing: holds → on_hold",
        "ringing: resumes → on_contact",
        "ringing: finishes → ringing",
        "ringing: wraps_up → wrap_up",
        "ringing: wrap_up_ends → ringing",
        "ringing: drops_everything → available",
        "on_contact: agent_logged_in → on_contact",
        "on_contact: agent_logged_out → on_contact",
        "on_contact: agent_joined_queue(sales) → on_contact",
        "on_contact: agent_left_queue(sales) → on_contact",
        "on_contact: agent_paused() → on_contact",
        "on_contact: agent_paused(sales) → on_contact",
        "on_contact: agent_unpaused() → on_contact",
        "on_contact: agent_unpaused(sales) → on_contact",
        "on_contact: rings → on_contact",
        "on_contact: stops_ringing → on_contact",
        "on_contact: answers → on_contact",
        "on_contact: holds → on_hold",
        "on_contact: resumes → on_contact",
        "on_contact: finishes → available",
        "on_contact: wraps_up → wrap_up",
        "on_contact: wrap_up_ends → on_contact",
        "on_contact: drops_everything → available",
        "on_hold: agent_logged_in → on_hold",
        "on_hold: agent_logged_out → on_hold",
        "on_hold: agent_joined_queue(sales) → on_hold",
        "on_hold: agent_left_queue(sales) → on_hold",
        "on_hold: agent_paused() → on_hold",
        "on_hold: agent_paused(sales) → on_hold",
        "on_hold: agent_unpaused() → on_hold",
        "on_hold: agent_unpaused(sales) → on_hold",
        "on_hold: rings → on_hold",
        "on_hold: stops_ringing → on_hold",
        "on_hold: answers → on_contact",
        "on_hold: holds → on_hold",
        "on_hold: resumes → on_contact",
        "on_hold: finishes → available",
        "on_hold: wraps_up → wrap_up",
        "on_hold: wrap_up_ends → on_hold",
        "on_hold: drops_everything → available",
        "wrap_up: agent_logged_in → wrap_up",
        "wrap_up: agent_logged_out → wrap_up",
        "wrap_up: agent_joined_queue(sales) → wrap_up",
        "wrap_up: agent_left_queue(sales) → wrap_up",
        "wrap_up: agent_paused() → wrap_up",
        "wrap_up: agent_paused(sales) → wrap_up",
        "wrap_up: agent_unpaused() → wrap_up",
        "wrap_up: agent_unpaused(sales) → wrap_up",
        "wrap_up: rings → wrap_up",
        "wrap_up: stops_ringing → wrap_up",
        "wrap_up: answers → on_contact",
        "wrap_up: holds → on_hold",
        "wrap_up: resumes → on_contact",
        "wrap_up: finishes → wrap_up",
        "wrap_up: wraps_up → wrap_up",
        "wrap_up: wrap_up_ends → available",
        "wrap_up: drops_everything → available",
        "unavailable: agent_logged_in → unavailable",
        "unavailable: agent_logged_out → offline",
        "unavailable: agent_joined_queue(sales) → unavailable",
        "unavailable: agent_left_queue(sales) → unavailable",
        "unavailable: agent_paused() → unavailable",
        "unavailable: agent_paused(sales) → unavailable",
        "unavailable: agent_unpaused() → available",
        "unavailable: agent_unpaused(sales) → available",
        "unavailable: rings → ringing",
        "unavailable: stops_ringing → unavailable",
        "unavailable: answers → on_contact",
        "unavailable: holds → unavailable",
        "unavailable: resumes → unavailable",
        "unavailable: finishes → unavailable",
        "unavailable: wraps_up → wrap_up",
        "unavailable: wrap_up_ends → unavailable",
        "unavailable: drops_everything → unavailable",
      ]
    `);
  });
});

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

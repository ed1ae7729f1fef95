/** Builders of an agent's story told in seconds. */
import {
  type Agent,
  type AgentBook,
  type AgentWork,
  evolveAgent,
  evolveAgentWork,
  newAgent,
} from '../../processors/domain/agent.ts';
import type { AgentEvent } from '../../schemas/events.ts';

export interface Ledger extends AgentBook {
  readonly counted: Map<string, number>;
  readonly stretches: string[];
}
export const openLedger = (): Ledger => {
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

export type Deed = AgentEvent | AgentWork;
export const isEvent = (deed: Deed): deed is AgentEvent => deed.type.startsWith('agent_');
export const play = (
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

export const agent = 'Ann';
export const login: Deed = { type: 'agent_logged_in', agent };
export const logout: Deed = { type: 'agent_logged_out', agent };
export const join = (queue: string, paused = false): Deed => ({
  type: 'agent_joined_queue',
  agent,
  queue,
  paused,
});
export const leave = (queue: string): Deed => ({ type: 'agent_left_queue', agent, queue });
export const pause = (queue: string, reason: string): Deed => ({
  type: 'agent_paused',
  agent,
  queue,
  reason,
});
export const unpause = (queue: string): Deed => ({ type: 'agent_unpaused', agent, queue });
export const c1 = { contactId: 'c1', queue: 'sales', channel: 'voice' } as const;
export const c2 = { contactId: 'c2', queue: 'support', channel: 'chat' } as const;
export const work = (
  type: 'rings' | 'answers' | 'holds' | 'resumes' | 'finishes' | 'wrap_up_ends',
  of: typeof c1 | typeof c2 = c1,
  rangMs: number | null = null,
): Deed => ({ ...of, type, rangMs });
export const rang = (ms: number): Deed => ({ ...c1, type: 'stops_ringing', rangMs: ms });
export const wrapsUp = (plannedMs: number | null): Deed => ({ ...c1, type: 'wraps_up', plannedMs });
export const drops: Deed = { type: 'drops_everything' };

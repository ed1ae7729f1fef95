/** The live picture of a queue, taken from a source's state: what waits now, and what its agents do. */
import type { AgentCounts, LiveIntervalRecord, LiveQueueRecord, OpenAgentTime } from '../../schemas/live.ts';
import type { AgentStateName } from '../../schemas/rows.ts';
import type { Agent } from './agent.ts';
import { queueIntervalRow } from './changes.ts';
import { intervalStart, type QueueTotals } from './interval.ts';
import type { QueueState, SourceState } from './source-state.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What an agent is to one queue: his state, but unavailable where he is paused in this queue alone; null if not there. */
export const stateIn = (agent: Agent, queue: string): AgentStateName | null => {
  const isMember = agent.queues.has(queue);
  if (agent.stretch.state === 'offline') return null;
  if (!isMember && !agent.activities.some((activity) => activity.queue === queue)) return null;
  const isPausedHere = isMember && agent.queues.get(queue) !== null;
  return agent.stretch.state === 'available' && isPausedHere ? 'unavailable' : agent.stretch.state;
};

const addOpenTime = (open: Mutable<OpenAgentTime>, agent: Agent, queue: string, asOfMs: number): void => {
  const { stretch } = agent;
  if (!stretch.queues.includes(queue)) return;
  const fromMs = Math.max(stretch.countedToMs, open.interval_start);
  const openMs = Math.floor(Math.max(asOfMs - fromMs, 0) / stretch.queues.length);
  if (stretch.state === 'on_contact') open.on_contact_ms += openMs;
  else if (stretch.state === 'on_hold') open.on_hold_ms += openMs;
  else if (stretch.state === 'wrap_up') open.wrap_up_ms += openMs;
  else if (stretch.state === 'available') open.available_ms += openMs;
};

/** The queue as this source sees it at its watermark. Costs a walk over the source's agents. */
export const liveQueueRecord = (state: SourceState, of: QueueState): LiveQueueRecord => {
  const agents: Mutable<AgentCounts> = {
    staffed: 0,
    available: 0,
    ringing: 0,
    on_contact: 0,
    on_hold: 0,
    wrap_up: 0,
    unavailable: 0,
  };
  const open: Mutable<OpenAgentTime> = {
    interval_start: intervalStart(state.watermarkMs),
    on_contact_ms: 0,
    on_hold_ms: 0,
    wrap_up_ms: 0,
    available_ms: 0,
  };
  for (const agent of state.agents.values()) {
    const name = stateIn(agent, of.queue);
    if (name === null || name === 'offline') continue;
    agents.staffed += 1;
    agents[name] += 1;
    addOpenTime(open, agent, of.queue, state.watermarkMs);
  }
  let oldest: number | null = null;
  for (const offeredAtMs of of.waiting.values()) {
    if (oldest === null || offeredAtMs < oldest) oldest = offeredAtMs;
  }
  return {
    kind: 'queue',
    tenant: state.tenant,
    source: state.source,
    queue: of.queue,
    channel: of.channel,
    waiting: of.waiting.size,
    oldest_waiting_since: oldest,
    agents,
    open_agent_time: open,
    as_of: state.watermarkMs,
  };
};

/** An interval's totals as a record of the live topic. */
export const liveIntervalRecord = (state: SourceState, totals: QueueTotals): LiveIntervalRecord => ({
  kind: 'interval',
  ...queueIntervalRow(state.tenant, state.source, totals),
  wait_answered: [...totals.wait_answered],
  wait_abandoned: [...totals.wait_abandoned],
  wait_exited: [...totals.wait_exited],
});

/** The live picture of an agent, taken from a source's state. */
import type { LiveAgentRecord } from '../../schemas/live.ts';
import type { Agent } from './agent.ts';
import type { SourceState } from './source-state.ts';

/** The agent as this source sees him at its watermark. */
export const liveAgentRecord = (state: SourceState, agent: Agent): LiveAgentRecord => {
  const { stretch, queues, activities } = agent;
  const names = new Set([...queues.keys(), ...activities.map(({ queue }) => queue)]);
  return {
    kind: 'agent',
    tenant: state.tenant,
    source: state.source,
    agent: agent.name,
    state: stretch.state,
    reason: stretch.reason,
    since: stretch.startedAtMs,
    contact_id: stretch.contactId,
    queue: stretch.queue,
    queues: [...names].sort(),
    as_of: Math.max(state.watermarkMs, stretch.startedAtMs),
  };
};

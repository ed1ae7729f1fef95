/** Everything the fold remembers of one ACD source: plain data, so that a snapshot is the state itself. */
import type { CanonicalEvent, Channel } from '../../schemas/events.ts';
import type { Agent } from './agent.ts';
import type { Contact } from './contact.ts';
import type { AgentTotals, QueueTotals } from './interval.ts';
import type { ReorderBuffer } from './reorder.ts';

export interface QueueState {
  readonly queue: string;
  readonly channel: Channel;
  /** Interval start → totals. */
  readonly intervals: Map<number, QueueTotals>;
  /** Waiting legs → when they were offered. */
  readonly waiting: Map<string, number>;
}

export interface SourceState {
  readonly tenant: string;
  readonly source: string;
  latenessMs: number;
  tracksAgents: boolean;
  /** Everything before it is taken to have arrived. Timers run off it, never off a clock. */
  watermarkMs: number;
  /** Up to where timers have run; a multiple of 15 minutes. */
  sweptToMs: number;
  /** Recent `seq`s in two generations, so that a batch published twice counts once. */
  recent: Set<string>;
  older: Set<string>;
  readonly held: ReorderBuffer<CanonicalEvent>;
  readonly contacts: Map<string, Contact>;
  /** Quarter hour → contacts that may have something to forget then: most of them never have to be walked. */
  readonly due: Map<number, string[]>;
  readonly agents: Map<string, Agent>;
  readonly queues: Map<string, Map<Channel, QueueState>>;
  /** Agent → interval start → totals. */
  readonly agentIntervals: Map<string, Map<number, AgentTotals>>;
}

export const newSourceState = (tenant: string, source: string): SourceState => ({
  tenant,
  source,
  latenessMs: 0,
  tracksAgents: true,
  watermarkMs: 0,
  sweptToMs: 0,
  recent: new Set(),
  older: new Set(),
  held: [],
  contacts: new Map(),
  due: new Map(),
  agents: new Map(),
  queues: new Map(),
  agentIntervals: new Map(),
});

/** One partition's sources by `tenant/source`. */
export type PartitionState = Map<string, SourceState>;

export const queueState = (state: SourceState, queue: string, channel: Channel): QueueState => {
  let channels = state.queues.get(queue);
  if (channels === undefined) {
    channels = new Map();
    state.queues.set(queue, channels);
  }
  let found = channels.get(channel);
  if (found === undefined) {
    found = { queue, channel, intervals: new Map(), waiting: new Map() };
    channels.set(channel, found);
  }
  return found;
};

/** The channel idle time in a queue belongs to: the first one the queue was seen with. */
export const mainChannel = (state: SourceState, queue: string): Channel => {
  const channels = state.queues.get(queue);
  if (channels !== undefined) for (const channel of channels.keys()) return channel;
  return 'voice';
};

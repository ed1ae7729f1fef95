/** Everything the fold remembers of one ACD source: plain data, so that a snapshot is the state itself. */
import type { CanonicalEvent, Channel } from '../../schemas/events.ts';
import type { Agent } from './agent.ts';
import type { AlertsState } from './alerts.ts';
import type { Contact } from './contact.ts';
import type { AgentTotals, QueueTotals } from './interval.ts';
import type { ReorderBuffer } from './reorder.ts';

export interface QueueState {
  readonly queue: string;
  readonly channel: Channel;
  /** Number of the quarter hour since 1970 → totals. */
  readonly intervals: Map<number, QueueTotals>;
  /** Keys of waiting legs → when they were offered. */
  readonly waiting: Map<string, number>;
}

/** `seq`s in the order they came; a set from the first one on that had to be looked up. */
type Generation = string[] | Set<string>;
/** Recent `seq`s in two generations, so that a batch published twice counts once. */
export interface SeenSeqs {
  /** The greatest of all: a greater one cannot have been seen. */
  newest: string;
  recent: Generation;
  older: Generation;
}

export const sizeOf = (seqs: Generation): number => (Array.isArray(seqs) ? seqs.length : seqs.size);
const asSet = (seqs: Generation): Set<string> => (Array.isArray(seqs) ? new Set(seqs) : seqs);

export const hasSeq = (seen: SeenSeqs, seq: string): boolean => {
  const recent = asSet(seen.recent);
  const older = asSet(seen.older);
  seen.recent = recent;
  seen.older = older;
  return recent.has(seq) || older.has(seq);
};

export interface SourceState {
  readonly tenant: string;
  readonly source: string;
  latenessMs: number;
  tracksAgents: boolean;
  /** Everything before it is taken to have arrived. Timers run off it, never off a clock. */
  watermarkMs: number;
  /** Up to where timers have run; a multiple of 15 minutes. */
  sweptToMs: number;
  readonly seen: SeenSeqs;
  readonly held: ReorderBuffer<CanonicalEvent>;
  readonly contacts: Map<string, Contact>;
  /** Quarter hour → contacts that may have something to forget then: most of them never have to be walked. */
  readonly due: Map<number, string[]>;
  readonly agents: Map<string, Agent>;
  readonly queues: Map<string, Map<Channel, QueueState>>;
  /** Agent → number of the quarter hour → totals. */
  readonly agentIntervals: Map<string, Map<number, AgentTotals>>;
  /** null while no rules are declared. */
  alerts: AlertsState | null;
}

export const newSourceState = (tenant: string, source: string): SourceState => ({
  tenant,
  source,
  latenessMs: 0,
  tracksAgents: true,
  watermarkMs: 0,
  sweptToMs: 0,
  seen: { newest: '', recent: [], older: [] },
  held: [],
  contacts: new Map(),
  due: new Map(),
  agents: new Map(),
  queues: new Map(),
  agentIntervals: new Map(),
  alerts: null,
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

/**
 * Publishes the live picture to topic `acd.live`: per queue what waits and what agents do, per agent where he is,
 * and interval totals as they stand, so that any hub can serve any queue from the topic alone. Newest wins: nothing here needs landing first.
 */
import type { EventLog, LogRecord } from '../../infra/log/event-log.ts';
import type { LiveAgentRecord, LiveRecord } from '../../schemas/live.ts';
import { LIVE } from '../../schemas/topics.ts';
import type { Agent } from '../domain/agent.ts';
import { type SourceChanges, takeLiveQueues } from '../domain/changes.ts';
import type { QueueTotals } from '../domain/interval.ts';
import { liveAgentRecord } from '../domain/live-agent.ts';
import { liveIntervalRecord, liveQueueRecord } from '../domain/live-queue.ts';
import type { QueueState, SourceState } from '../domain/source-state.ts';

/** Boards are updated at most this often. */
export const PUBLISH_INTERVAL_MS = 200;
/** Older intervals are no part of any zone's today, and a month of history would flood the boards. */
const LIVE_WINDOW_MS = 48 * 3_600_000;

export interface LivePublisher {
  /** Takes over what a batch changed in the live picture. */
  readonly mark: (changes: SourceChanges) => void;
  /** Publishes what is marked. */
  readonly publish: () => Promise<void>;
}

const keyOf = (record: LiveRecord | LiveAgentRecord): string => {
  if (record.kind === 'agent') return `agent|${record.tenant}|${record.source}|${record.agent}`;
  const queue = `${record.tenant}|${record.source}|${record.queue}|${record.channel}`;
  return record.kind === 'queue'
    ? `queue|${queue}`
    : `interval|${queue}|${record.interval_start}|${record.generation}`;
};

const encode = (record: LiveRecord | LiveAgentRecord): LogRecord => ({
  key: keyOf(record),
  value: Buffer.from(JSON.stringify(record)),
});

export const createLivePublisher = (log: EventLog, nowMs: () => number): LivePublisher => {
  let queues = new Map<QueueState, SourceState>();
  let totals = new Map<QueueTotals, SourceState>();
  let agents = new Map<Agent, SourceState>();
  return {
    mark: (changes) => {
      const { state, queueTotals } = changes;
      for (const agent of changes.liveAgents) agents.set(agent, state);
      for (const queue of takeLiveQueues(changes)) queues.set(queue, state);
      const sinceMs = nowMs() - LIVE_WINDOW_MS;
      for (const interval of queueTotals) {
        if (interval.interval_start >= sinceMs) totals.set(interval, state);
      }
    },
    publish: async () => {
      if (queues.size === 0 && totals.size === 0 && agents.size === 0) return;
      const records: LogRecord[] = [];
      for (const [queue, state] of queues) records.push(encode(liveQueueRecord(state, queue)));
      for (const [interval, state] of totals) records.push(encode(liveIntervalRecord(state, interval)));
      for (const [agent, state] of agents) records.push(encode(liveAgentRecord(state, agent)));
      agents = new Map();
      queues = new Map();
      totals = new Map();
      await log.append(LIVE.name, 0, records);
    },
  };
};

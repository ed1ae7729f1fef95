/** The real Asterisk's queue_log of the fixtures, folded as a worker would: rows to land, and where agents are at its end. */
import { join } from 'node:path';
import { readQueueLog } from '../../ingest/feeds/asterisk-queue-log/lines.ts';
import { createPseudonymiser, type Pseudonymise } from '../../ingest/pseudonymise.ts';
import { type FoldRows, rowsOf } from '../../processors/domain/changes.ts';
import { type Changes, foldRecord } from '../../processors/domain/fold.ts';
import { liveAgentRecord } from '../../processors/domain/live-agent.ts';
import { liveIntervalRecord, liveQueueRecord } from '../../processors/domain/live-queue.ts';
import type { PartitionState } from '../../processors/domain/source-state.ts';
import type { CanonicalEvent, EventBody } from '../../schemas/events.ts';
import type { LiveAgentRecord, LiveRecord } from '../../schemas/live.ts';
import { steadyKeys } from './subject-keys.ts';

const QUEUE_LOG = join(import.meta.dirname, '../fixtures/asterisk22/queue_log');
/** From the log's first line to its last. */
export const QUEUE_LOG_FROM_MS = 1_795_515_000_000;
export const QUEUE_LOG_TO_MS = 1_795_515_322_000;

export interface FoldedQueueLog {
  readonly rows: FoldRows;
  readonly agents: readonly LiveAgentRecord[];
  /** Queues and their totals, as a hub hears of them. */
  readonly queues: readonly LiveRecord[];
  readonly pseudonymise: Pseudonymise;
}

/** Folds the log as source `pbx` of `tenant`, then `more`, then a heartbeat at the log's end. */
export const foldQueueLog = async (
  tenant: string,
  more: readonly EventBody[] = [],
): Promise<FoldedQueueLog> => {
  const pseudonymise = createPseudonymiser('test-key', tenant, steadyKeys);
  const state: PartitionState = new Map();
  const changes: Changes = new Map();
  let offset = 0;
  const fold = (seq: string, event_time: number, body: EventBody): void => {
    const event: CanonicalEvent = { tenant, source: 'pbx', seq, event_time, recorded_at: 0, body };
    foldRecord(state, event, { partition: 0, offset: offset++ }, changes);
  };
  const options = { pseudonymise, agentName: (spelling: string) => spelling, nowMs: () => QUEUE_LOG_TO_MS };
  for await (const { records } of readQueueLog(QUEUE_LOG, options)) {
    for (const record of records) {
      if (record.status !== 'accepted') throw new Error(`${record.place}: ${record.reason}`);
      for (const { event_time, body } of record.events) fold(record.id, event_time, body);
    }
  }
  for (const [i, body] of more.entries()) fold(`more:${i}`, QUEUE_LOG_FROM_MS, body);
  fold('end', QUEUE_LOG_TO_MS, { type: 'source_progressed' });
  const agents = [...state.values()].flatMap((of) =>
    [...of.agents.values()].map((agent) => liveAgentRecord(of, agent)),
  );
  const queues = [...state.values()].flatMap((of) =>
    [...of.queues.values()].flatMap((channels) =>
      [...channels.values()].flatMap((queue) => [
        liveQueueRecord(of, queue),
        ...[...queue.intervals.values()].map((totals) => liveIntervalRecord(of, totals)),
      ]),
    ),
  );
  return { rows: rowsOf(changes.values()), agents, queues, pseudonymise };
};

/**
 * Publishes records of a feed: each one once. The log is written before the ledger remembers, so a crash between the
 * two publishes at most one batch again, which the fold drops by its window of recent `seq`s.
 */
import type { PublishedLedger } from '../infra/ledger/published-ledger.ts';
import type { EventLog, LogRecord } from '../infra/log/event-log.ts';
import type { CanonicalEvent, EventBody } from '../schemas/events.ts';
import type { DeadLetterRow } from '../schemas/rows.ts';
import { DEAD_LETTERS, EVENTS, partitionOf, sourceKey } from '../schemas/topics.ts';
import { hideInBody } from './hide-in-body.ts';
import type { Pseudonymise } from './pseudonymise.ts';

/** Events in one append at the most. The fold's window of recent seqs is larger, see `RECENT_SEQS`. */
export const MAX_PUBLISH_BATCH = 2_000;

/** One input record that was understood: its events are published together or not at all. */
export interface AcceptedRecord {
  readonly status: 'accepted';
  /** The record's identity within its source, derived from the input. */
  readonly id: string;
  readonly events: readonly { readonly event_time: number; readonly body: EventBody }[];
}
/** One input record that was not: kept as a dead letter. */
export interface RejectedRecord {
  readonly status: 'rejected';
  readonly id: string;
  readonly reason: string;
  /** Where in the input: file and line, or byte position. */
  readonly place: string;
  readonly line: string;
}
export type IngestRecord = AcceptedRecord | RejectedRecord;

/** What became of input records; their sum is what was read. */
export interface PublishCounts {
  readonly published: number;
  readonly duplicates: number;
  readonly rejected: number;
}

/** Publishes for one source of one tenant. */
export interface Publisher {
  /** Publishes records in order, leaving out those published before. */
  readonly publish: (batch: readonly IngestRecord[]) => Promise<PublishCounts>;
  /** States what the fold may assume of this source from here on; a repeat publishes nothing. `atMs`: the first event's time. */
  readonly declare: (latenessMs: number, tracksAgents: boolean, atMs: number) => Promise<void>;
  /** A heartbeat: nothing from before `atMs` is outstanding. */
  readonly progress: (atMs: number) => Promise<void>;
}

export interface PublisherOptions {
  readonly log: EventLog;
  readonly ledger: PublishedLedger;
  readonly encode: (event: CanonicalEvent) => Uint8Array;
  readonly nowMs: () => number;
  readonly tenant: string;
  readonly source: string;
  readonly feed: string;
  /** For numbers in free text. Left out: there are none. */
  readonly pseudonymise?: Pseudonymise;
}

/** A dead letter's id cannot meet an accepted record's: the line may be understood by a later version. */
const ledgerId = (record: IngestRecord): string =>
  record.status === 'accepted' ? record.id : `rejected:${record.id}`;

export const createPublisher = (options: PublisherOptions): Publisher => {
  const { log, ledger, tenant, source, feed } = options;
  const key = sourceKey(tenant, source);

  const publish = async (batch: readonly IngestRecord[]): Promise<PublishCounts> => {
    const fresh = await notPublished(ledger, key, batch);
    const accepted = fresh.filter((record) => record.status === 'accepted');
    const rejected = fresh.filter((record) => record.status === 'rejected');
    for (const chunk of chunksOf(accepted)) {
      await appendEvents(options, chunk);
      await ledger.remember(key, chunk.map(ledgerId));
    }
    if (rejected.length > 0) {
      const letters = rejected.map((record) => letterOf(options, record));
      await log.append(DEAD_LETTERS.name, 0, letters);
      await ledger.remember(key, rejected.map(ledgerId));
    }
    return {
      published: accepted.length,
      duplicates: batch.length - fresh.length,
      rejected: rejected.length,
    };
  };

  const say = async (id: string, event_time: number, body: EventBody): Promise<void> => {
    await publish([{ status: 'accepted', id, events: [{ event_time, body }] }]);
  };
  return {
    publish,
    declare: (lateness_ms, tracks_agents, atMs) =>
      say(`declared:${feed}:${lateness_ms}:${tracks_agents}`, atMs, {
        type: 'source_declared',
        feed,
        lateness_ms,
        tracks_agents,
      }),
    progress: (atMs) => say(`progress:${atMs}`, atMs, { type: 'source_progressed' }),
  };
};

/** The records that are new, each once. */
const notPublished = async (
  ledger: PublishedLedger,
  key: string,
  batch: readonly IngestRecord[],
): Promise<IngestRecord[]> => {
  const known = await ledger.known(key, batch.map(ledgerId));
  const seen = new Set<string>();
  return batch.filter((record, i) => {
    const id = ledgerId(record);
    if (known[i] === true || seen.has(id)) return false;
    seen.add(id);
    return true;
  });
};

/** Cuts into appends of at most `MAX_PUBLISH_BATCH` events; a record's events stay together. */
function* chunksOf(records: readonly AcceptedRecord[]): Generator<AcceptedRecord[]> {
  let chunk: AcceptedRecord[] = [];
  let events = 0;
  for (const record of records) {
    if (chunk.length > 0 && events + record.events.length > MAX_PUBLISH_BATCH) {
      yield chunk;
      chunk = [];
      events = 0;
    }
    chunk.push(record);
    events += record.events.length;
  }
  if (chunk.length > 0) yield chunk;
}

const appendEvents = async (
  { log, encode, nowMs, tenant, source, pseudonymise }: PublisherOptions,
  records: readonly AcceptedRecord[],
): Promise<void> => {
  const key = sourceKey(tenant, source);
  const recorded_at = nowMs();
  const encoded: LogRecord[] = [];
  for (const { id, events } of records) {
    for (const [n, { event_time, body: told }] of events.entries()) {
      const body = pseudonymise === undefined ? told : hideInBody(told, pseudonymise);
      const seq = events.length === 1 ? id : `${id}.${n}`;
      encoded.push({ key, value: encode({ tenant, source, seq, event_time, recorded_at, body }) });
    }
  }
  await log.append(EVENTS.name, partitionOf(tenant, source), encoded);
};

const letterOf = ({ tenant, source, feed, nowMs }: PublisherOptions, record: RejectedRecord): LogRecord => {
  const letter: DeadLetterRow = {
    tenant,
    source,
    feed,
    seq: record.id,
    received_at: nowMs(),
    reason: record.reason,
    place: record.place,
    line: record.line,
  };
  return { key: `${sourceKey(tenant, source)}|${record.id}`, value: Buffer.from(JSON.stringify(letter)) };
};

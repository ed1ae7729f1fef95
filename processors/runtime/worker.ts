/**
 * A worker: assign → load snapshot → fold → land → checkpoint, in the order of law 3. Folding is synchronous and
 * landing is not: each flush takes the changes and, when due, the snapshot in the same instant, so that the snapshot
 * stored after them holds exactly the rows acknowledged before it.
 */
import type { RowBlock, Store, StoreError } from '../../infra/clickhouse/store.ts';
import type { Consumer, EventLog, ReadLimits, StoredRecord } from '../../infra/log/event-log.ts';
import type { ProcessingMetrics } from '../../infra/telemetry.ts';
import type { EventCodec } from '../../schemas/codec.ts';
import type { AgentStateRow, DeadLetterRow, EventRow, SnapshotRow } from '../../schemas/rows.ts';
import { DEAD_LETTERS, EVENTS } from '../../schemas/topics.ts';
import { rowsOf, takeHistory } from '../domain/changes.ts';
import { type Changes, foldRecord } from '../domain/fold.ts';
import { forgetCallers } from '../domain/forget-callers.ts';
import type { PartitionState } from '../domain/source-state.ts';
import { publishAlerts } from './alert-publisher.ts';
import { decodeRecords } from './decoding.ts';
import { type Forgetting, NOTHING_TO_FORGET, startForgetting } from './forgetting.ts';
import { landBlock, landRows } from './landing.ts';
import { createLivePublisher, PUBLISH_INTERVAL_MS } from './live-publisher.ts';
import { loadSnapshot, snapshotRow } from './snapshots.ts';
import { realTimers, type Timers } from './timers.ts';

/** The group whose committed offsets say how far snapshots reach. */
export const PROCESSORS_GROUP = 'busyhour-processors';
/** The group whose committed offsets say how far rows have landed: imports wait for it. */
export const LANDED_GROUP = 'busyhour-landed';

export interface WorkerLimits {
  /** How often changes land while events trickle in. */
  readonly flushIntervalMs: number;
  /** A lot. When so many have been folded they land; folding waits when the lot before has not landed by then. */
  readonly maxUnlandedEvents: number;
  /** How often a partition's state is written down: a restart folds at most this much time again. */
  readonly snapshotIntervalMs: number;
  /** How often an idle partition's landed offset is told again. */
  readonly tellLandedIntervalMs: number;
  readonly fetch: ReadLimits;
}
export const WORKER_LIMITS: WorkerLimits = {
  flushIntervalMs: 1_000,
  maxUnlandedEvents: 200_000,
  snapshotIntervalMs: 10_000,
  tellLandedIntervalMs: 10_000,
  fetch: { maxRecords: 1_000, maxBytes: 8 * 1024 * 1024 },
};

export interface WorkerOptions {
  readonly log: EventLog;
  readonly store: Store;
  readonly codec: EventCodec;
  readonly nowMs: () => number;
  readonly metrics: ProcessingMetrics;
  readonly logger: WorkerLogger;
  /** The worker cannot go on: the store refuses rows for good, or dead letters cannot be written. */
  readonly onFatal: (error: Error) => void;
  /** Whether the log has erasures (topic `acd.erasures`). Left out: it has none. */
  readonly heedsErasures?: boolean;
  /** Left out: the process's own. */
  readonly timers?: Timers;
  /** Left out: WORKER_LIMITS. */
  readonly limits?: WorkerLimits;
}
export interface WorkerLogger {
  readonly info: (fields: object, message: string) => void;
  readonly warn: (fields: object, message: string) => void;
}
export interface Worker {
  /** Drains: lands everything folded, stores snapshots, releases the partitions. */
  readonly close: () => Promise<void>;
}

interface Assigned {
  readonly state: PartitionState;
  readonly changes: Changes;
  readonly forgetting: Forgetting;
  nextOffset: number;
  unlanded: number;
  /** Of them the events: not what is dead. */
  unlandedEvents: number;
  snapshotOffset: number;
  snapshotAtMs: number;
  /** When the landed offset was last told. */
  landedToldAtMs: number;
}
/** Records decoded and folded before their objects are let go: few enough to be gone before V8 would copy them. */
export const FOLDED_AT_ONCE = 250;

/** What has been folded and never changes any more, as it will be sent. */
interface Pending {
  readonly events_rows: RowBlock<EventRow>;
  readonly agent_states_rows: RowBlock<AgentStateRow>;
}
const openPending = (store: Store): Pending => ({
  events_rows: store.openBlock('events_rows'),
  agent_states_rows: store.openBlock('agent_states_rows'),
});

interface Flushed {
  readonly partition: number;
  readonly assigned: Assigned;
  readonly nextOffset: number;
  readonly events: number;
  readonly snapshot: SnapshotRow | null;
  /** Up to which erasure nothing is left of the callers, once this has landed; null = that is known. */
  readonly forgottenOffset: number | null;
}

export const startWorker = async (options: WorkerOptions): Promise<Worker> => {
  const { log, store, codec, nowMs, metrics, logger } = options;
  const { timers = realTimers, limits = WORKER_LIMITS } = options;
  const partitions = new Map<number, Assigned>();
  const live = createLivePublisher(log, nowMs);
  let pending = openPending(store);
  let unlanded = 0;
  const stopping = new AbortController();
  let flushing: Promise<void> = Promise.resolve();

  const assign = async (partition: number): Promise<number> => {
    const forgetting =
      options.heedsErasures === true ? await startForgetting(log, partition) : NOTHING_TO_FORGET;
    const { state, nextOffset } = await loadSnapshot(store, EVENTS.name, partition);
    forgetCallers(state, forgetting.erased);
    partitions.set(partition, {
      state,
      changes: new Map(),
      forgetting,
      nextOffset,
      unlanded: 0,
      unlandedEvents: 0,
      snapshotOffset: nextOffset,
      snapshotAtMs: nowMs(),
      landedToldAtMs: nowMs(),
    });
    logger.info({ partition, offset: nextOffset, sources: state.size }, 'partition assigned');
    return nextOffset;
  };

  const fold = async (partition: number, records: readonly StoredRecord[], endOffset: number) => {
    const assigned = partitions.get(partition);
    if (assigned === undefined) throw new Error(`partition ${partition} is not assigned`);
    for (let from = 0; from < records.length; from += FOLDED_AT_ONCE) {
      await foldSlice(partition, assigned, records.slice(from, from + FOLDED_AT_ONCE), endOffset);
    }
    if (unlanded >= limits.maxUnlandedEvents) await beginLot();
  };

  const foldSlice = async (
    partition: number,
    assigned: Assigned,
    records: readonly StoredRecord[],
    endOffset: number,
  ): Promise<void> => {
    const { events, poisoned } = await decodeRecords(codec, records);
    // Before anything moves on: a record is passed over only when its dead letter is written.
    if (poisoned.length > 0) await buryPoisoned(log, partition, poisoned, nowMs());
    const { erased } = assigned.forgetting;
    const forgets = erased.size() > 0;
    for (const { event, offset } of events) {
      const known = forgets ? erased.event(event) : event;
      foldRecord(assigned.state, known, { partition, offset }, assigned.changes);
    }
    assigned.nextOffset = (records.at(-1)?.offset ?? assigned.nextOffset - 1) + 1;
    assigned.unlanded += records.length;
    assigned.unlandedEvents += events.length;
    unlanded += records.length;
    for (const changes of assigned.changes.values()) {
      live.mark(changes);
      takeHistory(changes, pending);
    }
    metrics.folded({ partition, records: records.length, poisoned: poisoned.length, endOffset });
    metrics.position(partition, assigned.nextOffset, endOffset, watermarkOf(assigned.state));
  };

  const flush = (force = false): Promise<void> => {
    flushing = flushing.then(() => flushOnce(force));
    return flushing;
  };

  /** One lot lands while the next is folded; a third is not begun before the first has landed. */
  const beginLot = async (): Promise<void> => {
    await flushing;
    if (unlanded >= limits.maxUnlandedEvents) flush().catch(failed);
  };

  const isSnapshotDue = (assigned: Assigned, force: boolean): boolean =>
    assigned.snapshotOffset < assigned.nextOffset &&
    (force || nowMs() - assigned.snapshotAtMs >= limits.snapshotIntervalMs);

  const flushOnce = async (force: boolean): Promise<void> => {
    const flushed: Flushed[] = [];
    const forgetful = await takeErasures(partitions.values());
    const taken: Changes = new Map();
    for (const [partition, assigned] of partitions) {
      const forgot = forgetful.has(assigned);
      const snapshotDue = forgot ? assigned.nextOffset > 0 : isSnapshotDue(assigned, force);
      // Whoever had the partition before may still tell its own, older offset: the last word must be the owner's.
      const untold = nowMs() - assigned.landedToldAtMs >= limits.tellLandedIntervalMs;
      if (assigned.unlanded === 0 && !snapshotDue && !untold && !forgot) continue;
      for (const [state, changes] of assigned.changes) taken.set(state, changes);
      assigned.changes.clear();
      flushed.push({
        partition,
        assigned,
        nextOffset: assigned.nextOffset,
        events: assigned.unlandedEvents,
        snapshot: snapshotDue ? snapshotRow(partition, assigned) : null,
        forgottenOffset: forgot ? assigned.forgetting.offset() : null,
      });
      assigned.unlanded = 0;
      assigned.unlandedEvents = 0;
    }
    if (flushed.length === 0) return;
    const history = pending;
    pending = openPending(store);
    unlanded = 0;
    await land(taken, history, flushed);
  };

  const landing = {
    store,
    timers,
    signal: stopping.signal,
    onRetry: (error: StoreError, attempt: number) => {
      metrics.retried(error.code);
      if (attempt === 1)
        logger.warn({ code: error.code }, 'store unavailable, retrying: see docs/operations.md');
    },
  };

  const land = async (taken: Changes, history: Pending, flushed: readonly Flushed[]): Promise<void> => {
    const rows = rowsOf(taken.values());
    const blocks = Object.values(history).map((block) => landBlock(block, landing));
    await Promise.all([landRows(rows, landing), ...blocks]);
    const landedEvents = flushed.reduce((sum, { events }) => sum + events, 0);
    metrics.landed({ ...rows, ...history }, taken.values(), landedEvents);
    await publishAlerts(log, taken.values(), nowMs());
    // At once, here and below: each is a round trip, and the store has nothing to do until the next lot is sent.
    await Promise.all(
      flushed.map(async ({ partition, assigned, nextOffset }) => {
        await log.commit(LANDED_GROUP, EVENTS.name, partition, nextOffset);
        assigned.landedToldAtMs = nowMs();
      }),
    );
    const snapshots = flushed.flatMap(({ snapshot }) => (snapshot === null ? [] : [snapshot]));
    await landRows({ snapshots_rows: snapshots }, landing);
    for (const { assigned, forgottenOffset } of flushed) {
      if (forgottenOffset !== null) await assigned.forgetting.tell(forgottenOffset);
    }
    await Promise.all(
      flushed.map(async ({ partition, assigned, snapshot }) => {
        if (snapshot === null) return;
        assigned.snapshotOffset = snapshot.next_offset;
        assigned.snapshotAtMs = nowMs();
        await log.commit(PROCESSORS_GROUP, EVENTS.name, partition, snapshot.next_offset);
      }),
    );
  };

  const failed = (error: unknown): void => {
    if (stopping.signal.aborted) return;
    stopping.abort(error);
    options.onFatal(error instanceof Error ? error : new Error(String(error)));
  };
  const every = (ms: number, run: () => Promise<void>): (() => void) => {
    let busy = false;
    return timers.every(ms, () => {
      if (busy) return;
      busy = true;
      run()
        .catch(failed)
        .finally(() => {
          busy = false;
        });
    });
  };
  const periodic = [every(limits.flushIntervalMs, flush), every(PUBLISH_INTERVAL_MS, live.publish)];

  const consumer = await log.consume(
    { topic: EVENTS.name, group: PROCESSORS_GROUP, ownThread: true, ...limits.fetch },
    {
      onAssigned: assign,
      onBatch: fold,
      onRevoked: async (partition) => {
        await flush(true);
        partitions.delete(partition);
        metrics.released(partition);
      },
      onFailed: (_partition, error) => failed(error),
    },
  );
  return { close: () => closeWorker(consumer, periodic) };
};

const closeWorker = async (consumer: Consumer, periodic: readonly (() => void)[]): Promise<void> => {
  for (const stop of periodic) stop();
  await consumer.close();
};

/** Takes new erasures out of what is held. Gives those of which it has yet to be told that they hold nothing more of them. */
const takeErasures = async (partitions: Iterable<Assigned>): Promise<ReadonlySet<Assigned>> => {
  const forgetful = new Set<Assigned>();
  for (const assigned of [...partitions]) {
    if (await assigned.forgetting.update(assigned.state)) forgetful.add(assigned);
  }
  return forgetful;
};

/** The source that lags the most decides how far a partition's time has come. */
const watermarkOf = (state: PartitionState): number | null => {
  let oldest: number | null = null;
  for (const { watermarkMs } of state.values()) {
    if (watermarkMs > 0 && (oldest === null || watermarkMs < oldest)) oldest = watermarkMs;
  }
  return oldest;
};

/** Records of the log that are no events go to the dead letters whole; their place in the log is their identity. */
const buryPoisoned = async (
  log: EventLog,
  partition: number,
  records: readonly StoredRecord[],
  receivedAtMs: number,
): Promise<void> => {
  const letters = records.map(({ key, value, offset }): DeadLetterRow => {
    const [tenant = '', ...source] = key.split('/');
    return {
      tenant,
      source: source.join('/'),
      feed: 'log',
      seq: `log:${partition}:${offset}`,
      received_at: receivedAtMs,
      reason: 'not a canonical event',
      place: `${EVENTS.name}[${partition}]@${offset}`,
      line: Buffer.from(value).toString('base64'),
    };
  });
  await log.append(
    DEAD_LETTERS.name,
    0,
    letters.map((letter) => ({ key: letter.seq, value: Buffer.from(JSON.stringify(letter)) })),
  );
};

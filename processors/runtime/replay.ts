/**
 * A replay: folds the log from its beginning into new tables beside the standing ones, while workers go on landing in
 * those, and puts the new ones in their place. Until the swap nothing that stands is touched, so a replay killed at any
 * moment has changed nothing, or everything; the next one drops what it left and starts afresh.
 */
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import {
  BEAT_INTERVAL_MS,
  beat,
  claimRebuild,
  dropRebuild,
  mirrorInserts,
} from '../../infra/clickhouse/rebuild.ts';
import { expireRows } from '../../infra/clickhouse/retention.ts';
import { type Store, StoreError } from '../../infra/clickhouse/store.ts';
import { swapRebuilt } from '../../infra/clickhouse/swap.ts';
import type { EventLog, StoredRecord } from '../../infra/log/event-log.ts';
import { LogError } from '../../infra/log/log-error.ts';
import { readErasures } from '../../infra/subjects/erasure-log.ts';
import type { EventCodec } from '../../schemas/codec.ts';
import { type Erased, noErasures } from '../../schemas/erasures.ts';
import { DEAD_LETTERS, EVENTS } from '../../schemas/topics.ts';
import { rowsOf } from '../domain/changes.ts';
import { type Changes, foldRecord } from '../domain/fold.ts';
import type { PartitionState } from '../domain/source-state.ts';
import { readLetter } from './dead-letter-lander.ts';
import { decodeRecords } from './decoding.ts';
import { type LandingOptions, landRows, type RowBatches } from './landing.ts';
import { snapshotRow } from './snapshots.ts';

const FETCH = { maxRecords: 5_000, maxBytes: 8 * 1024 * 1024 } as const;
/** More records than this are not kept in memory: reading waits until their rows have landed. */
const MAX_UNLANDED_RECORDS = 50_000;
/** The first reads the log as it is found, the second what was appended meanwhile: little is left for the mirrors' time. */
const ROUNDS_BEFORE_MIRRORS = 2;

export interface ReplayProgress {
  readonly recordsDone: number;
  /** As the log is known to end: grows while it is appended to. */
  readonly recordsTotal: number;
}
export interface ReplayOptions {
  readonly log: EventLog;
  /** The standing store, database `acd`, with the right to make databases and exchange tables. */
  readonly store: Store;
  /** Opens the same ClickHouse with another database for unqualified names and inserts. */
  readonly openStore: (database: string) => Store;
  readonly codec: EventCodec;
  /** Whether the log has erasures (topic `acd.erasures`). Left out: it has none. */
  readonly heedsErasures?: boolean;
  /** Gives the replay up; it rejects with the signal's reason. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ReplayProgress) => void;
  readonly onRetry: LandingOptions['onRetry'];
  /** How long another replay may be silent before it is taken to be dead. Left out: half a minute. */
  readonly silentAfterMs?: number;
}
export type ReplayResult =
  | {
      readonly status: 'replayed';
      readonly records: number;
      /** Records of the log that are no events: theirs are the dead letters the workers wrote. */
      readonly poisoned: number;
    }
  /** Nothing was changed. */
  | { readonly status: 'refused'; readonly reason: string };

/** What has been read of one partition, and what that came to. */
interface Reading {
  readonly topic: string;
  readonly partition: number;
  nextOffset: number;
  endOffset: number;
  /** Takes the next records in; the rows are handed out by `take`. */
  readonly fold: (records: readonly StoredRecord[]) => Promise<void>;
  readonly take: () => RowBatches;
}
interface EventsReading extends Reading {
  readonly state: PartitionState;
  poisoned: number;
}

/**
 * Rebuilds every table of rows. Workers of the same fold version may go on; those of another must be stopped. Throws
 * `StoreError` and `LogError`, and the signal's reason.
 */
export const replay = async (options: ReplayOptions): Promise<ReplayResult> => {
  const { log, store } = options;
  const lost = await findLostBeginning(log);
  if (lost !== null) return { status: 'refused', reason: lost };
  const claim = await claimRebuild(store, options.silentAfterMs);
  if (claim.status === 'refused') return claim;
  const beating = startBeating(store, claim.database);
  const signal = AbortSignal.any([options.signal, beating.lost]);
  try {
    return await rebuild({ ...options, signal }, claim.database);
  } catch (error) {
    // What could not be dropped now is dropped by the next replay; why this one failed matters more.
    await dropRebuild(store, claim.database).catch(() => undefined);
    throw signal.aborted ? signal.reason : error;
  } finally {
    beating.stop();
  }
};

/**
 * The order is what keeps every row (law 3): at no moment does a standing table lack a row that a snapshot vouches for.
 * What was inserted without a mirror is before the log's end as read afterwards, so folding to there has it; what is
 * inserted later goes to both tables.
 */
const rebuild = async (options: ReplayOptions, database: string): Promise<ReplayResult> => {
  const { store, codec, signal, onRetry } = options;
  const erased = noErasures();
  // None comes while a replay is at work: an erasure makes the same claim.
  if (options.heedsErasures === true) {
    for (const erasure of (await readErasures(options.log, 0, 0)).erasures) erased.add(erasure);
  }
  const events = Array.from({ length: EVENTS.partitions }, (_, partition) =>
    eventsReading(codec, partition, erased),
  );
  const readings = [...events, lettersReading(erased)];
  const rebuilt = options.openStore(database);
  try {
    const intoRebuilt = { store: rebuilt, signal, onRetry };
    for (let round = 0; round < ROUNDS_BEFORE_MIRRORS; round++) await catchUp(options, readings, intoRebuilt);
    await mirrorInserts(store, database);
    await catchUp(options, readings, intoRebuilt);
    await expireRows(store, database, (ms) => pause(ms, undefined, { signal }));
    signal.throwIfAborted();
    await swapRebuilt(store, database);
  } finally {
    await rebuilt.close();
  }
  const intoStanding = { store, signal, onRetry };
  // An insert that had looked its table up just before the exchange, and its mirror just after it, wrote to the old one.
  await catchUp(options, readings, intoStanding);
  await landRows({ snapshots_rows: events.filter(isWhole).map(snapshotOf) }, intoStanding);
  await dropRebuild(store, database);
  const poisoned = events.reduce((sum, reading) => sum + reading.poisoned, 0);
  return { status: 'replayed', records: recordsDone(readings), poisoned };
};

/** A worker that began after a poisoned record would never bury it, and nobody may have yet. */
const isWhole = ({ nextOffset, poisoned }: EventsReading): boolean => nextOffset > 0 && poisoned === 0;

const snapshotOf = (reading: EventsReading) => snapshotRow(reading.partition, reading);

/** Reads every partition to its end and lands what follows. */
const catchUp = async (
  options: ReplayOptions,
  readings: readonly Reading[],
  landing: LandingOptions,
): Promise<void> => {
  const { log, onProgress } = options;
  for (const reading of readings) {
    reading.endOffset = await log.endOffset(reading.topic, reading.partition);
  }
  const tell = (): void =>
    onProgress({
      recordsDone: recordsDone(readings),
      recordsTotal: readings.reduce(
        (sum, { endOffset, nextOffset }) => sum + Math.max(endOffset, nextOffset),
        0,
      ),
    });
  for (const reading of readings) await readOn(log, reading, landing, tell);
};

const recordsDone = (readings: readonly Reading[]): number =>
  readings.reduce((sum, { nextOffset }) => sum + nextOffset, 0);

const readOn = async (
  log: EventLog,
  reading: Reading,
  landing: LandingOptions,
  tell: () => void,
): Promise<void> => {
  let unlanded = 0;
  const land = async (): Promise<void> => {
    await landRows(reading.take(), landing);
    unlanded = 0;
    tell();
  };
  while (reading.nextOffset < reading.endOffset) {
    landing.signal.throwIfAborted();
    const records = await log.read(reading.topic, reading.partition, reading.nextOffset, FETCH);
    const last = records.at(-1);
    // Passing over it would put tables in place that lack rows.
    if (last === undefined) throw unreadable(reading);
    await reading.fold(records);
    reading.nextOffset = last.offset + 1;
    unlanded += records.length;
    if (unlanded >= MAX_UNLANDED_RECORDS) await land();
    // Reading and folding may never wait for anything: workers in this process, and the beat, need their turn.
    await nextTurn();
  }
  await land();
};

const unreadable = ({ topic, partition, nextOffset, endOffset }: Reading): LogError =>
  new LogError(
    'LOG_CORRUPT',
    `log: ${topic}/${partition} ends at offset ${endOffset}, but gives nothing from ${nextOffset} on`,
  );

const eventsReading = (codec: EventCodec, partition: number, erased: Erased): EventsReading => {
  const state: PartitionState = new Map();
  const changes: Changes = new Map();
  const reading: EventsReading = {
    topic: EVENTS.name,
    partition,
    nextOffset: 0,
    endOffset: 0,
    state,
    poisoned: 0,
    fold: async (records) => {
      const { events, poisoned } = await decodeRecords(codec, records);
      // Burying them is the workers' part: a second letter would differ from theirs in when it was received.
      reading.poisoned += poisoned.length;
      for (const { event, offset } of events) {
        foldRecord(state, erased.event(event), { partition, offset }, changes);
      }
    },
    take: () => {
      const rows = rowsOf(changes.values());
      changes.clear();
      return rows;
    },
  };
  return reading;
};

const lettersReading = (erased: Erased): Reading => {
  let letters: ReturnType<typeof readLetter>[] = [];
  return {
    topic: DEAD_LETTERS.name,
    partition: 0,
    nextOffset: 0,
    endOffset: 0,
    fold: async (records) => {
      for (const record of records) letters.push(erased.letter(readLetter(record)));
    },
    take: () => {
      const rows = { dead_letters_rows: letters };
      letters = [];
      return rows;
    },
  };
};

/** Why rebuilding would lose rows: a partition whose first records are no longer there. */
const findLostBeginning = async (log: EventLog): Promise<string | null> => {
  for (const { name, partitions } of [EVENTS, DEAD_LETTERS]) {
    for (let partition = 0; partition < partitions; partition++) {
      if ((await log.endOffset(name, partition)) === 0) continue;
      const [first] = await log.read(name, partition, 0, { maxRecords: 1, maxBytes: 1 });
      if (first?.offset === 0) continue;
      return `The log no longer holds the beginning of ${name}[${partition}]: a replay would lose the rows that came of it. The tables stay as they are.`;
    }
  }
  return null;
};

/** Shows this replay to others; `lost` is aborted when its claim is no longer there. */
const startBeating = (store: Store, database: string): { lost: AbortSignal; stop: () => void } => {
  const lost = new AbortController();
  const timer = setInterval(() => {
    beat(store, database).catch((error: unknown) => {
      // A store that is away may come back in time; the next beat will tell.
      if (error instanceof StoreError && error.fault === 'retry') return;
      lost.abort(
        new Error(`the replay in ${database} was silent for too long and has been given up`, {
          cause: error,
        }),
      );
    });
  }, BEAT_INTERVAL_MS);
  return { lost: lost.signal, stop: () => clearInterval(timer) };
};

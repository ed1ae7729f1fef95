/**
 * Follows a queue_log that Asterisk goes on writing: through rotation, truncation, absence and restarts. Where it
 * stopped is a hint only; that nothing is published twice is the ledger's doing.
 */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PublishedLedger } from '../../../infra/ledger/published-ledger.ts';
import { InputError } from '../../input.ts';
import { type IngestRecord, MAX_PUBLISH_BATCH, type Publisher } from '../../publish.ts';
import { createLineSplitter, createRecordMaker, type Line, type ReadFrom, readQueueLog } from './lines.ts';
import type { ParseOptions } from './parse.ts';
import { type MissedLog, missedLogs, readOpenFileId } from './rotated-logs.ts';

export interface FollowQueueLogOptions extends ParseOptions {
  readonly path: string;
  readonly publisher: Publisher;
  readonly ledger: Pick<PublishedLedger, 'cursor' | 'saveCursor'>;
  readonly cursorName: string;
  readonly signal: AbortSignal;
  /** How often to look for more. */
  readonly pollMs?: number;
}

const POLL_MS = 250;
/** Lines are read in pieces of this size, so memory does not depend on how far behind we are. */
const READ_CHUNK_BYTES = 256 * 1024;
const HEARTBEAT_MS = 10_000;
/** logrotate gives several logs other names one after the other; as often as this we look again for one that just moved. */
const MAX_CATCH_UP_TRIES = 5;
/** Stamps are whole seconds, so a line about to be written may be this much before now. */
const HEARTBEAT_SLACK_MS = 2_000;

/** Runs until the signal aborts. Throws when the log, the ledger or the file breaks. */
export const followQueueLog = async (options: FollowQueueLogOptions): Promise<void> => {
  const { path, signal } = options;
  const feed = createFeeder(options);
  let place = (await options.ledger.cursor(options.cursorName)) as ReadFrom | null;
  while (!signal.aborted) {
    const opened = await openTail(path, options, place);
    if (opened === null) {
      await pause(options);
      continue;
    }
    const { tail, fileId } = opened;
    try {
      if (place !== null && fileId !== null && fileId !== place.fileId) {
        await catchUp(options, feed, place, fileId);
      }
      place = await followFile(options, feed, tail);
    } finally {
      await tail.handle.close();
    }
  }
};

const pause = ({ pollMs = POLL_MS, signal }: FollowQueueLogOptions): Promise<void> =>
  sleep(pollMs, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });

interface Feeder {
  readonly publish: (records: readonly IngestRecord[], place: ReadFrom | null) => Promise<void>;
  /** Everything written so far is published: says so now and then, so that time goes on through silence. */
  readonly caughtUp: () => Promise<void>;
}

const createFeeder = ({ publisher, ledger, cursorName, nowMs }: FollowQueueLogOptions): Feeder => {
  let declared = false;
  let heartbeatAtMs = nowMs();
  const declare = async (atMs: number): Promise<void> => {
    if (!declared) await publisher.declare(0, true, atMs);
    declared = true;
  };
  return {
    publish: async (records, place) => {
      const first = records.find((record) => record.status === 'accepted')?.events[0];
      if (first !== undefined) await declare(first.event_time);
      if (records.length > 0) await publisher.publish(records);
      if (place !== null) await ledger.saveCursor(cursorName, place);
    },
    caughtUp: async () => {
      const now = nowMs();
      if (now - heartbeatAtMs < HEARTBEAT_MS) return;
      heartbeatAtMs = now;
      await declare(now - HEARTBEAT_SLACK_MS);
      await publisher.progress(now - HEARTBEAT_SLACK_MS);
    },
  };
};

/** Reads what rotated logs hold from `place` on, also what was written to the old log after we had left it. */
const catchUp = async (
  options: FollowQueueLogOptions,
  feed: Feeder,
  place: ReadFrom,
  currentId: string,
): Promise<void> => {
  for (let tries = 1; !options.signal.aborted; tries++) {
    try {
      for (const missed of await missedLogs(options.path, place, currentId)) {
        await readMissed(options, feed, missed);
      }
      return;
    } catch (error) {
      if (tries === MAX_CATCH_UP_TRIES || !isAbsent(error)) throw error;
      await pause(options);
    }
  }
};

const readMissed = async (
  options: FollowQueueLogOptions,
  feed: Feeder,
  { file, fileId, from }: MissedLog,
): Promise<void> => {
  try {
    for await (const { records } of readQueueLog(file, options, from)) {
      await feed.publish(records, null);
      if (options.signal.aborted) return;
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const id = `damaged:${fileId}`;
    await feed.publish([{ status: 'rejected', id, reason: error.message, place: file, line: '' }], null);
  }
};

const isAbsent = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';
const absent = (error: unknown): null => {
  if (isAbsent(error)) return null;
  throw error;
};

interface Tail {
  readonly handle: FileHandle;
  readonly inode: number;
  readonly splitter: ReturnType<typeof createLineSplitter>;
  readonly maker: ReturnType<typeof createRecordMaker>;
  /** Where the next read begins: past an incomplete line that is kept. */
  readAt: number;
}
interface OpenedTail {
  readonly tail: Tail;
  /** null while the file has no whole line. */
  readonly fileId: string | null;
}

/** null while there is no log to read. It begins at `place` when that is in it, at its beginning otherwise. */
const openTail = async (
  path: string,
  options: ParseOptions,
  place: ReadFrom | null,
): Promise<OpenedTail | null> => {
  const handle = await open(path, 'r').catch(absent);
  if (handle === null) return null;
  const [{ ino, size }, fileId] = await Promise.all([handle.stat(), readOpenFileId(handle)]);
  // Until Asterisk writes to a new log, the old one may still grow: the two are read one after the other.
  if (fileId === null && place !== null) {
    await handle.close();
    return null;
  }
  const from = place !== null && place.fileId === fileId && place.position <= size ? place : null;
  const tail = {
    handle,
    inode: ino,
    splitter: createLineSplitter(from?.position),
    maker: createRecordMaker(path, options, from?.fileId),
    readAt: from?.position ?? 0,
  };
  return { tail, fileId };
};

/** Follows one file until it is rotated away or truncated, or the signal aborts; returns how far it got in it. */
const followFile = async (
  options: FollowQueueLogOptions,
  feed: Feeder,
  tail: Tail,
): Promise<ReadFrom | null> => {
  const { path, signal } = options;
  while (!signal.aborted) {
    // Asked before reading: what a file that is already rotated away still holds is read once more, then it is done.
    const state = await stateOf(path, tail);
    if (state === 'truncated') break;
    await readOn(tail, feed, signal);
    if (state === 'rotated') break;
    if (!signal.aborted) await feed.caughtUp();
    await pause(options);
  }
  return placeOf(tail);
};

const placeOf = ({ maker, splitter }: Tail): ReadFrom | null => {
  const fileId = maker.fileId();
  return fileId === null ? null : { fileId, position: splitter.position() };
};

const stateOf = async (path: string, tail: Tail): Promise<'same' | 'rotated' | 'truncated'> => {
  const [own, named] = await Promise.all([tail.handle.stat(), stat(path).catch(absent)]);
  if (own.size < tail.readAt) return 'truncated';
  // Asterisk goes on writing to a log that was given another name until it is told to reload (logger reload), and
  // only then writes to the new one: a new log that is still empty does not end the old one.
  if (named !== null && named.ino !== tail.inode && named.size > 0) return 'rotated';
  // Truncated and grown past where we were between two looks: then it begins with another line.
  const known = tail.maker.fileId();
  const found = known === null ? null : await readOpenFileId(tail.handle);
  return found !== null && found !== known ? 'truncated' : 'same';
};

/** Publishes all complete lines there are; an incomplete one waits for its end. */
const readOn = async (tail: Tail, feed: Feeder, signal: AbortSignal): Promise<void> => {
  const chunk = Buffer.alloc(READ_CHUNK_BYTES);
  while (!signal.aborted) {
    const { bytesRead } = await tail.handle.read(chunk, 0, chunk.length, tail.readAt);
    if (bytesRead === 0) return;
    tail.readAt += bytesRead;
    await publishLines(tail, feed, tail.splitter.push(chunk.subarray(0, bytesRead)));
  }
};

/** Batch by batch, the place saved after each. */
const publishLines = async (tail: Tail, feed: Feeder, lines: readonly Line[]): Promise<void> => {
  const { maker, splitter } = tail;
  const isNewLog = maker.fileId() === null;
  const made = lines.flatMap((line) => {
    const of = maker.record(line);
    return of === null ? [] : [{ record: of.record, position: line.position }];
  });
  const fileId = maker.fileId();
  if (fileId === null) return;
  // Saved before anything of a log is published: killed in its first batch, with the log rotated away by the next
  // start, we would not know that we had been in it.
  if (isNewLog) await feed.publish([], { fileId, position: 0 });
  for (let i = 0; i < made.length; i += MAX_PUBLISH_BATCH) {
    const batch = made.slice(i, i + MAX_PUBLISH_BATCH).map(({ record }) => record);
    const next = made[i + MAX_PUBLISH_BATCH]?.position ?? splitter.position();
    await feed.publish(batch, { fileId, position: next });
  }
};

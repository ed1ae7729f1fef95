/**
 * Follows a queue_log that Asterisk goes on writing: through rotation, truncation, absence and restarts. Where it
 * stopped is a hint only; that nothing is published twice is the ledger's doing.
 */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PublishedLedger } from '../../../infra/ledger/published-ledger.ts';
import { type IngestRecord, MAX_PUBLISH_BATCH, type Publisher } from '../../publish.ts';
import { createLineSplitter, createRecordMaker, type ReadFrom, readQueueLog } from './lines.ts';
import type { ParseOptions } from './parse.ts';
import { missedLogs, readFileId } from './rotated-logs.ts';

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
/** Stamps are whole seconds, so a line about to be written may be this much before now. */
const HEARTBEAT_SLACK_MS = 2_000;

/** Runs until the signal aborts. Throws when the log, the ledger or the file breaks. */
export const followQueueLog = async (options: FollowQueueLogOptions): Promise<void> => {
  const { path, signal } = options;
  const feed = createFeeder(options);
  const cursor = (await options.ledger.cursor(options.cursorName)) as ReadFrom | null;
  let from = await catchUp(options, feed, cursor);
  while (!signal.aborted) {
    const tail = await openTail(path, options, from);
    from = null;
    if (tail === null) await pause(options);
    else await followFile(options, feed, tail).finally(() => tail.handle.close());
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

/** Reads what rotated logs still hold; returns where to begin in the current one, null for its beginning. */
const catchUp = async (
  options: FollowQueueLogOptions,
  feed: Feeder,
  cursor: ReadFrom | null,
): Promise<ReadFrom | null> => {
  if (cursor === null) return null;
  const currentId = await readFileId(options.path).catch(absent);
  if (currentId === cursor.fileId) return cursor;
  for (const { file, from } of await missedLogs(options.path, cursor)) {
    for await (const { records } of readQueueLog(file, options, from)) await feed.publish(records, null);
  }
  return null;
};

const absent = (error: unknown): null => {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
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

const openTail = async (path: string, options: ParseOptions, from: ReadFrom | null): Promise<Tail | null> => {
  const handle = await open(path, 'r').catch(absent);
  if (handle === null) return null;
  const { ino } = await handle.stat();
  return {
    handle,
    inode: ino,
    splitter: createLineSplitter(from?.position),
    maker: createRecordMaker(path, options, from?.fileId),
    readAt: from?.position ?? 0,
  };
};

/** Follows one file until it is rotated away or truncated, or the signal aborts. */
const followFile = async (options: FollowQueueLogOptions, feed: Feeder, tail: Tail): Promise<void> => {
  const { path, signal } = options;
  while (!signal.aborted) {
    // Asked before reading: what a file that is already rotated away still holds is read once more, then it is done.
    const state = await stateOf(path, tail);
    if (state === 'truncated') return;
    await readOn(tail, feed, signal);
    if (state === 'rotated') return;
    if (!signal.aborted) await feed.caughtUp();
    await pause(options);
  }
};

const stateOf = async (path: string, tail: Tail): Promise<'same' | 'rotated' | 'truncated'> => {
  const [own, named] = await Promise.all([tail.handle.stat(), stat(path).catch(absent)]);
  if (own.size < tail.readAt) return 'truncated';
  if (named === null || named.ino !== tail.inode) return 'rotated';
  // Truncated and grown past where we were between two looks: then it begins with another line.
  const known = tail.maker.fileId();
  return known !== null && (await readFileId(path).catch(absent)) !== known ? 'truncated' : 'same';
};

/** Publishes all complete lines there are; an incomplete one waits for its end. */
const readOn = async (tail: Tail, feed: Feeder, signal: AbortSignal): Promise<void> => {
  const chunk = Buffer.alloc(READ_CHUNK_BYTES);
  while (!signal.aborted) {
    const { bytesRead } = await tail.handle.read(chunk, 0, chunk.length, tail.readAt);
    if (bytesRead === 0) return;
    tail.readAt += bytesRead;
    const records = tail.splitter.push(chunk.subarray(0, bytesRead)).flatMap((line) => {
      const made = tail.maker.record(line);
      return made === null ? [] : [made.record];
    });
    const fileId = tail.maker.fileId();
    const place = fileId === null ? null : { fileId, position: tail.splitter.position() };
    for (let i = 0; i < records.length; i += MAX_PUBLISH_BATCH) {
      const isLast = i + MAX_PUBLISH_BATCH >= records.length;
      await feed.publish(records.slice(i, i + MAX_PUBLISH_BATCH), isLast ? place : null);
    }
  }
};

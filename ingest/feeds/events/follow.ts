/**
 * Follows a file of canonical events that somebody goes on writing, or reads standard input as it comes. Where it stopped
 * is a hint: a `seq` is published once, so reading from the beginning again is slow and nothing worse.
 */
import { type FileHandle, open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PublishedLedger } from '../../../infra/ledger/published-ledger.ts';
import { type IngestRecord, MAX_PUBLISH_BATCH, type Publisher } from '../../publish.ts';
import { createLineSplitter } from '../asterisk-queue-log/lines.ts';
import { createEventLineParser, type EventLineOptions } from './parse.ts';

export interface FollowEventsOptions extends EventLineOptions {
  /** `-` is standard input. */
  readonly path: string;
  readonly publisher: Publisher;
  readonly ledger: Pick<PublishedLedger, 'cursor' | 'saveCursor'>;
  readonly cursorName: string;
  readonly signal: AbortSignal;
  readonly pollMs?: number;
  /** What `-` reads. */
  readonly stdin?: Readable;
}

const POLL_MS = 250;
const READ_CHUNK_BYTES = 256 * 1024;

interface Place {
  readonly inode: number;
  readonly position: number;
}

/** Runs until the signal aborts, or standard input ends. Throws when the log, the ledger or the file breaks. */
export const followEvents = async (options: FollowEventsOptions): Promise<void> => {
  if (options.path === '-') return readStream(options);
  const { ledger, cursorName, signal } = options;
  let place = (await ledger.cursor(cursorName)) as Place | null;
  while (!signal.aborted) {
    const handle = await open(options.path, 'r').catch(absent);
    if (handle === null) {
      await pause(options);
      continue;
    }
    try {
      place = await followFile(options, handle, place);
    } finally {
      await handle.close();
    }
  }
};

const absent = (error: unknown): null => {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
};
const pause = ({ pollMs = POLL_MS, signal }: FollowEventsOptions): Promise<void> =>
  sleep(pollMs, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });

type Taking = (chunk: Buffer) => Promise<void>;
interface Reading {
  readonly take: Taking;
  /** Takes what no newline has ended. */
  readonly end: () => Promise<void>;
  readonly position: () => number;
}

const createReading = (options: FollowEventsOptions, startPosition: number): Reading => {
  const splitter = createLineSplitter(startPosition);
  const parse = createEventLineParser(options);
  const recordOf = (text: string, position: number): IngestRecord[] => {
    if (text.trim() === '') return [];
    const parsed = parse(text);
    if (parsed.status === 'dropped') return [];
    const { source: _, ...record } = parsed;
    return [record.status === 'accepted' ? record : { ...record, place: `${options.path}:${position}` }];
  };
  const publish = async (lines: ReturnType<typeof splitter.push>): Promise<void> => {
    const records = lines.flatMap(({ text, position }) => recordOf(text, position));
    for (let i = 0; i < records.length; i += MAX_PUBLISH_BATCH) {
      await options.publisher.publish(records.slice(i, i + MAX_PUBLISH_BATCH));
    }
  };
  return {
    take: (chunk) => publish(splitter.push(chunk)),
    end: async () => {
      const last = splitter.rest();
      if (last !== null) await publish([last]);
    },
    position: splitter.position,
  };
};

/** Follows one file until another has its name or it was cut, or the signal aborts. */
const followFile = async (
  options: FollowEventsOptions,
  handle: FileHandle,
  known: Place | null,
): Promise<Place | null> => {
  const { path, signal, ledger, cursorName } = options;
  const { ino: inode, size } = await handle.stat();
  const start = known !== null && known.inode === inode && known.position <= size ? known.position : 0;
  const reading = createReading(options, start);
  const chunk = Buffer.alloc(READ_CHUNK_BYTES);
  let readAt = start;
  while (!signal.aborted) {
    // Asked before reading: what a file that has lost its name still holds is read once more, then it is done.
    const [own, named] = await Promise.all([handle.stat(), stat(path).catch(absent)]);
    if (own.size < readAt) return null;
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, readAt);
      if (bytesRead === 0 || signal.aborted) break;
      readAt += bytesRead;
      await reading.take(chunk.subarray(0, bytesRead));
      await ledger.saveCursor(cursorName, { inode, position: reading.position() });
    }
    if (named !== null && named.ino !== inode) {
      await reading.end();
      return null;
    }
    await pause(options);
  }
  return { inode, position: reading.position() };
};

const readStream = async (options: FollowEventsOptions): Promise<void> => {
  const { stdin = process.stdin, signal } = options;
  const reading = createReading(options, 0);
  const stop = (): void => void stdin.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of stdin as AsyncIterable<Buffer | string>) {
      await reading.take(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    }
    await reading.end();
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
};

/**
 * Reads queue_log files line by line, each line with its identity: which file, where in it, and what it says. A file
 * is known by its first line, so a rotated, zipped, renamed or copied log is the same file.
 */
import { createHash } from 'node:crypto';
import type { ReadBatch } from '../../import.ts';
import { openInput } from '../../input.ts';
import { type IngestRecord, MAX_PUBLISH_BATCH } from '../../publish.ts';
import { MAX_LINE_LENGTH, namingPart, type ParseOptions, parseLine, withoutCaller } from './parse.ts';

const FILE_ID_LENGTH = 12;
const CONTENT_HASH_LENGTH = 8;
const NEWLINE = 0x0a;
/** A line is kept up to here: one byte more than allowed is enough to see that it is too long, whatever its length. */
export const MAX_KEPT_BYTES = 4 * MAX_LINE_LENGTH + 1;

export interface Line {
  readonly text: string;
  /** Byte position of the line's beginning in the (unzipped) file. */
  readonly position: number;
  /** Whether a newline ends it: one without may still be being written. */
  readonly complete: boolean;
}

const hash = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length);

export const fileIdOf = (firstLine: string): string => hash(namingPart(firstLine), FILE_ID_LENGTH);

/** Bytes that are not UTF-8 become U+FFFD: Asterisk does not say what encoding names are in. */
const textOf = (bytes: Buffer): string => {
  const text = bytes.toString('utf8');
  return text.endsWith('\r') ? text.slice(0, -1) : text;
};

export interface LineSplitter {
  /** The lines that `chunk` completes. */
  readonly push: (chunk: Buffer) => Line[];
  /** What is left without a newline, or null. */
  readonly rest: () => Line | null;
  /** Where the first incomplete line begins. */
  readonly position: () => number;
}

/** Cuts a stream of bytes from `startPosition` on into lines. A line longer than any real one is kept in part only. */
export const createLineSplitter = (startPosition = 0): LineSplitter => {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let keptBytes = 0;
  let lineStart = startPosition;
  const keep = (bytes: Buffer): void => {
    pendingBytes += bytes.length;
    const room = MAX_KEPT_BYTES - keptBytes;
    if (room <= 0 || bytes.length === 0) return;
    const kept = bytes.subarray(0, room);
    pending.push(kept);
    keptBytes += kept.length;
  };
  const take = (complete: boolean): Line => {
    const line = { text: textOf(Buffer.concat(pending)), position: lineStart, complete };
    lineStart += pendingBytes + (complete ? 1 : 0);
    pending = [];
    pendingBytes = 0;
    keptBytes = 0;
    return line;
  };
  return {
    push: (chunk) => {
      const lines: Line[] = [];
      let from = 0;
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
        keep(chunk.subarray(from, at));
        lines.push(take(true));
        from = at + 1;
      }
      // A copy: the chunk's memory belongs to the reader.
      if (from < chunk.length) keep(Buffer.from(chunk.subarray(from)));
      return lines;
    },
    rest: () => (pendingBytes === 0 ? null : take(false)),
    position: () => lineStart,
  };
};

export interface RecordMaker {
  /** The record of a line; null for an empty one. The first line makes the file's identity. */
  readonly record: (line: Line) => { record: IngestRecord; eventMs: number | null } | null;
  readonly fileId: () => string | null;
}

/** Makes records of one file's lines. `knownFileId` is for reading on in the middle of a file. */
export const createRecordMaker = (
  place: string,
  options: ParseOptions,
  knownFileId: string | null = null,
): RecordMaker => {
  let fileId = knownFileId;
  return {
    fileId: () => fileId,
    record: ({ text, position }) => {
      if (text === '') return null;
      fileId ??= fileIdOf(text);
      const id = `${fileId}:${position}:${hash(namingPart(text), CONTENT_HASH_LENGTH)}`;
      const parsed = parseLine(text, options);
      if (parsed.status === 'event') {
        const { event } = parsed;
        return { record: { status: 'accepted', id, events: [event] }, eventMs: event.event_time };
      }
      const rejected = {
        status: 'rejected',
        id,
        reason: parsed.reason,
        place: `${place}:${position}`,
        line: withoutCaller(text, options.pseudonymise),
      } as const;
      return { record: rejected, eventMs: null };
    },
  };
};

/** Where to begin in a file, and as which file: for reading on where a follower stopped. */
export interface ReadFrom {
  readonly fileId: string;
  readonly position: number;
}

/** Reads a queue_log to its end, in the order it was written. A last line without a newline counts. */
export async function* readQueueLog(
  file: string,
  options: ParseOptions,
  from: ReadFrom | null = null,
): AsyncGenerator<ReadBatch, void, undefined> {
  const input = await openInput(file);
  const splitter = createLineSplitter(from?.position);
  const maker = createRecordMaker(file, options, from?.fileId);
  let toSkip = from?.position ?? 0;
  let lines = 0;
  let batch = emptyBatch();
  const flush = (): ReadBatch => {
    const full = { ...batch, bytesRead: input.bytesRead(), bytesTotal: input.bytesTotal, lines };
    batch = emptyBatch();
    return full;
  };
  for await (const chunk of input.chunks) {
    const skipped = Math.min(toSkip, chunk.length);
    toSkip -= skipped;
    for (const line of splitter.push(chunk.subarray(skipped))) {
      lines += 1;
      add(batch, maker.record(line));
      if (batch.records.length >= MAX_PUBLISH_BATCH) yield flush();
    }
  }
  const last = splitter.rest();
  if (last !== null) {
    lines += 1;
    add(batch, maker.record(last));
  }
  yield flush();
}

interface Batch {
  readonly records: IngestRecord[];
  firstEventMs: number | null;
  lastEventMs: number | null;
}
const emptyBatch = (): Batch => ({ records: [], firstEventMs: null, lastEventMs: null });

const add = (batch: Batch, made: ReturnType<RecordMaker['record']>): void => {
  if (made === null) return;
  batch.records.push(made.record);
  if (made.eventMs === null) return;
  batch.firstEventMs ??= made.eventMs;
  batch.lastEventMs = Math.max(batch.lastEventMs ?? made.eventMs, made.eventMs);
};

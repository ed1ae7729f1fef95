/**
 * Tells the logs of one queue_log apart and puts them in order by their first lines, whatever they are called by now
 * and whether they are zipped; finds what a follower missed in those that were rotated away.
 */
import { type FileHandle, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InputError, openInput } from '../../input.ts';
import { createLineSplitter, fileIdOf, type LineSplitter, MAX_KEPT_BYTES, type ReadFrom } from './lines.ts';

export interface LogHead {
  readonly fileId: string;
  /** When its first line was written, in seconds since 1970; infinite where the line does not say. */
  readonly stamp: number;
}

const headOf = (firstLine: string): LogHead => {
  const stamp = Number.parseFloat(firstLine);
  return { fileId: fileIdOf(firstLine), stamp: Number.isNaN(stamp) ? Number.POSITIVE_INFINITY : stamp };
};

/** The first line: whole, or too long to be one and then as far as lines are kept. */
const firstLineOf = (splitter: LineSplitter, chunk: Buffer, bytesSoFar: number): string | null => {
  const whole = splitter.push(chunk).find(({ text }) => text !== '');
  if (whole !== undefined) return whole.text;
  return bytesSoFar >= MAX_KEPT_BYTES ? (splitter.rest()?.text ?? null) : null;
};

/** The head of a file, zipped or not; null while it has no whole line. */
export const readHead = async (file: string): Promise<LogHead | null> => {
  const { chunks } = await openInput(file);
  const splitter = createLineSplitter();
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    const first = firstLineOf(splitter, chunk, bytes);
    if (first !== null) return headOf(first);
  }
  return null;
};

/** The identity of an open file that is not zipped; null while it has no whole line. */
export const readOpenFileId = async (handle: FileHandle): Promise<string | null> => {
  const chunk = Buffer.alloc(MAX_KEPT_BYTES);
  const { bytesRead } = await handle.read(chunk, 0, chunk.length, 0);
  const first = firstLineOf(createLineSplitter(), chunk.subarray(0, bytesRead), bytesRead);
  return first === null ? null : fileIdOf(first);
};

const stampOf = async (file: string): Promise<number> =>
  file === '-' ? Number.POSITIVE_INFINITY : ((await readHead(file))?.stamp ?? Number.POSITIVE_INFINITY);

/**
 * Files to import, the oldest log first: a shell names `queue_log` before `queue_log.1`, which is older. Standard input
 * and files without a readable first line come last, as given. Throws as `openInput` does.
 */
export const oldestFirst = async (files: readonly string[]): Promise<readonly string[]> => {
  if (files.length < 2) return files;
  const stamped: { file: string; stamp: number }[] = [];
  for (const file of files) stamped.push({ file, stamp: await stampOf(file) });
  return stamped.sort((a, b) => (a.stamp === b.stamp ? 0 : a.stamp - b.stamp)).map(({ file }) => file);
};

/** A neighbour that is gone by now, closed to us, a directory, or half zipped is no log that can be read. */
const NOT_READABLE: ReadonlySet<unknown> = new Set(['ENOENT', 'EACCES', 'EPERM', 'EISDIR']);
const unreadable = (error: unknown): null => {
  if (error instanceof InputError) return null;
  if (error instanceof Error && 'code' in error && NOT_READABLE.has(error.code)) return null;
  throw error;
};

export interface MissedLog {
  readonly file: string;
  readonly fileId: string;
  /** null: from its beginning. */
  readonly from: ReadFrom | null;
}

/** `queue_log.1`, `queue_log.2.gz`, `queue_log-20261101`: logrotate's and Asterisk's ways to name them, the oldest first. */
const rotatedSiblings = async (path: string): Promise<{ file: string; head: LogHead }[]> => {
  const name = basename(path);
  const found: { file: string; head: LogHead }[] = [];
  for (const entry of (await readdir(dirname(path))).sort()) {
    if (!entry.startsWith(`${name}.`) && !entry.startsWith(`${name}-`)) continue;
    const file = join(dirname(path), entry);
    const head = await readHead(file).catch(unreadable);
    if (head !== null && head.stamp !== Number.POSITIVE_INFINITY) found.push({ file, head });
  }
  return found.sort((a, b) => a.head.stamp - b.head.stamp);
};

/**
 * The rotated logs to read before the current one: that in which `place` is, from there on, and those after it. None
 * when that log is gone. A log that is there twice, as while it is being zipped, is read once.
 */
export const missedLogs = async (path: string, place: ReadFrom, currentId: string): Promise<MissedLog[]> => {
  const seen = new Set([currentId]);
  const missed: MissedLog[] = [];
  for (const { file, head } of await rotatedSiblings(path)) {
    const { fileId } = head;
    if (seen.has(fileId) || (missed.length === 0 && fileId !== place.fileId)) continue;
    seen.add(fileId);
    missed.push({ file, fileId, from: fileId === place.fileId ? place : null });
  }
  return missed;
};

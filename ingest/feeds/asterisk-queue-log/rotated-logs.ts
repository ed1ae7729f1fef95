/** Finds what a follower missed while it was away: the log it was in may have been rotated, zipped and followed by others. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createLineSplitter, fileIdOf, openInput, type ReadFrom } from './lines.ts';

export interface MissedLog {
  readonly file: string;
  /** null: from its beginning. */
  readonly from: ReadFrom | null;
}

/** The identity of a file by its first line; null while it has none. */
export const readFileId = async (file: string): Promise<string | null> => {
  const { chunks } = await openInput(file);
  const splitter = createLineSplitter();
  for await (const chunk of chunks) {
    const first = splitter.push(chunk).find(({ text }) => text !== '');
    if (first !== undefined) return fileIdOf(first.text);
  }
  return null;
};

/** `queue_log.1`, `queue_log.2.gz`, `queue_log-20261101`: logrotate's and Asterisk's ways to name them, the oldest first. */
const rotatedSiblings = async (path: string): Promise<string[]> => {
  const name = basename(path);
  const entries = await readdir(dirname(path));
  const siblings = entries
    .filter((entry) => entry.startsWith(`${name}.`) || entry.startsWith(`${name}-`))
    .map((entry) => join(dirname(path), entry));
  const dated = await Promise.all(siblings.map(async (file) => ({ file, stats: await stat(file) })));
  return dated
    .filter(({ stats }) => stats.isFile())
    .sort((a, b) => a.stats.mtimeMs - b.stats.mtimeMs)
    .map(({ file }) => file);
};

/**
 * The rotated logs to read before the current one: that which the cursor is in, from there on, and those after it.
 * None when the cursor's log is gone, or is still the current one.
 */
export const missedLogs = async (path: string, cursor: ReadFrom): Promise<MissedLog[]> => {
  const siblings = await rotatedSiblings(path);
  for (const [i, file] of siblings.entries()) {
    if ((await readFileId(file)) !== cursor.fileId) continue;
    return [{ file, from: cursor }, ...siblings.slice(i + 1).map((later) => ({ file: later, from: null }))];
  }
  return [];
};

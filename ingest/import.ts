/** Imports history: reads files of a feed from beginning to end and publishes what is not in the log yet. */
import { accessSync, constants, statSync } from 'node:fs';
import type { IngestRecord, PublishCounts, Publisher } from './publish.ts';

/** What a feed's reader yields: records in the order of the file, at most a publish batch at a time. */
export interface ReadBatch {
  readonly records: readonly IngestRecord[];
  /** Records understood that are no events, by reason. */
  readonly dropped?: Readonly<Record<string, number>>;
  readonly bytesRead: number;
  /** null where nobody knows: standard input. */
  readonly bytesTotal: number | null;
  /** Lines read so far. */
  readonly lines: number;
  readonly firstEventMs: number | null;
  readonly lastEventMs: number | null;
}

export interface ImportSummary extends PublishCounts {
  /** Input records: published + duplicates + rejected + dropped. */
  readonly read: number;
  readonly dropped: Readonly<Record<string, number>>;
}

export interface ImportOptions {
  readonly files: readonly string[];
  readonly read: (file: string) => AsyncIterable<ReadBatch>;
  readonly publisher: Publisher;
  /** What the feed can promise: see `source_declared`. */
  readonly latenessMs: number;
  readonly tracksAgents: boolean;
  readonly onProgress: (batch: ReadBatch) => void;
}

/** Reads every file in turn. Throws Node's error for a file that cannot be read; what was published before stays. */
export const runImport = async (options: ImportOptions): Promise<ImportSummary> => {
  const { publisher } = options;
  const sum = { read: 0, published: 0, duplicates: 0, rejected: 0 };
  const dropped: Record<string, number> = {};
  let lastEventMs: number | null = null;
  for (const file of options.files) {
    for await (const batch of options.read(file)) {
      if (lastEventMs === null && batch.firstEventMs !== null) {
        await publisher.declare(options.latenessMs, options.tracksAgents, batch.firstEventMs);
      }
      const counts = await publisher.publish(batch.records);
      sum.published += counts.published;
      sum.duplicates += counts.duplicates;
      sum.rejected += counts.rejected;
      sum.read += batch.records.length;
      for (const [reason, count] of Object.entries(batch.dropped ?? {})) {
        dropped[reason] = (dropped[reason] ?? 0) + count;
        sum.read += count;
      }
      lastEventMs = latest(lastEventMs, batch.lastEventMs);
      options.onProgress(batch);
    }
  }
  // Nothing from before the newest event is outstanding in these files: open agent time counts up to it.
  if (lastEventMs !== null) await publisher.progress(lastEventMs);
  return { ...sum, dropped };
};

const latest = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.max(a, b);

/** What is wrong with the first file that cannot be read, in one line; null when all can. Nothing is read yet. */
export const findUnreadable = (files: readonly string[]): string | null => {
  for (const file of files) {
    if (file === '-') continue;
    try {
      accessSync(file, constants.R_OK);
    } catch (error) {
      const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      return `${file}: ${missing ? 'there is no such file' : 'it may not be read: check its permissions'}`;
    }
    if (statSync(file).isDirectory()) return `${file} is a directory: name the files in it`;
  }
  return null;
};

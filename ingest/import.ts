/** Imports history: reads files of a feed from beginning to end and publishes what is not in the log yet. */
import { accessSync, constants, statSync } from 'node:fs';
import type { Pseudonymise } from './pseudonymise.ts';
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
  /** What looks wrong but stopped nothing, one line each. */
  readonly warnings: readonly string[];
}

export interface ImportOptions {
  readonly files: readonly string[];
  /** In which order to read them, for a feed whose files go on from each other. */
  readonly order: (files: readonly string[]) => Promise<readonly string[]>;
  readonly read: (file: string, pseudonymise: Pseudonymise) => AsyncIterable<ReadBatch>;
  readonly pseudonymise: Pseudonymise;
  readonly publisher: Publisher;
  /** What the feed can promise: see `source_declared`. */
  readonly latenessMs: number;
  readonly tracksAgents: boolean;
  /** The records say both themselves, and how far time has come. */
  readonly selfDescribed?: boolean;
  readonly onProgress: (batch: ReadBatch) => void;
}

/** A file of which none of the first so many lines is understood is probably of another kind. */
const LINES_TO_KNOW_A_FEED = 100;

/**
 * Reads every file. Throws Node's error for a file that cannot be read and an `InputError` for one that as a whole
 * cannot be used; what was published before stays.
 */
export const runImport = async (options: ImportOptions): Promise<ImportSummary> => {
  const sum = createSum();
  for (const file of await options.order(options.files)) await importFile(file, options, sum);
  // Nothing from before the newest event is outstanding in these files: open agent time counts up to it.
  if (sum.lastEventMs !== null && options.selfDescribed !== true)
    await options.publisher.progress(sum.lastEventMs);
  const { lastEventMs: _, ...summary } = sum;
  return summary;
};

interface Sum {
  read: number;
  published: number;
  duplicates: number;
  rejected: number;
  readonly dropped: Record<string, number>;
  readonly warnings: string[];
  lastEventMs: number | null;
}
const createSum = (): Sum => ({
  read: 0,
  published: 0,
  duplicates: 0,
  rejected: 0,
  dropped: {},
  warnings: [],
  lastEventMs: null,
});

const importFile = async (file: string, options: ImportOptions, sum: Sum): Promise<void> => {
  const { publisher } = options;
  let looked = 0;
  let understood = 0;
  for await (const batch of options.read(file, options.pseudonymise)) {
    if (sum.lastEventMs === null && batch.firstEventMs !== null && options.selfDescribed !== true) {
      await publisher.declare(options.latenessMs, options.tracksAgents, batch.firstEventMs);
    }
    const counts = await publisher.publish(batch.records);
    if (looked < LINES_TO_KNOW_A_FEED) {
      const first = batch.records.slice(0, LINES_TO_KNOW_A_FEED - looked);
      understood += first.filter(({ status }) => status === 'accepted').length;
      understood += Object.keys(batch.dropped ?? {}).length;
      looked += first.length;
    }
    add(sum, batch, counts);
    options.onProgress(batch);
  }
  if (looked > 0 && understood === 0) {
    sum.warnings.push(`${file}: none of its first ${looked} lines could be understood: is it of this feed?`);
  }
};

const add = (sum: Sum, batch: ReadBatch, counts: PublishCounts): void => {
  sum.published += counts.published;
  sum.duplicates += counts.duplicates;
  sum.rejected += counts.rejected;
  sum.read += batch.records.length;
  for (const [reason, count] of Object.entries(batch.dropped ?? {})) {
    sum.dropped[reason] = (sum.dropped[reason] ?? 0) + count;
    sum.read += count;
  }
  sum.lastEventMs = latest(sum.lastEventMs, batch.lastEventMs);
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

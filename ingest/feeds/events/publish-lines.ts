/** Publishes the events of one request, each to its source, and says what became of every line. */
import type { Pseudonymise } from '../../pseudonymise.ts';
import type { IngestRecord, Publisher } from '../../publish.ts';
import { createEventLineParser } from './parse.ts';

export interface PublishLinesOptions {
  readonly tenant: string;
  readonly publisherOf: (source: string) => Publisher;
  readonly pseudonymise: Pseudonymise;
  readonly nowMs: () => number;
}
export interface PublishedLines {
  /** New events, safe in the log. */
  readonly taken: number;
  /** Events whose `seq` their source had published before. */
  readonly repeated: number;
  /** `line` counts from 1. */
  readonly rejected: readonly { readonly line: number; readonly reason: string }[];
}

/**
 * Publishes lines in their order, source by source; what is rejected becomes a dead letter. Resolves when all of it is in
 * the log. Throws LogError: then some may be in it, and sending the same lines again completes it.
 */
export const publishLines = async (
  lines: readonly string[],
  { tenant, publisherOf, pseudonymise, nowMs }: PublishLinesOptions,
): Promise<PublishedLines> => {
  const parse = createEventLineParser({ tenant, source: null, pseudonymise, nowMs });
  const bySource = new Map<string, IngestRecord[]>();
  const rejected: { line: number; reason: string }[] = [];
  let accepted = 0;
  for (const [i, text] of lines.entries()) {
    if (text.trim() === '') continue;
    const parsed = parse(text);
    if (parsed.status === 'dropped') throw new Error('a line was dropped though every source is wanted');
    const { source, ...record } = parsed;
    const records = bySource.get(source) ?? [];
    bySource.set(source, records);
    if (record.status === 'accepted') {
      accepted += 1;
      records.push(record);
    } else {
      rejected.push({ line: i + 1, reason: record.reason });
      records.push({ ...record, place: `line ${i + 1} of a request` });
    }
  }
  let taken = 0;
  for (const [source, records] of bySource) {
    taken += (await publisherOf(source).publish(records)).published;
  }
  return { taken, repeated: accepted - taken, rejected };
};

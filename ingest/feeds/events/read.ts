/** Reads files of canonical events, one JSON object a line. Their `seq` is their identity, wherever they stand. */
import type { Readable } from 'node:stream';
import type { ReadBatch } from '../../import.ts';
import { type IngestRecord, MAX_PUBLISH_BATCH } from '../../publish.ts';
import { openTextLines } from '../call-records/text-lines.ts';
import { createEventLineParser, type EventLineOptions, type ParseEventLine } from './parse.ts';

/** Reads a file, zipped or not, or standard input (`-`), in its order. Throws Node's error for what cannot be read. */
export async function* readEvents(
  file: string,
  options: EventLineOptions,
  stdin?: Readable,
): AsyncGenerator<ReadBatch> {
  const input = await openTextLines(file, stdin);
  const parse = createEventLineParser(options);
  let batch = emptyBatch();
  let lines = 0;
  const take = (): ReadBatch => {
    const full = { ...batch, bytesRead: input.bytesRead(), bytesTotal: input.bytesTotal, lines };
    batch = emptyBatch();
    return full;
  };
  try {
    for await (const { text, number } of input.lines) {
      lines = number;
      addLine(batch, parse, text, `${file}:${number}`);
      if (batch.records.length >= MAX_PUBLISH_BATCH) yield take();
    }
    yield take();
  } finally {
    await input.lines.return(undefined);
  }
}

interface Batch {
  readonly records: IngestRecord[];
  readonly dropped: Record<string, number>;
  firstEventMs: number | null;
  lastEventMs: number | null;
}
const emptyBatch = (): Batch => ({ records: [], dropped: {}, firstEventMs: null, lastEventMs: null });

const addLine = (batch: Batch, parse: ParseEventLine, text: string, place: string): void => {
  if (text.trim() === '') return;
  const parsed = parse(text);
  if (parsed.status === 'dropped') {
    batch.dropped[parsed.reason] = (batch.dropped[parsed.reason] ?? 0) + 1;
    return;
  }
  const { source: _, ...record } = parsed;
  if (record.status === 'rejected') {
    batch.records.push({ ...record, place });
    return;
  }
  batch.records.push(record);
  for (const { event_time } of record.events) {
    batch.firstEventMs = Math.min(batch.firstEventMs ?? event_time, event_time);
    batch.lastEventMs = Math.max(batch.lastEventMs ?? event_time, event_time);
  }
};

/** What the tests of this feed share: maps from YAML, files in a directory of their own, everything a file gives. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type ColumnMap, parseColumnMap } from '../../../../ingest/feeds/call-records/column-map.ts';
import { type ReadOptions, readCallRecords } from '../../../../ingest/feeds/call-records/read.ts';
import type { ReadBatch } from '../../../../ingest/import.ts';
import type { AcceptedRecord, RejectedRecord } from '../../../../ingest/publish.ts';

export const NOW_MS = Date.UTC(2026, 10, 24);

export const mapOf = (yaml: string): ColumnMap => {
  const parsed = parseColumnMap(yaml);
  if (parsed.status === 'invalid') throw new Error(parsed.faults.join('\n'));
  return parsed.map;
};

export const optionsOf = (map: ColumnMap, timeZone = 'UTC'): ReadOptions => ({
  map,
  timeZone,
  pseudonymise: (number) => (number === '' ? '' : `pseudonym-${number.length}`),
  nowMs: () => NOW_MS,
});

export interface Everything {
  readonly batches: readonly ReadBatch[];
  readonly accepted: readonly AcceptedRecord[];
  readonly rejected: readonly RejectedRecord[];
  readonly dropped: Readonly<Record<string, number>>;
}
export const readAll = async (file: string, options: ReadOptions): Promise<Everything> => {
  const batches: ReadBatch[] = [];
  const dropped: Record<string, number> = {};
  for await (const batch of readCallRecords(file, options)) {
    batches.push(batch);
    for (const [reason, count] of Object.entries(batch.dropped ?? {})) {
      dropped[reason] = (dropped[reason] ?? 0) + count;
    }
  }
  const records = batches.flatMap((batch) => batch.records);
  return {
    batches,
    accepted: records.filter((record) => record.status === 'accepted'),
    rejected: records.filter((record) => record.status === 'rejected'),
    dropped,
  };
};

/** Writes a file that goes away with the test. */
export const fileWith = (content: string | Buffer, name = 'calls.csv'): string => {
  const directory = mkdtempSync(join(tmpdir(), 'busyhour-call-records-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, name);
  writeFileSync(file, content);
  return file;
};

/**
 * What should be: the plain fold over the log as it stands, without crashes, batches or landings. It is the oracle at
 * the end, and on the way it says which rows a snapshot vouches for.
 */

import type { StoredRecord } from '../../infra/log/event-log.ts';
import { rowsOf } from '../../processors/domain/changes.ts';
import { type Changes, foldRecord } from '../../processors/domain/fold.ts';
import { encodeSnapshot } from '../../processors/domain/snapshot.ts';
import type { PartitionState } from '../../processors/domain/source-state.ts';
import { CodecError, type EventCodec } from '../../schemas/codec.ts';
import type { CanonicalEvent } from '../../schemas/events.ts';
import type { SnapshotRow } from '../../schemas/rows.ts';
import { emptyTables, landInto, type Tables } from '../support/folding.ts';

export interface Decoded {
  readonly offset: number;
  /** null: the record is no event. */
  readonly event: CanonicalEvent | null;
}

export const decodeAll = (codec: EventCodec, records: readonly StoredRecord[]): Decoded[] =>
  records.map(({ offset, value }) => {
    try {
      return { offset, event: codec.decode(value) };
    } catch (error) {
      if (error instanceof CodecError) return { offset, event: null };
      throw error;
    }
  });

/** The tables after one partition's records, folded at once. */
export const foldInto = (tables: Tables, partition: number, decoded: readonly Decoded[]): void => {
  const state: PartitionState = new Map();
  const changes: Changes = new Map();
  for (const { event, offset } of decoded) {
    if (event !== null) foldRecord(state, event, { partition, offset }, changes);
  }
  landInto(tables, rowsOf(changes.values()));
};

const missing = (wanted: Tables, stored: Tables): string | null => {
  for (const name of Object.keys(wanted) as (keyof Tables)[]) {
    for (const [key, row] of wanted[name] as Map<string, { readonly version?: number }>) {
      const found = stored[name].get(key) as { readonly version?: number } | undefined;
      if (found === undefined || (found.version ?? 0) < (row.version ?? 0)) return `${name} ${key}`;
    }
  }
  return null;
};

/** Law 3, watched as snapshots arrive: each holds exactly the records before its offset, and their rows are stored. */
export const createSnapshotWatch = (
  decoded: (partition: number) => readonly Decoded[],
  stored: () => Tables,
  broken: (law: string) => void,
) => {
  const partitions = new Map<number, { state: PartitionState; next: number; records: number }>();
  return ({ partition, next_offset, state }: SnapshotRow): void => {
    const of = partitions.get(partition) ?? { state: new Map(), next: 0, records: 0 };
    partitions.set(partition, of);
    if (next_offset < of.next) return;
    const changes: Changes = new Map();
    const records = decoded(partition);
    for (; of.records < records.length; of.records++) {
      const record = records[of.records];
      if (record === undefined || record.offset >= next_offset) break;
      const { event, offset } = record;
      if (event !== null) foldRecord(of.state, event, { partition, offset }, changes);
    }
    of.next = next_offset;
    const wanted = emptyTables();
    landInto(wanted, rowsOf(changes.values()));
    const lacking = missing(wanted, stored());
    const place = `the snapshot of partition ${partition} at ${next_offset}`;
    if (lacking !== null) broken(`law 3: ${place} is stored before ${lacking}`);
    if (encodeSnapshot(of.state) !== state) broken(`law 1: ${place} is not the fold of what is before it`);
  };
};

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

/** What one partition's records change, folded at once. */
export const foldAll = (partition: number, decoded: readonly Decoded[]): Changes => {
  const state: PartitionState = new Map();
  const changes: Changes = new Map();
  for (const { event, offset } of decoded) {
    if (event !== null) foldRecord(state, event, { partition, offset }, changes);
  }
  return changes;
};

/** The tables after one partition's records. */
export const foldInto = (tables: Tables, partition: number, decoded: readonly Decoded[]): void =>
  landInto(tables, rowsOf(foldAll(partition, decoded).values()));

const missing = (wanted: Tables, stored: Tables): string | null => {
  for (const name of Object.keys(wanted) as (keyof Tables)[]) {
    for (const [key, row] of wanted[name] as Map<string, { readonly version?: number }>) {
      const found = stored[name].get(key) as { readonly version?: number } | undefined;
      if (found === undefined || (found.version ?? 0) < (row.version ?? 0)) return `${name} ${key}`;
    }
  }
  return null;
};

/** A partition's log as the watch sees it grow. */
interface Watched {
  readonly records: Decoded[];
  readonly state: PartitionState;
  folded: number;
  next: number;
}

export interface WatchedWorld {
  readonly codec: EventCodec;
  readonly events: (partition: number) => readonly StoredRecord[];
  readonly letters: () => readonly StoredRecord[];
  readonly stored: () => Tables;
  readonly broken: (law: string) => void;
}
export interface LandingWatch {
  readonly decoded: (partition: number) => readonly Decoded[];
  /** Someone says that everything before `next` has landed. */
  readonly landedSaid: (partition: number, next: number) => void;
  readonly snapshotLanded: (row: SnapshotRow) => void;
}

/** Law 3, watched as it happens: what is said to have landed is stored, and a snapshot is the fold of what is before it. */
export const watchLanding = (world: WatchedWorld): LandingWatch => {
  const { codec, events, letters, stored, broken } = world;
  const partitions = new Map<number, Watched>();
  const watched = (partition: number): Watched => {
    const fresh: Watched = { records: [], state: new Map(), folded: 0, next: 0 };
    const of = partitions.get(partition) ?? fresh;
    partitions.set(partition, of);
    of.records.push(...decodeAll(codec, events(partition).slice(of.records.length)));
    return of;
  };
  const requireLetter = (partition: number, offset: number): void => {
    const seq = `log:${partition}:${offset}`;
    if (!letters().some(({ key }) => key === seq))
      broken(`law 3: ${seq} is passed over before its dead letter`);
  };
  const landedSaid = (partition: number, next: number): void => {
    const of = watched(partition);
    if (next <= of.next) return;
    const changes: Changes = new Map();
    for (; of.folded < of.records.length; of.folded++) {
      const record = of.records[of.folded];
      if (record === undefined || record.offset >= next) break;
      const { event, offset } = record;
      if (event === null) requireLetter(partition, offset);
      else foldRecord(of.state, event, { partition, offset }, changes);
    }
    of.next = next;
    const wanted = emptyTables();
    landInto(wanted, rowsOf(changes.values()));
    const lacking = missing(wanted, stored());
    if (lacking !== null)
      broken(`law 3: partition ${partition} has landed to ${next}, it is said, without ${lacking}`);
  };
  return {
    decoded: (partition) => watched(partition).records,
    landedSaid,
    snapshotLanded: ({ partition, next_offset, state }) => {
      landedSaid(partition, next_offset);
      const of = watched(partition);
      if (of.next === next_offset && encodeSnapshot(of.state) !== state) {
        broken(`law 1: the snapshot of ${partition} at ${next_offset} is not the fold of what is before it`);
      }
    },
  };
};

/**
 * Snapshots live in ClickHouse beside the rows they vouch for: whoever deletes the store deletes both, and the fold
 * starts again from the log's beginning.
 */
import type { Store } from '../../infra/clickhouse/store.ts';
import type { SnapshotRow } from '../../schemas/rows.ts';
import { EVENTS } from '../../schemas/topics.ts';
import { FOLD_VERSION } from '../domain/fold.ts';
import { decodeSnapshot, encodeSnapshot } from '../domain/snapshot.ts';
import type { PartitionState } from '../domain/source-state.ts';

export interface LoadedSnapshot {
  readonly state: PartitionState;
  /** The first offset the state has not seen. */
  readonly nextOffset: number;
}

/** The newest snapshot of a partition that this fold can read; an empty state at offset 0 if there is none. */
export const loadSnapshot = async (
  store: Store,
  topic: string,
  partition: number,
): Promise<LoadedSnapshot> => {
  const [found] = await store.query<{ next_offset: number; state: string }>(
    `SELECT next_offset, state FROM acd.snapshots_rows FINAL
     WHERE topic = {topic:String} AND partition = {partition:UInt32} AND fold_version = {version:UInt32}`,
    { topic, partition, version: FOLD_VERSION },
  );
  if (found === undefined) return { state: new Map(), nextOffset: 0 };
  return { state: decodeSnapshot(found.state), nextOffset: found.next_offset };
};

/** The state as it is now, to be stored once the rows it vouches for have landed (law 3). */
export const snapshotRow = (partition: number, { nextOffset, state }: LoadedSnapshot): SnapshotRow => ({
  topic: EVENTS.name,
  partition,
  next_offset: nextOffset,
  fold_version: FOLD_VERSION,
  state: encodeSnapshot(state),
});

/** A partition's state as text and back. The state is plain data, so the snapshot is the state itself. */
import type { PartitionState } from './source-state.ts';

const tagged = (_key: string, value: unknown): unknown => {
  if (value instanceof Map) return { $map: [...value] };
  if (value instanceof Set) return { $set: [...value] };
  return value;
};

interface Tagged {
  readonly $map?: readonly [unknown, unknown][];
  readonly $set?: readonly unknown[];
}
const untagged = (_key: string, value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  const { $map, $set } = value as Tagged;
  if ($map !== undefined) return new Map($map);
  if ($set !== undefined) return new Set($set);
  return value;
};

export const encodeSnapshot = (state: PartitionState): string => JSON.stringify(state, tagged);

/** Throws on text that is no snapshot: a broken snapshot must stop the partition, not fold into wrong numbers. */
export const decodeSnapshot = (text: string): PartitionState => {
  const state: unknown = JSON.parse(text, untagged);
  if (!(state instanceof Map)) throw new Error('not a snapshot of a partition');
  return state as PartitionState;
};

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
/** In place, and by hand: a reviver is called for every value, which takes five times as long and keeps boards waiting. */
const untag = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = untag(value[i]);
    return value;
  }
  const { $map, $set } = value as Tagged;
  if ($set !== undefined) return new Set($set);
  if ($map !== undefined) {
    const map = new Map<unknown, unknown>();
    for (const [key, of] of $map) map.set(key, untag(of));
    return map;
  }
  const fields = value as Record<string, unknown>;
  for (const name in fields) {
    const field = fields[name];
    if (typeof field === 'object' && field !== null) fields[name] = untag(field);
  }
  return fields;
};

export const encodeSnapshot = (state: PartitionState): string => JSON.stringify(state, tagged);

/** Throws on text that is no snapshot: a broken snapshot must stop the partition, not fold into wrong numbers. */
export const decodeSnapshot = (text: string): PartitionState => {
  const state: unknown = untag(JSON.parse(text));
  if (!(state instanceof Map)) throw new Error('not a snapshot of a partition');
  return state as PartitionState;
};

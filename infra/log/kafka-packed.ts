/**
 * Fetched records as a few arrays. kafkajs makes half a dozen objects a record, and V8 would copy those of all that
 * waits for its handler from heap to heap; arrays it leaves alone, and a thread hands them to another without copying.
 */
import type { KafkaMessage } from 'kafkajs';
import type { ReadLimits, StoredRecord } from './event-log.ts';

/** One record or more, in the order of their offsets. */
export interface PackedRecords {
  readonly offsets: Float64Array<ArrayBuffer>;
  /** All values, one after the other. */
  readonly values: Uint8Array<ArrayBuffer>;
  /** Where each value ends; it begins where the one before ends. */
  readonly ends: Uint32Array<ArrayBuffer>;
  /** The different keys, and for each record which of them it has. */
  readonly keys: readonly string[];
  readonly keyIndexes: Uint32Array<ArrayBuffer>;
}
interface Piece {
  readonly records: PackedRecords;
  readonly from: number;
  readonly to: number;
}

const emptyRecords = (length: number, bytes: number, keys: readonly string[]): PackedRecords => ({
  offsets: new Float64Array(length),
  values: new Uint8Array(bytes),
  ends: new Uint32Array(length),
  keys,
  keyIndexes: new Uint32Array(length),
});

export const packRecords = (messages: readonly KafkaMessage[]): PackedRecords => {
  const keys: string[] = [];
  const bytes = messages.reduce((sum, { value }) => sum + (value?.byteLength ?? 0), 0);
  const packed = emptyRecords(messages.length, bytes, keys);
  const keyIndexOf = keyReader(keys);
  let end = 0;
  messages.forEach(({ offset, key, value }, index) => {
    if (value !== null) packed.values.set(value, end);
    end += value?.byteLength ?? 0;
    packed.ends[index] = end;
    packed.offsets[index] = Number(offset);
    packed.keyIndexes[index] = keyIndexOf(key);
  });
  return packed;
};

/** Reads keys into a list of different ones: a source's records come in runs, so most are the one before again. */
const keyReader = (keys: string[]) => {
  const indexes = new Map<string, number>();
  let last: { readonly key: Buffer | null; readonly index: number } | null = null;
  return (key: Buffer | null): number => {
    if (last !== null && (last.key === key || (key !== null && last.key?.equals(key)))) return last.index;
    const text = key === null ? '' : key.toString('utf8');
    const index = indexes.get(text) ?? keys.push(text) - 1;
    indexes.set(text, index);
    last = { key, index };
    return index;
  };
};

export const recordsOf = ({
  offsets,
  values,
  ends,
  keys,
  keyIndexes,
}: PackedRecords): readonly StoredRecord[] => {
  const records: StoredRecord[] = [];
  let start = 0;
  for (let i = 0; i < offsets.length; i++) {
    const end = ends[i] ?? start;
    const key = keys[keyIndexes[i] ?? 0] ?? '';
    records.push({ offset: offsets[i] ?? 0, key, value: values.subarray(start, end) });
    start = end;
  }
  return records;
};

/** Of keys and values. */
export const bytesOf = ({ keys, keyIndexes, values }: PackedRecords): number =>
  keyIndexes.reduce((sum, index) => sum + (keys[index]?.length ?? 0), values.byteLength);

/** The memory they are in, for a thread that gives it away. */
export const memoryOf = ({ offsets, values, ends, keyIndexes }: PackedRecords): readonly ArrayBuffer[] => [
  offsets.buffer,
  values.buffer,
  ends.buffer,
  keyIndexes.buffer,
];

const startOf = ({ ends }: PackedRecords, index: number): number =>
  index === 0 ? 0 : (ends[index - 1] ?? 0);

/** What was fetched, in order, put together or cut in batches as large as the limits allow. */
export function* batchesOf(
  fetched: readonly PackedRecords[],
  { maxRecords, maxBytes }: ReadLimits,
): Generator<PackedRecords> {
  let pieces: Piece[] = [];
  let [length, bytes] = [0, 0];
  for (const records of fetched) {
    let from = 0;
    for (let i = 0; i < records.offsets.length; i++) {
      const key = records.keys[records.keyIndexes[i] ?? 0] ?? '';
      const size = key.length + (records.ends[i] ?? 0) - startOf(records, i);
      if (length > 0 && (length >= maxRecords || bytes + size > maxBytes)) {
        yield join([...pieces, { records, from, to: i }]);
        pieces = [];
        [length, bytes, from] = [0, 0, i];
      }
      length += 1;
      bytes += size;
    }
    pieces.push({ records, from, to: records.offsets.length });
  }
  if (length > 0) yield join(pieces);
}

/** In memory of their own. */
const join = (pieces: readonly Piece[]): PackedRecords => {
  const length = pieces.reduce((sum, { from, to }) => sum + to - from, 0);
  const bytes = pieces.reduce(
    (sum, { records, from, to }) => sum + startOf(records, to) - startOf(records, from),
    0,
  );
  const keys: string[] = [];
  const joined = emptyRecords(length, bytes, keys);
  let [at, end] = [0, 0];
  for (const { records, from, to } of pieces) {
    const firstByte = startOf(records, from);
    joined.offsets.set(records.offsets.subarray(from, to), at);
    joined.values.set(records.values.subarray(firstByte, startOf(records, to)), end);
    for (let i = from; i < to; i++) {
      joined.ends[at + i - from] = end + (records.ends[i] ?? 0) - firstByte;
      joined.keyIndexes[at + i - from] = keys.length + (records.keyIndexes[i] ?? 0);
    }
    keys.push(...records.keys);
    at += to - from;
    end += startOf(records, to) - firstByte;
  }
  return joined;
};

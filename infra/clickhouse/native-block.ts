/**
 * Writes rows in ClickHouse's Native format: column by column, as ClickHouse holds them itself, so that an insert parses
 * nothing (of RowBinary that was a third of the server's time), and a text that is repeated is written once. What a
 * column needs is decided once a block, from schemas/rows.ts, and blocks are used again; a row then costs no objects.
 * Format: https://clickhouse.com/docs/interfaces/formats/Native; of LowCardinality, which that leaves out:
 * https://github.com/ClickHouse/ClickHouse/blob/master/src/DataTypes/Serializations/SerializationLowCardinality.cpp
 */
import { type RowsByTable, TABLES, type TableName } from '../../schemas/rows.ts';

const FIRST_BUFFER_BYTES = 1024;
const TWO_32 = 2 ** 32;
/** Below 128, so that the length is one byte. */
const SHORT_CHARS = 48;
/** Of a text's length, and of UTF-8 for one of UTF-16's units. */
const MAX_LENGTH_BYTES = 8;
const MAX_UTF8_BYTES = 3;
const MAX_ASCII = 0x7f;
const MAX_UINT32 = TWO_32 - 1;
/** Blocks of a table that are kept to be used again: a worker fills one while another lands. */
const MAX_SPARE_BLOCKS = 2;
/** A block that has grown larger is not kept. */
const MAX_SPARE_BYTES = 64 * 1024 * 1024;
/** How a LowCardinality column begins: version 1; its own dictionary comes along, 32 bits a row say where in it. */
const DICTIONARY_VERSION = 1;
const OWN_DICTIONARY_UINT32 = 0x602;

/** Bytes in the making: `bytes[0, length)` is written. */
interface Sink {
  bytes: Buffer;
  length: number;
}
type Put = (sink: Sink, cell: unknown) => void;

interface Column {
  readonly put: (cell: unknown) => void;
  /** Its bytes, once it has so many rows. */
  readonly parts: (rows: number) => readonly Buffer[];
  readonly clear: () => void;
  readonly heldBytes: () => number;
}

/** A block that grows row by row. */
export interface NativeBlock<Row> {
  readonly rows: () => number;
  /** Throws RangeError for a value its column can't hold. */
  readonly add: (row: Row) => void;
  /** The whole block's bytes. Throws what `add` has thrown: whoever sent the rest would lose that row. */
  readonly parts: () => readonly Buffer[];
  /** Gives it back, empty, once nobody needs its bytes any more. */
  readonly release: () => void;
}

/**
 * Gives out blocks of a table. Their memory is used again and again: what is allocated for each anew makes V8 collect
 * its whole heap so much more often that landing costs twice as much.
 */
export function createBlocks<T extends TableName>(table: T): () => NativeBlock<RowsByTable[T]> {
  const spare: NativeBlock<RowsByTable[T]>[] = [];
  const keep = (block: NativeBlock<RowsByTable[T]>): void => {
    if (spare.length < MAX_SPARE_BLOCKS) spare.push(block);
  };
  return () => spare.pop() ?? createBlock(table, keep);
}

function createBlock<T extends TableName>(
  table: T,
  keep: (block: NativeBlock<RowsByTable[T]>) => void,
): NativeBlock<RowsByTable[T]> {
  const columns = Object.entries<string>(TABLES[table]).map(([name, type]) => ({
    name,
    head: headOf(name, type),
    ...columnOf(type),
  }));
  let rows = 0;
  let fault: RangeError | null = null;
  const block: NativeBlock<RowsByTable[T]> = {
    rows: () => rows,
    add: (row) => {
      const cells = row as unknown as Readonly<Record<string, unknown>>;
      let at = 0;
      try {
        for (const column of columns) {
          column.put(cells[column.name]);
          at += 1;
        }
        rows += 1;
      } catch (cause) {
        const name = columns[at]?.name ?? '';
        fault = new RangeError(`${table}.${name} cannot hold ${String(cells[name])}`, { cause });
        throw fault;
      }
    },
    parts: () => {
      if (fault !== null) throw fault;
      const size = openSink();
      putLength(size, columns.length);
      putLength(size, rows);
      return [written(size), ...columns.flatMap(({ head, parts }) => [head, ...parts(rows)])];
    },
    release: () => {
      rows = 0;
      fault = null;
      const heldBytes = columns.reduce((sum, column) => sum + column.heldBytes(), 0);
      for (const column of columns) column.clear();
      if (heldBytes <= MAX_SPARE_BYTES) keep(block);
    },
  };
  return block;
}

function headOf(name: string, type: string): Buffer {
  const sink = openSink();
  putString(sink, name);
  putString(sink, type);
  return written(sink);
}

const openSink = (): Sink => ({ bytes: Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES), length: 0 });
const written = ({ bytes, length }: Sink): Buffer => bytes.subarray(0, length);

function columnOf(type: string): Column {
  if (type === 'LowCardinality(String)') return dictionaryColumn();
  const inner = /^Nullable\((.*)\)$/.exec(type)?.[1];
  if (inner !== undefined) return nullableColumn(putter(inner));
  const map = /^Map\((\w+), (\w+)\)$/.exec(type);
  if (map !== null) return mapColumn(putter(map[1] ?? ''), putter(map[2] ?? ''));
  const put = putter(type);
  const sink = openSink();
  return { ...columnOver([sink]), put: (cell) => put(sink, cell) };
}

/** What columns share that are nothing but their sinks, one after the other. */
function columnOver(sinks: readonly Sink[]): Omit<Column, 'put'> {
  return {
    parts: () => sinks.map(written),
    clear: () => {
      for (const sink of sinks) sink.length = 0;
    },
    heldBytes: () => sinks.reduce((sum, { bytes }) => sum + bytes.length, 0),
  };
}

/** Which rows are null, and then the values; that of a null is 0. */
function nullableColumn(put: Put): Column {
  const [nulls, values] = [openSink(), openSink()];
  return {
    ...columnOver([nulls, values]),
    put: (cell) => {
      put(values, cell === null ? 0 : cell);
      reserve(nulls, 1);
      nulls.bytes[nulls.length++] = cell === null ? 1 : 0;
    },
  };
}

/** Where each row's entries end, and then the keys and the values of all rows. */
function mapColumn(putKey: Put, putValue: Put): Column {
  const [ends, keys, values] = [openSink(), openSink(), openSink()];
  const column = columnOver([ends, keys, values]);
  let entries = 0;
  return {
    ...column,
    put: (cell) => {
      if (!(cell instanceof Map)) throw new RangeError('not a map');
      for (const [key, value] of cell) {
        putKey(keys, key);
        putValue(values, value);
      }
      entries += cell.size;
      putUInt64(ends, entries);
    },
    clear: () => {
      entries = 0;
      column.clear();
    },
  };
}

/** The different texts, and then for each row which of them it has. The empty text is always the first. */
function dictionaryColumn(): Column {
  const [texts, indexes] = [openSink(), openSink()];
  const column = columnOver([texts, indexes]);
  const places = new Map<unknown, number>();
  const learn = (cell: unknown): number => {
    putString(texts, cell);
    places.set(cell, places.size);
    return places.size - 1;
  };
  let last: unknown = '';
  let place = learn(last);
  return {
    ...column,
    put: (cell) => {
      // Rows come in runs: one comparison is cheaper than a look into the dictionary.
      if (cell !== last) {
        place = places.get(cell) ?? learn(cell);
        last = cell;
      }
      reserve(indexes, 4);
      putHalf(indexes, place);
    },
    parts: (rows) => {
      const [before, between] = [openSink(), openSink()];
      for (const value of [DICTIONARY_VERSION, OWN_DICTIONARY_UINT32, places.size]) putUInt64(before, value);
      putUInt64(between, rows);
      return [before, texts, between, indexes].map(written);
    },
    clear: () => {
      column.clear();
      places.clear();
      last = '';
      place = learn(last);
    },
  };
}

function putter(type: string): Put {
  switch (type) {
    case 'String':
      return putString;
    case 'UInt32':
      return putUInt32;
    case 'UInt64':
      return putUInt64;
    case 'Int64':
    case "DateTime64(3, 'UTC')":
      return putInt64;
    case 'Float64':
      return putFloat64;
    default:
      throw new Error(`no Native writer for the column type ${type}`);
  }
}

function putString(sink: Sink, cell: unknown): void {
  if (typeof cell !== 'string') throw new RangeError('not a string');
  if (cell.length < SHORT_CHARS && putShortAscii(sink, cell)) return;
  // Its length stands before it, and is that of ASCII unless writing shows otherwise.
  const start = sink.length;
  reserve(sink, MAX_LENGTH_BYTES + cell.length * MAX_UTF8_BYTES);
  putLength(sink, cell.length);
  const size = sink.bytes.write(cell, sink.length);
  if (size !== cell.length) {
    sink.length = start;
    putLength(sink, size);
    sink.bytes.write(cell, sink.length);
  }
  sink.length += size;
}

/** Most texts are short names; a loop over them takes half the time of Buffer's native calls. False: not ASCII, nothing written. */
function putShortAscii(sink: Sink, text: string): boolean {
  reserve(sink, 1 + text.length);
  const { bytes } = sink;
  let at = sink.length;
  bytes[at++] = text.length;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > MAX_ASCII) return false;
    bytes[at++] = code;
  }
  sink.length = at;
  return true;
}

function putUInt32(sink: Sink, cell: unknown): void {
  const value = integer(cell);
  if (value < 0 || value > MAX_UINT32) throw new RangeError('out of range');
  reserve(sink, 4);
  putHalf(sink, value);
}

function putUInt64(sink: Sink, cell: unknown): void {
  if (integer(cell) < 0) throw new RangeError('negative');
  putInt64(sink, cell);
}

/** Two's complement by halves: `>>> 0` takes the lower 32 bits of any safe integer, also of a negative one. */
function putInt64(sink: Sink, cell: unknown): void {
  const value = integer(cell);
  reserve(sink, 8);
  putHalf(sink, value >>> 0);
  putHalf(sink, Math.floor(value / TWO_32) >>> 0);
}

function putFloat64(sink: Sink, cell: unknown): void {
  if (typeof cell !== 'number') throw new RangeError('not a number');
  reserve(sink, 8);
  sink.length = sink.bytes.writeDoubleLE(cell, sink.length);
}

function putHalf(sink: Sink, value: number): void {
  const { bytes } = sink;
  let at = sink.length;
  bytes[at++] = value;
  bytes[at++] = value >>> 8;
  bytes[at++] = value >>> 16;
  bytes[at++] = value >>> 24;
  sink.length = at;
}

/** LEB128, seven bits a byte. */
function putLength(sink: Sink, length: number): void {
  reserve(sink, MAX_LENGTH_BYTES);
  let rest = length;
  while (rest >= 128) {
    sink.bytes[sink.length++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  sink.bytes[sink.length++] = rest;
}

function integer(cell: unknown): number {
  if (typeof cell !== 'number' || !Number.isSafeInteger(cell)) throw new RangeError('not a safe integer');
  return cell;
}

function reserve(sink: Sink, size: number): void {
  const needed = sink.length + size;
  if (needed <= sink.bytes.length) return;
  const grown = Buffer.allocUnsafe(Math.max(needed, sink.bytes.length * 2));
  sink.bytes.copy(grown, 0, 0, sink.length);
  sink.bytes = grown;
}

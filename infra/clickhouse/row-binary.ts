/**
 * Writes rows in ClickHouse's RowBinary, the cheapest insert format to make from Node (0.4 of JSONEachRow's
 * server time). What a column needs is decided once a table, from schemas/rows.ts; a row then costs no objects.
 * Format: https://clickhouse.com/docs/interfaces/formats/RowBinary
 */
import { type RowsByTable, TABLES, type TableName } from '../../schemas/rows.ts';

const FIRST_BUFFER_BYTES = 64 * 1024;
const TWO_32 = 2 ** 32;
/** Below 128, so that the length is one byte. */
const SHORT_CHARS = 48;
const MAX_ASCII = 0x7f;
const MAX_UINT32 = TWO_32 - 1;

/** A block in the making: `bytes[0, length)` is written. */
interface Sink {
  bytes: Buffer;
  length: number;
}
type Put = (sink: Sink, cell: unknown) => void;

/** Returns the rows as one RowBinary block, columns in the order of `TABLES`. Throws RangeError on a value its column can't hold. */
export type BlockWriter<Row> = (rows: readonly Row[]) => Buffer;

/** A block that grows row by row. */
export interface GrowingBlock<Row> {
  readonly rows: () => number;
  /** Its bytes, in parts that each end with a row. */
  readonly parts: () => readonly Buffer[];
  /** Throws RangeError, and adds nothing, for a value its column can't hold. */
  readonly add: (row: Row) => void;
  /** Gives its memory back once nobody needs its bytes any more. */
  readonly release: () => void;
}

/**
 * Memory for blocks, used again and again: what is allocated for each anew makes V8 collect its whole heap so much more
 * often that landing costs twice as much.
 */
export interface Chunks {
  readonly take: () => Buffer;
  readonly give: (chunk: Buffer) => void;
}
const CHUNK_BYTES = 1024 * 1024;
/** A part is full when less than this is left of it: most rows fit, and a longer one makes its part larger. */
const CHUNK_MARGIN_BYTES = 4 * 1024;
/** Memory that is kept for later, 128 MiB: as much as a worker's events that have not landed. */
const MAX_SPARE_CHUNKS = 128;

export const createChunks = (): Chunks => {
  const spare: Buffer[] = [];
  return {
    take: () => spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES),
    give: (chunk) => {
      if (chunk.length === CHUNK_BYTES && spare.length < MAX_SPARE_CHUNKS) spare.push(chunk);
    },
  };
};

/** Makes the writer of a table. */
export function createBlockWriter<T extends TableName>(table: T): BlockWriter<RowsByTable[T]> {
  const put = rowPutter(table);
  return (rows) => {
    const sink = openSink();
    for (const row of rows) put(sink, row);
    return written(sink);
  };
}

export function startBlock<T extends TableName>(table: T, chunks: Chunks): GrowingBlock<RowsByTable[T]> {
  const put = rowPutter(table);
  const full: Sink[] = [];
  let sink: Sink = { bytes: chunks.take(), length: 0 };
  let rows = 0;
  return {
    rows: () => rows,
    parts: () => [...full, sink].map(written),
    add: (row) => {
      put(sink, row);
      rows += 1;
      if (sink.length < CHUNK_BYTES - CHUNK_MARGIN_BYTES) return;
      full.push(sink);
      sink = { bytes: chunks.take(), length: 0 };
    },
    release: () => {
      for (const { bytes } of full.splice(0)) chunks.give(bytes);
      chunks.give(sink.bytes);
      sink = { bytes: Buffer.alloc(0), length: 0 };
    },
  };
}

const openSink = (): Sink => ({ bytes: Buffer.allocUnsafe(FIRST_BUFFER_BYTES), length: 0 });
const written = ({ bytes, length }: Sink): Buffer => bytes.subarray(0, length);

function rowPutter<T extends TableName>(table: T): (sink: Sink, row: RowsByTable[T]) => void {
  const columns = Object.entries<string>(TABLES[table]).map(([name, type]) => ({ name, put: putter(type) }));
  return (sink, row) => {
    const cells = row as unknown as Readonly<Record<string, unknown>>;
    const start = sink.length;
    let at = 0;
    try {
      for (; at < columns.length; at++) {
        const column = columns[at];
        if (column !== undefined) column.put(sink, cells[column.name]);
      }
    } catch (error) {
      sink.length = start;
      const name = columns[at]?.name ?? '';
      throw new RangeError(`${table}.${name} cannot hold ${String(cells[name])}`, { cause: error });
    }
  };
}

function putter(type: string): Put {
  const inner = /^Nullable\((.*)\)$/.exec(type)?.[1];
  if (inner !== undefined) return putNullable(putter(inner));
  const map = /^Map\((\w+), (\w+)\)$/.exec(type);
  if (map !== null) return putMap(putter(map[1] ?? ''), putter(map[2] ?? ''));
  switch (type) {
    case 'String':
    case 'LowCardinality(String)':
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
      throw new Error(`no RowBinary writer for the column type ${type}`);
  }
}

function putNullable(put: Put): Put {
  return (sink, cell) => {
    reserve(sink, 1);
    sink.bytes[sink.length++] = cell === null ? 1 : 0;
    if (cell !== null) put(sink, cell);
  };
}

function putMap(putKey: Put, putValue: Put): Put {
  return (sink, cell) => {
    if (!(cell instanceof Map)) throw new RangeError('not a map');
    putLength(sink, cell.size);
    for (const [key, value] of cell) {
      putKey(sink, key);
      putValue(sink, value);
    }
  };
}

function putString(sink: Sink, cell: unknown): void {
  if (typeof cell !== 'string') throw new RangeError('not a string');
  if (cell.length < SHORT_CHARS && putShortAscii(sink, cell)) return;
  const size = Buffer.byteLength(cell);
  putLength(sink, size);
  reserve(sink, size);
  sink.length += sink.bytes.write(cell, sink.length, 'utf8');
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
  reserve(sink, 8);
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

/** Reads exports back with libraries that are not Busyhour's, so that their rows compare with those of JSON. */
import { tableFromIPC } from 'apache-arrow';
import { parquetReadObjects } from 'hyparquet';

export type Row = Record<string, unknown>;

/** What a library makes of a cell, as JSON has it; instants as milliseconds. */
const plain = (value: unknown): unknown => {
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value ?? null;
  // Lists and maps of Arrow.
  if ('toJSON' in value && typeof value.toJSON === 'function') return plain(value.toJSON());
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
};

/** A row of any format in one shape: `times` are the columns that are text in JSON and instants elsewhere. */
export const normal = (row: Row, times: readonly string[]): Row =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      const cell = plain(value);
      return [name, times.includes(name) && typeof cell === 'string' ? Date.parse(cell) : cell];
    }),
  );

export const readParquet = async (bytes: Buffer): Promise<Row[]> =>
  parquetReadObjects({ file: new Uint8Array(bytes).buffer });

export const readArrow = async (bytes: Buffer): Promise<Row[]> =>
  tableFromIPC(bytes)
    .toArray()
    .map((row: { toJSON(): Row }) => row.toJSON());

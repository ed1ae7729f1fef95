/**
 * Parquet and Arrow, written by ClickHouse, which is there anyway and knows every detail of both: of a query as its rows
 * come, or of rows that were computed here, which are sent to it as the text of a query.
 */
import type { Readable } from 'node:stream';
import type { Store } from '../../infra/clickhouse/store.ts';
import type { BoundQuery } from '../queries/intervals.ts';
import { type ExportColumn, type ExportRow, INSTANT } from './columns.ts';
import { type ColumnarFormat, EXPORT_FORMATS } from './formats.ts';

/** Rows ClickHouse gathers before it writes them: what a reader waits for, and what an export holds in memory. */
const ROWS_A_GROUP = 65_536;
const SETTINGS = {
  output_format_parquet_row_group_size: ROWS_A_GROUP,
  output_format_parquet_string_as_string: 1,
  output_format_arrow_string_as_string: 1,
  // What every reader can read.
  output_format_parquet_compression_method: 'snappy',
  output_format_arrow_compression_method: 'none',
} as const;

/** Rows of one file made of rows computed here: they travel as one literal of about 50 MB. */
export const MAX_COMPUTED_ROWS = 100_000;
/** Room for the rest of the statement. */
const STATEMENT_BYTES = 100_000;

/** The bytes of a query's result as they come. Throws `StoreError`. */
export const streamColumnar = async (
  store: Store,
  { sql, params }: BoundQuery,
  format: ColumnarFormat,
  signal?: AbortSignal,
): Promise<Readable> =>
  (await store.stream(sql, {
    format: EXPORT_FORMATS[format].clickhouse,
    params,
    settings: SETTINGS,
    ...(signal === undefined ? {} : { signal }),
  })) as Readable;

const structureOf = (columns: readonly ExportColumn[]): string =>
  columns
    .map(({ name, type }) => `\`${name}\` ${type}`)
    .join(', ')
    .replaceAll("'", "\\'");

/** A time with the offset of its zone becomes the instant it names. */
const typedValue = ({ name, type }: ExportColumn, row: ExportRow): ExportRow[string] => {
  const value = row[name] ?? null;
  return type === INSTANT && typeof value === 'string' ? new Date(value).toISOString().slice(0, -1) : value;
};

/** The bytes of rows computed here. Throws `StoreError`. */
export const encodeColumnar = async (
  store: Store,
  columns: readonly ExportColumn[],
  rows: readonly ExportRow[],
  format: ColumnarFormat,
): Promise<Readable> => {
  const lines = rows.map((row) => JSON.stringify(columns.map((column) => typedValue(column, row))));
  // Between $rows$ everything is text, and escaped no `$` is left that could end it.
  const literal = lines.join('\n').replaceAll('$', '\\u0024');
  return (await store.stream(
    `SELECT * FROM format(JSONCompactEachRow, '${structureOf(columns)}', $rows$${literal}$rows$)`,
    {
      format: EXPORT_FORMATS[format].clickhouse,
      settings: { ...SETTINGS, max_query_size: Buffer.byteLength(literal) + STATEMENT_BYTES },
    },
  )) as Readable;
};

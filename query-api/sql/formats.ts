/** The formats of `POST /v1/sql`: the API's name, ClickHouse's, and what the bytes are. ClickHouse writes them all. */
import { EXPORT_FORMATS } from '../export/formats.ts';

interface SqlFormat {
  readonly clickhouse: string;
  readonly contentType: string;
}

export const SQL_FORMATS = {
  JSON: { clickhouse: 'JSON', contentType: 'application/json; charset=utf-8' },
  JSONCompact: { clickhouse: 'JSONCompact', contentType: 'application/json; charset=utf-8' },
  NDJSON: { clickhouse: 'JSONEachRow', contentType: EXPORT_FORMATS.ndjson.contentType },
  CSV: { clickhouse: 'CSVWithNames', contentType: EXPORT_FORMATS.csv.contentType },
  Parquet: { clickhouse: 'Parquet', contentType: EXPORT_FORMATS.parquet.contentType },
  Arrow: { clickhouse: 'ArrowStream', contentType: EXPORT_FORMATS.arrow.contentType },
} as const satisfies Readonly<Record<string, SqlFormat>>;
export type SqlFormatName = keyof typeof SQL_FORMATS;
export const SQL_FORMAT_NAMES = Object.keys(SQL_FORMATS) as readonly SqlFormatName[];

/** By its name in any case, as `/v1/intervals` writes them small; null for none of them. */
export const findFormat = (name: string): SqlFormat | null => {
  const known = SQL_FORMAT_NAMES.find((each) => each.toLowerCase() === name.toLowerCase());
  return known === undefined ? null : SQL_FORMATS[known];
};

/** The formats of answers and exports, as one table: it drives the API, the command line and docs. */

interface ExportFormat {
  readonly contentType: string;
  readonly extension: string;
  /** How ClickHouse calls it, where it writes the bytes itself. */
  readonly clickhouse: string | null;
  readonly doc: string;
}

export const EXPORT_FORMATS = {
  json: {
    contentType: 'application/json; charset=utf-8',
    extension: 'json',
    clickhouse: null,
    doc: 'One object: the definition and the rows.',
  },
  ndjson: {
    contentType: 'application/x-ndjson; charset=utf-8',
    extension: 'ndjson',
    clickhouse: null,
    doc: 'One JSON object a line.',
  },
  csv: {
    contentType: 'text/csv; charset=utf-8; header=present',
    extension: 'csv',
    clickhouse: null,
    doc: 'RFC 4180 with a header line; text that a spreadsheet would run as a formula is disarmed.',
  },
  parquet: {
    contentType: 'application/vnd.apache.parquet',
    extension: 'parquet',
    clickhouse: 'Parquet',
    doc: 'Columns with types, compressed; times are UTC instants.',
  },
  arrow: {
    contentType: 'application/vnd.apache.arrow.stream',
    extension: 'arrows',
    clickhouse: 'ArrowStream',
    doc: 'Arrow’s IPC stream; times are UTC instants.',
  },
} as const satisfies Readonly<Record<string, ExportFormat>>;

export type Format = keyof typeof EXPORT_FORMATS;
export const FORMATS = Object.keys(EXPORT_FORMATS) as readonly Format[];
export const isFormat = (name: string): name is Format => Object.hasOwn(EXPORT_FORMATS, name);

/** A format whose bytes ClickHouse writes. */
export type ColumnarFormat = 'parquet' | 'arrow';
export const isColumnar = (format: Format): format is ColumnarFormat =>
  format === 'parquet' || format === 'arrow';

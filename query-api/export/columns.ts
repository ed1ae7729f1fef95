/** What an export's columns are, and how rows of them become text. Pure. */
import { type CellValue, csvLine } from '../csv.ts';
import type { ColumnarFormat, Format } from './formats.ts';

export type ExportRow = Readonly<Record<string, CellValue>>;

export interface ExportColumn {
  readonly name: string;
  /** As ClickHouse names it: what Parquet and Arrow make their types from. */
  readonly type: string;
}
export const INSTANT = "Nullable(DateTime64(3, 'UTC'))";
export const COUNT = 'Nullable(UInt64)';
export const NUMBER = 'Nullable(Float64)';

interface TextLayout {
  readonly opening: string;
  readonly line: (row: ExportRow) => string;
  /** Between two rows. */
  readonly separator: string;
  readonly closing: string;
}
export interface TextExport {
  readonly format: Exclude<Format, ColumnarFormat>;
  /** The header of a CSV, and the order of its cells. */
  readonly columns: readonly string[];
  /** What stands before the rows in JSON. */
  readonly head: Readonly<Record<string, unknown>>;
}

const layoutOf = ({ format, columns, head }: TextExport): TextLayout => {
  if (format === 'ndjson')
    return { opening: '', line: (row) => `${JSON.stringify(row)}\n`, separator: '', closing: '' };
  if (format === 'csv') {
    const line = (row: ExportRow): string => csvLine(columns.map((column) => row[column] ?? null));
    return { opening: csvLine(columns), line, separator: '', closing: '' };
  }
  const before = Object.entries(head).map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)},`,
  );
  return {
    opening: `{${before.join('')}"rows":[`,
    line: (row) => JSON.stringify(row),
    separator: ',',
    closing: ']}',
  };
};

/** The text of an export, a piece a batch; what stands before the rows comes at once. */
export async function* textOf(
  asked: TextExport,
  batches: AsyncIterable<readonly ExportRow[]>,
): AsyncGenerator<string> {
  const { opening, line, separator, closing } = layoutOf(asked);
  if (opening !== '') yield opening;
  let isFirst = true;
  for await (const batch of batches) {
    if (batch.length === 0) continue;
    yield (isFirst ? '' : separator) + batch.map(line).join(separator);
    isFirst = false;
  }
  if (closing !== '') yield closing;
}

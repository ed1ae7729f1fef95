/** Writes rows that were computed here, and are all there, in any export format. */
import { Readable } from 'node:stream';
import type { Store } from '../../infra/clickhouse/store.ts';
import { encodeColumnar } from './columnar.ts';
import { type ExportColumn, type ExportRow, textOf } from './columns.ts';
import { type Format, isColumnar } from './formats.ts';

/** Rows that become text at once. */
const ROWS_A_PIECE = 1_000;

export interface RowsExport {
  readonly store: Store;
  readonly columns: readonly ExportColumn[];
  /** At most `MAX_COMPUTED_ROWS`. */
  readonly rows: readonly ExportRow[];
  readonly format: Format;
}

async function* piecesOf(rows: readonly ExportRow[]): AsyncGenerator<readonly ExportRow[]> {
  for (let from = 0; from < rows.length; from += ROWS_A_PIECE) yield rows.slice(from, from + ROWS_A_PIECE);
}

/** The bytes of the export. Throws `StoreError` when ClickHouse cannot write them. */
export const exportRows = async ({ store, columns, rows, format }: RowsExport): Promise<Readable> => {
  if (isColumnar(format)) return encodeColumnar(store, columns, rows, format);
  const text = textOf({ format, columns: columns.map(({ name }) => name), head: {} }, piecesOf(rows));
  return Readable.from(text, { objectMode: false });
};

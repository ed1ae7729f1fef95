/** Writes the rows of a query in any export format, with flat memory: they pass through as they come. */
import { Readable } from 'node:stream';
import type { Store } from '../../infra/clickhouse/store.ts';
import type { BoundQuery } from '../queries/intervals.ts';
import { streamColumnar } from './columnar.ts';
import { type ExportRow, textOf } from './columns.ts';
import { type Format, isColumnar } from './formats.ts';

/**
 * What lets the first rows leave at once. Several threads merge ranges of the key each and are waited for together;
 * blocks and their text are handed on as soon as they are full. One thread still reads faster than text is made here.
 */
const SETTINGS = {
  max_threads: 1,
  max_block_size: 8_192,
  output_format_parallel_formatting: 0,
} as const;

export interface QueryExport {
  readonly store: Store;
  readonly query: BoundQuery;
  /** What the query selects, in its order: the header of a CSV. */
  readonly columns: readonly string[];
  readonly format: Format;
  /** What stands before the rows in JSON. */
  readonly head?: Readonly<Record<string, unknown>>;
  /** Hears of rows as they pass; of the formats ClickHouse writes it hears nothing. */
  readonly onRows?: (count: number) => void;
  /** Ends the query in ClickHouse when the reader goes. */
  readonly signal?: AbortSignal;
}

/** The rows of JSON lines, as many at a time as came together. Throws when the stream breaks or ends in an error's text. */
async function* rowsOf(
  bytes: AsyncIterable<Uint8Array>,
  onRows: (count: number) => void,
): AsyncGenerator<readonly ExportRow[]> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    onRows(lines.length);
    yield lines.map((line) => JSON.parse(line) as ExportRow);
  }
  if (rest !== '') yield [JSON.parse(rest) as ExportRow];
}

/** The bytes of the export. Throws `StoreError` when the query cannot be run; a later fault ends the stream with it. */
export const exportQuery = async (asked: QueryExport): Promise<Readable> => {
  const { store, query, columns, format, head = {}, onRows = () => {}, signal } = asked;
  if (isColumnar(format)) return streamColumnar(store, query, format, signal);
  const bytes = await store.stream(query.sql, {
    format: 'JSONEachRow',
    params: query.params,
    settings: SETTINGS,
    ...(signal === undefined ? {} : { signal }),
  });
  const rows = rowsOf(bytes as Readable, onRows);
  return Readable.from(textOf({ format, columns, head }, rows), { objectMode: false });
};

/** `busyhour sql`: one query as the read-only analyst, its result as ClickHouse writes it. */
import { pipeline } from 'node:stream/promises';
import type { Store } from '../clickhouse/store.ts';

/** What the terminal shows if no format is asked for. */
export const DEFAULT_SQL_FORMAT = 'PrettyCompactMonoBlock';
const FORMAT_NAME = /^[A-Za-z][A-Za-z0-9]*$/;

export const isFormatName = (format: string): boolean => FORMAT_NAME.test(format);

/** Streams the result of `query` into `out`, which stays open. Throws StoreError with ClickHouse's own line. */
export const printQuery = async (
  store: Store,
  query: string,
  format: string,
  out: NodeJS.WritableStream,
): Promise<void> => {
  // A closing semicolon is how people end SQL; more than one statement ClickHouse refuses by itself.
  const statement = query.trim().replace(/;$/, '');
  await pipeline(await store.stream(statement, { format }), out, { end: false });
};

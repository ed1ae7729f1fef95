/** `busyhour sql`: one query as the tenant's read-only user, its result as ClickHouse writes it. */
import { pipeline } from 'node:stream/promises';
import type { Store } from '../clickhouse/store.ts';

/** What the terminal shows if no format is asked for. */
export const DEFAULT_SQL_FORMAT = 'PrettyCompactMonoBlock';
const FORMAT_NAME = /^[A-Za-z][A-Za-z0-9]*$/;

export const isFormatName = (format: string): boolean => FORMAT_NAME.test(format);

const PARAM = /^([A-Za-z_]\w*)=(.*)$/s;

/** `name=value` each, as given on the command line; or, in one line, what is wrong with them. */
export const readParams = (given: readonly string[]): Readonly<Record<string, string>> | string => {
  const params: Record<string, string> = {};
  for (const text of given) {
    const [, name, value] = PARAM.exec(text) ?? [];
    if (name === undefined || value === undefined)
      return `--param "${text}" is not name=value: {q:String} in the query takes --param q=sales`;
    params[name] = value;
  }
  return params;
};

/** Streams the result of `query` into `out`, which stays open. Throws StoreError with ClickHouse's own line. */
export const printQuery = async (
  store: Store,
  query: string,
  options: { readonly format: string; readonly params: Readonly<Record<string, string>> },
  out: NodeJS.WritableStream,
): Promise<void> => {
  // A closing semicolon is how people end SQL; more than one statement ClickHouse refuses by itself.
  const statement = query.trim().replace(/;$/, '');
  await pipeline(await store.stream(statement, options), out, { end: false });
};

/** `busyhour sql`: ad-hoc SQL from the terminal. */
import { DONE, type Outcome, usage } from '../cli/outcome.ts';
import { isFormatName, printQuery } from '../cli/sql.ts';
import { openStore } from '../clickhouse/clickhouse-store.ts';
import type { Config } from '../config.ts';
import { withFoundation } from './running.ts';

export const sql = async (
  config: Config,
  query: string,
  { format }: { format: string },
): Promise<Outcome> => {
  if (!isFormatName(format))
    return usage(`"${format}" is no ClickHouse format: try CSVWithNames, JSONEachRow or Vertical`);
  return withFoundation({ ...config, clickhouseHttpPort: 0 }, 'command', async ({ analyst }) => {
    const store = openStore({ ...analyst, database: 'acd' });
    try {
      await printQuery(store, query, format, process.stdout);
      return DONE;
    } finally {
      await store.close();
    }
  });
};

/** `busyhour sql`: ad-hoc SQL from the terminal, and what BI tools and administrators need to get in. */
import type { SqlFlags } from '../cli/command-line.ts';
import { DONE, failed, type Outcome, usage } from '../cli/outcome.ts';
import { isFormatName, printQuery, readParams } from '../cli/sql.ts';
import { openStore } from '../clickhouse/clickhouse-store.ts';
import { failedByOwnFormat, StoreError } from '../clickhouse/store.ts';
import { tenantStatements } from '../clickhouse/tenant-ddl.ts';
import type { Config } from '../config.ts';
import { type Foundation, type StoreAccess, tenantDdlOf } from '../foundation.ts';
import { noteDown } from './note-down.ts';
import { withFoundation } from './running.ts';

const DEFAULT_TENANT = 'default';

export const sql = async (config: Config, query: string | null, flags: SqlFlags): Promise<Outcome> => {
  const { format, credentials, ddl } = flags;
  if (!isFormatName(format))
    return usage(`"${format}" is no ClickHouse format: try CSVWithNames, JSONEachRow or Vertical`);
  const params = readParams(flags.param);
  if (typeof params === 'string') return usage(params);
  if (query === null && credentials !== true && ddl !== true)
    return usage(
      'give a query, such as "SELECT count() FROM contact_legs"; --credentials or --ddl need none',
    );
  // The address that is shown to BI tools must be the one the node will have.
  const port = credentials === true ? config.clickhouseHttpPort : 0;
  return withFoundation({ ...config, clickhouseHttpPort: port }, 'command', async (foundation) => {
    if (ddl === true) return printDdl(foundation, config, flags.tenant ?? DEFAULT_TENANT);
    const access = await accessOf(foundation, config, flags.tenant);
    if ('refused' in access) return failed(access.refused);
    if (credentials === true) return printCredentials(access);
    const asked = { tenant: flags.tenant ?? DEFAULT_TENANT, action: 'sql', detail: query ?? '' } as const;
    const store = openStore({ ...access, database: 'acd' });
    try {
      await printQuery(store, query ?? '', { format, params }, process.stdout);
    } catch (error) {
      await noteDown(foundation.store, { ...asked, outcome: 'failed' });
      if (error instanceof StoreError && failedByOwnFormat(error, query ?? ''))
        return usage('the query ends in a FORMAT: leave it out, and name it as --format');
      throw error;
    } finally {
      await store.close();
    }
    await noteDown(foundation.store, { ...asked, outcome: 'done' });
    return DONE;
  });
};

/** Without a tenant, an analyst configured for an external ClickHouse asks over all of them. */
const accessOf = async (
  { tenantUsers, clickhouseUrl: url }: Foundation,
  { clickhouseAnalyst }: Config,
  tenant: string | undefined,
): Promise<StoreAccess | { readonly refused: string }> => {
  if (tenant === undefined && clickhouseAnalyst !== null) return clickhouseAnalyst;
  const access = await tenantUsers(tenant ?? DEFAULT_TENANT);
  return access.status === 'ready' ? { url, ...access.user } : { refused: access.reason };
};

const printCredentials = ({ url, username, password }: StoreAccess): Outcome => {
  process.stdout.write(`url       ${url}\ndatabase  acd\nuser      ${username}\npassword  ${password}\n`);
  return DONE;
};

const printDdl = ({ secrets }: Foundation, config: Config, tenant: string): Outcome => {
  if (config.clickhouse.kind === 'embedded')
    return usage('--ddl is for an external ClickHouse: the embedded one makes its users itself');
  const statements = tenantStatements(tenantDdlOf(config, secrets().sqlKey), tenant);
  process.stdout.write(statements.map((statement) => `${statement};\n`).join(''));
  return DONE;
};

/** The API, the live hub and the pages on a port. */

import { hashToken } from '../../query-api/auth.ts';
import { loadPages, PAGES_MISSING } from '../../query-api/pages.ts';
import { buildServer } from '../../query-api/server.ts';
import { CommandFault } from '../cli/outcome.ts';
import { openStore } from '../clickhouse/clickhouse-store.ts';
import type { Config } from '../config.ts';
import type { Foundation } from '../foundation.ts';
import type { Telemetry } from '../telemetry.ts';
import { nowMs, version } from './about.ts';
import { loggerOf, searchPseudonymiserOf } from './running.ts';
import { takeEvents } from './take-events.ts';

/** Ad-hoc queries under way or being read by slow clients, of all tenants together; further ones wait. */
const SQL_CONNECTIONS = 64;

export interface Serving {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Listens with the API, the live hub and the wallboard. */
export const listen = async (
  foundation: Foundation,
  config: Config,
  { registry }: Telemetry,
  simulated: boolean,
): Promise<Serving> => {
  const { log, store, secrets, tenantUsers } = foundation;
  const { apiAdminToken, pseudonymKey } = secrets();
  if (config.auth === 'token' && apiAdminToken === '') {
    throw new CommandFault('BUSYHOUR_API_TOKEN is missing: every process that serves needs the same one');
  }
  // As nobody: a query that does not say as whom it runs gets nowhere.
  const sqlStore = openStore({
    url: foundation.clickhouseUrl,
    username: 'nobody',
    password: '',
    database: 'acd',
    connections: SQL_CONNECTIONS,
  });
  const server = await buildServer({
    log,
    store,
    auth: config.auth,
    tokens: [{ sha256: hashToken(apiAdminToken), tenant: 'default', role: 'admin', queues: '*' }],
    nowMs,
    timeZone: config.timeZone,
    about: { name: 'Busyhour', version, simulated },
    allowedOrigins: config.allowedOrigins,
    queueGroups: config.queueGroups,
    serviceLevels: config.serviceLevels,
    isTrustedProxy: config.isTrustedProxy,
    jwt: config.jwt,
    sql: { store: sqlStore, users: tenantUsers },
    publishEvents: takeEvents(foundation),
    pseudonymise:
      pseudonymKey === '' ? null : (tenant, number) => searchPseudonymiserOf(foundation, tenant)(number),
    registry,
    logger: loggerOf(config),
  });
  if (loadPages() === null) process.stderr.write(`busyhour: ${PAGES_MISSING}\n`);
  const url = await server.listen({ host: config.host, port: config.port });
  const close = async (): Promise<void> => {
    await server.close();
    await sqlStore.close();
  };
  return { url, close };
};

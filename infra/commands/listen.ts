/** The API, the live hub and the pages on a port. */

import { hashToken } from '../../query-api/auth.ts';
import { loadPages, PAGES_MISSING } from '../../query-api/pages.ts';
import { buildServer } from '../../query-api/server.ts';
import { CommandFault } from '../cli/outcome.ts';
import type { Config } from '../config.ts';
import type { Foundation } from '../foundation.ts';
import type { Telemetry } from '../telemetry.ts';
import { nowMs, version } from './about.ts';
import { pseudonymiserOf } from './running.ts';
import { takeEvents } from './take-events.ts';

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
  const { log, store, secrets } = foundation;
  const { apiAdminToken, pseudonymKey } = secrets();
  if (config.auth === 'token' && apiAdminToken === '') {
    throw new CommandFault('BUSYHOUR_API_TOKEN is missing: every process that serves needs the same one');
  }
  const server = await buildServer({
    log,
    store,
    auth: config.auth,
    tokens: [{ sha256: hashToken(apiAdminToken), tenant: 'default', role: 'admin', queues: '*' }],
    nowMs,
    timeZone: config.timeZone,
    about: { name: 'Busyhour', version, simulated },
    allowedOrigins: config.allowedOrigins,
    isTrustedProxy: config.isTrustedProxy,
    jwt: config.jwt,
    publishEvents: takeEvents(foundation),
    pseudonymise:
      pseudonymKey === '' ? null : (tenant, number) => pseudonymiserOf(foundation, tenant)(number),
    registry,
  });
  if (loadPages() === null) process.stderr.write(`busyhour: ${PAGES_MISSING}\n`);
  const url = await server.listen({ host: config.host, port: config.port });
  return { url, close: () => server.close() };
};

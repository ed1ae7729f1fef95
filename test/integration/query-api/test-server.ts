/** The query API on a real SQLite log in a temporary directory, for tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';
import type { Store } from '../../../infra/clickhouse/store.ts';
import type { EventLog } from '../../../infra/log/event-log.ts';
import { openSqliteLog } from '../../../infra/log/sqlite-log.ts';
import { hashToken, type Role, type Token } from '../../../query-api/auth.ts';
import { buildServer, type ServerOptions } from '../../../query-api/server.ts';
import { LIVE } from '../../../schemas/topics.ts';

export const token = (
  secret: string,
  role: Role,
  rest: Partial<Pick<Token, 'tenant' | 'queues' | 'expiresAt'>> = {},
): Token => ({ sha256: hashToken(secret), tenant: 'default', role, queues: '*', ...rest });

export interface TestServer {
  readonly app: FastifyInstance;
  readonly log: EventLog;
  readonly registry: Registry;
  readonly close: () => Promise<void>;
}

export const startTestServer = async (
  store: Store,
  options: Partial<Omit<ServerOptions, 'store' | 'log' | 'registry'>>,
): Promise<TestServer> => {
  const dir = mkdtempSync(join(tmpdir(), 'busyhour-api-'));
  const log = openSqliteLog({ file: join(dir, 'log.db') });
  await log.ensureTopics([LIVE]);
  const registry = new Registry();
  const app = await buildServer({
    store,
    log,
    registry,
    auth: 'token',
    tokens: [],
    nowMs: Date.now,
    timeZone: 'UTC',
    about: { name: 'Busyhour', version: '0.0.0', simulated: true },
    allowedOrigins: [],
    isTrustedProxy: () => false,
    jwt: null,
    ...options,
  });
  return {
    app,
    log,
    registry,
    close: async () => {
      await app.close();
      await log.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

/** A real ClickHouse on a temporary directory and a free port, with the schema in place. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../infra/clickhouse/clickhouse-store.ts';
import { startEmbeddedClickHouse } from '../../infra/clickhouse/embedded-server.ts';
import { migrate } from '../../infra/clickhouse/migrate.ts';
import type { Store } from '../../infra/clickhouse/store.ts';

export interface TestClickHouse {
  readonly dataDir: string;
  readonly url: string;
  readonly admin: { readonly username: string; readonly password: string };
  readonly analyst: { readonly username: string; readonly password: string };
  /** The admin's store, database `acd`. */
  readonly store: Store;
  readonly close: () => Promise<void>;
}

export async function startTestClickHouse(): Promise<TestClickHouse> {
  const dataDir = mkdtempSync(join(tmpdir(), 'busyhour-clickhouse-'));
  const server = await startEmbeddedClickHouse({
    dataDir,
    httpPort: 0,
    tcpPort: null,
    adminPassword: 'admin-password',
    analystPassword: 'analyst-password',
  });
  const admin = { username: server.adminUser, password: 'admin-password' };
  const store = openStore({ url: server.url, ...admin, database: 'acd' });
  const migrated = await migrate(store);
  if (migrated.status === 'refused') throw new Error(migrated.reason);
  return {
    dataDir,
    url: server.url,
    admin,
    analyst: { username: server.analystUser, password: 'analyst-password' },
    store,
    async close() {
      await store.close();
      await server.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

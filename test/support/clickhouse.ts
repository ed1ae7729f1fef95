/** A real ClickHouse on a temporary directory and a free port, with the schema in place. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../infra/clickhouse/clickhouse-store.ts';
import { startEmbeddedClickHouse } from '../../infra/clickhouse/embedded-server.ts';
import { migrate } from '../../infra/clickhouse/migrate.ts';
import type { Store } from '../../infra/clickhouse/store.ts';
import { tenantUser } from '../../infra/clickhouse/tenant-users.ts';

export interface TestClickHouse {
  readonly dataDir: string;
  readonly url: string;
  readonly admin: { readonly username: string; readonly password: string };
  /** The database user of a tenant that the server was started with. */
  readonly user: (tenant: string) => { readonly username: string; readonly password: string };
  /** The admin's store, database `acd`. */
  readonly store: Store;
  readonly close: () => Promise<void>;
}

const SQL_KEY = 'sql-key';

/** With a database user for each of `tenants`. */
export async function startTestClickHouse(tenants: readonly string[] = []): Promise<TestClickHouse> {
  const user = (tenant: string) => tenantUser(SQL_KEY, tenant);
  const dataDir = mkdtempSync(join(tmpdir(), 'busyhour-clickhouse-'));
  const server = await startEmbeddedClickHouse({
    dataDir,
    httpPort: 0,
    tcpPort: null,
    adminPassword: 'admin-password',
    tenants: tenants.map(user),
  });
  const admin = { username: server.adminUser, password: 'admin-password' };
  const store = openStore({ url: server.url, ...admin, database: 'acd' });
  const migrated = await migrate(store);
  if (migrated.status === 'refused') throw new Error(migrated.reason);
  return {
    dataDir,
    url: server.url,
    admin,
    user,
    store,
    async close() {
      await store.close();
      await server.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

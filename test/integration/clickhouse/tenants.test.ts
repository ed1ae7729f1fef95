import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../../infra/clickhouse/clickhouse-store.ts';
import { startTenantServer, type TenantServer } from '../../../infra/clickhouse/embedded-tenants.ts';
import { migrate } from '../../../infra/clickhouse/migrate.ts';
import type { Store } from '../../../infra/clickhouse/store.ts';
import {
  externalTenantUsers,
  joinedTenantUsers,
  ownTenantUsers,
  readTenants,
} from '../../../infra/clickhouse/tenant-access.ts';
import { tenantStatements } from '../../../infra/clickhouse/tenant-ddl.ts';
import { PUBLIC_VIEWS, tenantUser } from '../../../infra/clickhouse/tenant-users.ts';
import { eventRow, intervalRow, legRow } from '../../support/rows.ts';

const KEY = 'sql-key';
/** Everything a name can hold that XML, SQL or an address could trip over. */
const ODD = "o'neil & <söhne>_100%";

let dataDir: string;
let server: TenantServer;
let store: Store;
let remembered: readonly string[] = [];

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'busyhour-tenants-'));
  server = await startTenantServer({
    dataDir,
    httpPort: 0,
    tcpPort: null,
    adminPassword: 'admin-password',
    sqlKey: KEY,
    tenants: ['acme', ODD],
    onTenants: (tenants) => {
      remembered = tenants;
    },
  });
  store = openStore({ url: server.url, username: 'busyhour', password: 'admin-password', database: 'acd' });
  await migrate(store);
  for (const tenant of ['acme', ODD, 'later', 'latest']) {
    await store.insert('contact_legs_rows', [legRow({ tenant, contact_id: `of ${tenant}` })]);
    await store.insert('queue_intervals_rows', [intervalRow({ tenant, offered: 1 })]);
    await store.insert('events_rows', [eventRow({ tenant })]);
  }
});
afterAll(async () => {
  await store?.close();
  await server?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const readAs = async (tenant: string): Promise<unknown> => {
  const own = openStore({ url: server.url, ...tenantUser(KEY, tenant), database: 'acd' });
  try {
    return await own.query('SELECT tenant, contact_id FROM contact_legs');
  } finally {
    await own.close();
  }
};

describe('a tenant’s database user', () => {
  test.each(['acme', ODD])('of %s reads its own rows', async (tenant) => {
    expect(await readAs(tenant)).toEqual([{ tenant, contact_id: `of ${tenant}` }]);
  });

  test('sees the public views in system.tables, all there are, and nothing else', async () => {
    const own = openStore({ url: server.url, ...tenantUser(KEY, 'acme'), database: 'acd' });
    const seen = await own.query<{ name: string }>('SELECT database, name FROM system.tables ORDER BY name');
    await own.close();
    expect(seen).toEqual([...PUBLIC_VIEWS].sort().map((name) => ({ database: 'acd', name })));
    const views = await store.query<{ name: string }>(
      "SELECT name FROM system.tables WHERE database = 'acd' AND engine = 'View' ORDER BY name",
    );
    expect(seen.map(({ name }) => name)).toEqual(views.map(({ name }) => name));
  });

  test('reads every public view, and the key still prunes what it reads', async () => {
    const own = openStore({ url: server.url, ...tenantUser(KEY, 'acme'), database: 'acd' });
    for (const view of PUBLIC_VIEWS) await own.query(`SELECT * FROM ${view} LIMIT 1`);
    const plan = await own.query<{ explain: string }>(
      "EXPLAIN indexes = 1 SELECT count() FROM contact_legs WHERE queue = 'sales'",
    );
    await own.close();
    const text = plan.map(({ explain }) => explain).join('\n');
    expect(text).toMatch(/Keys:\s+tenant\s+queue/);
    expect(text).toContain("tenant in [\\'acme\\', \\'acme\\']".replaceAll('\\', ''));
  });
});

describe('tenants that come while the server runs', () => {
  test('are known by what they have landed', async () => {
    expect([...(await readTenants(store))].sort()).toEqual(['acme', 'later', 'latest', ODD].sort());
  });

  test('get a user with their first query, those who have nothing get none, and the data stays', async () => {
    const users = ownTenantUsers(server, store, KEY);
    expect(await users('stranger')).toMatchObject({
      status: 'refused',
      reason: expect.stringContaining('has no data here yet'),
    });
    await expect(readAs('later')).rejects.toMatchObject({ code: '516' });
    expect(await users('later')).toMatchObject({ status: 'ready' });
    expect(await users('latest')).toMatchObject({ status: 'ready' });
    expect(await readAs('later')).toEqual([{ tenant: 'later', contact_id: 'of later' }]);
    expect(await readAs('latest')).toEqual([{ tenant: 'latest', contact_id: 'of latest' }]);
    expect(await readAs('acme')).toEqual([{ tenant: 'acme', contact_id: 'of acme' }]);
    expect(remembered).toEqual(['acme', ODD, 'later', 'latest']);
  });

  test('a command beside the node tells those in from those that have no user yet', async () => {
    const users = joinedTenantUsers(server.url, KEY);
    expect(await users('acme')).toMatchObject({ status: 'ready' });
    expect(await users('nobody-yet')).toMatchObject({
      status: 'refused',
      reason: expect.stringContaining('no database user in the running node yet'),
    });
  });
});

describe('an external ClickHouse', () => {
  const ddl = { key: KEY, definer: 'busyhour', unfiltered: ['analyst'], cluster: '' };

  test('whose user may not make users is used as its administrator has set it up', async () => {
    // The embedded server keeps its users in a file, so it answers as one where Busyhour may not.
    const users = externalTenantUsers(store, server.url, ddl);
    expect(await users('acme')).toMatchObject({ status: 'ready' });
    expect(await users('stranger')).toMatchObject({
      status: 'refused',
      reason: expect.stringContaining('busyhour sql --ddl --tenant stranger'),
    });
  });

  test.each([
    ['one server', ''],
    ['a cluster', 'main'],
  ])('is told statements that ClickHouse can read: %s', async (_, cluster) => {
    const statements = tenantStatements({ ...ddl, cluster }, ODD);
    expect(statements.length).toBe(6 + PUBLIC_VIEWS.length);
    for (const statement of statements) {
      expect(statement).not.toContain(tenantUser(KEY, ODD).password);
      if (cluster !== '') expect(statement).toContain("ON CLUSTER 'main'");
      const read = await store.query('SELECT formatQuery({statement:String}) AS q', { statement });
      expect(read).toHaveLength(1);
    }
    expect(statements[0]).toMatch(/^CREATE ROW POLICY/);
  });
});

/** A tenant that has used up its hour, on a real ClickHouse with the shipped users file and less of an hour in it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { checkTenantUsers } from '../../../infra/clickhouse/check-tenants.ts';
import { openStore } from '../../../infra/clickhouse/clickhouse-store.ts';
import { serverConfig, usersConfig } from '../../../infra/clickhouse/embedded-config.ts';
import { migrate } from '../../../infra/clickhouse/migrate.ts';
import { SQL_LIMITS } from '../../../infra/clickhouse/sql-access.ts';
import type { Store } from '../../../infra/clickhouse/store.ts';
import { tenantUser } from '../../../infra/clickhouse/tenant-users.ts';
import { freePort, runClickHouse } from '../../support/own-clickhouse.ts';
import { legRow } from '../../support/rows.ts';
import { startTestServer, type TestServer, token } from './test-server.ts';

const KEY = 'sql-key';
const START_LIMIT_MS = 30_000;
/** In place of SQL_LIMITS.queriesPerHour and rowsPerHour. */
const [QUERIES, ROWS] = [3, 1_000_000];
const TENANTS = ['busy', 'greedy', 'greedier', 'other'];
/** After a full hour ClickHouse begins to count anew. */
const HOUR_S = 3_600;

const home = mkdtempSync(join(tmpdir(), 'busyhour-quota-'));
let url: string;
let admin: Store;
let api: TestServer;
let stop: () => Promise<void> = async () => {};

const scarceUsers = (): string => {
  const users = usersConfig({
    admin: 'password',
    tenants: TENANTS.map((tenant) => tenantUser(KEY, tenant)),
  });
  const { queriesPerHour, rowsPerHour } = SQL_LIMITS;
  const quota = (queries: number, rows: number): string =>
    `<queries>${queries}</queries><read_rows>${rows}</read_rows>`;
  expect(users).toContain(quota(queriesPerHour, rowsPerHour));
  return users.replace(quota(queriesPerHour, rowsPerHour), quota(QUERIES, ROWS));
};

beforeAll(async () => {
  const httpPort = await freePort();
  url = `http://127.0.0.1:${httpPort}`;
  const usersFile = join(home, 'users.xml');
  writeFileSync(usersFile, scarceUsers());
  const config = { logFile: join(home, 'server.log'), usersFile, httpPort, tcpPort: null };
  writeFileSync(join(home, 'config.xml'), serverConfig(config));
  const end = runClickHouse(home, [httpPort]);
  admin = openStore({ url, username: 'busyhour', password: 'password', database: 'acd' });
  const nobody = openStore({ url, username: 'nobody', password: '', database: 'acd' });
  stop = async () => {
    await api?.close();
    await Promise.all([admin.close(), nobody.close()]);
    await end();
  };
  await vi.waitFor(() => admin.command('SELECT 1'), { timeout: START_LIMIT_MS, interval: 50 });
  await migrate(admin);
  await admin.insert(
    'contact_legs_rows',
    TENANTS.map((tenant) => legRow({ tenant })),
  );
  api = await startTestServer(admin, {
    tokens: TENANTS.map((tenant) => token(tenant, 'analyst', { tenant })),
    sql: {
      store: nobody,
      users: async (tenant) => ({ status: 'ready', user: tenantUser(KEY, tenant) }),
    },
  });
});
afterAll(async () => {
  await stop();
  rmSync(home, { recursive: true, force: true });
});

const ask = (tenant: string, query: string) =>
  api.app.inject({
    method: 'POST',
    url: '/v1/sql',
    headers: { authorization: `Bearer ${tenant}` },
    payload: { query },
  });
const COUNT = 'SELECT count() AS n FROM contact_legs';
const expectRefused = async (tenant: string, query = COUNT): Promise<void> => {
  const answer = await ask(tenant, query);
  expect([answer.statusCode, answer.headers['content-type']]).toEqual([
    429,
    expect.stringContaining('application/problem+json'),
  ]);
  expect(answer.json()).toMatchObject({
    type: '/docs#too_many_requests',
    status: 429,
    detail:
      'this tenant has asked 36,000 queries or read 100,000,000,000 rows in this hour: wait for the next',
  });
  const waitS = Number(answer.headers['retry-after']);
  const endsAt = Math.round(Date.now() / 1_000 + waitS);
  expect(waitS).toBeGreaterThan(0);
  expect(Math.abs(endsAt - Math.round(endsAt / HOUR_S) * HOUR_S)).toBeLessThanOrEqual(2);
};
const expectAnswered = async (tenant: string): Promise<void> => {
  const answer = await ask(tenant, COUNT);
  expect([answer.statusCode, answer.json()]).toMatchObject([200, { data: [{ n: 1 }] }]);
};

test('a tenant that has asked its queries of the hour is refused, and no other is', async () => {
  for (let asked = 0; asked < QUERIES; asked++) await expectAnswered('busy');
  await expectRefused('busy');
  await expectAnswered('other');
  await expectRefused('busy');
});

test('so is one that has read its rows of the hour, in whichever query that happens', async () => {
  const reads = (rows: number): string =>
    `SELECT count() AS n FROM numbers(${rows}) WHERE NOT ignore(number)`;
  expect((await ask('greedy', reads(ROWS))).statusCode).toBe(200);
  await expectRefused('greedy');
  await expectRefused('greedier', reads(2 * ROWS));
  await expectAnswered('other');
});

test('ClickHouse’s own port refuses it too, until the end of the hour, and doctor takes it for no fault', async () => {
  const own = openStore({ url, ...tenantUser(KEY, 'busy'), database: 'acd' });
  await expect(own.query(COUNT)).rejects.toMatchObject({
    code: '201',
    message: expect.stringMatching(/Interval will end at \d{4}-\d\d-\d\d \d\d:00:00/),
  });
  await own.close();
  const ddl = { key: KEY, definer: 'busyhour', unfiltered: [], cluster: '' };
  expect(await checkTenantUsers({ store: admin, url, ddl, tenants: ['busy'] })).toEqual({
    ...{ checked: 1, missing: [], busy: ['busy'], faults: [] },
  });
});

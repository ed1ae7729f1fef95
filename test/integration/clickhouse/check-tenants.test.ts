/** What `busyhour doctor` says of tenants' database users, on real ClickHouses that are set up well and badly. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openStore } from '../../../infra/clickhouse/clickhouse-store.ts';
import { serverConfig, usersConfig } from '../../../infra/clickhouse/embedded-config.ts';
import { migrate } from '../../../infra/clickhouse/migrate.ts';
import type { Store } from '../../../infra/clickhouse/store.ts';
import { PUBLIC_VIEWS, tenantUser } from '../../../infra/clickhouse/tenant-users.ts';
import { checkTenants } from '../../../infra/doctor.ts';
import { startTestClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';
import { freePort, runClickHouse } from '../../support/own-clickhouse.ts';
import { eventRow, intervalRow } from '../../support/rows.ts';

const KEY = 'sql-key';
const START_LIMIT_MS = 30_000;

const secrets = (sqlKey: string) => () => ({
  ...{ clickhouseAdminPassword: '', apiAdminToken: '', pseudonymKey: '', sqlKey },
});
const EMBEDDED = {
  clickhouse: { kind: 'embedded' },
  clickhouseAnalyst: null,
  clickhouseCluster: '',
} as const;
const external = (username: string) =>
  ({ ...EMBEDDED, clickhouse: { kind: 'external', url: '', username, password: '' } }) as const;

const fill = async (store: Store, tenants: readonly string[]): Promise<void> => {
  await store.insert(
    'queue_intervals_rows',
    tenants.map((tenant) => intervalRow({ tenant })),
  );
  await store.insert(
    'events_rows',
    tenants.map((tenant) => eventRow({ tenant })),
  );
};

describe('of users as they should be', () => {
  let clickhouse: TestClickHouse;
  beforeAll(async () => {
    clickhouse = await startTestClickHouse(['acme', 'other']);
    await fill(clickhouse.store, ['acme', 'other', 'later']);
  });
  afterAll(() => clickhouse?.close());
  const check = (config: Parameters<typeof checkTenants>[1], sqlKey = KEY) =>
    checkTenants(
      { store: clickhouse.store, clickhouseUrl: clickhouse.url, secrets: secrets(sqlKey) },
      config,
    );

  test('that they are, and who gets one by asking', async () => {
    expect(await check(EMBEDDED)).toEqual({
      name: 'tenants',
      ok: true,
      detail:
        'SQL users of 2 of 3 tenants looked at: read-only, each sees its own rows alone; without a database user: later (made with the first query to POST /v1/sql)',
    });
  });

  test('whose server lets Busyhour make none, what an administrator has to run', async () => {
    expect(await check(external('busyhour'))).toEqual({
      name: 'tenants',
      ok: false,
      detail:
        'without a database user: later: have an administrator run what "busyhour sql --ddl --tenant later" prints',
    });
  });

  test('in a process without their key, that it has none', async () => {
    expect(await check(external('busyhour'), '')).toMatchObject({
      ok: true,
      detail: expect.stringContaining('BUSYHOUR_SQL_KEY'),
    });
  });
});

/** acme may write; other may not read alerts; of two tables one has no row policy, and one has a policy for nothing. */
const badUsers = (): string => {
  const users = usersConfig({ admin: 'password', tenants: ['acme', 'other'].map((t) => tenantUser(KEY, t)) });
  const changes: readonly (readonly [RegExp, string])[] = [
    [/<events_rows>.*?<\/events_rows>/, ''],
    [/<agent_states_rows><filter>.*?<\/filter>/, '<agent_states_rows><filter>1</filter>'],
    [/(<tenant_acme>[\s\S]*?)<profile>tenant</, '$1<profile>default<'],
    [/(<tenant_other>[\s\S]*)<query>GRANT SELECT ON acd.alerts<\/query>/, '$1'],
    [/(?=<tenant_acme>)/, ['blind', 'sighted'].map(plainUser).join('')],
  ];
  return changes.reduce((text, [from, to]) => {
    expect(text).toMatch(from);
    return text.replace(from, to);
  }, users);
};
/** Busyhour's user on a ClickHouse of an administrator, who gave it what it needs to land and to migrate, or more. */
const plainUser = (name: string): string => {
  const more = name === 'sighted' ? '<query>GRANT SHOW ROW POLICIES ON acd.*</query>' : '';
  return `<${name}><password>password</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile>
    <quota>default</quota><grants><query>GRANT SELECT, INSERT, CREATE, ALTER, DROP ON acd.*</query>${more}</grants></${name}>`;
};

describe('of users as they should not be', () => {
  const home = mkdtempSync(join(tmpdir(), 'busyhour-bad-users-'));
  let url: string;
  let admin: Store;
  let stop: () => Promise<void> = async () => {};
  const open = (username: string): Store =>
    openStore({ url, username, password: 'password', database: 'acd' });

  beforeAll(async () => {
    const httpPort = await freePort();
    url = `http://127.0.0.1:${httpPort}`;
    const usersFile = join(home, 'users.xml');
    writeFileSync(usersFile, badUsers());
    const config = { logFile: join(home, 'server.log'), usersFile, httpPort, tcpPort: null };
    writeFileSync(join(home, 'config.xml'), serverConfig(config));
    const end = runClickHouse(home, [httpPort]);
    admin = open('busyhour');
    stop = async () => {
      await admin.close();
      await end();
    };
    await vi.waitFor(() => admin.command('SELECT 1'), { timeout: START_LIMIT_MS, interval: 50 });
    expect(await migrate(admin)).toMatchObject({ status: 'migrated' });
    await fill(admin, ['acme', 'other']);
  });
  afterAll(async () => {
    await stop();
    rmSync(home, { recursive: true, force: true });
  });
  const check = (store: Store, config: Parameters<typeof checkTenants>[1]) =>
    checkTenants({ store, clickhouseUrl: url, secrets: secrets(KEY) }, config);

  test('each fault, where it is, and at the end of the line what to do', async () => {
    const { ok, detail } = await check(admin, EMBEDDED);
    expect([ok, detail.split('; ')]).toEqual([
      false,
      [
        'acd.agent_states_rows has no row policy that shows each tenant its own rows alone',
        'acd.events_rows has no row policy that shows each tenant its own rows alone',
        'tenant "acme" is not read-only',
        'tenant "acme" sees rows of "other" in acd.events',
        'tenant "other" sees rows of "acme" in acd.events',
        'tenant "other" may not read acd.alerts: restart Busyhour, it sets up its ClickHouse anew',
      ],
    ]);
  });

  test('views that read as somebody without row policies', async () => {
    const { ok, detail } = await check(admin, external('somebody'));
    expect(ok).toBe(false);
    for (const view of PUBLIC_VIEWS) {
      expect(detail).toContain(
        `the view acd.${view} does not read as somebody, to whom the row policies apply`,
      );
    }
  });

  test('what Busyhour’s user has to be granted to look', async () => {
    const [blind, sighted] = [open('blind'), open('sighted')];
    expect(await check(blind, external('blind'))).toMatchObject({
      ok: false,
      detail:
        'blind may not see row policies: have an administrator run "GRANT SHOW ROW POLICIES ON acd.* TO blind"',
    });
    const { detail } = await check(sighted, external('busyhour'));
    expect(detail).toContain('acd.events_rows has no row policy');
    expect(detail).not.toContain('acd.contact_legs_rows');
    expect(detail).toContain('have an administrator run what "busyhour sql --ddl --tenant acme" prints');
    await Promise.all([blind.close(), sighted.close()]);
  });
});

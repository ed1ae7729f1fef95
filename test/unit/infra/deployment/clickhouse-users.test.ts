/** The users file of the compose set-up, held equal to the embedded one's and read by a real ClickHouse. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openStore } from '../../../../infra/clickhouse/clickhouse-store.ts';
import { serverConfig, usersConfig } from '../../../../infra/clickhouse/embedded-config.ts';
import { migrate } from '../../../../infra/clickhouse/migrate.ts';
import type { Store } from '../../../../infra/clickhouse/store.ts';
import { PUBLIC_VIEWS } from '../../../../infra/clickhouse/tenant-users.ts';
import { freePort, runClickHouse } from '../../../support/own-clickhouse.ts';

const ROOT = resolve(import.meta.dirname, '../../../..');
const START_LIMIT_MS = 30_000;
const shipped = readFileSync(join(ROOT, 'infra/docker/clickhouse-users.xml'), 'utf8');
const embedded = usersConfig({ admin: 'a', tenants: [] });

/** What stands between the first `<tag>` and its end, a line each. */
const section = (xml: string, tag: string, from = 0): string[] => {
  const text = xml.slice(xml.indexOf(`<${tag}>`, from), xml.indexOf(`</${tag}>`, from));
  return text.match(/<(?:\w+)>[^<>]+<\/\w+>/g)?.sort() ?? [];
};

describe('clickhouse-users.xml', () => {
  it('limits the analyst as the embedded ClickHouse does its tenants', () => {
    expect(section(shipped, 'analyst')).toEqual(section(embedded, 'tenant'));
    expect(section(shipped, 'analyst')).toContain('<readonly>1</readonly>');
  });

  it('grants the analyst the public views and nothing else', () => {
    expect(section(shipped, 'grants', shipped.indexOf('<users>'))).toEqual(
      PUBLIC_VIEWS.map((view) => `<query>GRANT SELECT ON acd.${view}</query>`).sort(),
    );
  });

  it('lets Busyhour make users for its tenants', () => {
    expect(section(shipped, 'busyhour')).toContain('<access_management>1</access_management>');
  });

  it('holds no password, and removes the user who needs none', () => {
    expect(shipped).not.toMatch(/<password\w*>/);
    expect(shipped).toContain('<default remove="remove"/>');
  });
});

describe('a ClickHouse with the secrets that make-secrets.sh makes', () => {
  const dir = mkdtempSync(join(tmpdir(), 'busyhour-users-'));
  let stop: () => Promise<void> = async () => {};
  let admin: Store;
  let analyst: Store;

  beforeAll(async () => {
    const secrets = join(dir, 'secrets');
    execFileSync('sh', [join(ROOT, 'infra/docker/make-secrets.sh'), secrets]);
    const usersFile = join(dir, 'users.xml');
    // clickhouse-local starts as `default`, which a server does not need.
    const own = shipped
      .replace('/run/secrets/clickhouse_users', join(secrets, 'clickhouse_users'))
      .replace(
        '<default remove="remove"/>',
        '<default><password/><networks><ip>127.0.0.1</ip></networks></default>',
      );
    writeFileSync(usersFile, own);
    const httpPort = await freePort();
    const config = serverConfig({ logFile: join(dir, 'server.log'), usersFile, httpPort, tcpPort: null });
    writeFileSync(join(dir, 'config.xml'), config);
    const end = runClickHouse(dir, [httpPort]);
    const given = new URL(readFileSync(join(secrets, 'clickhouse_url'), 'utf8').trim());
    const password = readFileSync(join(secrets, 'clickhouse_analyst_password'), 'utf8').trim();
    const url = `http://127.0.0.1:${httpPort}`;
    admin = openStore({ url, username: given.username, password: given.password, database: 'acd' });
    analyst = openStore({ url, username: 'analyst', password, database: 'acd' });
    stop = async () => {
      await Promise.all([admin.close(), analyst.close()]);
      await end();
    };
    await vi.waitFor(() => admin.command('SELECT 1'), { timeout: START_LIMIT_MS, interval: 50 });
  });
  afterAll(async () => {
    await stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('lets Busyhour make its tables, and the analyst read the views but not what is below', async () => {
    expect(await migrate(admin)).toMatchObject({ status: 'migrated' });
    for (const view of PUBLIC_VIEWS) {
      expect(await analyst.query(`SELECT count() AS n FROM ${view}`)).toEqual([{ n: 0 }]);
    }
    await expect(analyst.query('SELECT 1 FROM events_rows')).rejects.toMatchObject({ code: '497' });
    await expect(analyst.command('CREATE DATABASE other')).rejects.toMatchObject({ fault: 'reject' });
  });
});

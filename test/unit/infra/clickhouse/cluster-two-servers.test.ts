/**
 * Two real ClickHouse servers as two shards. clickhouse-local has no Keeper, answers "Replicated DDL queries are
 * disabled" and has no interserver port, so here each statement runs on both servers and the local tables are not
 * replicated; sharding, the Distributed tables, FINAL over them and the views are what runs in production.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openStore } from '../../../../infra/clickhouse/clickhouse-store.ts';
import { ADMIN_USER, serverConfig, usersConfig } from '../../../../infra/clickhouse/embedded-config.ts';
import { migrate } from '../../../../infra/clickhouse/migrate.ts';
import type { Store } from '../../../../infra/clickhouse/store.ts';
import { PUBLIC_VIEWS, tenantUser } from '../../../../infra/clickhouse/tenant-users.ts';
import { freePort, runClickHouse } from '../../../support/own-clickhouse.ts';
import { intervalRow, legRow } from '../../../support/rows.ts';

const CLUSTER = 'pair';
const ADMIN = { username: ADMIN_USER, password: 'admin-password' };
const ANALYST = tenantUser('sql-key', 'acme');
const OTHER = tenantUser('sql-key', 'other');
const START_LIMIT_MS = 30_000;
const SOURCES = Array.from({ length: 40 }, (_, n) => `site-${n}`);

interface Shard {
  readonly http: number;
  readonly tcp: number;
}
interface Server extends Shard {
  readonly store: Store;
  readonly analyst: Store;
  readonly other: Store;
  readonly close: () => Promise<void>;
}

/** The shards are reached as the admin, not by a shared secret: see docs/deployment.md. */
const shardXml = ({ tcp }: Shard): string =>
  `<shard><internal_replication>true</internal_replication><replica><host>127.0.0.1</host><port>${tcp}</port>` +
  `<user>${ADMIN.username}</user><password>${ADMIN.password}</password></replica></shard>`;

const startServer = async (home: string, { http, tcp }: Shard, shards: readonly Shard[]): Promise<Server> => {
  mkdirSync(home, { recursive: true });
  const usersFile = join(home, 'users.xml');
  const users = usersConfig({ admin: ADMIN.password, tenants: [ANALYST, OTHER] });
  const foreground = '<distributed_foreground_insert>1</distributed_foreground_insert>';
  writeFileSync(usersFile, users.replace('<default>', `<default>${foreground}`));
  const config = serverConfig({ logFile: join(home, 'server.log'), usersFile, httpPort: http, tcpPort: tcp });
  const cluster = `<remote_servers><${CLUSTER}>${shards.map(shardXml).join('')}</${CLUSTER}></remote_servers>`;
  writeFileSync(join(home, 'config.xml'), config.replace('</clickhouse>', `${cluster}</clickhouse>`));
  const stop = runClickHouse(home, [http, tcp]);
  const url = `http://127.0.0.1:${http}`;
  const store = openStore({ url, ...ADMIN, database: 'acd' });
  const analyst = openStore({ url, ...ANALYST, database: 'acd' });
  const other = openStore({ url, ...OTHER, database: 'acd' });
  const close = async (): Promise<void> => {
    await Promise.all([store.close(), analyst.close(), other.close()]);
    await stop();
  };
  return { http, tcp, store, analyst, other, close };
};

/** What one server can run of a cluster's DDL. */
const unreplicated = (store: Store): Store => ({
  ...store,
  command: (sql) =>
    store.command(
      sql
        .replaceAll(` ON CLUSTER '${CLUSTER}'`, '')
        .replace(/ReplicatedReplacingMergeTree\('[^']+', '[^']+'(?:, (\w+))?\)/, 'ReplacingMergeTree($1)'),
    ),
});

const dir = mkdtempSync(join(tmpdir(), 'busyhour-cluster-'));
let servers: readonly Server[] = [];
const server = (n: number): Server => {
  const found = servers[n];
  if (found === undefined) throw new Error(`server ${n} did not start`);
  return found;
};

beforeAll(async () => {
  const shards = [
    { http: await freePort(), tcp: await freePort() },
    { http: await freePort(), tcp: await freePort() },
  ];
  servers = await Promise.all(shards.map((shard, n) => startServer(join(dir, `shard-${n}`), shard, shards)));
  for (const { store } of servers) {
    // `acd` is not there yet, so it is the DDL connection, which does not ask for it, that tells.
    await vi.waitFor(() => store.command('SELECT 1'), { timeout: START_LIMIT_MS, interval: 50 });
    await store.command('CREATE DATABASE IF NOT EXISTS acd');
    expect(await migrate(unreplicated(store), undefined, CLUSTER)).toMatchObject({ status: 'migrated' });
  }
});
afterAll(async () => {
  await Promise.all(servers.map(({ close }) => close()));
  rmSync(dir, { recursive: true, force: true });
});

const localSources = ({ store }: Server, table: string): Promise<{ source: string; n: number }[]> =>
  store.query(`SELECT source, count() AS n FROM acd.${table}_local GROUP BY source ORDER BY source`);

describe('a cluster of two shards', () => {
  it('has the rows of a source on one shard, whichever server took them, and uses both', async () => {
    const rows = (version: number) =>
      SOURCES.map((source) => legRow({ source, version, revision: version, talk_ms: version }));
    await server(0).store.insert('contact_legs_rows', rows(7));
    await server(1).store.insert('contact_legs_rows', rows(9));
    await server(0).store.insert('contact_legs_rows', rows(8));
    const [first, second] = await Promise.all(servers.map((one) => localSources(one, 'contact_legs_rows')));
    const names = (found: { source: string }[] = []) => found.map(({ source }) => source);
    expect(new Set([...names(first), ...names(second)])).toEqual(new Set(SOURCES));
    expect(names(first).filter((source) => names(second).includes(source))).toEqual([]);
    expect(names(first).length * names(second).length).toBeGreaterThan(0);
  });

  it('shows the newest version of every row once, from either server', async () => {
    for (const { store } of servers) {
      const shown = await store.query(
        'SELECT count() AS n, uniqExact(source) AS sources, min(version) AS oldest, max(talk_ms) AS talk FROM contact_legs',
      );
      expect(shown).toEqual([{ n: SOURCES.length, sources: SOURCES.length, oldest: 9, talk: 9 }]);
    }
  });

  it('has acknowledged rows on their shard, not in a queue', async () => {
    const at = Date.UTC(2026, 0, 1);
    for (const source of SOURCES) {
      await server(0).store.insert('queue_intervals_rows', [
        intervalRow({ source, interval_start: at, offered: 2, answered: 2, version: 1 }),
      ]);
      expect(
        await server(1).store.query(`SELECT offered FROM queue_intervals WHERE source = '${source}'`),
      ).toEqual([{ offered: 2 }]);
    }
  });

  it('keeps the newest snapshot of a partition on one shard', async () => {
    for (const [n, next_offset] of [10, 30, 20].entries()) {
      await server(n % 2).store.insert('snapshots_rows', [
        { topic: 'acd.events.g1', partition: 3, next_offset, fold_version: 1, state: 'x' },
      ]);
    }
    for (const { store } of servers) {
      expect(await store.query('SELECT next_offset FROM acd.snapshots_rows FINAL')).toEqual([
        { next_offset: 30 },
      ]);
    }
  });

  it.each(PUBLIC_VIEWS)('gives the analyst %s over both shards, and nothing below it', async (view) => {
    const { analyst, store } = server(0);
    const [admins] = await store.query(`SELECT count() AS n FROM ${view}`);
    expect(await analyst.query(`SELECT count() AS n FROM ${view}`)).toEqual([admins]);
    for (const table of [`${view}_rows`, `${view}_rows_local`]) {
      await expect(analyst.query(`SELECT count() FROM ${table}`)).rejects.toMatchObject({ code: '497' });
    }
  });

  it.each(PUBLIC_VIEWS)('shows another tenant nothing of %s, from either server', async (view) => {
    for (const { other } of servers) {
      expect(await other.query(`SELECT count() AS n FROM ${view}`)).toEqual([{ n: 0 }]);
    }
  });

  it('lets an analyst join two views', async () => {
    const joined = await server(1).analyst.query(
      'SELECT count() AS n FROM contact_legs AS l JOIN queue_intervals AS q USING (tenant, source, queue)',
    );
    expect(joined).toEqual([{ n: SOURCES.length }]);
  });
});

describe('the migrations of a cluster', () => {
  it('run again change nothing', async () => {
    expect(await migrate(unreplicated(server(0).store), undefined, CLUSTER)).toEqual({
      status: 'migrated',
      applied: [],
    });
  });

  it('are refused to one server that is asked for alone', async () => {
    expect(await migrate(server(0).store)).toMatchObject({
      status: 'refused',
      reason: expect.stringContaining('BUSYHOUR_CLICKHOUSE_CLUSTER'),
    });
  });
});

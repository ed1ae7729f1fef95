import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../../infra/clickhouse/clickhouse-store.ts';
import { PUBLIC_VIEWS } from '../../../infra/clickhouse/embedded-config.ts';
import type { Store } from '../../../infra/clickhouse/store.ts';
import { startTestClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';
import { legRow } from '../../support/rows.ts';

let clickhouse: TestClickHouse;
let analyst: Store;
beforeAll(async () => {
  clickhouse = await startTestClickHouse();
  await clickhouse.store.insert('contact_legs_rows', [legRow()]);
  analyst = openStore({ url: clickhouse.url, ...clickhouse.analyst, database: 'acd' });
});
afterAll(async () => {
  await analyst?.close();
  await clickhouse?.close();
});

const ACCESS_DENIED = '497';
const READONLY = '164';

/** Runs as it is written, without the FORMAT a query gets. */
async function post(user: { username: string; password: string }, sql: string): Promise<string> {
  const response = await fetch(clickhouse.url, {
    method: 'POST',
    body: sql,
    headers: { 'X-ClickHouse-User': user.username, 'X-ClickHouse-Key': user.password },
  });
  await response.text();
  return response.headers.get('x-clickhouse-exception-code') ?? 'ok';
}

describe('the analyst', () => {
  test.each(PUBLIC_VIEWS)('reads %s', async (view) => {
    expect(await analyst.query(`SELECT count() AS rows FROM ${view}`)).toEqual([
      { rows: view === 'contact_legs' ? 1 : 0 },
    ]);
  });

  test('sees the public views in system.tables, and nothing else', async () => {
    const tables = await analyst.query<{ name: string }>(
      "SELECT name FROM system.tables WHERE database != 'system'",
    );
    expect(tables.map(({ name }) => name).sort()).toEqual([...PUBLIC_VIEWS].sort());
  });

  test.each([
    ['the tables below the views', 'SELECT count() FROM acd.contact_legs_rows'],
    ['the migrations', 'SELECT * FROM acd.schema_migrations'],
    ['the tables through loop()', "SELECT * FROM loop('acd', 'contact_legs_rows') LIMIT 1"],
    ['the index of a table', "SELECT * FROM mergeTreeIndex('acd', 'contact_legs_rows') LIMIT 1"],
    ['url()', "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')"],
    ['file()', "SELECT * FROM file('/etc/passwd', 'LineAsString', 'a String')"],
    ['remote()', "SELECT * FROM remote('127.0.0.1', 'system', 'one')"],
    ['s3()', "SELECT * FROM s3('http://127.0.0.1:1/bucket/key', 'CSV', 'a String')"],
    ['executable()', "SELECT * FROM executable('x', 'TSV', 'a String')"],
    ['other queries', 'SELECT * FROM system.processes'],
    ['the users', 'SELECT * FROM system.users'],
    ['the log', 'SELECT * FROM system.text_log'],
    ['DDL', 'CREATE TABLE acd.mine (a Int8) ENGINE = Memory'],
    ['DROP', 'DROP VIEW acd.contact_legs'],
    ['INSERT', "INSERT INTO acd.contact_legs_rows (tenant) VALUES ('x')"],
    ['system commands', 'SYSTEM SHUTDOWN'],
    ['granting', 'GRANT ALL ON *.* TO analyst'],
  ])('has no access to %s', async (_, sql) => {
    expect([ACCESS_DENIED, '60']).toContain(await post(clickhouse.analyst, sql));
  });

  test.each([
    ['its time', 'SELECT 1 SETTINGS max_execution_time = 0'],
    ['its memory', 'SET max_memory_usage = 0'],
    ['readonly', 'SET readonly = 0'],
  ])('cannot change %s', async (_, sql) => {
    expect(await post(clickhouse.analyst, sql)).toBe(READONLY);
  });

  test('is stopped by limits', { timeout: 120_000 }, async () => {
    expect(await post(clickhouse.analyst, 'SELECT number FROM numbers(1000001) FORMAT Null')).toBe('396');
    expect(await post(clickhouse.analyst, 'SELECT count() FROM numbers(1000000001)')).toBe('158');
    const hungry = 'SELECT uniqExact(number, toString(number)) FROM numbers(100000000)';
    expect(await post(clickhouse.analyst, hungry)).toBe('241');
  });
});

describe('nobody else', () => {
  test.each([
    ['the user of the server’s own process', { username: 'default', password: '' }],
    ['the admin with a wrong password', { username: 'busyhour', password: 'wrong' }],
    ['a stranger', { username: 'stranger', password: '' }],
  ])('gets in: %s', async (_, user) => {
    expect(['516', '700']).toContain(await post(user, 'SELECT 1'));
  });
});

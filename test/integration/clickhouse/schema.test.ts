import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrate, readMigrations } from '../../../infra/clickhouse/migrate.ts';
import { PUBLIC_VIEWS } from '../../../infra/clickhouse/tenant-users.ts';
import { TABLES } from '../../../schemas/rows.ts';
import { startTestClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';
import { intervalRow, legRow } from '../../support/rows.ts';

let clickhouse: TestClickHouse;
beforeAll(async () => {
  clickhouse = await startTestClickHouse();
});
afterAll(() => clickhouse?.close());

interface Column {
  readonly name: string;
  readonly type: string;
  readonly comment: string;
}
function columnsOf(table: string): Promise<Column[]> {
  return clickhouse.store.query<Column>(
    "SELECT name, type, comment FROM system.columns WHERE database = 'acd' AND table = {table:String} ORDER BY position",
    { table },
  );
}

describe('the tables', () => {
  test.each(Object.entries(TABLES))(
    '%s has the columns rows are written with, in their order',
    async (table, columns) => {
      const found = await columnsOf(table);
      expect(found.map(({ name, type }) => [name, type])).toEqual(Object.entries(columns));
    },
  );

  test('all keep the newest version of a row and are on disk when they acknowledge', async () => {
    const tables = await clickhouse.store.query<{ name: string; engine: string; query: string }>(
      "SELECT name, engine, create_table_query AS query FROM system.tables WHERE database = 'acd' AND name LIKE '%\\_rows' ORDER BY name",
    );
    expect(tables.map(({ name }) => name)).toEqual(Object.keys(TABLES).sort());
    for (const { engine, query } of tables) {
      expect(engine).toBe('ReplacingMergeTree');
      expect(query).toContain('fsync_after_insert = 1');
    }
  });
});

describe('the public views', () => {
  const WORDS: Readonly<Record<(typeof PUBLIC_VIEWS)[number], string>> = {
    contact_legs:
      'tenant source contact_id leg queue channel direction language site tier caller offered_at answered_at ended_at outcome wait_ms ring_ms talk_ms hold_ms wrap_ms agent ended_by transfer_kind transferred_to position version',
    queue_intervals:
      'tenant source queue channel interval_start offered answered abandoned timed_out left_empty key_exit overflowed callback withdrawn unknown refused_full refused_empty refused_closed in_progress wait_answered wait_abandoned wait_exited wait_answered_ms wait_abandoned_ms max_wait_ms handled held talk_ms hold_ms wrap_ms transferred_blind transferred_attended on_contact_ms on_hold_ms wrap_up_ms available_ms staffed_ms',
    agent_states: 'tenant source agent state reason started_at ended_at duration_ms contact_id queue version',
    agent_intervals:
      'tenant source agent interval_start available_ms ringing_ms on_contact_ms on_hold_ms wrap_up_ms unavailable_ms staffed_ms handled reasons',
    events: 'tenant source seq at kind contact_id queue agent body log_partition log_offset',
    dead_letters: 'received_at feed source reason line tenant place seq',
    anomalies: 'tenant source kind at contact_id queue agent detail seq log_partition log_offset',
    alerts: 'tenant source rule queue status value threshold raised_at cleared_at version',
  };

  test.each(PUBLIC_VIEWS)('%s has the promised columns in their order, each explained', async (view) => {
    const columns = await columnsOf(view);
    expect(columns.map(({ name }) => name)).toEqual(WORDS[view].split(' '));
    for (const { name, comment } of columns) expect(comment, name).not.toBe('');
    for (const { name, comment } of columns)
      if (name.endsWith('_ms')) expect(comment, name).toMatch(/[Mm]illiseconds/);
  });

  test('counters are unsigned, unknown numbers are null', async () => {
    const types = new Map((await columnsOf('queue_intervals')).map(({ name, type }) => [name, type]));
    expect(types.get('offered')).toBe('UInt64');
    expect(types.get('wait_answered')).toBe('Map(UInt32, UInt64)');
    const legs = new Map((await columnsOf('contact_legs')).map(({ name, type }) => [name, type]));
    expect(legs.get('wait_ms')).toBe('Nullable(UInt64)');
    expect(legs.get('offered_at')).toBe("DateTime64(3, 'UTC')");
  });
});

describe('one queue’s month is found by the key and its indexes, through the view and FINAL', () => {
  const HOUR_MS = 3_600_000;
  const DAYS = 400;

  beforeAll(async () => {
    const hours = Array.from({ length: DAYS * 24 }, (_, n) => Date.UTC(2025, 0, 1) + n * HOUR_MS);
    const queues = Array.from({ length: 10 }, (_, n) => `q${n}`);
    await clickhouse.store.insert(
      'queue_intervals_rows',
      queues.flatMap((queue) =>
        hours.map((interval_start) => intervalRow({ queue, interval_start, offered: 1 })),
      ),
    );
    await clickhouse.store.insert(
      'contact_legs_rows',
      queues.flatMap((queue) =>
        hours.map((offered_at, n) => legRow({ queue, offered_at, contact_id: `${queue}-${n}` })),
      ),
    );
  });

  test.each([
    ['queue_intervals', 'interval_start'],
    ['contact_legs', 'offered_at'],
  ])('%s by %s', async (view, time) => {
    const query = `SELECT count() AS rows FROM ${view} WHERE tenant = 'acme' AND queue = 'q3'
      AND ${time} >= toDateTime64('2025-03-01 00:00:00', 3, 'UTC') AND ${time} < toDateTime64('2025-04-01 00:00:00', 3, 'UTC')`;
    expect(await clickhouse.store.query(query)).toEqual([{ rows: 31 * 24 }]);
    const plan = await clickhouse.store.query<{ explain: string }>(`EXPLAIN indexes = 1 ${query}`);
    const granules = plan
      .map(({ explain }) => /Granules: (\d+)\/(\d+)/.exec(explain))
      .filter((match) => match !== null);
    // First the key, then the other indexes, each out of what is left.
    const [, , all] = granules.at(0) ?? [];
    const [, read] = granules.at(-1) ?? [];
    expect(Number(all)).toBeGreaterThanOrEqual(11);
    expect(Number(read)).toBeLessThanOrEqual(2);
  });
});

describe('migrations', () => {
  test('were applied on starting, and a second run has nothing to do', async () => {
    expect(await migrate(clickhouse.store)).toEqual({ status: 'migrated', applied: [] });
    const rows = await clickhouse.store.query<{ name: string }>(
      'SELECT name FROM schema_migrations FINAL ORDER BY name',
    );
    expect(rows.map(({ name }) => name)).toEqual(readMigrations().map(({ name }) => name));
  });

  test('one that a crash cut off before it was noted down is simply run again', async () => {
    await clickhouse.store.command('TRUNCATE TABLE acd.schema_migrations');
    expect(await migrate(clickhouse.store)).toEqual({
      status: 'migrated',
      applied: readMigrations().map(({ name }) => name),
    });
    expect(await clickhouse.store.query('SELECT count() > 0 AS kept FROM contact_legs')).toEqual([
      { kept: 1 },
    ]);
  });

  test('an applied file that was edited is refused by name', async () => {
    const edited = readMigrations().map((migration, n) =>
      n === 0 ? { ...migration, sql: `${migration.sql}\n` } : migration,
    );
    const result = await migrate(clickhouse.store, edited);
    expect(result).toMatchObject({ status: 'refused', reason: expect.stringContaining('0001-tables.sql') });
  });

  test('whoever is told to start on an empty ClickHouse is told what the log does not bring back', async () => {
    const edited = readMigrations().map((migration) => ({ ...migration, sql: `${migration.sql}\n` }));
    expect(await migrate(clickhouse.store, edited)).toMatchObject({
      reason: expect.stringMatching(/tokens, the audit log and numbers kept, which are lost with it/),
    });
  });

  test('a new one is applied alone', async () => {
    const added = {
      name: '9999-added.sql',
      sql: 'CREATE VIEW acd.added AS SELECT 1 AS one;\nDROP VIEW acd.added;',
    };
    expect(await migrate(clickhouse.store, [...readMigrations(), added])).toEqual({
      status: 'migrated',
      applied: ['9999-added.sql'],
    });
  });
});

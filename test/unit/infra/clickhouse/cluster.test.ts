import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clusterNameFault, renderMigrationsTable, renderSql } from '../../../../infra/clickhouse/cluster.ts';
import { migrate, readMigrations } from '../../../../infra/clickhouse/migrate.ts';
import type { Store } from '../../../../infra/clickhouse/store.ts';
import { TABLES } from '../../../../schemas/rows.ts';

const GOLDEN = resolve(import.meta.dirname, '../../../fixtures/golden-ddl');
const CLUSTER = 'busyhour';
const rendered = (cluster: string): string =>
  readMigrations()
    .map(({ sql }) => renderSql(sql, cluster))
    .join('\n');

/** BUSYHOUR_WRITE_GOLDEN=1 writes what is rendered now; the difference is then for the reviewer. */
const golden = (file: string, text: string): string => {
  const path = `${GOLDEN}/${file}`;
  if (process.env.BUSYHOUR_WRITE_GOLDEN === '1') writeFileSync(path, text);
  return readFileSync(path, 'utf8');
};

describe('the migrations, rendered', () => {
  it.each(readMigrations())('$name for one server is the DDL people already have, byte for byte', (file) => {
    const text = renderSql(file.sql, '');
    expect(text).toBe(golden(`single-${file.name}`, text));
  });

  it.each(readMigrations())('$name for a cluster is the golden DDL', (file) => {
    const text = renderSql(file.sql, CLUSTER);
    expect(text).toBe(golden(`cluster-${file.name}`, text));
  });

  it('leave no tag behind, for one server or a cluster', () => {
    expect(rendered('') + rendered(CLUSTER)).not.toContain('{{');
  });

  it('refuse a tag they do not know', () => {
    expect(() => renderSql('CREATE TABLE {{tabel x}} (a Int64)', '')).toThrow('{{tabel x}}: unknown');
  });
});

describe('every table that rows land in', () => {
  const ddl = rendered(CLUSTER);

  it.each(Object.keys(TABLES))(
    '%s is replicated within its shard and distributed over the shards',
    (table) => {
      expect(ddl).toContain(`CREATE TABLE IF NOT EXISTS acd.${table}_local ON CLUSTER '${CLUSTER}'\n`);
      expect(ddl).toContain(
        `ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/acd/${table}', '{replica}'`,
      );
      expect(ddl).toContain(
        `CREATE TABLE IF NOT EXISTS acd.${table} ON CLUSTER '${CLUSTER}' AS acd.${table}_local`,
      );
    },
  );

  it.each(Object.entries(TABLES))(
    '%s finds its shard by columns that no version of a row changes',
    (table, columns) => {
      const key =
        new RegExp(`'acd', '${table}_local', cityHash64\\((.+?)\\)\\)`).exec(ddl)?.[1]?.split(', ') ?? [];
      const order = new RegExp(`${table}_local ON CLUSTER [^;]*?ORDER BY \\(([^\n]+)\\)\n`, 's').exec(
        ddl,
      )?.[1];
      expect(Object.keys(columns)).toEqual(expect.arrayContaining(key));
      expect(key).toHaveLength(2);
      expect(order?.split(', ')).toEqual(expect.arrayContaining(key));
    },
  );
});

describe('a cluster’s name', () => {
  it.each(['', 'busyhour', 'acd-prod.eu_1'])('%j is one', (name) =>
    expect(clusterNameFault(name)).toBeNull(),
  );

  it.each([`a'b`, '{cluster}', 'a b', '1st', "x' SYNC; DROP DATABASE acd --"])('%j is none', (name) => {
    expect(clusterNameFault(name)).toContain('is no cluster name');
    expect(() => renderSql('', name)).toThrow('is no cluster name');
  });
});

/** Stands in for ClickHouse behind the port: remembers what it was told, and answers with one setting. */
const recordingStore = (foreground: string): Store & { readonly told: string[] } => {
  const told: string[] = [];
  const unused = () => Promise.reject(new Error('not used by migrations'));
  return {
    told,
    command: async (sql) => {
      told.push(sql);
    },
    query: async <Row>(sql: string) =>
      (sql.includes('system.settings') ? [{ value: foreground }] : []) as unknown as Row[],
    insert: unused,
    openBlock: () => ({ length: 0, add: () => {}, insert: unused }),
    stream: unused,
    ping: async () => true,
    close: async () => {},
  };
};

describe('migrating a cluster', () => {
  it('names the cluster in every statement that makes something', async () => {
    const store = recordingStore('1');
    const files = readMigrations();
    expect(await migrate(store, files, CLUSTER)).toEqual({
      status: 'migrated',
      applied: files.map(({ name }) => name),
    });
    const ddl = store.told.filter((sql) => /^(--.*\n)*\n?CREATE/m.test(sql));
    expect(ddl.length).toBeGreaterThan(2 * Object.keys(TABLES).length);
    expect(ddl.filter((sql) => !sql.includes(` ON CLUSTER '${CLUSTER}'`))).toEqual([]);
    expect(store.told[1]).toBe(renderMigrationsTable(CLUSTER));
  });

  it('is refused where an insert is acknowledged before its rows are on their shard', async () => {
    const store = recordingStore('0');
    const result = await migrate(store, readMigrations(), CLUSTER);
    expect(result).toMatchObject({
      status: 'refused',
      reason: expect.stringContaining('distributed_foreground_insert = 1'),
    });
    expect(store.told).toEqual([]);
  });

  it('is refused under a name that is none, before anything is sent', async () => {
    const store = recordingStore('1');
    expect(await migrate(store, readMigrations(), 'a b')).toMatchObject({ status: 'refused' });
    expect(store.told).toEqual([]);
  });
});

/** Every query of Grafana's dashboards runs where they run it: ClickHouse as a tenant's read-only user. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { openStore } from '../../../infra/clickhouse/clickhouse-store.ts';
import type { Store } from '../../../infra/clickhouse/store.ts';
import type { TableName } from '../../../schemas/rows.ts';
import { startTestClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';
import { foldQueueLog, QUEUE_LOG_FROM_MS, QUEUE_LOG_TO_MS } from '../../support/folded-queue-log.ts';
import { dashboardOf } from './observability-files.ts';

const GRAFANA = join(import.meta.dirname, '../../../infra/grafana');
const MINUTE_MS = 60_000;
const QUARTER_S = 900;

let clickHouse: TestClickHouse;
let tenant: Store;

beforeAll(async () => {
  clickHouse = await startTestClickHouse(['default']);
  for (const name of ['default', 'other']) {
    const { rows } = await foldQueueLog(name);
    for (const table of Object.keys(rows) as (keyof typeof rows & TableName)[]) {
      if (rows[table].length > 0) await clickHouse.store.insert(table, rows[table] as never);
    }
  }
  tenant = openStore({ url: clickHouse.url, ...clickHouse.user('default'), database: 'acd' });
});
afterAll(async () => {
  await tenant?.close();
  await clickHouse?.close();
});

const listOf = (values: readonly string[]): string => values.map((value) => `'${value}'`).join(', ');
const dateTime = (atMs: number): string => `toDateTime(${Math.floor(atMs / 1_000)})`;

/** Puts in what the ClickHouse data source does: its macros, and the dashboard's variables. */
const filled = (sql: string, variables: Readonly<Record<string, readonly string[]>>): string => {
  const from = dateTime(QUEUE_LOG_FROM_MS - 15 * MINUTE_MS);
  const to = dateTime(QUEUE_LOG_TO_MS + 15 * MINUTE_MS);
  return sql
    .replace(/\$__timeInterval\((\w+)\)/g, `toStartOfInterval(toDateTime($1), INTERVAL ${QUARTER_S} second)`)
    .replaceAll('$__interval_s', String(QUARTER_S))
    .replaceAll('$__fromTime', from)
    .replaceAll('$__toTime', to)
    .replace(/\$\{(\w+):singlequote\}/g, (_, name: string) => listOf(variables[name] ?? []))
    .replace(/\$\{threshold\}/g, '20');
};
const { panels, variables } = dashboardOf('busyhour-queues');
const asked = async (name: string, known: Readonly<Record<string, readonly string[]>>): Promise<string[]> => {
  const variable = variables.find((each) => each.name === name);
  const rows = await tenant.query<Record<string, string>>(filled(variable?.query ?? '', known));
  return rows.flatMap((row) => Object.values(row));
};

describe('the dashboard of queues', () => {
  const known = async (): Promise<Record<string, readonly string[]>> => {
    const source = await asked('source', {});
    const queue = await asked('queue', { source });
    return { source, queue, channel: await asked('channel', {}) };
  };

  test('offers the sources, queues and channels of its tenant', async () => {
    expect(await known()).toEqual({ source: ['pbx'], queue: ['sales', 'support'], channel: ['voice'] });
  });

  test.each(panels.map((panel) => [panel.title, panel] as const))('%s has figures', async (_title, panel) => {
    const variables = await known();
    for (const { rawSql = '' } of panel.targets) {
      const rows = await tenant.query<Record<string, unknown>>(filled(rawSql, variables));
      expect(rows.length).toBeGreaterThan(0);
      // A quarter hour in which nobody was answered has no average.
      expect(rows.some((row) => !Object.values(row).includes(null))).toBe(true);
      const named = [...rawSql.matchAll(/ AS (\w+)/g)].map(([, name]) => name);
      expect(Object.keys(rows[0] ?? {})).toEqual(expect.arrayContaining(named));
    }
  });

  test('shows as many answered contacts as Asterisk counted', async () => {
    const panel = panels.find(({ title }) => title === 'By queue');
    const rows = await tenant.query(filled(panel?.targets[0]?.rawSql ?? '', await known()));
    // C: in queue-show.txt beside the recording.
    expect(rows).toMatchObject([
      { queue: 'sales', answered: 40 },
      { queue: 'support', answered: 29 },
    ]);
  });
});

test('the data source gets in as Grafana’s client for Go asks', async () => {
  const { username, password } = clickHouse.user('default');
  const { datasources } = parse(
    readFileSync(join(GRAFANA, 'provisioning/datasources/busyhour.yaml'), 'utf8'),
  ) as { datasources: { jsonData?: { queryTimeout: string } }[] };
  const timeoutS = Number(datasources[1]?.jsonData?.queryTimeout);
  // conn_http.go and context.go of clickhouse-go: gzip over HTTP, and the time left plus five seconds.
  const settings = `enable_http_compression=1&max_execution_time=${timeoutS + 5}`;
  const response = await fetch(`${clickHouse.url}/?database=acd&default_format=Native&${settings}`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
      'accept-encoding': 'gzip',
    },
    body: 'SELECT timeZone()',
  });
  expect([response.status, response.headers.get('content-encoding')]).toEqual([200, 'gzip']);
  expect(await response.text()).toContain('UTC');
});

test('the data sources of the dashboards are those that are provisioned', () => {
  const provisioned = readFileSync(join(GRAFANA, 'provisioning/datasources/busyhour.yaml'), 'utf8');
  for (const name of ['busyhour-queues', 'busyhour-operations']) {
    for (const { datasource } of dashboardOf(name).panels) {
      expect(provisioned).toContain(`uid: ${datasource.uid}`);
      expect(provisioned).toContain(`type: ${datasource.type}`);
    }
  }
});

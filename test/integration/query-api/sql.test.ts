import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { tableFromIPC } from 'apache-arrow';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openStore } from '../../../infra/clickhouse/clickhouse-store.ts';
import { SQL_LIMITS } from '../../../infra/clickhouse/sql-access.ts';
import { startTestClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';
import { legRow } from '../../support/rows.ts';
import { startTestServer, type TestServer, token } from './test-server.ts';

const ROWS = 3;
let clickhouse: TestClickHouse;
let api: TestServer;
let base: string;
let closeStore: () => Promise<void>;

beforeAll(async () => {
  clickhouse = await startTestClickHouse(['acme', 'other']);
  const legs = Array.from({ length: ROWS }, (_, n) =>
    legRow({ contact_id: `c-${n}`, queue: n === 0 ? 'sales' : 'support', caller: '=SUM(A1)' }),
  );
  await clickhouse.store.insert('contact_legs_rows', [...legs, legRow({ tenant: 'other', contact_id: 'x' })]);
  const store = openStore({
    url: clickhouse.url,
    username: 'nobody',
    password: '',
    database: 'acd',
    connections: 32,
  });
  closeStore = () => store.close();
  api = await startTestServer(clickhouse.store, {
    tokens: [
      token('analyst', 'analyst', { tenant: 'acme' }),
      token('planner', 'planner', { tenant: 'acme' }),
      token('scoped', 'analyst', { tenant: 'acme', queues: ['sales'] }),
      token('unready', 'analyst', { tenant: 'unready' }),
    ],
    sql: {
      store,
      users: async (tenant) =>
        tenant === 'unready'
          ? { status: 'refused', reason: 'tenant "unready" has no data here yet' }
          : { status: 'ready', user: clickhouse.user(tenant) },
    },
  });
  base = await api.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await api?.close();
  await closeStore?.();
  await clickhouse?.close();
});

const post = (body: unknown, secret = 'analyst', signal?: AbortSignal): Promise<Response> =>
  fetch(`${base}/v1/sql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
const problemOf = async (response: Response): Promise<{ detail: string; type: string }> => {
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  return (await response.json()) as { detail: string; type: string };
};

/** What runs in ClickHouse as the tenant and holds the mark. */
const running = async (mark: string): Promise<number> => {
  const [row] = await clickhouse.store.query<{ n: number }>(
    'SELECT count() AS n FROM system.processes WHERE position(query, {mark:String}) > 0 AND startsWith(user, {tenant:String})',
    { mark, tenant: 'tenant_' },
  );
  return row?.n ?? 0;
};
const untilRunning = (mark: string, count: number): Promise<void> =>
  vi.waitFor(async () => expect(await running(mark)).toBe(count), { timeout: 20_000, interval: 20 });

const BY_QUEUE =
  'SELECT queue, count() AS legs, max(offered_at) AS last FROM contact_legs GROUP BY queue ORDER BY queue';
const LAST = '2026-11-24T09:00:00.000Z';

describe('formats', () => {
  test.each([
    ['JSON', 'application/json; charset=utf-8'],
    ['JSONCompact', 'application/json; charset=utf-8'],
    ['NDJSON', 'application/x-ndjson; charset=utf-8'],
    ['CSV', 'text/csv; charset=utf-8; header=present'],
    ['Parquet', 'application/vnd.apache.parquet'],
    ['Arrow', 'application/vnd.apache.arrow.stream'],
    ['arrow', 'application/vnd.apache.arrow.stream'],
  ])('%s is %s', async (format, contentType) => {
    const response = await post({ query: BY_QUEUE, format });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, contentType]);
    await response.arrayBuffer();
  });

  test('JSON is what a request without a format gets', async () => {
    const answer = (await (await post({ query: BY_QUEUE })).json()) as { data: unknown; rows: number };
    expect(answer).toMatchObject({
      rows: 2,
      data: [
        { queue: 'sales', legs: 1, last: LAST },
        { queue: 'support', legs: 2, last: LAST },
      ],
    });
  });

  test('JSONCompact has rows as lists', async () => {
    const answer = await (await post({ query: BY_QUEUE, format: 'JSONCompact' })).json();
    expect(answer).toMatchObject({
      data: [
        ['sales', 1, LAST],
        ['support', 2, LAST],
      ],
    });
  });

  test('NDJSON has an object a line', async () => {
    const lines = (await (await post({ query: BY_QUEUE, format: 'NDJSON' })).text()).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { queue: 'sales', legs: 1, last: LAST },
      { queue: 'support', legs: 2, last: LAST },
    ]);
  });

  test('CSV has a header', async () => {
    const response = await post({
      query: 'SELECT queue, leg FROM contact_legs ORDER BY ALL LIMIT 1',
      format: 'CSV',
    });
    expect(await response.text()).toBe('"queue","leg"\n"sales",1\n');
  });

  test('Parquet is read by another reader', async () => {
    const file = await (await post({ query: BY_QUEUE, format: 'Parquet' })).arrayBuffer();
    const rows = await parquetReadObjects({ file });
    expect(rows.map(({ queue, legs }) => [queue, legs])).toEqual([
      ['sales', 1n],
      ['support', 2n],
    ]);
  });

  test('Arrow is read by another reader', async () => {
    const table = tableFromIPC(
      new Uint8Array(await (await post({ query: BY_QUEUE, format: 'Arrow' })).arrayBuffer()),
    );
    expect(table.toArray().map((row) => [row?.queue, row?.legs])).toEqual([
      ['sales', 1n],
      ['support', 2n],
    ]);
  });

  test.each(['JSON', 'NDJSON', 'CSV', 'Parquet', 'Arrow'])(
    'an empty result is whole as %s',
    async (format) => {
      const response = await post({ query: 'SELECT queue FROM contact_legs WHERE 0', format });
      expect(response.status).toBe(200);
      await response.arrayBuffer();
    },
  );
});

describe('queries', () => {
  test('see the tenant’s rows and no others', async () => {
    const answer = await (
      await post({ query: 'SELECT tenant, count() AS n FROM contact_legs GROUP BY tenant' })
    ).json();
    expect(answer).toMatchObject({ data: [{ tenant: 'acme', n: ROWS }] });
  });

  test.each([
    ['text', '{v:String}', 'sales', 'sales'],
    ['text with a quote', '{v:String}', "o'neil \\ \n\t", "o'neil \\ \n\t"],
    ['a number', '{v:UInt64}', 42, 42],
    ['a fraction', '{v:Float64}', 0.5, 0.5],
    ['a truth', '{v:Bool}', true, true],
    ['nothing', '{v:Nullable(String)}', null, null],
    ['a list', '{v:Array(String)}', ['a', "b'c"], ['a', "b'c"]],
    ['a time', "{v:DateTime64(3, 'UTC')}", '2026-11-24 09:00:00.000', LAST],
    ['a date', '{v:Date}', '2026-11-24', '2026-11-24'],
  ])('bind %s', async (_, expression, value, expected) => {
    const response = await post({ query: `SELECT ${expression} AS v`, params: { v: value } });
    expect(await response.json()).toMatchObject({ data: [{ v: expected }] });
  });

  test('a number that JSON rounds is refused, and bound when sent as text', async () => {
    const query = 'SELECT toString({v:UInt64}) AS v';
    const rounded = await post({ query, params: { v: [2 ** 53] } });
    expect(rounded.status).toBe(400);
    expect((await problemOf(rounded)).detail).toContain('params.v: is beyond 2^53');
    const exact = await post({ query, params: { v: '9007199254740993' } });
    expect(await exact.json()).toMatchObject({ data: [{ v: '9007199254740993' }] });
  });

  test('bind in conditions', async () => {
    const query = 'SELECT count() AS n FROM contact_legs WHERE queue = {q:String} AND leg >= {leg:UInt32}';
    const response = await post({ query, params: { q: 'support', leg: 1 } });
    expect(await response.json()).toMatchObject({ data: [{ n: 2 }] });
  });

  test.each(['SELECT 1;', 'SELECT 1 ; \n', 'SELECT 1 -- done', 'SELECT 1 /* done */', '\n\n  SELECT 1'])(
    'may be written as %j',
    async (query) => {
      expect((await post({ query })).status).toBe(200);
    },
  );

  test.each(['SHOW TABLES', 'DESCRIBE contact_legs', 'EXPLAIN SELECT * FROM contact_legs'])(
    'may be %s',
    async (query) => {
      expect((await post({ query })).status).toBe(200);
    },
  );
});

describe('who may ask', () => {
  test('a planner may not', async () => {
    expect((await post({ query: 'SELECT 1' }, 'planner')).status).toBe(403);
  });
  test('nor whoever has no token', async () => {
    expect((await post({ query: 'SELECT 1' }, 'nobody')).status).toBe(401);
  });
  test('nor a token of some queues only', async () => {
    const response = await post({ query: 'SELECT 1' }, 'scoped');
    expect(response.status).toBe(403);
    expect((await problemOf(response)).detail).toContain('only some queues');
  });
  test('a tenant without a database user is told why', async () => {
    const response = await post({ query: 'SELECT 1' }, 'unready');
    expect(response.status).toBe(503);
    expect((await problemOf(response)).detail).toContain('no data here yet');
  });
});

describe('errors', () => {
  test('in the syntax come with line and position, without stack or version', async () => {
    const response = await post({ query: 'SELECT queue\nFROM contact_legs\nWHEER queue = 1 1' });
    expect(response.status).toBe(400);
    const { detail } = await problemOf(response);
    expect(detail).toMatch(/^Syntax error: failed at position \d+ .*\(line 3, col \d+\)/);
    expect(detail).not.toMatch(/Stack trace|version \d|Exception/);
  });

  test.each([
    ['an unknown column', 'SELECT nothing FROM contact_legs', 400, 'nothing'],
    ['an unknown view', 'SELECT 1 FROM nothing', 400, 'nothing'],
    ['a parameter without a value', 'SELECT {q:String}', 400, 'q'],
    ['a value of another type', "SELECT toUInt8('x')", 400, "'x'"],
    ['a format within the query', 'SELECT 1 FORMAT CSV', 400, 'query: ends in a FORMAT: leave it out'],
    ['a table below the views', 'SELECT 1 FROM contact_legs_rows', 403, 'only reads the views'],
    ['a fixed setting', 'SELECT 1 SETTINGS max_threads = 9', 403, 'fixed settings'],
  ])('of %s are the client’s', async (_, query, status, word) => {
    const response = await post({ query });
    expect(response.status).toBe(status);
    expect((await problemOf(response)).detail).toContain(word);
  });

  const FAILS_LATE = 'SELECT number, throwIf(number = 3000000) AS fails FROM numbers(4000000)';
  test.each(['JSON', 'NDJSON', 'CSV', 'Arrow'])(
    'after the first bytes break the connection off: %s',
    async (format) => {
      const response = await post({ query: FAILS_LATE, format });
      expect(response.status).toBe(200);
      await expect(response.arrayBuffer()).rejects.toThrow();
    },
  );
});

describe('limits', () => {
  test.each([
    ['rows to read', 'SELECT count() FROM numbers(1000000001)', 'would read more than 1,000,000,000 rows'],
    [
      'memory',
      "SELECT length(groupArray(repeat('x', 10000))) FROM numbers(1000000)",
      'more than 2,000,000,000 bytes of memory',
    ],
    [
      'memory, lifted within a subquery',
      "SELECT * FROM (SELECT length(groupArray(repeat('x', 10000))) FROM numbers(1000000) SETTINGS max_memory_usage = 0)",
      'bytes of memory',
    ],
    [
      'time',
      'SELECT sleepEachRow(1) FROM numbers(3) SETTINGS max_execution_time = 1, max_result_rows = 10',
      'took longer',
    ],
  ])('of %s say what to do', async (_, query, words) => {
    const response = await post({ query });
    expect(response.status).toBe(422);
    const problem = await problemOf(response);
    expect(problem.detail).toContain(words);
    expect(problem.type).toBe('/docs#limit_exceeded');
  });

  test('of the result are told before its first byte, or break it off', async () => {
    const response = await post({
      query: `SELECT number FROM numbers(${SQL_LIMITS.resultRows + 1})`,
      format: 'CSV',
    });
    if (response.status === 422) expect((await problemOf(response)).detail).toContain('1,000,000 rows');
    else await expect(response.arrayBuffer()).rejects.toThrow();
  });

  test('of queries at the same time ask to wait', async () => {
    const gone = new AbortController();
    const query = 'SELECT sleepEachRow(1) /* all at once */ FROM numbers(3)';
    const asked = Array.from({ length: SQL_LIMITS.concurrentQueries }, () =>
      post({ query }, 'analyst', gone.signal),
    );
    const settled = Promise.allSettled(asked);
    await untilRunning('all at once', SQL_LIMITS.concurrentQueries);
    const response = await post({ query: 'SELECT 1' });
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '5']);
    expect((await problemOf(response)).detail).toContain('8 queries running already');
    gone.abort();
    await settled;
    await untilRunning('all at once', 0);
  });

  test('of a request are told by name', async () => {
    const params = Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`p${n}`, n]));
    expect((await post({ query: 'SELECT 1', params })).status).toBe(400);
    expect((await post({ query: 'SELECT 1', params: { p: 'x'.repeat(70_000) } })).status).toBe(400);
    expect((await post({ query: `SELECT '${'x'.repeat(300_000)}'` })).status).toBe(400);
  });
});

describe('a client that goes', () => {
  test('while it waits ends the query in ClickHouse', async () => {
    const gone = new AbortController();
    const answer = post(
      { query: 'SELECT max(sipHash64(number, toString(number))) /* waits */ FROM numbers(900000000)' },
      'analyst',
      gone.signal,
    );
    const failed = expect(answer).rejects.toThrow();
    await untilRunning('waits', 1);
    gone.abort();
    await failed;
    await untilRunning('waits', 0);
  });

  test('in the middle of the result ends it too', async () => {
    const query = "SELECT number, repeat('x', 1000) /* reads */ FROM numbers(900000)";
    const asked = request(`${base}/v1/sql`, {
      method: 'POST',
      headers: { authorization: 'Bearer analyst', 'content-type': 'application/json' },
    });
    asked.end(JSON.stringify({ query, format: 'NDJSON' }));
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    await once(response, 'readable');
    // It reads no further: ClickHouse waits for it with the query open.
    await untilRunning('reads', 1);
    response.destroy();
    await untilRunning('reads', 0);
  });
});

test('a large result passes through with flat memory', async () => {
  const query = "SELECT number, repeat('x', 500) AS text FROM numbers(400000)";
  const response = await post({ query, format: 'CSV' });
  const before = process.memoryUsage().rss;
  let bytes = 0;
  let most = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    most = Math.max(most, process.memoryUsage().rss);
  }
  expect(bytes).toBeGreaterThan(200_000_000);
  // Both ends of the connection are in this process.
  expect(most - before).toBeLessThan(120_000_000);
});

test('every query is noted down with what became of it', async () => {
  await post({ query: 'SELECT 1 /* fine */' }).then((response) => response.text());
  await post({ query: 'SELECT 1 /* scoped */' }, 'scoped').then((response) => response.text());
  await post({ query: 'SELECT nothing /* faulty */' }).then((response) => response.text());
  await vi.waitFor(
    async () => {
      const rows = await clickhouse.store.query<{ detail: string; outcome: string }>(
        "SELECT detail, outcome FROM acd.audit_rows WHERE action = 'sql' AND match(detail, 'fine|scoped|faulty') ORDER BY detail",
      );
      expect(rows).toEqual([
        { detail: 'SELECT 1 /* fine */', outcome: 'done' },
        { detail: 'SELECT 1 /* scoped */', outcome: 'refused' },
        { detail: 'SELECT nothing /* faulty */', outcome: 'failed' },
      ]);
    },
    { timeout: 20_000, interval: 50 },
  );
});

import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openStore } from '../../../infra/clickhouse/clickhouse-store.ts';
import { createBlocks } from '../../../infra/clickhouse/native-block.ts';
import { TABLES, type TableName } from '../../../schemas/rows.ts';
import { startTestClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';
import { agentIntervalRow, eventRow, intervalRow, legRow } from '../../support/rows.ts';

let clickhouse: TestClickHouse;
beforeAll(async () => {
  vi.stubEnv('TZ', 'Asia/Kathmandu');
  clickhouse = await startTestClickHouse();
});
afterAll(async () => {
  await clickhouse?.close();
  vi.unstubAllEnvs();
});

const MAX = Number.MAX_SAFE_INTEGER;

describe('rows come back as they were written', () => {
  test('unicode, empty texts, nulls and extremes of a leg', async () => {
    const plain = legRow({
      tenant: 'round-trip',
      contact_id: 'Grüße 🎧 \u0000\n\t"\\',
      caller: '',
      leg: 4_294_967_295,
    });
    const bare = legRow({
      tenant: 'round-trip',
      contact_id: 'bare',
      answered_at: null,
      ended_at: null,
      wait_ms: null,
      ring_ms: null,
      talk_ms: MAX,
      hold_ms: 0,
      position: null,
      offered_at: Date.UTC(1999, 1, 1, 0, 0, 0, 1),
      version: MAX,
    });
    await clickhouse.store.insert('contact_legs_rows', [plain, bare]);
    const rows = await clickhouse.store.query(
      "SELECT * FROM contact_legs_rows FINAL WHERE tenant = 'round-trip' ORDER BY offered_at",
    );
    const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());
    const expected = [bare, plain].map((row) => ({
      ...row,
      offered_at: iso(row.offered_at),
      answered_at: iso(row.answered_at),
      ended_at: iso(row.ended_at),
    }));
    expect(rows).toEqual(expected);
  });

  test('negative counters, histograms and empty maps of an interval', async () => {
    const row = intervalRow({
      tenant: 'round-trip',
      offered: -1,
      answered: -MAX,
      talk_ms: MAX,
      abandoned: -(2 ** 32),
      timed_out: 2 ** 32,
      wait_answered: new Map([
        [1_000, 3],
        [4_294_967_295, -2],
      ]),
      generation: 12,
    });
    await clickhouse.store.insert('queue_intervals_rows', [row]);
    const [back] = await clickhouse.store.query(
      "SELECT * FROM queue_intervals_rows WHERE tenant = 'round-trip'",
    );
    expect(back).toEqual({
      ...row,
      interval_start: new Date(row.interval_start).toISOString(),
      wait_answered: { 1000: 3, 4294967295: -2 },
      wait_abandoned: {},
      wait_exited: {},
    });
  });

  test('texts as keys of a map', async () => {
    const reasons = new Map([
      ['Mittag ☕', 60_000],
      ['', 1],
    ]);
    await clickhouse.store.insert('agent_intervals_rows', [
      agentIntervalRow({ tenant: 'round-trip', reasons }),
    ]);
    const [back] = await clickhouse.store.query<{ reasons: unknown }>(
      "SELECT reasons FROM agent_intervals_rows WHERE tenant = 'round-trip'",
    );
    expect(back?.reasons).toEqual({ 'Mittag ☕': 60_000, '': 1 });
  });

  test('a block larger than any buffer on the way', async () => {
    const body = 'ä'.repeat(1_000);
    const rows = Array.from({ length: 20_000 }, (_, n) =>
      eventRow({ tenant: 'large', seq: String(n), body, log_offset: n }),
    );
    await clickhouse.store.insert('events_rows', rows);
    const [sum] = await clickhouse.store.query(
      "SELECT count() AS rows, sum(lengthUTF8(body)) AS characters, sum(log_offset) AS offsets FROM events WHERE tenant = 'large'",
    );
    expect(sum).toEqual({ rows: 20_000, characters: 20_000_000, offsets: (20_000 * 19_999) / 2 });
  });

  test('no rows, no request', async () => {
    const nowhere = openStore({ url: 'http://127.0.0.1:1', username: 'x', password: 'x', database: 'acd' });
    await nowhere.insert('events_rows', []);
    await nowhere.close();
  });
});

describe('blocks that grow', () => {
  const MANY = 70_000;
  const count = (tenant: string) =>
    clickhouse.store.query(
      'SELECT count() AS rows, uniqExact(agent) AS agents, countIf(agent = seq) AS right FROM events WHERE tenant = {tenant:String}',
      { tenant },
    );

  test('hold more different texts than 16 bits tell apart, and land once', async () => {
    const block = clickhouse.store.openBlock('events_rows');
    for (let n = 0; n < MANY; n++) {
      block.add(eventRow({ tenant: 'grown', seq: String(n), agent: String(n), log_offset: n }));
    }
    await block.insert();
    expect(await count('grown')).toEqual([{ rows: MANY, agents: MANY, right: MANY }]);
    expect(block.length).toBe(MANY);
    const next = clickhouse.store.openBlock('events_rows');
    next.add(eventRow({ tenant: 'after', seq: 'one', agent: 'one' }));
    await block.insert();
    await next.insert();
    expect(await count('after')).toEqual([{ rows: 1, agents: 1, right: 1 }]);
  });
});

describe('queries', () => {
  test('bind parameters, return 64-bit integers as numbers', async () => {
    const rows = await clickhouse.store.query('SELECT {n:UInt64} AS n, {s:String} AS s', {
      n: 9_007_199_254_740_991,
      s: "it's",
    });
    expect(rows).toEqual([{ n: MAX, s: "it's" }]);
  });

  test('stream any format', async () => {
    const stream = await clickhouse.store.stream('SELECT {n:UInt8} AS n', {
      format: 'CSVWithNames',
      params: { n: 7 },
    });
    expect(await text(stream)).toBe('"n"\n7\n');
  });

  test('give times in UTC as ISO, whatever the zone of the machine and the format', async () => {
    const sql = "SELECT toDateTime64('2026-11-24 09:00:00.125', 3) AS at, timezone() AS zone";
    expect(await clickhouse.store.query(sql)).toEqual([{ at: '2026-11-24T09:00:00.125Z', zone: 'UTC' }]);
    const csv = await clickhouse.store.stream(sql, { format: 'CSV' });
    expect(await text(csv)).toBe('"2026-11-24T09:00:00.125Z","UTC"\n');
  });

  test('a stream that fails half way fails for its reader', async () => {
    const stream = await clickhouse.store.stream(
      'SELECT number, throwIf(number = 3000000) FROM numbers(10000000) SETTINGS max_block_size = 1000',
      { format: 'CSV' },
    );
    await expect(text(stream)).rejects.toThrow();
  });

  test('are given up when the caller says so', async () => {
    const giveUp = new AbortController();
    const query = clickhouse.store.query(
      'SELECT sleepEachRow(1) FROM numbers(20) SETTINGS max_block_size = 1',
      {},
      { signal: giveUp.signal },
    );
    giveUp.abort();
    await expect(query).rejects.toMatchObject({ name: 'StoreError', fault: 'reject', code: 'ABORTED' });
  });

  test('that ClickHouse refuses carry its code', async () => {
    await expect(clickhouse.store.query('SELEC 1')).rejects.toMatchObject({ fault: 'reject', code: '62' });
    await expect(clickhouse.store.query('SELECT * FROM missing')).rejects.toMatchObject({
      fault: 'reject',
      code: '60',
    });
  });

  test('to a server that is not there are worth another try', async () => {
    const nowhere = openStore({ url: 'http://127.0.0.1:1', username: 'x', password: 'x', database: 'acd' });
    await expect(nowhere.query('SELECT 1')).rejects.toMatchObject({ fault: 'retry', code: 'ECONNREFUSED' });
    expect(await nowhere.ping()).toBe(false);
    expect(await clickhouse.store.ping()).toBe(true);
    await nowhere.close();
  });
});

describe('landing is idempotent', () => {
  const legsOf = (tenant: string) =>
    clickhouse.store.query(
      'SELECT contact_id, talk_ms, version FROM contact_legs WHERE tenant = {tenant:String}',
      { tenant },
    );

  test('the same row twice is one row', async () => {
    const row = legRow({ tenant: 'twice' });
    await clickhouse.store.insert('contact_legs_rows', [row, row]);
    await clickhouse.store.insert('contact_legs_rows', [row]);
    expect(await legsOf('twice')).toEqual([{ contact_id: 'c-1', talk_ms: 60_000, version: 3 }]);
  });

  test('an older version that lands late changes nothing, a newer one replaces', async () => {
    await clickhouse.store.insert('contact_legs_rows', [
      legRow({ tenant: 'late', version: 9, talk_ms: 2, revision: 5 }),
    ]);
    await clickhouse.store.insert('contact_legs_rows', [
      legRow({ tenant: 'late', version: 8, talk_ms: 1, revision: 4 }),
    ]);
    expect(await legsOf('late')).toEqual([{ contact_id: 'c-1', talk_ms: 2, version: 5 }]);
    await clickhouse.store.insert('contact_legs_rows', [
      legRow({ tenant: 'late', version: 10, talk_ms: 3, revision: 6 }),
    ]);
    expect(await legsOf('late')).toEqual([{ contact_id: 'c-1', talk_ms: 3, version: 6 }]);
  });

  test('generations of an interval add up, each by its newest version', async () => {
    const first = { tenant: 'generations', generation: 1 };
    const second = { tenant: 'generations', generation: 2 };
    await clickhouse.store.insert('queue_intervals_rows', [
      intervalRow({ ...first, version: 1, offered: 1, max_wait_ms: 1 }),
      intervalRow({
        ...first,
        version: 5,
        offered: 4,
        in_progress: 1,
        max_wait_ms: 9_000,
        wait_answered: new Map([
          [9_000, 2],
          [1_000, 1],
        ]),
      }),
      intervalRow({
        ...second,
        version: 9,
        in_progress: -1,
        max_wait_ms: 10,
        wait_answered: new Map([
          [1_000, -1],
          [2_000, 1],
        ]),
      }),
    ]);
    const rows = await clickhouse.store.query("SELECT * FROM queue_intervals WHERE tenant = 'generations'");
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      offered: 4,
      in_progress: 0,
      max_wait_ms: 9_000,
      wait_answered: { 2000: 1, 9000: 2 },
    });
    expect(rows[0]).not.toHaveProperty('generation');
  });

  test('reasons of an agent’s generations add up too', async () => {
    await clickhouse.store.insert('agent_intervals_rows', [
      agentIntervalRow({
        tenant: 'generations',
        generation: 1,
        unavailable_ms: 5,
        reasons: new Map([['lunch', 5]]),
      }),
      agentIntervalRow({
        tenant: 'generations',
        generation: 2,
        unavailable_ms: -2,
        reasons: new Map([
          ['lunch', -5],
          ['call', 3],
        ]),
      }),
    ]);
    const rows = await clickhouse.store.query(
      "SELECT unavailable_ms, reasons FROM agent_intervals WHERE tenant = 'generations'",
    );
    expect(rows).toEqual([{ unavailable_ms: 3, reasons: { call: 3 } }]);
  });

  test('a value that does not fit is not sent', async () => {
    await expect(clickhouse.store.insert('events_rows', [eventRow({ log_offset: 0.5 })])).rejects.toThrow(
      RangeError,
    );
  });
});

test('every table has its blocks', () => {
  for (const table of Object.keys(TABLES) as TableName[]) expect(createBlocks(table)().rows()).toBe(0);
});

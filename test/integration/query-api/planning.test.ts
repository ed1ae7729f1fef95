/** `/v1/staffing` and `/v1/forecast` against a real ClickHouse that holds the bank's February 1999. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FORECAST_LIMITS } from '../../../query-api/routes/forecast-request.ts';
import { MAX_INTERVALS } from '../../../query-api/routes/staffing.ts';
import type { QueueIntervalRow } from '../../../schemas/rows.ts';
import { startTestClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';
import { BANK_ZONE, bankQueues } from '../../support/quarter-hours.ts';
import { normal, type Row, readArrow, readParquet } from './read-exports.ts';
import { intervalRow } from './rows.ts';
import { startTestServer, type TestServer, token } from './test-server.ts';

type Cells = Record<string, string | number | boolean | null>;

let clickHouse: TestClickHouse;
let server: TestServer;

const bankRows = (): QueueIntervalRow[] =>
  [...bankQueues()].flatMap(([queue, counts]) =>
    [...counts].map(([interval_start, { offered, handled, handleMs }]) =>
      intervalRow({
        queue,
        interval_start,
        source: 'bank',
        offered,
        answered: handled,
        abandoned: offered - handled,
        handled,
        talk_ms: handleMs,
      }),
    ),
  );

beforeAll(async () => {
  clickHouse = await startTestClickHouse();
  const rows = bankRows();
  await clickHouse.store.insert('queue_intervals_rows', [
    ...rows,
    // The same calls again as another tenant's, and ten days of a queue that is new.
    ...rows.map((row) => ({ ...row, tenant: 'other', offered: row.offered * 100 })),
    ...Array.from({ length: 10 }, (_, day) =>
      intervalRow({
        queue: 'new',
        interval_start: Date.parse('1999-02-19T08:00:00Z') + day * 86_400_000,
        offered: 5,
        handled: 5,
      }),
    ),
  ]);
  server = await startTestServer(clickHouse.store, {
    tokens: [
      token('plan', 'planner'),
      token('wall', 'wallboard'),
      token('one', 'planner', { queues: ['NE'] }),
    ],
    nowMs: () => Date.parse('1999-02-28T22:30:00Z'),
    timeZone: BANK_ZONE,
  });
});
afterAll(async () => {
  await server?.close();
  await clickHouse?.close();
});

const headers = (secret: string) => ({ authorization: `Bearer ${secret}` });
const get = (url: string, secret = 'plan') =>
  server.app.inject({ method: 'GET', url, headers: headers(secret) });
const post = (payload: unknown, secret = 'plan') =>
  server.app.inject({
    method: 'POST',
    url: '/v1/staffing',
    headers: { ...headers(secret), 'content-type': 'application/json' },
    payload: JSON.stringify(payload),
  });

describe('staffing of one interval', () => {
  test('the example of interfaces.md', async () => {
    const response = await get(
      '/v1/staffing?calls=100&period=30m&aht=180s&sl_threshold=20s&sl_target=0.9&shrinkage=0.3&max_occupancy=0.85',
    );
    expect(response.statusCode, response.body).toBe(200);
    expect(response.json()).toEqual({
      agents: 15,
      service_level: expect.closeTo(0.9415, 4),
      asa_s: expect.closeTo(3.67, 2),
      occupancy: expect.closeTo(10 / 15, 12),
      wait_probability: expect.closeTo(0.102, 3),
      abandonment_rate: 0,
      scheduled_agents: 22,
      definition: expect.objectContaining({
        model: 'Erlang C (M/M/n)',
        formula: 'a / (A + B)',
        period: '30m',
        aht: '3m',
        sl_target: 0.9,
      }),
    });
  });
  test('defaults: half an hour, 180 s, 90 % in 20 s', async () => {
    const plain = (await get('/v1/staffing?calls=100')).json();
    expect(plain.agents).toBe(15);
    expect(plain.definition).toMatchObject({ sl_threshold: '20s', sl_target: 0.9, patience: null });
  });
  test.each([
    ['calls=100&sl_target=0.8&shrinkage=0.3', 14, 20],
    ['calls=100&asa_target=8s', 14, 14],
    ['calls=100&patience=180s&abandonment_target=0.02', 14, 14],
    ['calls=100&max_occupancy=0.5', 20, 20],
    ['calls=100&agents=21&shrinkage=0.3', 21, 30],
    ['calls=0', 0, 0],
    ['calls=12.5&period=15m&aht=2m30s', 5, 5],
  ])('%s needs %i, scheduled %i', async (query, agents, scheduled) => {
    expect((await get(`/v1/staffing?${query}`)).json()).toMatchObject({
      agents,
      scheduled_agents: scheduled,
    });
  });
  test.each([
    ['', 'calls'],
    ['calls=-1', 'calls: -1 is less than 0'],
    ['calls=100&aht=soon', 'aht: soon is not a duration'],
    ['calls=100&aht=0s', 'aht: 0s is not a duration'],
    ['calls=100&sl_target=90', 'sl_target: 90 is not a fraction'],
    ['calls=100&shrinkage=1', 'shrinkage: 1 is not a fraction'],
    ['calls=100&sl_formula=best', 'sl_formula: best is none of'],
    ['calls=100&abandonment_target=0.05', 'abandonment_target: needs patience'],
    ['calls=100&agents=3&sl_target=0.9', 'agents: say how many there are, or what to reach'],
    ['calls=200000', 'calls: 20000 erlangs'],
    ['calls=90000&max_occupancy=0.3', 'calls: no number of agents up to 20000'],
    ['calls=100&aht_s=180', 'aht_s: no such parameter'],
    ['calls=100&patience=2d', 'patience: 2d is not a duration'],
  ])('%s is refused, and says why', async (query, detail) => {
    const response = await get(`/v1/staffing?${query}`);
    expect(response.statusCode).toBe(400);
    expect(response.headers['content-type']).toContain('application/problem+json');
    expect(response.json().detail).toContain(detail);
  });
  test('a planner’s token is needed', async () => {
    expect((await get('/v1/staffing?calls=100', 'wall')).statusCode).toBe(403);
    expect((await get('/v1/staffing?calls=100', 'nobody')).statusCode).toBe(401);
    expect((await post({ intervals: [{ calls: 1 }] }, 'wall')).statusCode).toBe(403);
  });
});

describe('staffing of many intervals', () => {
  test('each with its own calls, handle time and label', async () => {
    const response = await post({
      aht: '180s',
      sl_target: 0.8,
      shrinkage: 0.3,
      intervals: [
        { interval_start: '2026-03-02T09:00', calls: 100 },
        { calls: 50, period: '15m' },
        { calls: 0 },
        { calls: 100, aht: '360s' },
      ],
    });
    expect(response.statusCode, response.body).toBe(200);
    const { rows, definition } = response.json();
    expect(definition).toMatchObject({ sl_target: 0.8, shrinkage: 0.3 });
    expect(rows[0]).toMatchObject({ interval_start: '2026-03-02T09:00', calls: 100, agents: 14 });
    expect(rows[1]).toMatchObject({ agents: 14, scheduled_agents: 20 });
    expect(rows[2]).toMatchObject({ agents: 0, service_level: null });
    expect(rows[3].agents).toBeGreaterThan(20);
  });
  test('faults name their interval; too many are refused', async () => {
    const faulty = await post({ intervals: [{ calls: 1 }, { calls: -1 }, { calls: 1, aht: 'x' }] });
    expect(faulty.statusCode).toBe(400);
    expect(faulty.json().errors.map(({ path }: { path: string }) => path)).toEqual([
      'intervals.1.calls',
      'intervals.2.aht',
    ]);
    const many = (count: number) => post({ intervals: Array.from({ length: count }, () => ({ calls: 20 })) });
    expect((await many(MAX_INTERVALS)).statusCode).toBe(200);
    expect((await many(MAX_INTERVALS + 1)).statusCode).toBe(400);
    expect((await post({ intervals: [] })).statusCode).toBe(400);
  });
});

describe('forecast', () => {
  test('agents needed tomorrow by 15 minutes, with the error of the method', async () => {
    const response = await get('/v1/forecast?queue=PS&history=4w&sl_target=0.8&patience=6m&shrinkage=0.3');
    expect(response.statusCode, response.body).toBe(200);
    const { definition, queues, skipped, rows } = response.json();
    expect(definition).toMatchObject({
      interval: '15m',
      tz: BANK_ZONE,
      from: '1999-03-02T00:00:00+02:00',
      history_from: '1999-02-01T00:00:00+02:00',
      history_to: '1999-03-01T00:00:00+02:00',
      staffing: { model: 'Erlang A (M/M/n+M)' },
    });
    expect(queues).toEqual([
      {
        queue: 'PS',
        history_from: '1999-02-01',
        history_to: '1999-02-28',
        days: 28,
        left_out: [],
        trend_per_week: 0,
        holiday_factor: null,
        backtest: { wape: 0.3396, naive_wape: 0.4211, weeks: 2, intervals: expect.any(Number) },
      },
    ]);
    expect(skipped).toEqual([]);
    expect(rows).toHaveLength(96);
    const busiest = rows.reduce((most: { calls: number }, row: { calls: number }) =>
      row.calls > most.calls ? row : most,
    );
    expect(busiest).toMatchObject({ queue: 'PS', holiday: false, aht_s: expect.any(Number) });
    expect(busiest.calls).toBeGreaterThan(15);
    expect(busiest.service_level).toBeGreaterThanOrEqual(0.8);
    expect(busiest.scheduled_agents).toBe(Math.ceil(busiest.agents / 0.7));
  });

  test('a week by the day, queue by queue; Saturday, the day of rest, is thin', async () => {
    const query = 'queue=PS,NE&from=1999-03-01&to=1999-03-08&interval=1d&aht=180s';
    const { queues, rows } = (await get(`/v1/forecast?${query}`)).json();
    expect(queues.map(({ queue }: { queue: string }) => queue)).toEqual(['PS', 'NE']);
    expect(rows).toHaveLength(14);
    const calls = rows.slice(0, 7).map((row: { calls: number }) => row.calls);
    expect(calls[0]).toBeGreaterThan(3 * calls[5]);
    expect(rows.every((row: { aht_s: number }) => row.aht_s === 180)).toBe(true);
  });

  test('a queue that is new is left out and named; when none is left, it is a 422', async () => {
    const both = (await get('/v1/forecast?queue=PS,new')).json();
    expect(both.skipped).toEqual([
      {
        queue: 'new',
        reason: '10 days of history (from 1999-02-19); at least 14 are needed',
      },
    ]);
    const response = await get('/v1/forecast?queue=new,nowhere');
    expect(response.statusCode).toBe(422);
    expect(response.json()).toMatchObject({
      type: '/docs#too_little_history',
      detail:
        'new: 10 days of history (from 1999-02-19); at least 14 are needed; nowhere: no calls in the history',
    });
  });

  test('leaves as CSV, Parquet and Arrow, with its error in the definition', async () => {
    const asked = '/v1/forecast?queue=PS,new&from=1999-03-02&interval=1h';
    const { rows, queues } = (await get(asked)).json<{ rows: Cells[]; queues: { backtest: Row }[] }>();
    const expected = rows.map((row) => normal(row, ['interval_start']));
    const [csv, parquet, arrow] = await Promise.all(
      ['csv', 'parquet', 'arrow'].map((format) => get(`${asked}&format=${format}`)),
    );
    const { wape, skipped } = JSON.parse(String(csv?.headers['busyhour-definition'])) as Row;
    expect({ wape, skipped }).toEqual({ wape: { PS: queues[0]?.backtest.wape }, skipped: ['new'] });
    const lines = (csv?.body ?? '').split('\r\n');
    expect(lines[0]).toBe(Object.keys(rows[0] ?? {}).join(','));
    expect(lines[10]).toBe(
      Object.values(rows[9] ?? {})
        .map((cell) => cell ?? '')
        .join(','),
    );
    for (const read of [readParquet(parquet?.rawPayload as Buffer), readArrow(arrow?.rawPayload as Buffer)])
      expect((await read).map((row) => normal(row, ['interval_start']))).toEqual(expected);
    expect((await get(`${asked}&format=xls`)).json()).toMatchObject({ errors: [{ path: 'format' }] });
  });

  test('holidays of the past and to come', async () => {
    const { queues, rows } = (
      await get('/v1/forecast?queue=PS&holidays=1999-02-10,1999-03-02&from=1999-03-02')
    ).json();
    expect(queues[0].days).toBe(27);
    expect(queues[0].holiday_factor).toBeGreaterThan(0.5);
    expect(rows.every((row: { holiday: boolean }) => row.holiday)).toBe(true);
  });

  test.each([
    ['', 'queue'],
    ['queue=', 'queue: name 1 to 20 queues'],
    ['queue=PS&interval=1w', 'interval: 1w is none of 15m, 30m, 1h, 1d'],
    ['queue=PS&history=1w', 'history: 1w is not a number of weeks'],
    ['queue=PS&holidays=XX', 'holidays: XX is neither a date'],
    ['queue=PS&tz=Mars', 'tz: Mars is no time zone'],
    ['queue=PS&from=1999-03-02&to=1999-03-01', 'to: is not after from'],
    ['queue=PS&from=2026-03-02', `to: is more than ${FORECAST_LIMITS.daysAhead} days ahead`],
    ['queue=PS&from=1999-03-01&to=1999-05-31', `to: more than ${FORECAST_LIMITS.rows} rows`],
    ['queue=PS&channel=fax', 'channel: fax is none of'],
    ['queue=PS&agents=3', 'agents: no such parameter'],
    ['queue=PS&sl_target=80', 'sl_target: 80 is not a fraction'],
  ])('%s is refused, and says why', async (query, detail) => {
    const response = await get(`/v1/forecast?${query}`);
    expect(response.statusCode).toBe(400);
    expect(response.json().detail).toContain(detail);
  });

  test('a token sees its own queues only, and no other tenant’s', async () => {
    expect((await get('/v1/forecast?queue=PS', 'one')).statusCode).toBe(403);
    expect((await get('/v1/forecast?queue=NE', 'one')).statusCode).toBe(200);
    expect((await get('/v1/forecast?queue=NE', 'wall')).statusCode).toBe(403);
  });
});

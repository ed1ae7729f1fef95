/** `/v1/intervals` and `/v1/queues` against a real ClickHouse. */
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fieldsOf } from '../../../query-api/export/export-intervals.ts';
import { SERVICE_LEVEL_NAMES } from '../../../query-api/metrics/service-level.ts';
import { startTestClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';
import { intervalOfLegs, intervalRow, type LegSeed, legRow } from './rows.ts';
import { startTestServer, type TestServer, token } from './test-server.ts';

const QUARTER_MS = 900_000;
const at = (iso: string): number => Date.parse(iso);
const NOON = at('2026-03-02T12:00:00Z');

/** A=1000 a=860 B=60 b=20 s=10, and exits beside them: the figures of metrics.md. */
const seedsOfBook: LegSeed[] = [
  ...Array.from({ length: 860 }, () => ({ outcome: 'answered', waitMs: 20_000 }) as const),
  ...Array.from({ length: 140 }, () => ({ outcome: 'answered', waitMs: 20_001 }) as const),
  ...Array.from({ length: 10 }, () => ({ outcome: 'abandoned', waitMs: 5000 }) as const),
  ...Array.from({ length: 10 }, () => ({ outcome: 'abandoned', waitMs: 19_000 }) as const),
  ...Array.from({ length: 40 }, () => ({ outcome: 'abandoned', waitMs: 30_000 }) as const),
].map((leg) => ({ ...leg, queue: 'book', offeredAtMs: NOON }));

/** `sales` of queue-show.txt (shared/feeds/asterisk22): SL 75.0 %, SL2 73.7 % within 20 s, C 40, A 36. */
const seedsOfAsterisk: LegSeed[] = [
  ...Array.from({ length: 30 }, () => ({ outcome: 'answered', waitMs: 10_000 }) as const),
  ...Array.from({ length: 10 }, () => ({ outcome: 'answered', waitMs: 40_000 }) as const),
  ...Array.from({ length: 10 }, () => ({ outcome: 'abandoned', waitMs: 8000 }) as const),
  ...Array.from({ length: 8 }, () => ({ outcome: 'timed_out', waitMs: 15_000 }) as const),
  ...Array.from({ length: 10 }, () => ({ outcome: 'timed_out', waitMs: 45_000 }) as const),
  ...Array.from({ length: 6 }, () => ({ outcome: 'left_empty', waitMs: 3000 }) as const),
  ...Array.from({ length: 2 }, () => ({ outcome: 'withdrawn', waitMs: 12_000 }) as const),
  ...Array.from({ length: 5 }, () => ({ outcome: 'key_exit', waitMs: 2000 }) as const),
].map((leg) => ({ ...leg, queue: 'asterisk', offeredAtMs: NOON }));

const FIELDS = fieldsOf({ groupBy: ['queue'], percentiles: [] });
let clickHouse: TestClickHouse;
let server: TestServer;

const quartersOf = (from: string, to: string): number[] =>
  Array.from({ length: (at(to) - at(from)) / QUARTER_MS }, (_, i) => at(from) + i * QUARTER_MS);

beforeAll(async () => {
  clickHouse = await startTestClickHouse();
  const { store } = clickHouse;
  await store.insert('queue_intervals_rows', [
    intervalOfLegs('book', NOON, seedsOfBook),
    intervalOfLegs('asterisk', NOON, seedsOfAsterisk),
    // One contact in every quarter hour around both clock changes of Berlin, and in Kathmandu's morning.
    ...quartersOf('2026-03-28T00:00:00Z', '2026-03-31T00:00:00Z').map((interval_start) =>
      intervalRow({ queue: 'clock', interval_start, offered: 1, answered: 1 }),
    ),
    ...quartersOf('2026-10-24T00:00:00Z', '2026-10-27T00:00:00Z').map((interval_start) =>
      intervalRow({ queue: 'clock', interval_start, offered: 1, answered: 1 }),
    ),
    intervalRow({
      queue: 'agents',
      interval_start: NOON,
      on_contact_ms: 300_000,
      on_hold_ms: 60_000,
      wrap_up_ms: 90_000,
      available_ms: 150_000,
      staffed_ms: 900_000,
    }),
    intervalRow({
      queue: 'two',
      interval_start: NOON,
      source: 'a',
      offered: 2,
      answered: 2,
      max_wait_ms: 9000,
    }),
    intervalRow({
      queue: 'two',
      interval_start: NOON,
      source: 'b',
      offered: 3,
      abandoned: 3,
      max_wait_ms: 4000,
    }),
    intervalRow({ queue: '=cmd("x")', interval_start: NOON, offered: 1, in_progress: 1 }),
    intervalRow({ queue: 'secret', tenant: 'other', interval_start: NOON, offered: 77, answered: 77 }),
    intervalRow({ queue: 'book', tenant: 'other', interval_start: NOON, offered: 99, answered: 99 }),
  ]);
  await store.insert(
    'contact_legs_rows',
    [...seedsOfBook, ...seedsOfAsterisk, { ...(seedsOfBook[0] as LegSeed), tenant: 'other' }].map((seed, i) =>
      legRow(`c${i}`, seed),
    ),
  );
  server = await startTestServer(store, {
    tokens: [
      token('plan', 'planner'),
      token('wall', 'wallboard'),
      token('one', 'planner', { queues: ['book'] }),
      token('other', 'admin', { tenant: 'other' }),
      token('old', 'admin', { expiresAt: 1 }),
    ],
    nowMs: () => NOON,
    queueGroups: { sales: ['book', 'two'], all: ['two', 'asterisk', 'nobody'] },
  });
});
afterAll(async () => {
  await server?.close();
  await clickHouse?.close();
});

type Figures = Record<string, number | string | null>;
interface Reply {
  readonly definition: Record<string, unknown>;
  readonly rows: readonly Figures[];
}

const get = (url: string, secret = 'plan') =>
  server.app.inject({ method: 'GET', url, headers: { authorization: `Bearer ${secret}` } });
const ask = async (query: string, secret = 'plan'): Promise<Reply> => {
  const response = await get(`/v1/intervals?${query}`, secret);
  expect(response.statusCode, response.body).toBe(200);
  return response.json<Reply>();
};
const only = ({ rows }: Reply): Figures => {
  expect(rows).toHaveLength(1);
  return rows[0] as Figures;
};

describe('service level', () => {
  const BOOK = [0.86, 0.8113, 0.8302, 0.8269, 0.819, 0.8208];
  test.each(SERVICE_LEVEL_NAMES.map((name, i) => [name, BOOK[i] as number] as const))(
    '%s gives the figure of metrics.md, from intervals and from legs',
    async (formula, expected) => {
      const query = `interval=total&queue=book&sl_formula=${formula}`;
      const fromIntervals = await ask(query);
      const fromLegs = await ask(`${query}&sl_threshold=20s&short_abandon=5500ms`);
      expect(fromIntervals.definition.computed_from).toBe('queue_intervals');
      expect(fromLegs.definition.computed_from).toBe('contact_legs');
      expect(only(fromIntervals).service_level).toBeCloseTo(expected, 4);
      expect(only(fromLegs).service_level).toBe(only(fromIntervals).service_level);
      expect({ ...only(fromLegs), definition: '' }).toEqual({ ...only(fromIntervals), definition: '' });
    },
  );

  test('a threshold between the histogram edges is computed from single legs', async () => {
    const row = only(await ask('interval=total&queue=book&sl_threshold=20001ms'));
    expect(row.answered_within).toBe(1000);
  });

  test('profile=asterisk counts as Asterisk itself: timeouts, empty exits and withdrawals, but no key', async () => {
    const reply = await ask('interval=total&queue=asterisk&profile=asterisk');
    const row = only(reply);
    expect(reply.definition).toMatchObject({
      profile: 'asterisk',
      sl_formula: 'abandons_positive',
      computed_from: 'contact_legs',
      abandon_outcomes: ['abandoned', 'timed_out', 'left_empty', 'withdrawn'],
    });
    expect(row.service_level).toBeCloseTo(56 / 76, 10);
    expect(row.abandonment_rate).toBeCloseTo(36 / 81, 10);
    const plain = only(await ask('interval=total&queue=asterisk&profile=asterisk&sl_formula=answered_only'));
    expect(plain.service_level).toBe(0.75);
  });

  test('count_exits adds exits to the denominator', async () => {
    const reply = await ask('interval=total&queue=asterisk&count_exits=true');
    expect(reply.definition.formula).toContain('a / (A + B + F)');
    expect(only(reply).service_level).toBeCloseTo(30 / (40 + 10 + 18 + 6 + 5), 10);
  });
});

describe('other figures', () => {
  test('times are means in seconds', async () => {
    const row = only(await ask('interval=total&queue=book'));
    expect(row).toMatchObject({
      offered: 1060,
      handled: 1000,
      aht_s: 60,
      avg_talk_s: 60,
      avg_hold_s: 0,
      max_wait_s: 30,
    });
    expect(row.asa_s).toBeCloseTo((860 * 20 + 140 * 20.001) / 1000, 9);
  });
  test('agents’ time gives occupancy and utilisation, and no contact gives no service level', async () => {
    expect(only(await ask('interval=total&queue=agents'))).toMatchObject({
      occupancy: 0.75,
      utilisation: 0.5,
      staffed_s: 900,
      service_level: null,
      abandonment_rate: null,
      asa_s: null,
      aht_s: null,
      max_wait_s: null,
    });
  });
  test('sources are summed, or told apart when grouped by', async () => {
    const together = only(await ask('interval=total&queue=two'));
    expect(together).toMatchObject({ queue: 'two', offered: 5, max_wait_s: 9 });
    const apart = await ask('interval=total&queue=two&group_by=source,channel');
    expect(apart.rows.map(({ source, channel, offered }) => [source, channel, offered])).toEqual([
      ['a', 'voice', 2],
      ['b', 'voice', 3],
    ]);
    expect(only(await ask('interval=total&queue=two&group_by=&source=b')).offered).toBe(3);
  });
});

describe('intervals of a time zone', () => {
  test.each([
    ['2026-03-29', 23, '2026-03-29T00:00:00+01:00'],
    ['2026-10-25', 25, '2026-10-25T00:00:00+02:00'],
  ])('%s in Berlin has %i hours, in one day and hour by hour', async (date, hours, start) => {
    const next = new Date(at(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
    const query = `queue=clock&tz=Europe/Berlin&from=${date}&to=${next}`;
    const day = only(await ask(`${query}&interval=1d`));
    expect(day).toMatchObject({ interval_start: start, offered: hours * 4 });
    const byHour = await ask(`${query}&interval=1h`);
    expect(byHour.rows).toHaveLength(hours);
    expect(byHour.rows.every((row) => row.offered === 4)).toBe(true);
    expect(new Set(byHour.rows.map((row) => row.interval_start)).size).toBe(hours);
  });

  test('an hour of Kathmandu begins at a quarter past UTC', async () => {
    const { rows } = await ask('queue=clock&tz=Asia/Kathmandu&from=2026-10-25&to=2026-10-26&interval=1h');
    expect(rows).toHaveLength(24);
    expect(rows[0]).toMatchObject({ interval_start: '2026-10-25T00:00:00+05:45', offered: 4 });
  });

  test('a year of quarter hours fits one query', async () => {
    const { rows } = await ask('queue=clock&tz=Europe/Berlin&from=2026-01-01&to=2027-01-01');
    expect(rows).toHaveLength(365 * 96);
    expect(rows.reduce((sum, row) => sum + Number(row.offered), 0)).toBe(6 * 96);
  });
});

describe('gaps and order', () => {
  test('every group seen has a row in every interval, by interval and then by group', async () => {
    const { rows } = await ask('queue=book,two&from=2026-03-02T11:45Z&to=2026-03-02T12:30Z');
    expect(rows.map(({ interval_start, queue, offered }) => [interval_start, queue, offered])).toEqual([
      ['2026-03-02T11:45:00Z', 'book', 0],
      ['2026-03-02T11:45:00Z', 'two', 0],
      ['2026-03-02T12:00:00Z', 'book', 1060],
      ['2026-03-02T12:00:00Z', 'two', 5],
      ['2026-03-02T12:15:00Z', 'book', 0],
      ['2026-03-02T12:15:00Z', 'two', 0],
    ]);
    expect(Object.keys(rows[0] ?? {})).toEqual(FIELDS);
  });
  test('a queue asked for by name is shown though nothing ever happened in it', async () => {
    const row = only(await ask('queue=nobody&interval=1d&from=2026-03-02&to=2026-03-03'));
    expect(row).toMatchObject({ queue: 'nobody', offered: 0, service_level: null });
  });
  test('today is the default, by quarter hours', async () => {
    const { rows, definition } = await ask('queue=book');
    expect(rows).toHaveLength(96);
    expect(definition).toMatchObject({
      from: '2026-03-02T00:00:00Z',
      to: '2026-03-03T00:00:00Z',
      basis: 'arrival',
    });
  });
});

describe('formats', () => {
  test('csv has a header, the same figures, and no formula', async () => {
    const query = 'from=2026-03-02T12:00Z&to=2026-03-02T12:15Z';
    const response = await get(`/v1/intervals?${query}&format=csv`);
    expect(response.headers['content-type']).toContain('text/csv');
    expect(JSON.parse(String(response.headers['busyhour-definition']))).toMatchObject({ basis: 'arrival' });
    const [header, ...lines] = parse(response.body, { record_delimiter: '\r\n' }) as string[][];
    expect(header).toEqual(FIELDS);
    const { rows } = await ask(query);
    const asText = (value: string | number | null | undefined) => (value === null ? '' : String(value));
    const expected = rows.map((row) => FIELDS.map((field) => asText(row[field]).replace(/^=/, "'=")));
    expect(lines).toEqual(expected);
    expect(response.body).toContain(`"'=cmd(""x"")"`);
  });
  test('ndjson has one row a line', async () => {
    const response = await get('/v1/intervals?queue=book&interval=1d&format=ndjson');
    const lines = response.body.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as Figures)).toMatchObject([
      { queue: 'book', offered: 1060 },
    ]);
  });
});

describe('bad parameters are refused by name', () => {
  test.each([
    ['sl_threshold=fast', 'sl_threshold', '20s'],
    ['short_abandon=-1', 'short_abandon', '20s'],
    ['sl_formula=best', 'sl_formula', 'abandons_negative'],
    ['profile=nortel', 'profile', 'asterisk'],
    ['interval=7m', 'interval', '15m'],
    ['tz=Mars/Base', 'tz', 'Europe/Berlin'],
    ['from=yesterday', 'from', 'ISO 8601'],
    ['from=2026-02-30', 'from', 'ISO 8601'],
    ['from=2026-03-02&to=2026-03-01', 'to', 'after from'],
    ['basis=wrap', 'basis', 'arrival'],
    ['format=xlsx', 'format', 'parquet'],
    ['layout=wfm&format=json', 'format', 'csv'],
    ['layout=wfm&interval=1w', 'interval', '15m'],
    ['layout=wfm&group_by=site', 'group_by', 'queue_group'],
    ['percentiles=50,100', 'percentiles', '1 to 99'],
    ['queue=@nobody', 'queue', 'sales'],
    ['group_by=queue,caller', 'group_by', 'source'],
    ['channel=fax', 'channel', 'voice'],
    ['count_exits=perhaps', 'count_exits', 'boolean'],
    ['sl_treshold=20s', 'sl_treshold', 'no such parameter'],
    ['from=1990-01-01&to=2026-01-01', 'from', '40000 intervals'],
  ])('%s', async (query, path, hint) => {
    const response = await get(`/v1/intervals?${query}`);
    expect(response.statusCode).toBe(400);
    expect(response.headers['content-type']).toContain('application/problem+json');
    const { errors } = response.json<{ errors: { path: string; message: string }[] }>();
    expect(errors.map((error) => error.path)).toEqual([path]);
    expect(errors[0]?.message).toContain(hint);
  });
  test('all faults are told at once', async () => {
    const { errors } = (await get('/v1/intervals?interval=7m&tz=Mars')).json<{
      errors: { path: string }[];
    }>();
    expect(errors.map((error) => error.path).sort()).toEqual(['interval', 'tz']);
  });
});

describe('who may see what', () => {
  test('no token, an unknown and an expired one are refused', async () => {
    const bare = await server.app.inject({ method: 'GET', url: '/v1/intervals' });
    expect(bare.statusCode).toBe(401);
    expect(bare.headers['www-authenticate']).toContain('Bearer');
    expect((await get('/v1/intervals', 'guess')).statusCode).toBe(401);
    expect((await get('/v1/intervals', 'old')).statusCode).toBe(401);
  });
  test('a wallboard may not read intervals, but which queues there are', async () => {
    expect((await get('/v1/intervals', 'wall')).statusCode).toBe(403);
    expect((await get('/v1/queues', 'wall')).statusCode).toBe(200);
  });
  test('a token of one queue sees that one only', async () => {
    const { rows } = await ask('interval=total', 'one');
    expect(rows.map((row) => row.queue)).toEqual(['book']);
    expect((await get('/v1/intervals?queue=two', 'one')).statusCode).toBe(403);
    const { queues } = (await get('/v1/queues', 'one')).json<{ queues: { queue: string }[] }>();
    expect(queues.map(({ queue }) => queue)).toEqual(['book']);
  });
  test('tenants never see each other, whichever table it comes from', async () => {
    const theirs = await ask('interval=total', 'other');
    expect(theirs.rows.map(({ queue, offered }) => [queue, offered])).toEqual([
      ['book', 99],
      ['secret', 77],
    ]);
    const ours = await ask('interval=total');
    expect(ours.rows.map((row) => row.queue)).not.toContain('secret');
    const legs = only(await ask('interval=total&queue=book&sl_threshold=20500ms', 'other'));
    expect(legs.answered_within).toBe(1);
    const injected = await ask(`interval=total&queue=${encodeURIComponent("x') OR 1=1 --")}`, 'one').catch(
      () => null,
    );
    expect(injected).toBeNull();
  });
});

describe('queues', () => {
  test('each with its channels, sources, extent and total', async () => {
    const { queues } = (await get('/v1/queues')).json<{ queues: Record<string, unknown>[] }>();
    expect(queues.find(({ queue }) => queue === 'two')).toEqual({
      queue: 'two',
      channels: ['voice'],
      sources: ['a', 'b'],
      first_interval: '2026-03-02T12:00:00Z',
      last_interval: '2026-03-02T12:00:00Z',
      offered: 5,
    });
    expect(queues.map(({ queue }) => queue)).toEqual([
      '=cmd("x")',
      'agents',
      'asterisk',
      'book',
      'clock',
      'two',
    ]);
  });
});

describe('the server itself', () => {
  test('is alive, ready, measured and described', async () => {
    expect((await get('/healthz')).json()).toEqual({ alive: true });
    expect((await get('/readyz')).json()).toEqual({ ready: true, store: 'ok', live: 'ok' });
    expect((await get('/metrics')).body).toContain(
      'acd_http_request_duration_seconds_count{route="/v1/intervals"',
    );
    const openapi = (await get('/openapi.json')).json<{ openapi: string; paths: Record<string, unknown> }>();
    expect(openapi.openapi).toBe('3.1.0');
    expect(Object.keys(openapi.paths)).toEqual(
      expect.arrayContaining(['/v1/intervals', '/v1/queues', '/v1/live']),
    );
    expect((await get('/v1/about')).json()).toMatchObject({
      name: 'Busyhour',
      simulated: true,
      timeZone: 'UTC',
    });
  });
  test('says that there is nothing at an unknown address', async () => {
    const response = await get('/v1/nothing');
    expect(response.statusCode).toBe(404);
    expect(response.json()).toMatchObject({ status: 404, type: '/docs#not_found' });
  });
});

/** What `/v1/intervals` and `/v1/queues` refuse, to whom they show what, and the server around them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { only, type SeededApi, startSeededApi } from './seeded-intervals.ts';

let api: SeededApi;
const get: SeededApi['get'] = (...asked) => api.get(...asked);
const ask: SeededApi['ask'] = (...asked) => api.ask(...asked);

beforeAll(async () => {
  api = await startSeededApi();
});
afterAll(async () => {
  await api?.close();
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
    ['direction=in', 'direction', 'inbound, outbound, internal'],
    ['from=0026-03-02', 'from', 'ISO 8601'],
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

describe('what the validator refuses is told in the same words', () => {
  test.each([
    ['/v1/audit?action=bogus', 'action', 'is none of sql, export'],
    ['/v1/staffing', 'calls', 'is missing'],
    ['/v1/queues?queue=two', 'queue', 'no such parameter'],
    ['/v1/definitions?tz=UTC', 'tz', 'no such parameter'],
    ['/v1/live/snapshot?queues=two', 'queues', 'no such parameter'],
  ])('%s', async (address, path, hint) => {
    const response = await get(address, 'other');
    expect(response.statusCode).toBe(400);
    const { errors } = response.json<{ errors: { path: string; message: string }[] }>();
    expect(errors.map((error) => error.path)).toEqual([path]);
    expect(errors[0]?.message).toContain(hint);
  });
});

test('of a body that may have one of several shapes, what is wrong with the one that was meant is told', async () => {
  const response = await api.app.inject({
    method: 'POST',
    url: '/v1/events',
    headers: { authorization: 'Bearer other' },
    payload: Array.from({ length: 10_001 }, () => ({})),
  });
  expect(response.json()).toMatchObject({
    status: 400,
    errors: [{ path: 'body', message: 'must NOT have more than 10000 items' }],
  });
});

describe('who may see what', () => {
  test('no token, an unknown and an expired one are refused', async () => {
    const bare = await api.app.inject({ method: 'GET', url: '/v1/intervals' });
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
      'north, east',
      'two',
    ]);
  });
});

test('a queue with a comma in its name is asked for with the comma escaped, alone or among others', async () => {
  for (const [query, queues] of [
    ['queue=north%5C,%20east', ['north, east']],
    ['queue=two,north%5C,%20east', ['north, east', 'two']],
    ['queue=two&queue=north%5C,%20east', ['north, east', 'two']],
  ] as const) {
    const { rows } = await ask(`interval=total&${query}`);
    expect(rows.map((row) => row.queue)).toEqual(queues);
  }
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

/** The live hub through real sockets on loopback, fed by a real log. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { TICK_MS } from '../../../query-api/live/hub.ts';
import { FAN_OUT_LIMITS } from '../../../query-api/live/subscriber.ts';
import { SOCKET_LIMITS } from '../../../query-api/live/upgrade.ts';
import { HTTP_LIMITS } from '../../../query-api/server.ts';
import {
  type Client,
  connectLive,
  isSnapshot,
  noStore,
  publish,
  queueRecord,
  queuesOf,
  refusal,
  refusedProblem,
  shows,
} from './live-client.ts';
import { startTestServer, type TestServer, token } from './test-server.ts';

const cleanUp: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

type Options = Parameters<typeof startTestServer>[1];
const listening = async (options: Options = {}): Promise<{ server: TestServer; port: number }> => {
  const server = await startTestServer(noStore, {
    tokens: [
      token('wall', 'wallboard'),
      token('one', 'wallboard', { queues: ['sales'] }),
      token('other', 'admin', { tenant: 'other' }),
    ],
    ...options,
  });
  cleanUp.push(server.close);
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  return { server, port: (server.app.server.address() as AddressInfo).port };
};

const connect = async (port: number, secret = 'wall'): Promise<Client> => {
  const client = await connectLive(port, secret);
  cleanUp.push(() => client.socket.terminate());
  return client;
};

describe('a wallboard', () => {
  test('gets a snapshot of what is known, then what changes', async () => {
    const { server, port } = await listening();
    await publish(server, [queueRecord('sales', { waiting: 3 }), queueRecord('support')]);
    const client = await connect(port);
    client.say({ type: 'subscribe', queues: '*' });
    const snapshot = await client.until(isSnapshot);
    expect('seq' in snapshot).toBe(true);
    await client.until(shows('sales', 3));
    await publish(server, [queueRecord('sales', { waiting: 4 })]);
    await client.until(shows('sales', 4));
    await publish(server, [queueRecord('sales', { waiting: 5 })]);
    const update = await client.until(shows('sales', 5));
    expect(update.type).toBe('update');
    expect(queuesOf(update).map(({ queue }) => queue)).toEqual(['sales']);
  });

  test('that names queues gets those, and no other', async () => {
    const { server, port } = await listening();
    const client = await connect(port);
    client.say({ type: 'subscribe', queues: ['support'] });
    await client.until(isSnapshot);
    await publish(server, [queueRecord('sales', { waiting: 1 })]);
    await publish(server, [queueRecord('support', { waiting: 2 })]);
    await client.until(shows('support', 2));
    const seen = client.received.flatMap(queuesOf).map(({ queue }) => queue);
    expect(new Set(seen)).toEqual(new Set(['support']));
  });

  test('is updated at most every tick, in rising order, with the newest state', async () => {
    const { server, port } = await listening();
    const client = await connect(port);
    client.say({ type: 'subscribe', queues: '*' });
    await client.until(isSnapshot);
    for (let waiting = 1; waiting <= 300; waiting += 1)
      await publish(server, [queueRecord('sales', { waiting })]);
    await client.until(shows('sales', 300));
    const updates = client.received.filter((message) => message.type === 'update');
    expect(updates.length).toBeLessThan(100);
    const numbers = updates.map((message) => message.seq);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    const sentAt = updates.map((message) => Date.parse(message.at));
    const pauses = sentAt.slice(1).map((at, i) => at - (sentAt[i] ?? 0));
    // Two clocks round to whole milliseconds: the timer's and the message's.
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(TICK_MS - 2);
  });

  test('hears heartbeats when nothing happens', async () => {
    const { port } = await listening({ live: { heartbeatMs: 20 } });
    const client = await connect(port);
    expect(await client.until((message) => message.type === 'heartbeat')).toHaveProperty('at');
  });

  test('that sends nonsense is told so and stays connected', async () => {
    const { port } = await listening();
    const client = await connect(port);
    client.socket.send('subscribe please');
    expect(await client.until((message) => message.type === 'error')).toMatchObject({ code: 'bad_message' });
    client.say({ type: 'subscribe', queues: '*' });
    await client.until(isSnapshot);
  });

  test('that sends too large a message is cut off', async () => {
    const { port } = await listening();
    const client = await connect(port);
    const closed = once(client.socket, 'close');
    client.socket.send('x'.repeat(70_000));
    const [code] = await closed;
    expect(code).toBe(1009);
  });

  test('that reads nothing gets the newest state afterwards, and no backlog', async () => {
    const limits = { ...FAN_OUT_LIMITS, maxUnsentBytes: 100_000 };
    const { server, port } = await listening({ live: { tickMs: 5, limits } });
    const slow = await connect(port);
    const quick = await connect(port);
    for (const client of [slow, quick]) client.say({ type: 'subscribe', queues: '*' });
    await Promise.all([slow.until(isSnapshot), quick.until(isSnapshot)]);
    slow.socket.pause();
    const names = Array.from({ length: 400 }, (_, i) => `queue-${i}`);
    const rounds = 60;
    for (let round = 1; round <= rounds; round += 1) {
      await publish(
        server,
        names.map((queue) => queueRecord(queue, { waiting: round })),
      );
      await quick.until(shows('queue-399', round));
    }
    const before = slow.received.length;
    slow.socket.resume();
    await slow.until(shows('queue-399', rounds));
    const rowsOf = ({ received }: Client): number => received.flatMap(queuesOf).length;
    expect(slow.received.length).toBeGreaterThan(before);
    expect(rowsOf(slow)).toBeLessThan(rowsOf(quick));
    const newest = new Map(slow.received.flatMap(queuesOf).map((shown) => [shown.queue, shown.waiting]));
    expect([...newest.values()].every((waiting) => waiting === rounds)).toBe(true);
  });
});

describe('who may listen', () => {
  test('no token, or a wrong one: 401', async () => {
    const { port } = await listening();
    expect(await refusal(port, {})).toBe(401);
    expect(await refusal(port, { protocols: ['busyhour.v1', 'guess'] })).toBe(401);
  });
  test('a page of another origin: 403, of an allowed one or the same host: in', async () => {
    const { port } = await listening({ allowedOrigins: ['https://wall.example'] });
    const headers = (origin: string) => ({ authorization: 'Bearer wall', origin });
    expect(await refusedProblem(port, { headers: headers('https://evil.example') })).toMatchObject({
      status: 403,
      type: '/docs#origin_refused',
      detail: expect.stringContaining('allowed_origins'),
    });
    for (const origin of ['https://wall.example', `http://127.0.0.1:${port}`]) {
      await expect(refusal(port, { headers: headers(origin) })).rejects.toThrow('was let in');
    }
  });
  test('no more sockets than there may be: 429', async () => {
    const { port } = await listening({ sockets: { limits: { ...SOCKET_LIMITS, sockets: 1 } } });
    await connect(port);
    expect(await refusal(port, { protocols: ['busyhour.v1', 'other'] })).toBe(429);
  });
  test('a peer that answers no ping is gone, one that does stays', async () => {
    const { server, port } = await listening({ sockets: { limits: { ...SOCKET_LIMITS, pingMs: 50 } } });
    const alive = await connect(port);
    const silent = new WebSocket(`ws://127.0.0.1:${port}/v1/live`, ['busyhour.v1', 'wall'], {
      autoPong: false,
    });
    const [code] = await once(silent, 'close');
    expect(code).toBe(1006);
    alive.say({ type: 'subscribe', queues: '*' });
    await alive.until(isSnapshot);
    expect(await server.registry.getSingleMetricAsString('acd_live_sockets')).toContain('acd_live_sockets 1');
  });
  test('another path: 404', async () => {
    const { port } = await listening();
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/other`, ['busyhour.v1', 'wall']);
    socket.on('error', () => undefined);
    const [, response] = await once(socket, 'unexpected-response');
    expect(response.statusCode).toBe(404);
  });
  test('a token of one queue gets that one, and is told of the others', async () => {
    const { server, port } = await listening();
    const client = await connect(port, 'one');
    client.say({ type: 'subscribe', queues: ['sales', 'support'] });
    expect(await client.until((message) => message.type === 'error')).toMatchObject({ code: 'forbidden' });
    await publish(server, [queueRecord('support', { waiting: 5 }), queueRecord('sales', { waiting: 6 })]);
    await client.until(shows('sales', 6));
    expect(client.received.flatMap(queuesOf).some(({ queue }) => queue === 'support')).toBe(false);
  });
  test('tenants never hear each other', async () => {
    const { server, port } = await listening();
    const theirs = await connect(port, 'other');
    theirs.say({ type: 'subscribe', queues: '*' });
    await theirs.until(isSnapshot);
    await publish(server, [
      queueRecord('sales', { waiting: 9 }),
      queueRecord('sales', { tenant: 'other', waiting: 2 }),
    ]);
    await theirs.until(shows('sales', 2));
    expect(theirs.received.some(shows('sales', 9))).toBe(false);
  });
});

describe('the snapshot as JSON', () => {
  const read = async (server: TestServer) => {
    const response = await server.app.inject({
      url: '/v1/live/snapshot',
      headers: { authorization: 'Bearer wall' },
    });
    expect(response.statusCode, response.body).toBe(200);
    return response.json<{ queues: { queue: string; stale?: true }[] }>();
  };
  test('shows the same, and marks queues of a silent source', async () => {
    const { server, port } = await listening();
    const client = await connect(port);
    client.say({ type: 'subscribe', queues: '*' });
    await publish(server, [
      queueRecord('old', { source: 'dead', as_of: Date.now() - 31_000 }),
      queueRecord('quiet', { as_of: Date.now() - 31_000 }),
      queueRecord('sales', { waiting: 1 }),
    ]);
    await client.until(shows('sales', 1));
    const { queues } = await read(server);
    expect(queues.map(({ queue, stale }) => [queue, stale])).toEqual([
      ['old', true],
      ['quiet', undefined],
      ['sales', undefined],
    ]);
  });
  test('a plain GET of the socket’s address says that it is one', async () => {
    const { server } = await listening();
    const response = await server.app.inject({ url: '/v1/live' });
    expect(response.statusCode).toBe(426);
  });
});

describe('without tokens', () => {
  test('only names of this machine are served', async () => {
    const { server, port } = await listening({ auth: 'off' });
    const get = (host: string) => server.app.inject({ url: '/v1/live/snapshot', headers: { host } });
    expect((await get(`localhost:${port}`)).statusCode).toBe(200);
    expect((await get('rebound.example')).statusCode).toBe(403);
    expect(await refusal(port, { headers: { host: 'rebound.example' } })).toBe(403);
  });
});

describe('readiness', () => {
  test('a store that does not answer is named', async () => {
    const server = await startTestServer({ ...noStore, ping: () => Promise.reject(new Error('down')) }, {});
    cleanUp.push(server.close);
    const response = await server.app.inject({ url: '/readyz' });
    expect(response.statusCode).toBe(503);
    expect(response.json()).toEqual({ ready: false, store: 'unreachable', live: 'ok' });
  });
  test('a store that fails gives a problem with a request id and no inner words', async () => {
    const { server } = await listening({ tokens: [token('plan', 'planner')] });
    const response = await server.app.inject({
      url: '/v1/queues',
      headers: { authorization: 'Bearer plan' },
    });
    expect(response.statusCode).toBe(500);
    expect(response.json()).toMatchObject({ status: 500, request_id: expect.any(String) });
    expect(response.body).not.toContain('not here');
  });
  test('too many requests of one token are told to wait', async () => {
    const { server } = await listening();
    const ask = () => server.app.inject({ url: '/v1/about', headers: { authorization: 'Bearer wall' } });
    for (let i = 0; i < HTTP_LIMITS.requestsPerMinute; i += 1) await ask();
    const refused = await ask();
    expect(refused.statusCode).toBe(429);
    expect(refused.headers['retry-after']).toBeDefined();
    expect(refused.json()).toMatchObject({ type: '/docs#too_many_requests' });
    const other = await server.app.inject({ url: '/v1/about', headers: { authorization: 'Bearer other' } });
    expect(other.statusCode).toBe(200);
  });
});

describe('the pages', () => {
  test.each([
    ['/', 'text/html', '<title>Busyhour wallboard</title>'],
    ['/intervals', 'text/html', '<title>Busyhour intervals</title>'],
    ['/sql', 'text/html', '<title>Busyhour SQL</title>'],
    ['/docs', 'text/html', 'swagger-initializer.js'],
  ])('%s is served with a strict policy', async (url, type, content) => {
    const { server } = await listening();
    const response = await server.app.inject({ url });
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toContain(type);
    expect(response.headers['content-security-policy']).toContain("default-src 'none'");
    expect(response.headers['content-security-policy']).not.toContain('unsafe');
    expect(response.body).toContain(content);
    expect(response.body).not.toMatch(/<script(?![^>]*src=)|<style|style="|https?:\/\/(?!www\.w3\.org)/);
  });

  test('a page is asked for anew, what it loads is kept for ever', async () => {
    const { server } = await listening();
    const page = await server.app.inject({ url: '/' });
    expect(page.headers['cache-control']).toBe('no-cache');
    const again = await server.app.inject({ url: '/', headers: { 'if-none-match': page.headers.etag } });
    expect(again.statusCode).toBe(304);
    const loaded = [...page.body.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
    expect(loaded.length).toBeGreaterThan(1);
    for (const url of loaded) {
      const asset = await server.app.inject({ url });
      expect(asset.statusCode).toBe(200);
      expect(asset.headers['content-type']).toContain(url.endsWith('.css') ? 'text/css' : 'text/javascript');
      expect(asset.headers['cache-control']).toContain('immutable');
    }
  });
});

/** Tokens made, revoked and run out while the server runs, over a real ClickHouse and real sockets. */
import { type EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { TOKEN_ENDED } from '../../../query-api/live/close-codes.ts';
import { SOCKET_LIMITS } from '../../../query-api/live/upgrade.ts';
import { ATTEMPT_LIMITS } from '../../../query-api/tokens/attempts.ts';
import { JWT_LIMITS } from '../../../query-api/tokens/jwt.ts';
import { type NewToken, newToken, revoked } from '../../../query-api/tokens/secrets.ts';
import { readTokens } from '../../../query-api/tokens/stored-tokens.ts';
import type { ApiTokenRow } from '../../../schemas/access-rows.ts';
import { startTestClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';
import { startTokenIssuer, type TokenIssuer } from '../../support/token-issuer.ts';
import { connectLive, isSnapshot, publish, queueRecord, refusal, shows } from './live-client.ts';
import { startTestServer, type TestServer, token } from './test-server.ts';

const REFRESH_MS = 20;
let clickHouse: TestClickHouse;
let issuer: TokenIssuer;
let server: TestServer;
let port: number;
beforeAll(async () => {
  [clickHouse, issuer] = await Promise.all([startTestClickHouse(), startTokenIssuer()]);
  server = await startTestServer(clickHouse.store, {
    tokens: [token('boot', 'admin'), token('theirs', 'admin', { tenant: 'other' })],
    jwt: issuer.config,
    isTrustedProxy: (address) => address === '10.9.9.9',
    tokenRefreshMs: REFRESH_MS,
    sockets: { limits: { ...SOCKET_LIMITS, socketsPerToken: 2, checkTokensMs: REFRESH_MS } },
  });
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  port = (server.app.server.address() as AddressInfo).port;
});
afterAll(async () => {
  await server?.close();
  await issuer?.close();
  await clickHouse?.close();
});

interface Made {
  readonly row: ApiTokenRow;
  readonly secret: string;
}
const keep = (row: ApiTokenRow): Promise<void> => clickHouse.store.insert('api_tokens_rows', [row]);
const make = async (changes: Partial<NewToken> = {}): Promise<Made> => {
  const createdAt = Date.now();
  const made = newToken({
    tenant: 'default',
    name: 'lobby',
    role: 'wallboard',
    queues: '*',
    createdAt,
    expiresAt: createdAt + 3_600_000,
    ...changes,
  });
  await keep(made.row);
  return made;
};
const get = (
  url: string,
  secret: string,
  more: { remoteAddress?: string; headers?: Record<string, string> } = {},
) => server.app.inject({ url, ...more, headers: { authorization: `Bearer ${secret}`, ...more.headers } });
const until = <T>(check: () => Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 10_000, interval: REFRESH_MS });
let addresses = 0;
/** Asks until the answer is as wanted, each time from another address: until it is noticed, a token is an unknown one. */
const untilAnswer = (secret: string, status: number, detail = '') =>
  until(async () => {
    addresses += 1;
    const response = await get('/v1/about', secret, {
      remoteAddress: `10.1.${addresses >> 8}.${addresses & 255}`,
    });
    expect(response.statusCode).toBe(status);
    expect(response.body).toContain(detail);
  });
const untilTaken = (secret: string) => untilAnswer(secret, 200);
const closed = async (socket: EventEmitter) => {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return [code, reason.toString()];
};

describe('a token', () => {
  test('made while the server runs is taken within moments, as what it was made for', async () => {
    const { secret } = await make({ role: 'planner', queues: ['sales'] });
    await untilTaken(secret);
    expect((await get('/v1/audit', secret)).statusCode).toBe(403);
    expect((await get('/v1/intervals?queue=support', secret)).statusCode).toBe(403);
  });

  test('is kept as its hash only', async () => {
    const { secret, row } = await make();
    expect(secret.length).toBeGreaterThan(40);
    const rows = await clickHouse.store.query<ApiTokenRow>('SELECT * FROM acd.api_tokens_rows FINAL');
    expect(rows.map(({ id }) => id)).toContain(row.id);
    expect(JSON.stringify(rows)).not.toContain(secret.slice(4));
  });

  test('that was revoked is refused and its sockets end, those of others stay', async () => {
    const [gone, stays] = await Promise.all([make(), make()]);
    await Promise.all([untilTaken(gone.secret), untilTaken(stays.secret)]);
    const [ending, staying] = await Promise.all([
      connectLive(port, gone.secret),
      connectLive(port, stays.secret),
    ]);
    const end = closed(ending.socket);
    await keep(revoked(gone.row, Date.now()));
    expect(await end).toEqual([TOKEN_ENDED, 'token revoked']);
    await untilAnswer(gone.secret, 401, 'revoked');
    expect(await refusal(port, { protocols: ['busyhour.v1', gone.secret] })).toBe(401);
    staying.say({ type: 'subscribe', queues: '*' });
    await staying.until(isSnapshot);
    staying.socket.terminate();
  });

  test('that runs out is refused from then on and its sockets end', async () => {
    const { secret } = await make({ expiresAt: Date.now() + 1500 });
    await untilTaken(secret);
    const { socket } = await connectLive(port, secret);
    expect(await closed(socket)).toEqual([TOKEN_ENDED, 'token expired']);
    await untilAnswer(secret, 401, 'expired');
  });

  test('has a limit of open sockets, and a closed one makes room', async () => {
    const { secret } = await make();
    await untilTaken(secret);
    const first = await connectLive(port, secret);
    const second = await connectLive(port, secret);
    expect(await refusal(port, { protocols: ['busyhour.v1', secret] })).toBe(429);
    const end = closed(first.socket);
    first.socket.close();
    await end;
    const third = await until(() => connectLive(port, secret));
    for (const { socket } of [second, third]) socket.terminate();
  });

  test('whose row makes no sense is left out, and the others are taken', async () => {
    const { row } = await make();
    await keep({ ...row, id: 'odd', sha256: 'f'.repeat(64), queues: 'all of them', role: 'owner' });
    const { secret } = await make();
    await untilTaken(secret);
  });
});

describe('a JWT', () => {
  test('is taken for its claims’ tenant, role and queues', async () => {
    const secret = await issuer.sign({
      busyhour_tenant: 'default',
      busyhour_role: 'planner',
      busyhour_queues: ['sales'],
    });
    expect((await get('/v1/about', secret)).statusCode).toBe(200);
    expect((await get('/v1/intervals?queue=support', secret)).statusCode).toBe(403);
    const client = await connectLive(port, secret);
    client.say({ type: 'subscribe', queues: '*' });
    await client.until(isSnapshot);
    await publish(server, [queueRecord('support', { waiting: 4 }), queueRecord('sales', { waiting: 5 })]);
    await client.until(shows('sales', 5));
    expect(client.received.some(shows('support', 4))).toBe(false);
    client.socket.terminate();
  });

  test('that runs out ends its sockets', async () => {
    const exp = Date.now() / 1000 - JWT_LIMITS.clockToleranceS + 1;
    const { socket } = await connectLive(port, await issuer.sign({ exp }));
    expect(await closed(socket)).toEqual([TOKEN_ENDED, 'token expired']);
  });

  test('of an issuer whose keys cannot be read is told to try again', async () => {
    const late = await startTokenIssuer();
    late.answer('error');
    const other = await startTestServer(clickHouse.store, { jwt: late.config });
    const response = await other.app.inject({
      url: '/v1/about',
      headers: { authorization: `Bearer ${await late.sign()}` },
    });
    expect(response.statusCode).toBe(503);
    expect(response.headers['retry-after']).toBeDefined();
    await other.close();
    await late.close();
  });
});

describe('unknown tokens', () => {
  const guess = (address: string, n: number) => get('/v1/about', `guess-${n}`, { remoteAddress: address });
  const guessOut = async (address: string): Promise<void> => {
    for (let n = 0; n < ATTEMPT_LIMITS.unknownTokens; n += 1)
      expect((await guess(address, n)).statusCode).toBe(401);
  };

  test('beyond a few shut their address out, even with the right token, and no other', async () => {
    await guessOut('10.0.0.1');
    const blocked = await guess('10.0.0.1', 99);
    expect(blocked.statusCode).toBe(429);
    expect(blocked.headers['retry-after']).toBe('60');
    expect((await get('/v1/about', 'boot', { remoteAddress: '10.0.0.1' })).statusCode).toBe(429);
    expect((await get('/v1/about', 'boot', { remoteAddress: '10.0.0.2' })).statusCode).toBe(200);
    const anonymous = await server.app.inject({ url: '/healthz', remoteAddress: '10.0.0.1' });
    expect(anonymous.statusCode).toBe(200);
  });

  test('are counted for whom a trusted proxy names, and what others name counts for nothing', async () => {
    const through = (proxy: string, client: string, secret: string) =>
      get('/v1/about', secret, { remoteAddress: proxy, headers: { 'x-forwarded-for': client } });
    for (let n = 0; n < ATTEMPT_LIMITS.unknownTokens; n += 1)
      await through('10.9.9.9', '192.0.2.1', `guess-${n}`);
    expect((await through('10.9.9.9', '192.0.2.1', 'boot')).statusCode).toBe(429);
    expect((await through('10.9.9.9', '192.0.2.2', 'boot')).statusCode).toBe(200);
    for (let n = 0; n < ATTEMPT_LIMITS.unknownTokens; n += 1)
      await through('10.8.8.8', `192.0.2.${n + 3}`, 'guess');
    expect((await through('10.8.8.8', '192.0.2.200', 'boot')).statusCode).toBe(429);
  });

  test('are not those that were known once', async () => {
    const { secret } = await make({ expiresAt: Date.now() - 1 });
    await untilAnswer(secret, 401, 'expired');
    for (let n = 0; n <= ATTEMPT_LIMITS.unknownTokens; n += 1) {
      expect((await get('/v1/about', secret, { remoteAddress: '10.0.0.7' })).statusCode).toBe(401);
    }
  });

  test('are counted at the socket too', async () => {
    const other = await startTestServer(clickHouse.store, { tokens: [token('boot', 'admin')] });
    await other.app.listen({ host: '127.0.0.1', port: 0 });
    const { port: otherPort } = other.app.server.address() as AddressInfo;
    const knock = (secret: string) => refusal(otherPort, { protocols: ['busyhour.v1', secret] });
    for (let n = 0; n < ATTEMPT_LIMITS.unknownTokens; n += 1) expect(await knock(`guess-${n}`)).toBe(401);
    expect(await knock('boot')).toBe(429);
    await other.close();
  });
});

describe('the audit log', () => {
  interface Entry {
    readonly principal: string;
    readonly action: string;
    readonly detail: string;
    readonly outcome: string;
    readonly at: string;
  }
  const read = async (secret: string, query = ''): Promise<Entry[]> => {
    const response = await get(`/v1/audit?limit=1000&${query}`, secret);
    expect(response.statusCode, response.body).toBe(200);
    return response.json<{ entries: Entry[] }>().entries;
  };

  test('shows an admin what was refused to tokens of the tenant, newest first, and nobody else', async () => {
    const { row, secret } = await make();
    await untilTaken(secret);
    expect((await get('/v1/audit?secret=x', secret)).statusCode).toBe(403);
    const mine = await until(async () => {
      const entries = await read('boot', `principal=${row.id}`);
      expect(entries).toHaveLength(1);
      return entries;
    });
    expect(mine[0]).toMatchObject({
      action: 'request',
      detail: 'GET /v1/audit from 127.0.0.1',
      outcome: 'refused',
    });
    const all = await read('boot');
    expect(all.map(({ at }) => at)).toEqual(
      all
        .map(({ at }) => at)
        .sort()
        .reverse(),
    );
    expect(await read('theirs')).toEqual([]);
    expect(await read('boot', 'to=2020-01-01')).toEqual([]);
  });

  test('names the holder of an expired token, and a subscription beyond its scope', async () => {
    const expired = await make({ expiresAt: Date.now() - 1 });
    await untilAnswer(expired.secret, 401, 'expired');
    const scoped = await make({ queues: ['sales'] });
    await untilTaken(scoped.secret);
    const client = await connectLive(port, scoped.secret);
    client.say({ type: 'subscribe', queues: ['sales', 'support'] });
    await client.until(({ type }) => type === 'error');
    client.socket.terminate();
    await until(async () => {
      const details = (await read('boot')).map(({ principal, detail }) => [principal, detail]);
      expect(details).toContainEqual([scoped.row.id, 'subscribe to support']);
      expect(details).toContainEqual([
        expired.row.id,
        expect.stringMatching(/^GET \/v1\/about from 10\.1\.\d+\.\d+: expired$/),
      ]);
    });
  });

  test('keeps what other parts note down, and refuses to filter by what is none', async () => {
    const principal = { id: 'kim', tenant: 'other' };
    server.app.audit({ principal, action: 'sql', detail: 'SELECT 1', outcome: 'done' });
    server.app.audit({ principal, action: 'export', detail: 'GET /v1/intervals', outcome: 'failed' });
    await until(async () => expect(await read('theirs')).toHaveLength(2));
    expect(await read('theirs', 'action=sql')).toMatchObject([{ principal: 'kim', detail: 'SELECT 1' }]);
    expect(await read('theirs', 'outcome=failed')).toMatchObject([{ action: 'export' }]);
    for (const query of ['action=all', 'from=yesterday', 'limit=1001', 'tenant=default']) {
      expect((await get(`/v1/audit?${query}`, 'theirs')).statusCode, query).toBe(400);
    }
  });

  test('holds no secret that was ever presented', async () => {
    const { secret } = await make({ expiresAt: Date.now() - 1 });
    await untilAnswer(secret, 401, 'expired');
    const jwt = await issuer.sign({ aud: 'payroll' });
    for (const refused of [jwt, 'a-guess']) {
      await get('/v1/about', refused, { remoteAddress: '10.0.0.20' });
    }
    const rows = async () =>
      clickHouse.store.query<{ detail: string }>("SELECT * FROM acd.audit_rows WHERE principal = 'unknown'");
    await until(async () =>
      expect((await rows()).some(({ detail }) => detail.includes('10.0.0.20'))).toBe(true),
    );
    const everything = JSON.stringify(await clickHouse.store.query('SELECT * FROM acd.audit_rows'));
    for (const text of [secret, jwt, 'a-guess', 'boot']) expect(everything).not.toContain(text);
  });
});

test('valid tokens come before the others where there are too many to keep', async () => {
  const standing = (await readTokens(clickHouse.store, Date.now())).map(
    ({ revoked_at }) => revoked_at === null,
  );
  expect(new Set(standing)).toEqual(new Set([true, false]));
  expect(standing.lastIndexOf(true)).toBeLessThan(standing.indexOf(false));
});

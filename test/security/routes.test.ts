/** Every route of the app, found by itself: which need a token, by whom they are refused, and what every answer carries. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { FastifyInstance, InjectOptions, RouteOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROLES, type Role } from '../../query-api/auth.ts';
import { PROBLEM_TYPE } from '../../query-api/problems.ts';
import { noStore } from '../integration/query-api/live-client.ts';
import { startTestServer, type TestServer, token } from '../integration/query-api/test-server.ts';

/** What anybody may have: pages and documents, which hold nobody's data, and whether the process is well. */
const PUBLIC = [
  /^\/(intervals|sql)?$/,
  /^\/assets\/[\w.-]+$/,
  /^\/icon\.svg$/,
  /^\/docs(\/.*)?$/,
  /^\/(openapi|asyncapi)\.json$/,
  /^\/(healthz|readyz|metrics)$/,
  // Says that it is a WebSocket; the handshake asks for the token.
  /^\/v1\/live$/,
];
/** Routes whose role is not to be lowered unnoticed. */
const PINNED: Readonly<Record<string, Role>> = { 'GET /v1/audit': 'admin', 'POST /v1/sql': 'analyst' };

interface Route {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
  readonly url: string;
  readonly role: Role | null;
}
const hookRole = (hook: unknown): Role | null => {
  const role = typeof hook === 'function' && 'role' in hook ? hook.role : null;
  return ROLES.find((known) => known === role) ?? null;
};
const routesOf = ({ method, url, onRequest }: RouteOptions): Route[] => {
  const role =
    [onRequest]
      .flat()
      .map(hookRole)
      .find((found) => found !== null) ?? null;
  return [method].flat().map((one) => ({ method: one as Route['method'], url, role }));
};

const routes: Route[] = [];
let server: TestServer;
let port: number;
beforeAll(async () => {
  const watch = (message: unknown): void => {
    const { fastify } = message as { fastify: FastifyInstance };
    fastify.addHook('onRoute', (route) => void routes.push(...routesOf(route)));
  };
  subscribe('fastify.initialization', watch);
  server = await startTestServer(noStore, { tokens: ROLES.map((role) => token(role, role)) });
  unsubscribe('fastify.initialization', watch);
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  port = (server.app.server.address() as AddressInfo).port;
});
afterAll(() => server?.close());

const isPublic = ({ url }: Route): boolean => PUBLIC.some((pattern) => pattern.test(url));
const nameOf = ({ method, url }: Route): string => `${method} ${url}`;
/** Any value does for a parameter: who asks is decided before. */
const addressOf = (url: string): string => url.replace(/:\w+/g, 'x').replace('*', 'x');
let asked = 0;
/** From another address each time, so that limits do not answer. */
const ask = ({ method, url }: Route, secret: string | null) => {
  asked += 1;
  const headers = secret === null ? {} : { authorization: `Bearer ${secret}` };
  const body: InjectOptions = method === 'GET' || method === 'HEAD' ? {} : { payload: {} };
  const remoteAddress = `10.0.${asked >> 8}.${asked & 255}`;
  return server.app.inject({ method, url: addressOf(url), headers, remoteAddress, ...body });
};
const guarded = (): (Route & { readonly role: Role })[] =>
  routes.flatMap((route) => (route.role === null ? [] : [{ ...route, role: route.role }]));

describe('every route', () => {
  test('asks for a role, or is on the short list of what is public', () => {
    expect(guarded().length).toBeGreaterThan(5);
    const open = routes.filter((route) => route.role === null && !isPublic(route));
    expect(open.map(nameOf)).toEqual([]);
  });

  test('keeps the role it was given', () => {
    for (const [name, role] of Object.entries(PINNED)) {
      const found = guarded().find((route) => nameOf(route) === name);
      expect(found?.role, name).toBe(role);
    }
  });

  test('that asks for a role is refused without a token, and with one that is none', async () => {
    for (const route of guarded()) {
      for (const secret of [null, 'guess']) {
        const response = await ask(route, secret);
        expect(response.statusCode, nameOf(route)).toBe(401);
        expect(response.headers['www-authenticate'], nameOf(route)).toContain('Bearer');
      }
    }
  });

  test('is refused below its role, and at it no longer', async () => {
    for (const route of guarded()) {
      for (const role of ROLES) {
        const { statusCode } = await ask(route, role);
        const allowed = ROLES.indexOf(role) >= ROLES.indexOf(route.role);
        const what = `${nameOf(route)} as ${role}: ${statusCode}`;
        if (allowed) expect([401, 403], what).not.toContain(statusCode);
        else expect(statusCode, what).toBe(403);
      }
    }
  });

  test('has the security headers in every answer, also where it fails', async () => {
    for (const route of routes) {
      for (const secret of [null, 'admin']) {
        const { headers } = await ask(route, secret);
        const what = nameOf(route);
        expect(headers['x-content-type-options'], what).toBe('nosniff');
        expect(headers['x-frame-options'], what).toBeDefined();
        expect(headers['referrer-policy'], what).toBe('no-referrer');
        const policy = String(headers['content-security-policy']);
        expect(policy, what).toContain("default-src 'none'");
        expect(policy, what).toContain("frame-ancestors 'none'");
        expect(policy, what).not.toContain('unsafe');
        expect(headers, what).not.toHaveProperty('x-powered-by');
        if (route.url.startsWith('/v1/')) expect(headers['cache-control'], what).toBe('no-store');
        expect(headers, what).not.toHaveProperty('access-control-allow-origin');
      }
    }
  });

  test('fails with a problem document, whatever the reason', async () => {
    for (const route of routes.filter(({ method }) => method !== 'HEAD')) {
      for (const secret of [null, 'guess', 'wallboard', 'admin']) {
        const response = await ask(route, secret);
        if (response.statusCode < 400 || route.url === '/readyz') continue;
        const what = `${nameOf(route)}: ${response.body}`;
        expect(response.headers['content-type'], what).toContain(PROBLEM_TYPE);
        expect(response.json(), what).toMatchObject({
          type: expect.stringMatching(/^\/docs#\w+$/),
          title: expect.any(String),
          status: response.statusCode,
        });
      }
    }
  });
});

describe('what is no request of a route', () => {
  /** Sends bytes as they are and gives the whole answer. */
  const send = async (bytes: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1');
    socket.write(bytes);
    return text(socket);
  };

  test.each([
    ['no HTTP at all', 'hello\r\n\r\n', 400, 'no HTTP request'],
    [
      'headers without end',
      `GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(70_000)}\r\n\r\n`,
      431,
      '16384 bytes',
    ],
    [
      'an upgrade elsewhere',
      'GET /x HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
      404,
      '',
    ],
  ])('%s', async (_, bytes, status, hint) => {
    const [head = '', body = ''] = (await send(bytes)).split('\r\n\r\n');
    expect(head).toContain(`HTTP/1.1 ${status} `);
    expect(head).toContain(`content-type: ${PROBLEM_TYPE}`);
    expect(head).toContain('x-content-type-options: nosniff');
    expect(JSON.parse(body)).toMatchObject({ status, detail: expect.stringContaining(hint) });
  });

  test.each([
    ['an address that cannot be decoded', { url: '/%zz' }, 400],
    ['an address that is too long', { url: `/v1/contacts/${'x'.repeat(600)}` }, 400],
    ['an address there is not', { url: '/v2/queues' }, 404],
    ['a method there is not', { method: 'DELETE', url: '/v1/queues' }, 404],
  ] as const)('%s', async (_, request, status) => {
    const response = await server.app.inject({ ...request, headers: { authorization: 'Bearer admin' } });
    expect(response.statusCode).toBe(status);
    expect(response.headers['content-type']).toContain(PROBLEM_TYPE);
    expect(response.headers['x-content-type-options']).toBe('nosniff');
    expect(response.json()).toMatchObject({ status });
  });
});

import { describe, expect, test } from 'vitest';
import { mayActAs, presentedSecret, queuesInScope, ROLES } from '../../../query-api/auth.ts';
import { isLoopbackHost, isOriginAllowed, refuseOrigin } from '../../../query-api/origins.ts';

describe('the token of a request', () => {
  test.each([
    [{ authorization: 'Bearer abc' }, 'abc'],
    [{ authorization: 'bearer abc' }, 'abc'],
    [{ authorization: 'Basic abc' }, null],
    [{ 'sec-websocket-protocol': 'busyhour.v1, abc' }, 'abc'],
    [{ 'sec-websocket-protocol': 'busyhour.v1' }, null],
    [{ 'sec-websocket-protocol': 'other, abc' }, null],
    [{}, null],
  ])('%j presents %j', (headers, secret) => {
    expect(presentedSecret(headers)).toBe(secret);
  });
});

test('each role may what the ones before it may', () => {
  const principal = { id: 'x', tenant: 't', queues: '*' } as const;
  const matrix = ROLES.map((role) => ROLES.map((needed) => mayActAs({ ...principal, role }, needed)));
  expect(matrix).toEqual([
    [true, false, false, false],
    [true, true, false, false],
    [true, true, true, false],
    [true, true, true, true],
  ]);
});

test('a token of some queues is never answered for more', () => {
  const principal = { id: 'x', tenant: 't', role: 'planner', queues: ['sales', 'support'] } as const;
  expect(queuesInScope(principal, null)).toEqual({ queues: ['sales', 'support'], refused: [] });
  expect(queuesInScope(principal, ['sales', 'billing']).refused).toEqual(['billing']);
  expect(queuesInScope({ ...principal, queues: '*' }, null)).toEqual({ queues: null, refused: [] });
});

test.each([
  [undefined, 'h:1', true],
  ['http://h:1', 'h:1', true],
  ['http://h:2', 'h:1', false],
  ['https://wall.example', 'h:1', true],
  ['https://wall.example.evil', 'h:1', false],
  ['null', 'h:1', false],
  ['garbage', 'h:1', false],
])('origin %j at host %j: %j', (origin, host, allowed) => {
  const headers = { host, ...(origin === undefined ? {} : { origin }) };
  expect(isOriginAllowed(headers, ['https://wall.example'])).toBe(allowed);
});

test('a refused origin was told that its token may not: what refuses it is the setting, which is named', () => {
  const headers = { host: 'h:1', origin: 'https://other.example' };
  expect(refuseOrigin(headers, ['https://wall.example'])).toEqual({
    type: '/docs#origin_refused',
    status: 403,
    title: 'Pages of this origin may not open the live socket',
    detail:
      'origin https://other.example is neither this host nor in the setting allowed_origins; add it there if its pages may',
  });
  expect(refuseOrigin(headers, ['https://other.example'])).toBeNull();
});

test.each([
  ['localhost:8080', true],
  ['127.0.0.1', true],
  ['[::1]:8080', true],
  ['127.0.0.1.evil.example', false],
  ['localhost.evil.example', false],
  [undefined, false],
])('host %j is this machine: %j', (host, loopback) => {
  expect(isLoopbackHost(host)).toBe(loopback);
});

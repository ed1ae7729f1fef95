import { describe, expect, test } from 'vitest';
import {
  authenticate,
  findToken,
  hashToken,
  mayActAs,
  presentedSecret,
  queuesInScope,
  ROLES,
  type Token,
} from '../../../query-api/auth.ts';
import { isLoopbackHost, isOriginAllowed } from '../../../query-api/origins.ts';

const TOKEN: Token = {
  sha256: hashToken('s3cret'),
  tenant: 'acme',
  role: 'planner',
  queues: ['sales'],
  expiresAt: 1000,
};

describe('tokens', () => {
  test.each([
    ['s3cret', 999, true],
    ['s3cret', 1000, false],
    ['s3cre', 0, false],
    ['', 0, false],
  ])('%j at %i ms: %j', (secret, nowMs, valid) => {
    expect(findToken([TOKEN], secret, nowMs) !== null).toBe(valid);
  });
  test('a malformed hash in the configuration lets nobody in', () => {
    expect(findToken([{ ...TOKEN, sha256: '' }], '', 0)).toBeNull();
  });
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
  test('without tokens everyone is the admin of the default tenant', () => {
    const principal = authenticate({ mode: 'off', tokens: [], nowMs: () => 0 }, {});
    expect(principal).toMatchObject({ tenant: 'default', role: 'admin', queues: '*' });
  });
  test('what is known of a caller does not reveal the token', () => {
    const settings = { mode: 'token', tokens: [TOKEN], nowMs: () => 0 } as const;
    const principal = authenticate(settings, { authorization: 'Bearer s3cret' });
    expect(principal).toMatchObject({ tenant: 'acme', role: 'planner' });
    expect(JSON.stringify(principal)).not.toContain('s3cret');
    expect(JSON.stringify(principal)).not.toContain(TOKEN.sha256);
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

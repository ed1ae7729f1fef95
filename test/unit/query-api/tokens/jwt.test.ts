/** Which JSON Web Tokens are taken, and as whom. */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  createJwtVerifier,
  JWT_LIMITS,
  looksLikeJwt,
  principalOfClaims,
  type VerifyJwt,
} from '../../../../query-api/tokens/jwt.ts';
import { type Algorithm, startTokenIssuer, type TokenIssuer } from '../../../support/token-issuer.ts';

const NOW = Date.UTC(2026, 10, 24, 9);
const NOW_S = NOW / 1000;
let issuer: TokenIssuer;
let verify: VerifyJwt;
beforeAll(async () => {
  issuer = await startTokenIssuer(() => NOW);
});
afterAll(() => issuer?.close());
beforeEach(() => {
  issuer.answer('keys');
  verify = createJwtVerifier(issuer.config, () => NOW);
});

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token is taken', () => {
  test.each<Algorithm>(['RS256', 'ES256', 'EdDSA'])('when signed by %s', async (algorithm) => {
    expect(await verify(await issuer.sign({}, algorithm))).toEqual({
      status: 'valid',
      principal: { id: 'jwt:kim', tenant: 'acme', role: 'wallboard', queues: '*' },
      endsAt: NOW + 3_600_000 + JWT_LIMITS.clockToleranceS * 1000,
    });
  });

  test.each([
    ['one of several audiences is ours', { aud: ['other', 'busyhour'] }],
    ['it expired within the tolerance of clocks', { exp: NOW_S - JWT_LIMITS.clockToleranceS + 1 }],
    ['it begins within the tolerance of clocks', { nbf: NOW_S + JWT_LIMITS.clockToleranceS }],
  ])('when %s', async (_, claims) => {
    expect(await verify(await issuer.sign(claims))).toMatchObject({ status: 'valid' });
  });
});

describe('a token is refused', () => {
  test.each([
    ['of another issuer', { iss: 'https://evil.example' }],
    ['for another audience', { aud: 'payroll' }],
    ['for nobody in particular', { aud: undefined }],
    ['that never expires', { exp: undefined }],
    ['that begins later', { nbf: NOW_S + JWT_LIMITS.clockToleranceS + 1 }],
    ['without a subject', { sub: undefined }],
    ['without a tenant', { busyhour_tenant: undefined }],
    ['without a role', { busyhour_role: undefined }],
    ['of a role that is none', { busyhour_role: 'owner' }],
    ['whose queues are no names', { busyhour_queues: { sales: true } }],
  ])('%s', async (_, claims) => {
    expect(await verify(await issuer.sign(claims))).toEqual({ status: 'invalid', expired: false });
  });

  test('that has expired, and its holder can be told so', async () => {
    const token = await issuer.sign({ exp: NOW_S - JWT_LIMITS.clockToleranceS });
    expect(await verify(token)).toEqual({ status: 'invalid', expired: true });
  });

  test('by an algorithm that is not allowed, though the key is the issuer’s', async () => {
    expect(await verify(await issuer.sign({}, 'PS256'))).toEqual({ status: 'invalid', expired: false });
  });

  test('that is signed by nothing, or with the published key as a secret', async () => {
    const [, payload] = (await issuer.sign()).split('.');
    const unsigned = `${encoded({ alg: 'none' })}.${payload}.`;
    const head = `${encoded({ alg: 'HS256', kid: 'ES256' })}.${payload}`;
    const keys = await (await fetch(issuer.config.jwksUrl)).text();
    const symmetric = `${head}.${createHmac('sha256', keys).update(head).digest('base64url')}`;
    for (const forged of [unsigned, symmetric]) {
      expect(await verify(forged)).toEqual({ status: 'invalid', expired: false });
    }
  });

  test('whose claims were changed after it was signed', async () => {
    const [head, payload = '', signature] = (await issuer.sign()).split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const forged = [head, encoded({ ...claims, busyhour_role: 'admin' }), signature].join('.');
    expect(await verify(forged)).toEqual({ status: 'invalid', expired: false });
  });
});

describe('the issuer’s keys', () => {
  test('are read once for many tokens, and not again for a key that is unknown', async () => {
    const before = issuer.reads();
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, n) => issuer.sign({ sub: `agent ${n}` })),
    );
    await Promise.all(tokens.map(verify));
    const [, payload, signature] = tokens[0]?.split('.') ?? [];
    const unknown = `${encoded({ alg: 'ES256', kid: 'other' })}.${payload}.${signature}`;
    for (let n = 0; n < 5; n += 1) expect(await verify(unknown)).toMatchObject({ status: 'invalid' });
    expect(issuer.reads() - before).toBe(1);
  });

  test.each(['nothing', 'too much', 'error'] as const)(
    'answering %s make tokens wait, and are asked again',
    async (answer) => {
      issuer.answer(answer);
      const token = await issuer.sign();
      expect(await verify(token)).toMatchObject({ status: 'unavailable' });
      issuer.answer('keys');
      expect(await verify(token)).toMatchObject({ status: 'valid' });
    },
  );
});

test.each([
  [undefined, '*'],
  ['*', '*'],
  ['sales', ['sales']],
  [
    ['sales', 'support'],
    ['sales', 'support'],
  ],
  [[], []],
])('queues %j mean %j', (claim, queues) => {
  const claims = { sub: 'kim', busyhour_tenant: 'acme', busyhour_role: 'planner', busyhour_queues: claim };
  expect(principalOfClaims(claims)).toEqual({ id: 'jwt:kim', tenant: 'acme', role: 'planner', queues });
});

test.each([
  ['a.b.c', true],
  ['a.b', false],
  ['a.b.c.d.e', false],
  ['a.b.', false],
  [`a.b.${'c'.repeat(JWT_LIMITS.length)}`, false],
])('%.20s looks like a JWT: %j', (text, looks) => {
  expect(looksLikeJwt(text)).toBe(looks);
});

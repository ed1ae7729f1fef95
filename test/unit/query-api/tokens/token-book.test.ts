/** What a process knows of tokens when the store changes, is away, or comes late. */
import Fastify from 'fastify';
import { describe, expect, test } from 'vitest';
import { type Store, StoreError } from '../../../../infra/clickhouse/store.ts';
import { hashToken, type Token } from '../../../../query-api/auth.ts';
import { type NewToken, newToken, revoked } from '../../../../query-api/tokens/secrets.ts';
import { openTokenBook } from '../../../../query-api/tokens/token-book.ts';
import type { ApiTokenRow } from '../../../../schemas/access-rows.ts';

const NOW = 1_000_000;
const NEVER_MS = 3_600_000;
const logger = Fastify({ logger: false }).log;
const CONFIGURED: Token = { sha256: hashToken('boot'), tenant: 'default', role: 'admin', queues: '*' };

const LOBBY: NewToken = {
  tenant: 'acme',
  name: 'lobby',
  role: 'wallboard',
  queues: ['sales'],
  createdAt: NOW - 10,
  expiresAt: NOW + 500,
};
const made = newToken(LOBBY);

/** The book over rows that the test changes; null: the store is away. */
const bookOver = async (rows: { now: readonly ApiTokenRow[] | null }, clock = { nowMs: NOW }) => {
  const query = <Row>(): Promise<Row[]> =>
    rows.now === null
      ? Promise.reject(new StoreError('away', 'retry', 'ECONNREFUSED'))
      : Promise.resolve(
          rows.now.map(({ created_at, expires_at, revoked_at, ...rest }) => ({
            ...rest,
            created_ms: created_at,
            expires_ms: expires_at,
            revoked_ms: revoked_at,
          })) as Row[],
        );
  const store: Pick<Store, 'query'> = { query };
  const book = await openTokenBook({
    tokens: [CONFIGURED],
    store,
    nowMs: () => clock.nowMs,
    logger,
    refreshMs: NEVER_MS,
  });
  book.close();
  return book;
};

describe('the book', () => {
  test('knows configured and stored tokens, and says whose they are without the secret or its hash', async () => {
    const book = await bookOver({ now: [made.row] });
    expect(book.find('boot')).toMatchObject({
      status: 'valid',
      principal: { role: 'admin', tenant: 'default' },
    });
    const found = book.find(made.secret);
    expect(found).toMatchObject({ status: 'valid' });
    const principal = found.status === 'valid' ? found.principal : null;
    expect(principal).toEqual({ id: made.row.id, tenant: 'acme', role: 'wallboard', queues: ['sales'] });
    expect(book.find('guess')).toEqual({ status: 'refused', refusal: 'unknown', principal: null });
  });

  test('takes in what is new and what was revoked when it reads again', async () => {
    const rows: { now: readonly ApiTokenRow[] } = { now: [] };
    const book = await bookOver(rows);
    expect(book.find(made.secret)).toMatchObject({ refusal: 'unknown' });
    rows.now = [made.row];
    await book.refresh();
    expect(book.ended(made.row.sha256)).toBeNull();
    rows.now = [revoked(made.row, NOW)];
    await book.refresh();
    expect(book.find(made.secret)).toMatchObject({ refusal: 'revoked', principal: { id: made.row.id } });
    expect(book.ended(made.row.sha256)).toBe('revoked');
    rows.now = [];
    await book.refresh();
    expect(book.ended(made.row.sha256)).toBe('revoked');
  });

  test('lets a token run out by the clock, without reading', async () => {
    const clock = { nowMs: NOW };
    const book = await bookOver({ now: [made.row] }, clock);
    clock.nowMs = made.row.expires_at - 1;
    expect(book.ended(made.row.sha256)).toBeNull();
    clock.nowMs += 1;
    expect(book.ended(made.row.sha256)).toBe('expired');
    expect(book.find(made.secret)).toMatchObject({ refusal: 'expired' });
  });

  test('keeps what it knew while the store is away', async () => {
    const rows: { now: readonly ApiTokenRow[] | null } = { now: [made.row] };
    const book = await bookOver(rows);
    rows.now = null;
    await book.refresh();
    expect(book.find(made.secret)).toMatchObject({ status: 'valid' });
  });

  test('of a store that was away from the start knows the configured ones', async () => {
    const book = await bookOver({ now: null });
    expect(book.find('boot')).toMatchObject({ status: 'valid' });
  });
});

describe('a new token', () => {
  test('has a secret of 256 random bits that tells what it is, and a row that does not hold it', () => {
    const secrets = Array.from({ length: 100 }, () => newToken(LOBBY).secret);
    expect(new Set(secrets).size).toBe(100);
    for (const secret of secrets) expect(secret).toMatch(/^bht_[\w-]{43}$/);
    expect(JSON.stringify(made.row)).not.toContain(made.secret.slice(4));
    expect(made.row.sha256).toBe(hashToken(made.secret));
  });

  test('when revoked replaces itself, also by a clock that is behind', () => {
    expect(revoked(made.row, NOW).version).toBe(NOW);
    expect(revoked(made.row, 5)).toMatchObject({ revoked_at: 5, version: made.row.version + 1 });
  });
});

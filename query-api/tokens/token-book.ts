/** The tokens that are known now: the configured ones, and the stored ones, read again every few seconds. */
import type { FastifyBaseLogger } from 'fastify';
import type { Store } from '../../infra/clickhouse/store.ts';
import { hashToken, type Principal, type Refusal, type Token } from '../auth.ts';
import { readTokens, tokenOf } from './stored-tokens.ts';

/** A new or a revoked token is noticed within this time, and an open socket ended within a second more. */
export const REFRESH_MS = 2000;
const ID_LENGTH = 12;

export type Ended = 'expired' | 'revoked';
export type Found =
  | { readonly status: 'valid'; readonly principal: Principal; readonly sha256: string }
  | { readonly status: 'refused'; readonly refusal: Refusal; readonly principal: Principal | null };

export interface TokenBook {
  /** What is known of a secret now. */
  find(secret: string): Found;
  /** Why the token of this hash is no longer valid; null: it is. */
  ended(sha256: string): Ended | null;
  /** Reads the stored tokens now. Never throws: what was known before stays known. */
  refresh(): Promise<void>;
  close(): void;
}
export interface TokenBookOptions {
  /** Configured tokens. */
  readonly tokens: readonly Token[];
  readonly store: Pick<Store, 'query'>;
  readonly nowMs: () => number;
  readonly logger: FastifyBaseLogger;
  readonly refreshMs?: number;
}

const principalOfToken = ({ id, sha256, tenant, role, queues }: Token): Principal => ({
  id: id ?? sha256.slice(0, ID_LENGTH),
  tenant,
  role,
  queues,
});

/** Tokens are looked up by their hash: how long that takes tells of the hash of a guess, from which nothing follows. */
const byHash = (tokens: readonly Token[]): ReadonlyMap<string, Token> =>
  new Map(tokens.map((token) => [token.sha256, token]));

/** Opens the book and keeps it up to date until it is closed. */
export const openTokenBook = async (options: TokenBookOptions): Promise<TokenBook> => {
  const { tokens, store, nowMs, logger } = options;
  let known = byHash(tokens);
  const refresh = async (): Promise<void> => {
    try {
      const rows = await readTokens(store, nowMs());
      known = byHash([...rows.flatMap((row) => tokenOf(row) ?? []), ...tokens]);
    } catch (error) {
      logger.warn({ err: error }, 'tokens cannot be read; those known before stay valid');
    }
  };
  const ended = (sha256: string): Ended | null => {
    const token = known.get(sha256);
    if (token === undefined || token.revoked === true) return 'revoked';
    return token.expiresAt !== undefined && nowMs() >= token.expiresAt ? 'expired' : null;
  };
  let reading: Promise<void> | null = null;
  const refreshOnce = (): Promise<void> => {
    reading ??= refresh().finally(() => {
      reading = null;
    });
    return reading;
  };
  await refreshOnce();
  const timer = setInterval(() => void refreshOnce(), options.refreshMs ?? REFRESH_MS);
  return {
    find: (secret) => {
      const sha256 = hashToken(secret);
      const token = known.get(sha256);
      if (token === undefined) return { status: 'refused', refusal: 'unknown', principal: null };
      const principal = principalOfToken(token);
      const refusal = ended(sha256);
      return refusal === null
        ? { status: 'valid', principal, sha256 }
        : { status: 'refused', refusal, principal };
    },
    ended,
    refresh: refreshOnce,
    close: () => clearInterval(timer),
  };
};

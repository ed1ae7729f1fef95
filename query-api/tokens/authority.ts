/** Decides who a request comes from: by a token of the book, or a JWT of the configured issuer. */
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyBaseLogger } from 'fastify';
import { type Principal, presentedSecret, type Refusal } from '../auth.ts';
import { countAttempts } from './attempts.ts';
import { looksLikeJwt, type VerifyJwt } from './jwt.ts';
import type { Ended, TokenBook } from './token-book.ts';

export type Authentication =
  /** `ended` says later why what was valid no longer is; null: it still is. */
  | { readonly status: 'valid'; readonly principal: Principal; readonly ended: () => Ended | null }
  | { readonly status: 'anonymous' }
  /** `principal`: whose token it was, where that is known. */
  | { readonly status: 'refused'; readonly refusal: Refusal; readonly principal: Principal | null };

export interface Authority {
  readonly mode: 'token' | 'off';
  /** Never throws. */
  authenticate(headers: IncomingHttpHeaders, address: string): Promise<Authentication>;
}
export interface AuthorityOptions {
  readonly mode: 'token' | 'off';
  readonly book: TokenBook;
  /** Null: JWTs are unknown tokens like any other text. */
  readonly verifyJwt: VerifyJwt | null;
  readonly nowMs: () => number;
  readonly logger: FastifyBaseLogger;
}

const EVERYONE: Principal = { id: 'off', tenant: 'default', role: 'admin', queues: '*' };
const ANONYMOUS: Authentication = { status: 'anonymous' };
const refused = (refusal: Refusal, principal: Principal | null = null): Authentication => ({
  status: 'refused',
  refusal,
  principal,
});

export const createAuthority = ({ mode, book, verifyJwt, nowMs, logger }: AuthorityOptions): Authority => {
  const attempts = countAttempts(nowMs);
  const byJwt = async (secret: string, verify: VerifyJwt): Promise<Authentication> => {
    const result = await verify(secret);
    if (result.status === 'valid') {
      const { principal, endsAt } = result;
      return { status: 'valid', principal, ended: () => (nowMs() >= endsAt ? 'expired' : null) };
    }
    if (result.status === 'invalid') return refused(result.expired ? 'expired' : 'unknown');
    logger.error({ err: result.error }, 'keys of the issuer cannot be read');
    return refused('issuer_unavailable');
  };
  const bySecret = async (secret: string): Promise<Authentication> => {
    const found = book.find(secret);
    if (found.status === 'valid') {
      const { principal, sha256 } = found;
      return { status: 'valid', principal, ended: () => book.ended(sha256) };
    }
    if (found.refusal !== 'unknown') return refused(found.refusal, found.principal);
    return verifyJwt !== null && looksLikeJwt(secret) ? byJwt(secret, verifyJwt) : refused('unknown');
  };
  return {
    mode,
    authenticate: async (headers, address) => {
      if (mode === 'off') return { status: 'valid', principal: EVERYONE, ended: () => null };
      const secret = presentedSecret(headers);
      if (secret === null) return ANONYMOUS;
      if (attempts.areTooMany(address)) return refused('too_many_attempts');
      const result = await bySecret(secret);
      if (result.status === 'refused' && result.refusal === 'unknown') attempts.count(address);
      return result;
    },
  };
};

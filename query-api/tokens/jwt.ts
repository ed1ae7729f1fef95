/** JSON Web Tokens of a company's own issuer: verified by its published keys, their claims read as a principal. */
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type FetchImplementation,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import type { JwtConfig } from '../../infra/access.ts';
import { type Principal, ROLES, type Role } from '../auth.ts';

/** Names of the claims, beside the registered `sub`, `iss`, `aud` and `exp`. */
export const JWT_CLAIMS = {
  tenant: 'busyhour_tenant',
  role: 'busyhour_role',
  /** `"*"`, one name or a list; left out = all of the tenant's. */
  queues: 'busyhour_queues',
} as const;

export const JWT_LIMITS = {
  /** Characters of a token. */
  length: 8192,
  /** How far the issuer's clock may be off. */
  clockToleranceS: 30,
  /** How long the issuer's keys are used before they are read again. */
  keysMaxAgeMs: 600_000,
  /** A token by a key not known makes them be read again, at most this often. */
  keysCooldownMs: 30_000,
  keysTimeoutMs: 5000,
  /** Bytes of the issuer's answer. */
  keysBytes: 262_144,
  /** Characters of `sub`, of the tenant's name and of a queue's. */
  nameLength: 500,
  queues: 1000,
} as const;

/** No symmetric algorithm: a published key would be its secret. */
const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'];

export type JwtResult =
  | { readonly status: 'valid'; readonly principal: Principal /** UTC epoch ms. */; readonly endsAt: number }
  | { readonly status: 'invalid'; readonly expired: boolean }
  /** The issuer's keys cannot be had. */
  | { readonly status: 'unavailable'; readonly error: unknown };
export type VerifyJwt = (text: string) => Promise<JwtResult>;

/** Whether it could be one: three parts of base64url. */
export const looksLikeJwt = (text: string): boolean =>
  text.length <= JWT_LIMITS.length && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);

/** Reads no more than an issuer's keys can take. */
const limitedFetch: FetchImplementation = async (url, options) => {
  const response = await fetch(url, options);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > JWT_LIMITS.keysBytes) throw new errors.JWKSInvalid('the issuer’s keys are too large');
    chunks.push(chunk);
  }
  return new Response(Buffer.concat(chunks), { status: response.status });
};

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= JWT_LIMITS.nameLength;
const isRole = (value: unknown): value is Role => (ROLES as readonly unknown[]).includes(value);

const queuesOf = (claim: unknown): readonly string[] | '*' | null => {
  if (claim === undefined || claim === '*') return '*';
  const names = Array.isArray(claim) ? (claim as readonly unknown[]) : [claim];
  return names.length <= JWT_LIMITS.queues && names.every(isName) ? names : null;
};

/** The principal the claims describe, or null when they do not describe one. Pure. */
export const principalOfClaims = (claims: JWTPayload): Principal | null => {
  const { sub } = claims;
  const tenant = claims[JWT_CLAIMS.tenant];
  const role = claims[JWT_CLAIMS.role];
  const queues = queuesOf(claims[JWT_CLAIMS.queues]);
  if (!isName(sub) || !isName(tenant) || !isRole(role) || queues === null) return null;
  return { id: `jwt:${sub}`, tenant, role, queues };
};

/** Codes that say nothing of the token, but that the keys could not be read. */
const KEY_FAULTS: readonly string[] = ['ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID', 'ERR_JWKS_TIMEOUT'];
const faultOf = (error: unknown): JwtResult => {
  if (!(error instanceof errors.JOSEError) || KEY_FAULTS.includes(error.code)) {
    return { status: 'unavailable', error };
  }
  return { status: 'invalid', expired: error instanceof errors.JWTExpired };
};

/** Verifies tokens of one issuer; its keys are read when first needed and kept for a while. */
export const createJwtVerifier = (config: JwtConfig, nowMs: () => number): VerifyJwt => {
  const keys = createRemoteJWKSet(new URL(config.jwksUrl), {
    timeoutDuration: JWT_LIMITS.keysTimeoutMs,
    cooldownDuration: JWT_LIMITS.keysCooldownMs,
    cacheMaxAge: JWT_LIMITS.keysMaxAgeMs,
    [customFetch]: limitedFetch,
  });
  return async (text) => {
    try {
      const { payload } = await jwtVerify(text, keys, {
        issuer: config.issuer,
        audience: config.audience,
        algorithms: ALGORITHMS,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: JWT_LIMITS.clockToleranceS,
        currentDate: new Date(nowMs()),
      });
      const principal = principalOfClaims(payload);
      const endsAt = ((payload.exp ?? 0) + JWT_LIMITS.clockToleranceS) * 1000;
      return principal === null
        ? { status: 'invalid', expired: false }
        : { status: 'valid', principal, endsAt };
    } catch (error) {
      return faultOf(error);
    }
  };
};

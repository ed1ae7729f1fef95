/** Who asks: bearer tokens known by their hash, each of one tenant, with a role and the queues it may see. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problem, sendProblem } from './problems.ts';

/** Each may do what the ones before it may. */
export const ROLES = ['wallboard', 'planner', 'analyst', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** A token as it is configured: the secret itself is never stored. */
export interface Token {
  /** SHA-256 of the secret, in hex. */
  readonly sha256: string;
  readonly tenant: string;
  readonly role: Role;
  readonly queues: readonly string[] | '*';
  /** UTC epoch ms from which it is no longer valid. */
  readonly expiresAt?: number;
}

/** Who a request comes from, once its token was found valid. */
export interface Principal {
  /** Names the token in limits and logs without revealing it. */
  readonly id: string;
  readonly tenant: string;
  readonly role: Role;
  readonly queues: readonly string[] | '*';
}

export interface AuthSettings {
  readonly mode: 'token' | 'off';
  readonly tokens: readonly Token[];
  readonly nowMs: () => number;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Null: no valid token came along. */
    principal: Principal | null;
  }
}

export const WEBSOCKET_PROTOCOL = 'busyhour.v1';
const EVERYONE: Principal = { id: 'off', tenant: 'default', role: 'admin', queues: '*' };
const ID_LENGTH = 12;

export const hashToken = (secret: string): string =>
  createHash('sha256').update(secret, 'utf8').digest('hex');

/**
 * The token whose hash is that of `secret`, or null. Every token is compared, each in constant time, so that timing
 * tells nothing about how near a guess came.
 */
export const findToken = (tokens: readonly Token[], secret: string, nowMs: number): Token | null => {
  const hash = Buffer.from(hashToken(secret), 'hex');
  let found: Token | null = null;
  for (const token of tokens) {
    const known = Buffer.from(token.sha256, 'hex');
    if (known.length === hash.length && timingSafeEqual(known, hash)) found = token;
  }
  return found !== null && (found.expiresAt === undefined || nowMs < found.expiresAt) ? found : null;
};

/** `Authorization: Bearer …`, or what a browser's WebSocket can send: the subprotocol after `busyhour.v1`. */
export const presentedSecret = (headers: IncomingHttpHeaders): string | null => {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  const [protocol, secret] = (headers['sec-websocket-protocol'] ?? '').split(',').map((part) => part.trim());
  return protocol === WEBSOCKET_PROTOCOL && secret !== undefined && secret !== '' ? secret : null;
};

export const authenticate = (settings: AuthSettings, headers: IncomingHttpHeaders): Principal | null => {
  if (settings.mode === 'off') return EVERYONE;
  const secret = presentedSecret(headers);
  const token = secret === null ? null : findToken(settings.tokens, secret, settings.nowMs());
  if (token === null) return null;
  const { tenant, role, queues } = token;
  return { id: token.sha256.slice(0, ID_LENGTH), tenant, role, queues };
};

export const mayActAs = (principal: Principal, role: Role): boolean =>
  ROLES.indexOf(principal.role) >= ROLES.indexOf(role);
export const maySeeQueue = (principal: Principal, queue: string): boolean =>
  principal.queues === '*' || principal.queues.includes(queue);

/** An onRequest hook: 401 without a valid token, 403 when its role is below `role`. */
export const requireRole =
  (role: Role) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const { principal } = request;
    if (principal === null) {
      reply.header('www-authenticate', 'Bearer realm="busyhour"');
      return sendProblem(reply, problem('unauthorized', 'send Authorization: Bearer with a valid token'));
    }
    if (mayActAs(principal, role)) return undefined;
    return sendProblem(
      reply,
      problem('forbidden', `needs the role ${role}; this token is a ${principal.role}'s`),
    );
  };

/** The principal of a request behind `requireRole`. */
export const principalOf = (request: FastifyRequest): Principal => {
  if (request.principal === null) throw new Error(`${request.url} is served without requireRole`);
  return request.principal;
};

/** What a token may see of the queues asked for; `null` = all. `refused` names those beyond its scope. */
export const queuesInScope = (
  principal: Principal,
  asked: readonly string[] | null,
): { readonly queues: readonly string[] | null; readonly refused: readonly string[] } => {
  if (asked === null) return { queues: principal.queues === '*' ? null : principal.queues, refused: [] };
  return { queues: asked, refused: asked.filter((queue) => !maySeeQueue(principal, queue)) };
};

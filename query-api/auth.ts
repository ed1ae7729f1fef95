/**
 * Who asks, and what that one may do: each principal belongs to one tenant, has a role and may be limited to some
 * queues. How a token is found valid is in tokens/.
 */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Problem, problem, sendProblem } from './problems.ts';

/** Each may do what the ones before it may. */
export const ROLES = ['wallboard', 'planner', 'analyst', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** A token as it is configured: the secret itself is never stored. */
export interface Token {
  /** Names it; left out = the beginning of the hash. */
  readonly id?: string;
  /** SHA-256 of the secret, in hex. */
  readonly sha256: string;
  readonly tenant: string;
  readonly role: Role;
  readonly queues: readonly string[] | '*';
  /** UTC epoch ms from which it is no longer valid. */
  readonly expiresAt?: number;
  readonly revoked?: boolean;
}

/** Why a token that was presented is not taken. */
export type Refusal = 'unknown' | 'expired' | 'revoked' | 'too_many_attempts' | 'issuer_unavailable';

/** Who a request comes from, once its token was found valid. */
export interface Principal {
  /** Names the token in limits and logs without revealing it. */
  readonly id: string;
  readonly tenant: string;
  readonly role: Role;
  readonly queues: readonly string[] | '*';
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Null: no valid token came along. */
    principal: Principal | null;
    /** Why the token that came along counts for nothing; null: it counts, or there was none. */
    refusal: Refusal | null;
  }
}

export const WEBSOCKET_PROTOCOL = 'busyhour.v1';

export const hashToken = (secret: string): string =>
  createHash('sha256').update(secret, 'utf8').digest('hex');

/** `Authorization: Bearer …`, or what a browser's WebSocket can send: the subprotocol after `busyhour.v1`. */
export const presentedSecret = (headers: IncomingHttpHeaders): string | null => {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  const [protocol, secret] = (headers['sec-websocket-protocol'] ?? '').split(',').map((part) => part.trim());
  return protocol === WEBSOCKET_PROTOCOL && secret !== undefined && secret !== '' ? secret : null;
};

export const mayActAs = (principal: Principal, role: Role): boolean =>
  ROLES.indexOf(principal.role) >= ROLES.indexOf(role);
export const maySeeQueue = (principal: Principal, queue: string): boolean =>
  principal.queues === '*' || principal.queues.includes(queue);

/** What a request without a valid token is told. */
export const refusalProblem = (refusal: Refusal | null): Problem => {
  switch (refusal) {
    case null:
      return problem('unauthorized', 'send Authorization: Bearer with a valid token');
    case 'unknown':
      return problem('unauthorized', 'this token is not known here: check it, or ask for another');
    case 'expired':
      return problem('unauthorized', 'this token has expired: ask for a new one');
    case 'revoked':
      return problem('unauthorized', 'this token was revoked: ask for a new one');
    case 'too_many_attempts':
      return problem('too_many_requests', 'too many unknown tokens from this address: wait a minute');
    case 'issuer_unavailable':
      return problem('unavailable', 'the keys of the token’s issuer cannot be read: try again shortly');
  }
};

const RETRY_AFTER_S: Readonly<Partial<Record<Refusal, number>>> = {
  too_many_attempts: 60,
  issuer_unavailable: 5,
};

const refuseAnonymous = (reply: FastifyReply, refusal: Refusal | null): FastifyReply => {
  const refused = refusalProblem(refusal);
  if (refused.status === 401) reply.header('www-authenticate', 'Bearer realm="busyhour"');
  const retryAfterS = refusal === null ? undefined : RETRY_AFTER_S[refusal];
  if (retryAfterS !== undefined) reply.header('retry-after', retryAfterS);
  return sendProblem(reply, refused);
};

type RoleHook = ((request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>) & {
  /** By which the tests find routes that ask for no role. */
  readonly role: Role;
};

/** An onRequest hook: 401 without a valid token, 403 when its role is below `role`. */
export const requireRole = (role: Role): RoleHook =>
  Object.assign(
    async (request: FastifyRequest, reply: FastifyReply) => {
      const { principal, refusal } = request;
      if (principal === null) return refuseAnonymous(reply, refusal);
      if (mayActAs(principal, role)) return undefined;
      return sendProblem(
        reply,
        problem('forbidden', `needs the role ${role}; this token has the role ${principal.role}`),
      );
    },
    { role },
  );

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

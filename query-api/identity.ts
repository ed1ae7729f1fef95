/** Finds out who a request comes from before limits and routes look at it, and notes down what was refused. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Principal, presentedSecret } from './auth.ts';
import { isLoopbackHost } from './origins.ts';
import { problem, sendProblem } from './problems.ts';
import type { Authority } from './tokens/authority.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose token came along, also when it is no longer valid; null: nobody's that is known. */
    holder: Principal | null;
  }
}

/** Whom the audit names when a token is nobody's. No tenant's admin is shown these. */
export const NOBODY = { id: 'unknown', tenant: '' } as const;

/** Statuses by which something is refused to a token. 429 is not among them: it would fill the log it is to protect. */
const REFUSED: readonly number[] = [401, 403];

const auditRefusal = (app: FastifyInstance, request: FastifyRequest): void => {
  const path = request.url.split('?')[0] ?? '';
  app.audit({
    principal: request.holder ?? NOBODY,
    action: 'request',
    detail: `${request.method} ${path} from ${request.ip}${request.refusal === null ? '' : `: ${request.refusal}`}`,
    outcome: 'refused',
  });
};

export const useIdentity = (app: FastifyInstance, authority: Authority): void => {
  app.decorateRequest('principal', null);
  app.decorateRequest('holder', null);
  app.decorateRequest('refusal', null);
  app.addHook('onRequest', async (request, reply) => {
    if (authority.mode === 'off' && !isLoopbackHost(request.headers.host)) {
      return sendProblem(reply, problem('forbidden', 'without tokens only this machine is served'));
    }
    const result = await authority.authenticate(request.headers, request.ip);
    if (result.status === 'valid') {
      request.principal = result.principal;
      request.holder = result.principal;
    } else if (result.status === 'refused') {
      request.refusal = result.refusal;
      request.holder = result.principal;
    }
    return undefined;
  });
  app.addHook('onResponse', async (request, reply) => {
    if (REFUSED.includes(reply.statusCode) && presentedSecret(request.headers) !== null)
      auditRefusal(app, request);
  });
};

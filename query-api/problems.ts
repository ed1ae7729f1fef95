/** Errors as RFC 9457 problem details: what, where, what to do. Details of our own faults stay in the log. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { StoreError } from '../infra/clickhouse/store.ts';

export const PROBLEMS = {
  bad_request: { status: 400, title: 'The request cannot be understood' },
  unauthorized: { status: 401, title: 'A valid token is needed' },
  forbidden: { status: 403, title: 'This token may not do that' },
  origin_refused: { status: 403, title: 'Pages of this origin may not open the live socket' },
  not_found: { status: 404, title: 'There is nothing here' },
  timed_out: { status: 408, title: 'The request did not come in time' },
  too_large: { status: 413, title: 'The request is too large' },
  limit_exceeded: { status: 422, title: 'The query reached a limit' },
  too_little_history: { status: 422, title: 'There is too little history' },
  unsupported_media_type: { status: 415, title: 'The body is of a kind that is not understood here' },
  upgrade_required: { status: 426, title: 'This address speaks WebSocket' },
  headers_too_large: { status: 431, title: 'The headers of the request are too large' },
  too_many_requests: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Busyhour failed' },
  unavailable: { status: 503, title: 'Not available right now' },
} as const;
export type ProblemCode = keyof typeof PROBLEMS;

/** What is wrong with one field; `path` is its name as the client wrote it. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly errors?: readonly Fault[];
  readonly request_id?: string;
}

export const problem = (code: ProblemCode, detail?: string, errors?: readonly Fault[]): Problem => ({
  type: `/docs#${code}`,
  ...PROBLEMS[code],
  ...(detail === undefined ? {} : { detail }),
  ...(errors === undefined || errors.length === 0 ? {} : { errors }),
});

/** All faults of a request at once. */
export const badRequest = (faults: readonly Fault[]): Problem =>
  problem('bad_request', faults.map(({ path, message }) => `${path}: ${message}`).join('; '), faults);

export const PROBLEM_TYPE = 'application/problem+json';
export const sendProblem = (reply: FastifyReply, body: Problem): FastifyReply =>
  reply.code(body.status).type(PROBLEM_TYPE).send(JSON.stringify(body));

type ValidationFault = NonNullable<FastifyError['validation']>[number];

/** In the words of the other faults, where the validator's own leave out what may stand there, or repeat the name. */
const validationMessage = ({ keyword, params, message }: ValidationFault): string => {
  if (keyword === 'additionalProperties') return 'no such parameter';
  if (keyword === 'required') return 'is missing';
  const { allowedValues } = params;
  if (Array.isArray(allowedValues)) return `is none of ${allowedValues.join(', ')}`;
  return message ?? 'is not valid';
};

/** Where one of several shapes would do, all are complained of: what is wrong with the one that was meant says it. */
const tellingFaults = (all: readonly ValidationFault[]): readonly ValidationFault[] => {
  const choices = new Set(
    all.filter(({ keyword }) => keyword === 'anyOf').map((fault) => fault.instancePath),
  );
  const telling = all.filter(
    ({ keyword, instancePath }) => !(choices.has(instancePath) && ['anyOf', 'type'].includes(keyword)),
  );
  return telling.length > 0 ? telling : all;
};

const validationFaults = (error: FastifyError): Fault[] =>
  tellingFaults(error.validation ?? []).map((fault) => {
    const extra = fault.params.additionalProperty ?? fault.params.missingProperty;
    const within = fault.instancePath.split('/').slice(1);
    const path = [...within, ...(typeof extra === 'string' ? [extra] : [])].join('.');
    return { path: path === '' ? 'body' : path, message: validationMessage(fault) };
  });

const codeOfStatus = (status: number): ProblemCode => {
  const known = (Object.keys(PROBLEMS) as ProblemCode[]).find((code) => PROBLEMS[code].status === status);
  return known ?? 'bad_request';
};

const problemOf = (error: FastifyError, request: FastifyRequest): Problem => {
  if (error.validation !== undefined) return badRequest(validationFaults(error));
  if (error instanceof StoreError && error.fault === 'retry') {
    request.log.warn({ err: error }, 'store unavailable');
    return {
      ...problem('unavailable', 'the store does not answer; try again shortly'),
      request_id: request.id,
    };
  }
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500) return problem(codeOfStatus(status), error.message);
  request.log.error({ err: error }, 'request failed');
  return { ...problem('internal'), request_id: request.id };
};

const RETRY_AFTER_S = 2;

/** Makes every error of the instance a problem document. */
export const useProblems = (app: FastifyInstance): void => {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const body = problemOf(error, request);
    if (body.status === 503) reply.header('retry-after', RETRY_AFTER_S);
    return sendProblem(reply, body);
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, problem('not_found', `no ${request.method} ${request.url.split('?')[0] ?? ''}`)),
  );
};

/** `POST /v1/sql`: ad-hoc SQL as the tenant's own database user, streamed through as ClickHouse writes it. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { TenantUsers } from '../../infra/clickhouse/sql-access.ts';
import { type Store, StoreError } from '../../infra/clickhouse/store.ts';
import type { AuditOutcome } from '../audit.ts';
import { principalOf, requireRole } from '../auth.ts';
import { badRequest, problem, sendProblem } from '../problems.ts';
import { retryAfterS, sqlProblem } from '../sql/failures.ts';
import { SQL_FORMAT_NAMES } from '../sql/formats.ts';
import { parseSql, SQL_REQUEST_LIMITS, type SqlRequest } from '../sql/request.ts';

export interface SqlRouteOptions {
  /** Opened as nobody: every query says as whom it runs. Its connections are its own, slow readers hold them. */
  readonly store: Store;
  readonly users: TenantUsers;
}

const EXAMPLE = {
  query: 'SELECT queue, sum(offered) AS offered FROM queue_intervals WHERE queue = {q:String} GROUP BY queue',
  params: { q: 'sales' },
  format: 'JSON',
};
const Body = Type.Object(
  {
    query: Type.String({
      description: 'One statement that reads. Its FORMAT is given by `format`.',
      maxLength: SQL_REQUEST_LIMITS.queryChars,
    }),
    params: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'Values for `{name:Type}` in the query, bound by ClickHouse.',
      }),
    ),
    format: Type.Optional(
      Type.String({ description: `One of ${SQL_FORMAT_NAMES.join(', ')}; default JSON.`, maxLength: 40 }),
    ),
  },
  { additionalProperties: false, examples: [EXAMPLE] },
);

/** Aborts when the client has gone or was answered; then says what became of the query. */
const untilClosed = (reply: FastifyReply, told: (finished: boolean) => void): AbortSignal => {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    gone.abort();
    told(reply.raw.writableFinished);
  });
  return gone.signal;
};

const answerFailure = (reply: FastifyReply, error: unknown, query: string, nowMs: number): FastifyReply => {
  if (!(error instanceof StoreError)) throw error;
  const body = sqlProblem(error, query);
  if (body === null) throw error;
  if (body.status === 429) reply.header('retry-after', retryAfterS(error, nowMs));
  return sendProblem(reply, body);
};

const streamAnswer = async (
  { store, users, nowMs }: SqlRouteOptions & { readonly nowMs: () => number },
  request: FastifyRequest,
  reply: FastifyReply,
  { query, params, format, contentType }: SqlRequest,
  signal: AbortSignal,
): Promise<FastifyReply> => {
  const access = await users(principalOf(request).tenant);
  if (access.status === 'refused') return sendProblem(reply, problem('unavailable', access.reason));
  try {
    const stream = await store.stream(query, { format, params, signal, as: access.user });
    return reply.type(contentType).send(stream);
  } catch (error) {
    if (signal.aborted) return reply.hijack();
    return answerFailure(reply, error, query, nowMs());
  }
};

export const sqlRoute =
  (options: SqlRouteOptions | null, nowMs: () => number): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      '/v1/sql',
      {
        onRequest: requireRole('analyst'),
        schema: {
          summary: 'Ad-hoc SQL over the public views of the token’s tenant',
          description: `Reads only, within limits of time, memory, rows and result size; docs/sql.md names them. An error after the first bytes breaks the connection off, so that half a result is never taken for a whole one.`,
          body: Body,
        },
      },
      async (request, reply) => {
        const principal = principalOf(request);
        let refused: AuditOutcome | null = null;
        const signal = untilClosed(reply, (finished) => {
          const outcome = refused ?? (finished && reply.statusCode < 400 ? 'done' : 'failed');
          app.audit({ principal, action: 'sql', detail: request.body.query, outcome });
        });
        if (principal.queues !== '*') {
          refused = 'refused';
          const why = 'SQL sees the whole tenant and this token only some queues: ask for one without queues';
          return sendProblem(reply, problem('forbidden', why));
        }
        const parsed = parseSql(request.body);
        if (!parsed.ok) return sendProblem(reply, badRequest(parsed.faults));
        if (options === null) return sendProblem(reply, problem('unavailable', 'SQL is not set up here'));
        return streamAnswer({ ...options, nowMs }, request, reply, parsed.value, signal);
      },
    );
  };

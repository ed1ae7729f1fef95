/** `GET /v1/audit`: who asked for what, and what was refused, for a tenant's admins. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Store } from '../../infra/clickhouse/store.ts';
import { AUDIT_ACTIONS, AUDIT_OUTCOMES } from '../audit.ts';
import { principalOf, requireRole } from '../auth.ts';
import { parseInstant } from '../metrics/instants.ts';
import { badRequest, type Fault, sendProblem } from '../problems.ts';
import { type AuditSelected, auditQuery } from '../queries/audit.ts';

/** Entries of one reply. */
export const MAX_AUDIT_ENTRIES = 1000;
const DEFAULT_ENTRIES = 100;
const DEFAULT_SPAN_MS = 24 * 3_600_000;
const MAX_TEXT = 600;

const time = (description: string, examples: string[]) =>
  Type.Optional(Type.String({ description, maxLength: 200, examples }));
const Querystring = Type.Object(
  {
    from: time('Date or ISO 8601; default: a day before `to`.', ['2026-11-24']),
    to: time('Exclusive; default: now.', ['2026-11-25']),
    action: Type.Optional(Type.Enum(AUDIT_ACTIONS, { description: 'Only this; default: all.' })),
    outcome: Type.Optional(Type.Enum(AUDIT_OUTCOMES, { description: 'Only this; default: all.' })),
    principal: Type.Optional(
      Type.String({ description: 'Id of a token, or `jwt:` and its sub.', maxLength: MAX_TEXT }),
    ),
    limit: Type.Optional(
      Type.Integer({
        description: `Entries of the reply, up to ${MAX_AUDIT_ENTRIES}; default ${DEFAULT_ENTRIES}.`,
        minimum: 1,
        maximum: MAX_AUDIT_ENTRIES,
        default: DEFAULT_ENTRIES,
      }),
    ),
  },
  { additionalProperties: false },
);
const Reply = Type.Object({
  entries: Type.Array(
    Type.Object({
      at: Type.String({ description: 'ISO 8601, UTC.' }),
      id: Type.String(),
      principal: Type.String(),
      action: Type.String(),
      detail: Type.String({ description: 'What was asked for; never a secret or a result.' }),
      outcome: Type.String(),
    }),
  ),
});

export interface AuditRouteOptions {
  readonly store: Store;
  readonly nowMs: () => number;
  readonly timeZone: string;
}

/** The span asked for, with a fault for each end that is no time. */
const spanOf = (
  { from, to }: { readonly from?: string; readonly to?: string },
  { nowMs, timeZone }: AuditRouteOptions,
): { readonly fromMs: number; readonly toMs: number; readonly faults: readonly Fault[] } => {
  const toMs = to === undefined ? nowMs() + 1 : parseInstant(to, timeZone);
  const fromMs = from === undefined ? (toMs ?? 0) - DEFAULT_SPAN_MS : parseInstant(from, timeZone);
  const faults = Object.entries({ from: fromMs, to: toMs }).flatMap(([path, atMs]) =>
    atMs === null ? [{ path, message: 'is no date and no time in ISO 8601' }] : [],
  );
  return { fromMs: fromMs ?? 0, toMs: toMs ?? 0, faults };
};

export const auditRoute =
  (options: AuditRouteOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/v1/audit',
      {
        onRequest: requireRole('admin'),
        schema: {
          summary: 'Who asked for what',
          description:
            'Queries, exports, changes of tokens and refused requests of this tenant, newest first. An entry is there about a second after what it tells of.',
          querystring: Querystring,
          response: { 200: Reply },
        },
      },
      async (request, reply) => {
        const { action = '', outcome = '', principal = '', limit = DEFAULT_ENTRIES } = request.query;
        const { faults, ...span } = spanOf(request.query, options);
        if (faults.length > 0) return sendProblem(reply, badRequest(faults));
        const { tenant } = principalOf(request);
        const { sql, params } = auditQuery({ tenant, ...span, action, outcome, principal, limit });
        const rows = await options.store.query<AuditSelected>(sql, params);
        return {
          entries: rows.map(({ at_ms, ...rest }) => ({ at: new Date(at_ms).toISOString(), ...rest })),
        };
      },
    );
  };

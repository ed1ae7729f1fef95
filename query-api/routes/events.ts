/** `POST /v1/events`: canonical events from anywhere, into the log. What an event is, the intake behind the port decides. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { principalOf, requireRole } from '../auth.ts';
import { badRequest, problem, sendProblem } from '../problems.ts';

export const EVENTS_LIMITS = {
  /** Bytes of one request. */
  bodyBytes: 8 * 1024 * 1024,
  /** Events of one request: five appends to the log. */
  events: 10_000,
} as const;
const RETRY_AFTER_S = 2;

/** What became of the lines of one request. */
export interface TakenEvents {
  readonly status: 'taken';
  /** New events, safe in the log. */
  readonly taken: number;
  /** Events whose `seq` was published before. */
  readonly repeated: number;
  /** `line` counts from 1. */
  readonly rejected: readonly { readonly line: number; readonly reason: string }[];
}
/** Publishes lines of JSON, one event each, for a tenant. Unavailable: nothing is certain, the same lines may be sent again. */
export type PublishEvents = (
  tenant: string,
  lines: readonly string[],
) => Promise<TakenEvents | { readonly status: 'unavailable'; readonly reason: string }>;

const Reply = Type.Object({
  taken: Type.Integer({ description: 'New events, safe in the log.' }),
  repeated: Type.Integer({ description: 'Events whose seq was taken before: nothing was changed.' }),
  rejected: Type.Array(
    Type.Object({
      line: Type.Integer({ description: 'Counted from 1.' }),
      reason: Type.String(),
    }),
  ),
});
const EXAMPLE = {
  source: 'pbx1',
  seq: '2026-03-01/000001',
  event_time: '2026-03-01T08:00:00Z',
  body: {
    type: 'contact_offered',
    contact_id: 'c1',
    queue: 'sales',
    channel: 'voice',
    direction: 'inbound',
    caller: '+27 82 555 0001',
  },
};
const Event = Type.Object({}, { additionalProperties: true });
const Body = {
  content: {
    'application/json': {
      schema: Type.Union([
        Type.Array(Event, { maxItems: EVENTS_LIMITS.events, examples: [[EXAMPLE]] }),
        Event,
      ]),
    },
    'application/x-ndjson': {
      schema: Type.String({ description: 'One event a line.', examples: [JSON.stringify(EXAMPLE)] }),
    },
  },
};

const linesOf = (body: unknown): readonly string[] => {
  if (typeof body === 'string') return body.split('\n');
  const events: readonly unknown[] = Array.isArray(body) ? body : [body];
  return events.map((event) => JSON.stringify(event));
};

export const eventsRoute =
  (publish: PublishEvents | null): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.addContentTypeParser('application/x-ndjson', { parseAs: 'string' }, (_request, body, done) =>
      done(null, body),
    );
    app.post(
      '/v1/events',
      {
        onRequest: requireRole('admin'),
        bodyLimit: EVENTS_LIMITS.bodyBytes,
        schema: {
          summary: 'Takes canonical events into the log',
          description:
            'Each event once, by its seq: what was sent before is counted as repeated. docs/feeds.md says what an event is.',
          body: Body,
          response: { 202: Reply },
        },
      },
      async (request, reply) => {
        if (publish === null) {
          const detail =
            'this process takes no events: give it BUSYHOUR_PSEUDONYM_KEY, or send them to one that has it';
          return sendProblem(reply, problem('unavailable', detail));
        }
        const lines = linesOf(request.body);
        if (lines.length > EVENTS_LIMITS.events + 1) {
          const message = `more than ${EVENTS_LIMITS.events} events; send them in several requests`;
          return sendProblem(reply, badRequest([{ path: 'body', message }]));
        }
        const outcome = await publish(principalOf(request).tenant, lines);
        if (outcome.status === 'unavailable') {
          reply.header('retry-after', RETRY_AFTER_S);
          const detail = `${outcome.reason}; send the same events again: those that got through are counted as repeated`;
          return sendProblem(reply, problem('unavailable', detail));
        }
        const { taken, repeated, rejected } = outcome;
        return reply.code(202).send({ taken, repeated, rejected: [...rejected] });
      },
    );
  };

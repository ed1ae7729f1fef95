/** `GET /v1/contacts`: search of contacts, a leg a row. `GET /v1/contacts/{id}`: what happened to one, step by step. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Store } from '../../infra/clickhouse/store.ts';
import { CHANNELS } from '../../schemas/events.ts';
import { LEG_OUTCOMES } from '../../schemas/rows.ts';
import { principalOf, queuesInScope, requireRole } from '../auth.ts';
import { FORMATS } from '../export/formats.ts';
import { sendExport } from '../export/send-export.ts';
import { badRequest, problem, sendProblem } from '../problems.ts';
import {
  CONTACT_COLUMNS,
  type ContactLeg,
  contactLegsQuery,
  contactsQuery,
  ISO_TIMES,
  type TimelineEvent,
  timelineQuery,
} from '../queries/contacts.ts';
import type { BoundQuery } from '../queries/intervals.ts';
import {
  CONTACTS_LIMITS,
  type ContactsRequest,
  parseContactsRequest,
  writeCursor,
} from './contacts-request.ts';
import { namesOf } from './request-parts.ts';

export interface ContactsRouteOptions {
  readonly store: Store;
  readonly nowMs: () => number;
  readonly timeZone: string;
  /** A caller's number as the pseudonym stored for a tenant; null where there is no key. */
  readonly pseudonymise: ((tenant: string, number: string) => string) | null;
}

const text = (description: string) => Type.Optional(Type.String({ description, maxLength: 200 }));
const list = (description: string) =>
  Type.Optional(Type.Array(Type.String({ maxLength: 2000 }), { description, maxItems: 1000 }));

const Querystring = Type.Object(
  {
    from: text('Date in tz, or ISO 8601; default: today. A leg counts by when it was offered.'),
    to: text('Exclusive; default: the end of today.'),
    tz: text('Time zone of dates; default: the configured one.'),
    queue: list('Only these queues: repeated or separated by commas; \\, is a comma within a name.'),
    source: list('Only these sources.'),
    channel: list(`Only these of ${CHANNELS.join(', ')}.`),
    agent: list('Only these agents.'),
    caller: list(
      'A telephone number, which is looked for by its pseudonym and kept nowhere; or the pseudonym.',
    ),
    outcome: list(`Only these of ${LEG_OUTCOMES.join(', ')}.`),
    min_wait: text('Only waits of at least this: 90s, 2m.'),
    limit: Type.Optional(
      Type.Integer({
        description: `Legs of a page; default ${CONTACTS_LIMITS.defaultPage}.`,
        minimum: 1,
        maximum: CONTACTS_LIMITS.maxPage,
      }),
    ),
    cursor: Type.Optional(
      Type.String({ description: 'The page before said it as next_cursor.', maxLength: 4000 }),
    ),
    format: text(`One of ${FORMATS.join(', ')}; default json. All but json come whole, by queue and time.`),
  },
  { additionalProperties: false },
);

const maybe = (description: string) =>
  Type.Union([Type.Number(), Type.Null()], { description: `${description}; null where nobody knows.` });
const Leg = Type.Object({
  contact_id: Type.String(),
  leg: Type.Integer({ description: '1, 2, … within the contact.' }),
  source: Type.String(),
  queue: Type.String(),
  channel: Type.String(),
  direction: Type.String(),
  language: Type.String(),
  site: Type.String(),
  tier: Type.String(),
  caller: Type.String({ description: 'A pseudonym, never a number.' }),
  offered_at: Type.String({ description: 'ISO 8601, UTC.' }),
  answered_at: Type.Union([Type.String(), Type.Null()]),
  ended_at: Type.Union([Type.String(), Type.Null()]),
  outcome: Type.String(),
  wait_ms: maybe('Wait'),
  ring_ms: maybe('Ringing at the agent who answered'),
  talk_ms: maybe('Talk without hold'),
  hold_ms: maybe('Hold'),
  wrap_ms: maybe('After-contact work'),
  agent: Type.String(),
  ended_by: Type.String(),
  transfer_kind: Type.String(),
  transferred_to: Type.String(),
  position: maybe('Place in the queue on entering'),
  version: Type.Integer({ description: 'How many facts the leg has taken in.' }),
});
const Found = Type.Object({
  rows: Type.Array(Leg),
  next_cursor: Type.Union([Type.String(), Type.Null()], { description: 'null: these were the last.' }),
});
const Timeline = Type.Object({
  contact_id: Type.String(),
  legs: Type.Array(Leg),
  events: Type.Array(
    Type.Object({
      at: Type.String({ description: 'ISO 8601, UTC.' }),
      source: Type.String(),
      seq: Type.String(),
      kind: Type.String(),
      queue: Type.String(),
      agent: Type.String(),
      body: Type.Record(Type.String(), Type.Unknown(), { description: 'The whole event.' }),
    }),
  ),
  truncated: Type.Boolean({
    description: `More than ${CONTACTS_LIMITS.timeline} events: the rest is in acd.events.`,
  }),
});

const run = <Row>(store: Store, { sql, params }: BoundQuery): Promise<Row[]> =>
  store.query<Row>(sql, params, { settings: ISO_TIMES });

/** A page of legs, and where the next one begins. One leg more than shown is asked for, to know whether there is one. */
const findContacts = async (
  store: Store,
  tenant: string,
  queues: readonly string[] | null,
  { search, page }: ContactsRequest,
): Promise<{ rows: ContactLeg[]; next_cursor: string | null }> => {
  const { sources, channels } = search;
  const query = contactsQuery(
    { ...search, scope: { tenant, queues, sources, channels } },
    { ...page, limit: page.limit + 1 },
  );
  const found = await run<ContactLeg>(store, query);
  const rows = found.slice(0, page.limit);
  const last = rows.at(-1);
  return { rows, next_cursor: found.length > page.limit && last !== undefined ? writeCursor(last) : null };
};

const searchRoute =
  ({ store, nowMs, timeZone, pseudonymise }: ContactsRouteOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/v1/contacts',
      {
        onRequest: requireRole('analyst'),
        schema: {
          summary: 'Contacts, a leg a row, newest first',
          description: 'A leg is there once the contact has left the queue. next_cursor leads to older ones.',
          querystring: Querystring,
          response: { 200: Found },
        },
      },
      async (request, reply) => {
        const principal = principalOf(request);
        const { tenant } = principal;
        const parsed = parseContactsRequest(request.query, {
          nowMs: nowMs(),
          timeZone,
          pseudonymise: pseudonymise === null ? null : (number) => pseudonymise(tenant, number),
        });
        if (!parsed.ok) return sendProblem(reply, badRequest(parsed.faults));
        const { queues, refused } = queuesInScope(principal, parsed.value.search.queues);
        if (refused.length > 0) {
          const detail = `this token does not cover queue ${refused.join(', ')}`;
          return sendProblem(reply, problem('forbidden', detail));
        }
        const { format } = parsed.value;
        if (format !== 'json') {
          const { sources, channels } = parsed.value.search;
          const search = { ...parsed.value.search, scope: { tenant, queues, sources, channels } };
          return sendExport(request, reply, 'contacts', {
            store,
            query: contactsQuery(search, null),
            columns: CONTACT_COLUMNS,
            format,
          });
        }
        return findContacts(store, tenant, queues, parsed.value);
      },
    );
  };

const TimelineQuerystring = Type.Object(
  { source: list('Only these sources; identities of contacts are unique within one.') },
  { additionalProperties: false },
);

const timelineRoute =
  ({ store }: ContactsRouteOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/v1/contacts/:id',
      {
        onRequest: requireRole('analyst'),
        schema: {
          summary: 'What happened to one contact, in order',
          description: 'Its legs, and its events as the log has them, of the queues this token may see.',
          params: Type.Object({ id: Type.String({ description: 'The contact, as its source names it.' }) }),
          querystring: TimelineQuerystring,
          response: { 200: Timeline },
        },
      },
      async (request, reply) => {
        const principal = principalOf(request);
        const { id } = request.params;
        const scope = {
          tenant: principal.tenant,
          queues: queuesInScope(principal, null).queues,
          sources: namesOf(request.query.source),
        };
        const of = { scope, contactId: id, limit: CONTACTS_LIMITS.timeline + 1 };
        const [legs, events] = await Promise.all([
          run<ContactLeg>(store, contactLegsQuery(of)),
          run<TimelineEvent>(store, timelineQuery(of)),
        ]);
        if (id === '' || (legs.length === 0 && events.length === 0)) {
          return sendProblem(reply, problem('not_found', 'no such contact, or none this token may see'));
        }
        return {
          contact_id: id,
          legs: legs.slice(0, CONTACTS_LIMITS.timeline),
          events: events
            .slice(0, CONTACTS_LIMITS.timeline)
            .map((event) => ({ ...event, body: JSON.parse(event.body) as Record<string, unknown> })),
          truncated: events.length > CONTACTS_LIMITS.timeline,
        };
      },
    );
  };

export const contactsRoutes =
  (options: ContactsRouteOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    await app.register(searchRoute(options));
    await app.register(timelineRoute(options));
  };

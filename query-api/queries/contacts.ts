/** The SQL behind `/v1/contacts`: legs by what they have in common, newest first, and everything of one contact. */
import type { ContactLegRow, LegOutcome } from '../../schemas/rows.ts';
import type { TimeRange } from '../metrics/buckets.ts';
import { type BoundQuery, type Scope, scoped, scopeParams } from './intervals.ts';

/** What a leg is shown with, in this order. */
export const CONTACT_COLUMNS = [
  'contact_id',
  'leg',
  'source',
  'queue',
  'channel',
  'direction',
  'language',
  'site',
  'tier',
  'caller',
  'offered_at',
  'answered_at',
  'ended_at',
  'outcome',
  'wait_ms',
  'ring_ms',
  'talk_ms',
  'hold_ms',
  'wrap_ms',
  'agent',
  'ended_by',
  'transfer_kind',
  'transferred_to',
  'position',
  'version',
] as const satisfies readonly (keyof ContactLegRow)[];

/** Times come as text, so that they leave as they come: ISO 8601 with `date_time_output_format`. */
type Times = 'offered_at' | 'answered_at' | 'ended_at';
export type ContactLeg = Omit<Pick<ContactLegRow, (typeof CONTACT_COLUMNS)[number]>, Times> & {
  readonly offered_at: string;
  readonly answered_at: string | null;
  readonly ended_at: string | null;
};
export const ISO_TIMES = { date_time_output_format: 'iso' } as const;

/** `null` = no restriction. Legs are found by when they were offered. */
export interface ContactSearch {
  readonly scope: Scope;
  readonly range: TimeRange;
  readonly agents: readonly string[] | null;
  /** Pseudonyms; '' = callers who withheld their number. */
  readonly callers: readonly string[] | null;
  readonly outcomes: readonly LegOutcome[] | null;
  readonly minWaitMs: number | null;
}
/** The leg after which a page goes on. Its parts name the leg for good, so pages neither repeat nor miss one. */
export interface PageEnd {
  readonly offeredAtMs: number;
  readonly source: string;
  readonly contactId: string;
  readonly leg: number;
  readonly queue: string;
}
export interface Page {
  readonly limit: number;
  readonly after: PageEnd | null;
}

const ORDER = ['offered_at', 'source', 'contact_id', 'leg', 'queue'] as const;
const time = (name: string): string => `fromUnixTimestamp64Milli({${name}:Int64}, 'UTC')`;

const conditionsOf = (search: ContactSearch, after: PageEnd | null): readonly string[] => [
  scoped(search.scope),
  `offered_at >= ${time('from_ms')} AND offered_at < ${time('to_ms')}`,
  ...(search.agents === null ? [] : ['agent IN {agents:Array(String)}']),
  ...(search.callers === null ? [] : ['caller IN {callers:Array(String)}']),
  ...(search.outcomes === null ? [] : ['outcome IN {outcomes:Array(String)}']),
  ...(search.minWaitMs === null ? [] : ['wait_ms >= {min_wait_ms:Int64}']),
  ...(after === null
    ? []
    : [
        `(${ORDER.join(', ')}) < (${time('after_ms')}, {after_source:String}, {after_contact:String}, {after_leg:UInt32}, {after_queue:String})`,
      ]),
];

const afterParams = (after: PageEnd | null): BoundQuery['params'] =>
  after === null
    ? {}
    : {
        after_ms: after.offeredAtMs,
        after_source: after.source,
        after_contact: after.contactId,
        after_leg: after.leg,
        after_queue: after.queue,
      };

/** As they are stored, so that they need not be sorted, or waited for, before the first can leave. */
const STORED_ORDER = 'tenant, queue, offered_at, source, contact_id, leg';

/** Legs, newest first; `page` null: all of them by queue and time, to be streamed. */
export const contactsQuery = (search: ContactSearch, page: Page | null): BoundQuery => ({
  sql: `SELECT ${CONTACT_COLUMNS.join(', ')}
FROM acd.contact_legs
WHERE ${conditionsOf(search, page?.after ?? null).join('\n  AND ')}
ORDER BY ${page === null ? STORED_ORDER : `${ORDER.map((column) => `${column} DESC`).join(', ')}\nLIMIT {limit:UInt32}`}`,
  params: {
    ...scopeParams(search.scope),
    from_ms: search.range.fromMs,
    to_ms: search.range.toMs,
    agents: search.agents ?? [],
    callers: search.callers ?? [],
    outcomes: search.outcomes ?? [],
    min_wait_ms: search.minWaitMs ?? 0,
    ...afterParams(page?.after ?? null),
    ...(page === null ? {} : { limit: page.limit }),
  },
});

export interface OneContact {
  readonly scope: Pick<Scope, 'tenant' | 'queues' | 'sources'>;
  readonly contactId: string;
  readonly limit: number;
}
export interface TimelineEvent {
  readonly at: string;
  readonly source: string;
  readonly seq: string;
  readonly kind: string;
  readonly queue: string;
  readonly agent: string;
  /** JSON. */
  readonly body: string;
}

const scopeOf = ({ scope }: OneContact): Scope => ({ ...scope, channels: null });
const ofContact = (contact: OneContact): BoundQuery['params'] => ({
  ...scopeParams(scopeOf(contact)),
  contact_id: contact.contactId,
  limit: contact.limit,
});

/** The legs of one contact in the order they were offered. */
export const contactLegsQuery = (of: OneContact): BoundQuery => ({
  sql: `SELECT ${CONTACT_COLUMNS.join(', ')}
FROM acd.contact_legs
WHERE ${scoped(scopeOf(of))} AND contact_id = {contact_id:String}
ORDER BY offered_at, source, leg
LIMIT {limit:UInt32}`,
  params: ofContact(of),
});

/** Everything the log says of one contact, in the order it happened and was written. */
export const timelineQuery = (of: OneContact): BoundQuery => ({
  sql: `SELECT at, source, seq, kind, queue, agent, body
FROM acd.events
WHERE ${scoped(scopeOf(of))} AND contact_id = {contact_id:String}
ORDER BY at, log_partition, log_offset
LIMIT {limit:UInt32}`,
  params: ofContact(of),
});

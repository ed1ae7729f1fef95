/** Reads the parameters of `/v1/contacts`: all faults at once, each with its field. Pure. */

import { parseDuration } from '../../schemas/durations.ts';
import { CHANNELS } from '../../schemas/events.ts';
import { LEG_OUTCOMES } from '../../schemas/rows.ts';
import type { Format } from '../export/formats.ts';
import type { Fault } from '../problems.ts';
import type { ContactLeg, ContactSearch, Page, PageEnd } from '../queries/contacts.ts';
import { formatOf, knownNamesOf, namesOf, type SpanQuery, spanOf } from './request-parts.ts';

export const CONTACTS_LIMITS = {
  /** Legs of a page unless asked otherwise. */
  defaultPage: 100,
  /** Legs of a page. */
  maxPage: 1000,
  /** Events shown of one contact, and legs. */
  timeline: 5000,
} as const;

/** As they come out of the query string. */
export interface ContactsQuery extends SpanQuery {
  readonly queue?: readonly string[];
  readonly source?: readonly string[];
  readonly channel?: readonly string[];
  readonly agent?: readonly string[];
  readonly caller?: readonly string[];
  readonly outcome?: readonly string[];
  readonly min_wait?: string;
  readonly limit?: number;
  readonly cursor?: string;
  readonly format?: string;
}
export interface ContactsContext {
  readonly nowMs: number;
  readonly timeZone: string;
  /** A number as the pseudonym that is stored; null where there is no key. */
  readonly pseudonymise: ((number: string) => string) | null;
}
export interface ContactsRequest {
  /** Without the token's own limits yet. */
  readonly search: Omit<ContactSearch, 'scope'> & {
    readonly queues: readonly string[] | null;
    readonly sources: readonly string[] | null;
    readonly channels: readonly string[] | null;
  };
  readonly page: Page;
  readonly format: Format;
}

const PSEUDONYM = /^[0-9a-f]{32}$/;

const callersOf = (
  { caller }: ContactsQuery,
  { pseudonymise }: ContactsContext,
  faults: Fault[],
): readonly string[] | null => {
  // A `+` that a client left unescaped in a query string arrives as a space.
  const asked = namesOf(caller?.map((text) => text.replace(/^ (?=\d)/, '+')));
  if (asked === null) return null;
  if (pseudonymise === null && asked.some((text) => !PSEUDONYM.test(text))) {
    const message = 'this server has no key to look for a number with: give the pseudonym';
    faults.push({ path: 'caller', message });
    return null;
  }
  return asked.map((text) => (PSEUDONYM.test(text) || pseudonymise === null ? text : pseudonymise(text)));
};

const minWaitOf = ({ min_wait: text }: ContactsQuery, faults: Fault[]): number | null => {
  if (text === undefined) return null;
  const waitMs = parseDuration(text);
  if (waitMs === null) {
    faults.push({ path: 'min_wait', message: `${text} is not a duration such as 20s, 1m30s or 500ms` });
  }
  return waitMs;
};

/** Opaque to the client; it holds nothing that the page it came with did not show. */
export const writeCursor = (last: ContactLeg): string => {
  const { offered_at, source, contact_id, leg, queue } = last;
  return Buffer.from(JSON.stringify([Date.parse(offered_at), source, contact_id, leg, queue])).toString(
    'base64url',
  );
};

const readCursor = (cursor: string): PageEnd | null => {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (!Array.isArray(parts) || parts.length !== 5) return null;
    const [offeredAtMs, source, contactId, leg, queue] = parts as unknown[];
    if (!Number.isSafeInteger(offeredAtMs) || !Number.isSafeInteger(leg) || Number(leg) < 0) return null;
    if (typeof source !== 'string' || typeof contactId !== 'string' || typeof queue !== 'string') return null;
    return { offeredAtMs: Number(offeredAtMs), source, contactId, leg: Number(leg), queue };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};

const pageOf = ({ limit, cursor }: ContactsQuery, faults: Fault[]): Page => {
  const after = cursor === undefined ? null : readCursor(cursor);
  if (cursor !== undefined && after === null) {
    faults.push({ path: 'cursor', message: 'is none that came as next_cursor' });
  }
  return { limit: limit ?? CONTACTS_LIMITS.defaultPage, after };
};

const wholeOrPaged = (query: ContactsQuery, faults: Fault[]): Format => {
  const { limit, cursor } = query;
  const format = formatOf(query.format, faults);
  if (format !== 'json' && (limit !== undefined || cursor !== undefined)) {
    const message = `goes with format=json alone: ${format} comes whole`;
    faults.push({ path: limit === undefined ? 'cursor' : 'limit', message });
  }
  return format;
};

export type ParsedContacts =
  | { readonly ok: true; readonly value: ContactsRequest }
  | { readonly ok: false; readonly faults: readonly Fault[] };

export const parseContactsRequest = (query: ContactsQuery, context: ContactsContext): ParsedContacts => {
  const faults: Fault[] = [];
  const { fromMs, toMs } = spanOf(query, context, faults);
  const value: ContactsRequest = {
    search: {
      range: { fromMs, toMs },
      queues: namesOf(query.queue),
      sources: namesOf(query.source),
      channels: knownNamesOf('channel', query.channel, CHANNELS, faults),
      agents: namesOf(query.agent),
      callers: callersOf(query, context, faults),
      outcomes: knownNamesOf('outcome', query.outcome, LEG_OUTCOMES, faults),
      minWaitMs: minWaitOf(query, faults),
    },
    page: pageOf(query, faults),
    format: wholeOrPaged(query, faults),
  };
  return faults.length === 0 ? { ok: true, value } : { ok: false, faults };
};

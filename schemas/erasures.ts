/**
 * Whose callers are forgotten, and what is left of events and dead letters without them. An erasure names pseudonyms and
 * never a number; whoever reads the log reads it through these.
 */
import type { CanonicalEvent } from './events.ts';
import type { DeadLetterRow } from './rows.ts';

/** Which dead letter, within its tenant. */
export type LetterName = Pick<DeadLetterRow, 'source' | 'feed' | 'seq'>;

/** Which event, within its tenant. */
export type EventName = Pick<CanonicalEvent, 'source' | 'seq'>;

export interface Erasure {
  readonly tenant: string;
  /** Pseudonyms that no reader of the log takes over. */
  readonly callers: readonly string[];
  /** Dead letters whose line held a pseudonym or the number itself. */
  readonly letters: readonly LetterName[];
  /** Events whose free text held the number itself, written so that it was not seen when it came. */
  readonly texts: readonly EventName[];
  /** `caller`: only the pseudonym was known, so the key it was made with is still there and makes another one from now on. */
  readonly by: 'number' | 'caller';
  readonly erased_at: number;
}

/** A pseudonym within a text, as JavaScript's and as ClickHouse's regular expression. The second form is the simulator's. */
export const CALLER_TOKEN = '[0-9a-f]{32}|caller-[0-9a-f]{8}';
const ONE_TOKEN = new RegExp(`^(?:${CALLER_TOKEN})$`);
export const isCallerToken = (text: string): boolean => ONE_TOKEN.test(text);

/** All erasures that are known, as a filter of what is read from the log. */
export interface Erased {
  /** 0 while nothing is forgotten, and so nothing needs filtering. */
  readonly size: () => number;
  readonly add: (erasure: Erasure) => void;
  readonly has: (tenant: string, caller: string) => boolean;
  /** The text without the pseudonyms in it that are forgotten. */
  readonly text: (tenant: string, text: string) => string;
  /** The event without what is forgotten: itself where it names nothing of that. */
  readonly event: (event: CanonicalEvent) => CanonicalEvent;
  readonly letter: (letter: DeadLetterRow) => DeadLetterRow;
}

const nameOf = ({ source, feed, seq }: LetterName): string => JSON.stringify([source, feed, seq]);

const eventNameOf = ({ source, seq }: EventName): string => JSON.stringify([source, seq]);

interface OfTenant {
  readonly callers: Set<string>;
  readonly letters: Set<string>;
  readonly texts: Set<string>;
}
const nothingOf = (): OfTenant => ({ callers: new Set(), letters: new Set(), texts: new Set() });

export const noErasures = (): Erased => {
  const tenants = new Map<string, OfTenant>();
  const token = new RegExp(CALLER_TOKEN, 'g');
  let size = 0;
  const has = (tenant: string, caller: string): boolean => tenants.get(tenant)?.callers.has(caller) ?? false;
  const withoutTokens = (tenant: string, text: string): string =>
    text.replace(token, (found) => (has(tenant, found) ? '' : found));

  const event = (of: CanonicalEvent): CanonicalEvent => {
    const { tenant, body } = of;
    const texts = tenants.get(tenant)?.texts;
    if (texts === undefined) return of;
    const textOf = (text: string): string => (texts.has(eventNameOf(of)) ? '' : withoutTokens(tenant, text));
    switch (body.type) {
      case 'contact_offered':
      case 'contact_refused':
        return has(tenant, body.caller) ? { ...of, body: { ...body, caller: '' } } : of;
      case 'contact_transferred': {
        const to = textOf(body.to);
        return to === body.to ? of : { ...of, body: { ...body, to } };
      }
      case 'annotated': {
        const text = textOf(body.text);
        return text === body.text ? of : { ...of, body: { ...body, text } };
      }
      default:
        return of;
    }
  };
  const letter = (of: DeadLetterRow): DeadLetterRow => {
    const names = tenants.get(of.tenant);
    if (names === undefined) return of;
    const isForgotten = names.letters.has(nameOf(of)) || withoutTokens(of.tenant, of.line) !== of.line;
    return isForgotten ? { ...of, line: '' } : of;
  };
  return {
    size: () => size,
    add: ({ tenant, callers, letters, texts }) => {
      const known = tenants.get(tenant) ?? nothingOf();
      tenants.set(tenant, known);
      for (const caller of callers) known.callers.add(caller);
      for (const name of letters) known.letters.add(nameOf(name));
      for (const name of texts) known.texts.add(eventNameOf(name));
      size += callers.length + letters.length + texts.length;
    },
    has,
    text: withoutTokens,
    event,
    letter,
  };
};

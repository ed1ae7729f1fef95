/**
 * Callers' numbers become keyed pseudonyms before anything is written down. A bare hash of a telephone number can be
 * reversed by trying all numbers; an HMAC cannot without the key, which is kept outside log and store.
 */
import { createHmac, hkdfSync } from 'node:crypto';

export type Pseudonymise = (number: string) => string;

const KEY_BYTES = 32;
const PSEUDONYM_HEX_DIGITS = 32;
/** The same callers ring again and again; beyond this many the cache starts afresh. */
const MAX_CACHED = 50_000;
/** What exchanges write for a caller who withholds his number. */
const WITHHELD = new Set(['', 'anonymous', 'restricted', 'unknown', 'unavailable', 'private', '<unknown>']);

/** The number without the marks people and exchanges put into it: `+27 (82) 555-0001` and `0027825550001` are one. */
export const normaliseNumber = (number: string): string => {
  const bare = number.trim().replace(/[\s().\-/]/g, '');
  return bare.startsWith('+') ? `00${bare.slice(1)}` : bare;
};

/** A pseudonym a tenant: the same number at two tenants cannot be linked. '' for a withheld number. */
export const createPseudonymiser = (masterKey: string, tenant: string): Pseudonymise => {
  const key = Buffer.from(hkdfSync('sha256', masterKey, '', `busyhour/caller/${tenant}`, KEY_BYTES));
  let known = new Map<string, string>();
  return (number) => {
    const normal = normaliseNumber(number);
    if (WITHHELD.has(normal.toLowerCase())) return '';
    const cached = known.get(normal);
    if (cached !== undefined) return cached;
    const pseudonym = createHmac('sha256', key).update(normal).digest('hex').slice(0, PSEUDONYM_HEX_DIGITS);
    if (known.size >= MAX_CACHED) known = new Map();
    known.set(normal, pseudonym);
    return pseudonym;
  };
};

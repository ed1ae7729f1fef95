/**
 * Callers' numbers become keyed pseudonyms before anything is written down. A bare hash of a telephone number can be
 * reversed by trying all numbers; an HMAC cannot without the key. Two keys make one: the tenant's, which is outside log
 * and store, and the subject's, which is what an erasure replaces (docs/decisions/0011).
 */
import { createHmac, hkdfSync } from 'node:crypto';
import { PATH_DIGITS, type SubjectKeys } from '../infra/subjects/subject-keys.ts';

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

/** Whose number it is, to those who have the tenant's key. */
export interface Subject {
  /** Where the subject's own key is. */
  readonly path: string;
  readonly key: Uint8Array;
  /** The pseudonym that is given now. */
  readonly caller: string;
  /** Those given before it by the same key, each erased without the number being known. */
  readonly earlier: readonly string[];
}

export type FindSubject = (number: string) => Subject | null;

/** Finds the subject of a number at one tenant; null for a withheld number. */
export const createSubjectFinder = (masterKey: string, tenant: string, keys: SubjectKeys): FindSubject => {
  const tenantKey = Buffer.from(hkdfSync('sha256', masterKey, '', `busyhour/caller/${tenant}`, KEY_BYTES));
  return (number) => {
    const normal = normaliseNumber(number);
    if (WITHHELD.has(normal.toLowerCase())) return null;
    const inTenant = createHmac('sha256', tenantKey).update(normal).digest('hex');
    const path = inTenant.slice(0, PATH_DIGITS);
    const key = keys.keyOf(path);
    const earlier: string[] = [];
    for (;;) {
      const caller = createHmac('sha256', key)
        .update(`${inTenant}/${earlier.length}`)
        .digest('hex')
        .slice(0, PSEUDONYM_HEX_DIGITS);
      if (!keys.isRetired(tenant, caller)) return { path, key, caller, earlier };
      earlier.push(caller);
    }
  };
};

/** Keys an original is kept under. */
export type OnSubject = (subject: Subject, number: string) => void;

/** A pseudonym a tenant: the same number at two tenants cannot be linked. '' for a withheld number. */
export const createPseudonymiser = (
  masterKey: string,
  tenant: string,
  keys: SubjectKeys,
  onSubject: OnSubject = () => {},
): Pseudonymise => {
  const find = createSubjectFinder(masterKey, tenant, keys);
  let known = new Map<string, string>();
  let version = keys.version();
  return (number) => {
    if (keys.version() !== version) {
      known = new Map();
      version = keys.version();
    }
    const cached = known.get(number);
    if (cached !== undefined) return cached;
    const subject = find(number);
    if (subject !== null) onSubject(subject, normaliseNumber(number));
    if (known.size >= MAX_CACHED) known = new Map();
    known.set(number, subject?.caller ?? '');
    return subject?.caller ?? '';
  };
};

/** Fewer digits are found in text that has nothing to do with telephones. */
const FEWEST_DIGITS_IN_TEXT = 7;

/**
 * A regular expression (RE2) that finds the number in text however it is written; null for one too short to tell. The
 * national form of an international number is another number here, as it is to the pseudonymiser.
 */
export const numberPattern = (number: string): string | null => {
  const normal = normaliseNumber(number);
  if (!/^\d+$/.test(normal) || normal.length < FEWEST_DIGITS_IN_TEXT) return null;
  const international = normal.startsWith('00');
  const digits = (international ? normal.slice(2) : normal).split('').join('[\\s().\\-/]{0,2}');
  return `(?:^|[^0-9])${international ? '(?:\\+|00)[\\s(]{0,2}' : ''}${digits}(?:[^0-9]|$)`;
};

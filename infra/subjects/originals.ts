/**
 * Callers' numbers, kept where that is asked for: each sealed with its subject's key, so that replacing the key destroys
 * it wherever a copy may be. Only the node that ingests writes them; a store that is away costs them, never an event.
 */
import type { OriginalRow } from '../../schemas/access-rows.ts';
import { type Store, StoreError } from '../clickhouse/store.ts';
import { LogError } from '../log/log-error.ts';
import { seal, sealingKey, unseal } from './seal.ts';
import type { SubjectKeyStore, SubjectKeys } from './subject-keys.ts';

/** Rows waiting for the store; what comes on top waits for the caller's next call. */
const MAX_WAITING = 20_000;
const WRITE_MS = 1_000;

/** The subject as ingest found it. */
export interface KnownSubject {
  readonly path: string;
  readonly key: Uint8Array;
  readonly caller: string;
}
export interface Originals {
  readonly keep: (tenant: string, subject: KnownSubject, number: string) => void;
  /** Writes what is left. */
  readonly close: () => Promise<void>;
}

const PLACE = 'place of an original';
const NUMBER = 'original';
const nameOf = (tenant: string, caller: string): string => `${tenant}/${caller}`;

/** The row of a number. */
export const originalRow = (
  secret: string,
  tenant: string,
  { path, key, caller }: KnownSubject,
  number: string,
  keptAtMs: number,
): OriginalRow => {
  const name = nameOf(tenant, caller);
  return {
    tenant,
    caller,
    place: seal(sealingKey(secret, PLACE), name, path).toString('base64url'),
    number: seal(sealingKey(key, NUMBER), name, number).toString('base64url'),
    kept_at: keptAtMs,
  };
};

/** The number of a row; null where the subject's key has been replaced, or the secret is another one. */
export const readOriginal = (
  secret: string,
  keys: Pick<SubjectKeys, 'keyOf'>,
  { tenant, caller, place, number }: Pick<OriginalRow, 'tenant' | 'caller' | 'place' | 'number'>,
): string | null => {
  const name = nameOf(tenant, caller);
  const path = unseal(sealingKey(secret, PLACE), name, Buffer.from(place, 'base64url'));
  if (path === null) return null;
  return unseal(sealingKey(keys.keyOf(path), NUMBER), name, Buffer.from(number, 'base64url'));
};

/** The row kept of a pseudonym. Throws `StoreError`. */
export const findOriginal = async (
  store: Store,
  tenant: string,
  caller: string,
): Promise<OriginalRow | null> => {
  const [row] = await store.query<OriginalRow>(
    `SELECT tenant, caller, place, number, 0 AS kept_at FROM acd.originals_rows FINAL
     WHERE tenant = {tenant:String} AND caller = {caller:String}`,
    { tenant, caller },
  );
  return row ?? null;
};

export const startOriginals = (
  store: Pick<Store, 'insert'>,
  secret: string,
  keys: Pick<SubjectKeyStore, 'refresh' | 'isErased'>,
  nowMs: () => number,
): Originals => {
  let waiting: OriginalRow[] = [];
  const isKept = ({ tenant, caller }: OriginalRow): boolean => !keys.isErased(tenant, caller);
  const write = async (): Promise<void> => {
    const rows = waiting;
    waiting = [];
    if (rows.length === 0) return;
    try {
      // An erasure tells first and deletes a while later: what it deletes before this lands it had told before this looked.
      await keys.refresh();
      await store.insert('originals_rows', rows.filter(isKept));
    } catch (error) {
      const isKnown = error instanceof StoreError || error instanceof LogError;
      if (!isKnown) throw error;
      if (error instanceof LogError || error.fault === 'retry')
        waiting = [...rows, ...waiting].slice(0, MAX_WAITING);
    }
  };
  let writing: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    writing = writing.then(write);
  }, WRITE_MS).unref();
  return {
    keep: (tenant, subject, number) => {
      if (waiting.length < MAX_WAITING) waiting.push(originalRow(secret, tenant, subject, number, nowMs()));
    },
    close: async () => {
      clearInterval(timer);
      await writing.then(write);
    },
  };
};

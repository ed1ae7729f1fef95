/**
 * Takes callers out of rows that have landed. ClickHouse keeps the text of a mutation beside the table, so none names
 * what it removes: pseudonyms go by their SHA-256, everything else by the names of rows.
 */
import { createHash } from 'node:crypto';
import { CALLER_TOKEN, type EventName, type LetterName } from '../../schemas/erasures.ts';
import { onCluster } from './cluster.ts';
import { type Store, StoreError } from './store.ts';

/** What of the subject stands in which table: counts of rows, as readers see them. */
export type FoundRows = Readonly<
  Record<'contact_legs' | 'events' | 'dead_letters' | 'audit' | 'originals', number>
>;

export interface ErasedSubject {
  readonly tenant: string;
  /** Pseudonyms. */
  readonly callers: readonly string[];
  /** Matches the number as people write it, for text that may hold it; null where it is not known. */
  readonly numberPattern: string | null;
}

const TOKENS_OF = (column: string): string => `extractAll(${column}, '${CALLER_TOKEN}')`;
/** Nothing matches it. */
const NOTHING = '[^\\s\\S]';

const hasNumber = (text: string): string => `match(${text}, {number:String})`;
const hasCaller = (text: string): string =>
  `arrayExists(c -> position(${text}, c) > 0, {callers:Array(String)})`;
const inText = (column: string): string => `(${hasCaller(column)} OR ${hasNumber(column)})`;
/** Digits elsewhere in an event are durations and names of other things. */
const FREE_TEXT = `concat(JSONExtractString(body, 'text'), ' ', JSONExtractString(body, 'to'))`;

const paramsOf = ({ tenant, callers, numberPattern }: ErasedSubject) => ({
  tenant,
  callers,
  number: numberPattern ?? NOTHING,
});

/** Counts, and shows nothing. Throws `StoreError`. */
export const findSubject = async (store: Store, subject: ErasedSubject): Promise<FoundRows> => {
  const count = async (from: string, where: string): Promise<number> => {
    const [row] = await store.query<{ rows: number }>(
      `SELECT count() AS rows FROM acd.${from} FINAL WHERE tenant = {tenant:String} AND ${where}`,
      paramsOf(subject),
    );
    return row?.rows ?? 0;
  };
  const isCaller = 'caller IN {callers:Array(String)}';
  return {
    contact_legs: await count('contact_legs_rows', `(${isCaller} OR ${inText('transferred_to')})`),
    events: await count('events_rows', `(${hasCaller('body')} OR ${hasNumber(FREE_TEXT)})`),
    dead_letters: await count('dead_letters_rows', inText('line')),
    audit: await count('audit_rows', inText('detail')),
    originals: await count('originals_rows', isCaller),
  };
};

/** The dead letters whose line holds the number or a pseudonym. Throws `StoreError`. */
export const findLetters = (store: Store, subject: ErasedSubject): Promise<readonly LetterName[]> =>
  store.query<LetterName>(
    `SELECT DISTINCT source, feed, seq FROM acd.dead_letters_rows
     WHERE tenant = {tenant:String} AND ${inText('line')}
     ORDER BY ALL`,
    paramsOf(subject),
  );

/** The events whose free text holds the number itself. Throws `StoreError`. */
export const findTexts = (store: Store, subject: ErasedSubject): Promise<readonly EventName[]> =>
  store.query<EventName>(
    `SELECT DISTINCT source, seq FROM acd.events_rows
     WHERE tenant = {tenant:String} AND ${hasNumber(FREE_TEXT)}
     ORDER BY ALL`,
    paramsOf(subject),
  );

/** The legs that were transferred to the number itself. */
const findTransfers = (store: Store, subject: ErasedSubject) =>
  store.query<{ readonly source: string; readonly contact_id: string; readonly leg: number }>(
    `SELECT DISTINCT source, contact_id, leg FROM acd.contact_legs_rows
     WHERE tenant = {tenant:String} AND ${hasNumber('transferred_to')} ORDER BY ALL`,
    paramsOf(subject),
  );

/** The entries of the audit log that name the subject: an SQL query can. */
const findEntries = async (store: Store, subject: ErasedSubject): Promise<readonly string[]> => {
  const rows = await store.query<{ id: string }>(
    `SELECT DISTINCT id FROM acd.audit_rows WHERE tenant = {tenant:String} AND ${inText('detail')} ORDER BY id`,
    paramsOf(subject),
  );
  return rows.map(({ id }) => id);
};

const quote = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
const list = (texts: readonly string[]): string => `(${texts.map(quote).join(', ')})`;

/** As JSON.stringify writes it. */
const WITHOUT_FREE_TEXT = String.raw`replaceRegexpAll(body, '"(text|to)":"(?:[^"\\\\]|\\\\.)*"', '"\\1":""')`;

/** A statement names so many rows at the most: what ClickHouse reads of one is limited. */
const ROWS_PER_STATEMENT = 500;
const chunksOf = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / ROWS_PER_STATEMENT) }, (_, i) =>
    items.slice(i * ROWS_PER_STATEMENT, (i + 1) * ROWS_PER_STATEMENT),
  );

export interface EraseRows extends ErasedSubject {
  readonly letters: readonly LetterName[];
  readonly texts: readonly EventName[];
  /** '' = one server. */
  readonly cluster: string;
}

/**
 * Has every part rewritten that holds the subject; `untilRewritten` tells when it is done. Done twice it changes nothing
 * more. Throws `StoreError`.
 */
export const eraseRows = async (store: Store, erase: EraseRows): Promise<void> => {
  const { tenant, callers, letters, texts, cluster } = erase;
  const table = (name: string): string =>
    cluster === '' ? `acd.${name}` : `acd.${name}_local${onCluster(cluster)}`;
  const mutate = (name: string, change: string, where: string): Promise<void> =>
    store.command(`ALTER TABLE ${table(name)} ${change} WHERE tenant = ${quote(tenant)} AND (${where})`);
  const digests = list(
    callers.map((caller) => createHash('sha256').update(caller).digest('hex').toUpperCase()),
  );
  const isErased = (text: string): string => `hex(SHA256(${text})) IN ${digests}`;
  const erasedIn = (column: string): string => `arrayExists(t -> ${isErased('t')}, ${TOKENS_OF(column)})`;
  const without = (column: string): string =>
    `${column} = arrayFold((rest, t) -> replaceAll(rest, t, ''), arrayFilter(t -> ${isErased('t')}, ${TOKENS_OF(column)}), ${column})`;
  await mutate('contact_legs_rows', `UPDATE caller = ''`, isErased('caller'));
  await mutate('contact_legs_rows', `UPDATE ${without('transferred_to')}`, erasedIn('transferred_to'));
  await mutate('events_rows', `UPDATE ${without('body')}`, erasedIn('body'));
  await mutate('originals_rows', 'DELETE', isErased('caller'));
  for (const legs of chunksOf(await findTransfers(store, erase))) {
    const rows = legs.map(
      ({ source, contact_id, leg }) => `(${quote(source)}, ${quote(contact_id)}, ${leg})`,
    );
    await mutate(
      'contact_legs_rows',
      `UPDATE transferred_to = ''`,
      `(source, contact_id, leg) IN (${rows.join(', ')})`,
    );
  }
  for (const names of chunksOf(texts)) {
    const rows = names.map(({ source, seq }) => list([source, seq]));
    await mutate(
      'events_rows',
      `UPDATE body = ${WITHOUT_FREE_TEXT}`,
      `(source, seq) IN (${rows.join(', ')})`,
    );
  }
  for (const names of chunksOf(letters)) {
    const rows = names.map(({ source, feed, seq }) => list([source, feed, seq]));
    await mutate('dead_letters_rows', `UPDATE line = ''`, `(source, feed, seq) IN (${rows.join(', ')})`);
  }
  for (const ids of chunksOf(await findEntries(store, erase))) {
    await mutate('audit_rows', `UPDATE detail = '(erased: it named an erased caller)'`, `id IN ${list(ids)}`);
  }
};

/**
 * Leaves of snapshots only the newest of this fold: older ones still know what has been erased. Throws `StoreError`.
 */
export const dropOldSnapshots = async (store: Store, foldVersion: number, cluster: string): Promise<void> => {
  const table = cluster === '' ? 'acd.snapshots_rows' : `acd.snapshots_rows_local${onCluster(cluster)}`;
  await store.command(`ALTER TABLE ${table} DELETE WHERE fold_version != ${foldVersion}`);
  await store.command(`OPTIMIZE TABLE ${table} FINAL`);
};

const POLL_MS = 200;

/** Resolves when every mutation of a database is done, on all servers. Throws `StoreError`, also for one that fails. */
export const untilRewritten = async (
  store: Store,
  { database, cluster }: { readonly database: string; readonly cluster: string },
  wait: (ms: number) => Promise<void>,
): Promise<void> => {
  const from = cluster === '' ? 'system.mutations' : `clusterAllReplicas('${cluster}', system.mutations)`;
  for (;;) {
    const open = await store.query<{ table: string; failed: string }>(
      `SELECT table, latest_fail_reason AS failed FROM ${from} WHERE database = {database:String} AND NOT is_done AND NOT is_killed`,
      { database },
    );
    const broken = open.find(({ failed }) => failed !== '');
    if (broken !== undefined) {
      throw new StoreError(
        `${database}.${broken.table} cannot be rewritten: ${broken.failed}`,
        'retry',
        'MUTATION',
      );
    }
    if (open.length === 0) return;
    await wait(POLL_MS);
  }
};

/**
 * The ledger of what has been published, in the embedded log's file. An id is kept as 16 bytes of its SHA-256:
 * at a thousand million ids the odds of two being alike are below one in 10^20.
 */
import { hash } from 'node:crypto';
import { openSqliteFile, type SqliteFile, type SqliteFileOptions } from '../log/sqlite-file.ts';
import type { PublishedLedger } from './published-ledger.ts';

const ID_BYTES = 16;
/** More are dealt with in several transactions, so that appends get in between. */
const MAX_IDS_PER_TRANSACTION = 10_000;

const TABLES = `
  CREATE TABLE IF NOT EXISTS ledger_sources (source INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE IF NOT EXISTS ledger_ids (
    source INTEGER NOT NULL, id BLOB NOT NULL, PRIMARY KEY (source, id)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS ledger_cursors (name TEXT PRIMARY KEY, place TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;

export interface SqliteLedger extends PublishedLedger {
  /** Keys (`tenant/source`) of the sources that anything was published of. */
  sources(): readonly string[];
  close(): Promise<void>;
}

const digest = (id: string): Buffer => hash('sha256', id, 'buffer').subarray(0, ID_BYTES);

const chunks = (ids: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(ids.length / MAX_IDS_PER_TRANSACTION) }, (_, index) =>
    ids.slice(index * MAX_IDS_PER_TRANSACTION, (index + 1) * MAX_IDS_PER_TRANSACTION),
  );

const openIds = ({ db, read, write }: SqliteFile): Pick<SqliteLedger, 'known' | 'remember' | 'sources'> => {
  const names = db.prepare('SELECT name FROM ledger_sources');
  const findSource = db.prepare('SELECT source FROM ledger_sources WHERE name = ?');
  const addSource = db.prepare('INSERT OR IGNORE INTO ledger_sources (name) VALUES (?)');
  const find = db.prepare('SELECT 1 FROM ledger_ids WHERE source = ? AND id = ?');
  const add = db.prepare('INSERT OR IGNORE INTO ledger_ids (source, id) VALUES (?, ?)');

  const numberOf = (source: string): number | undefined => {
    const number = findSource.get(source)?.source;
    return typeof number === 'number' ? number : undefined;
  };
  const areKnown = (source: string, ids: readonly string[]): readonly boolean[] => {
    const number = numberOf(source);
    if (number === undefined) return ids.map(() => false);
    return ids.map((id) => find.get(number, digest(id)) !== undefined);
  };
  const rememberAll = (source: string, ids: readonly string[]): void => {
    addSource.run(source);
    const number = numberOf(source) ?? 0;
    // In the order of the tree: neighbouring inserts then meet the same page, and a page is written once a batch.
    for (const id of ids.map(digest).sort((a, b) => a.compare(b))) add.run(number, id);
  };
  return {
    sources: () => read(() => names.all().map(({ name }) => String(name))),
    known: async (source, ids) => chunks(ids).flatMap((chunk) => read(() => areKnown(source, chunk))),
    remember: async (source, ids) => {
      for (const chunk of chunks(ids)) write(() => rememberAll(source, chunk));
    },
  };
};

const openCursors = ({ db, read, write }: SqliteFile): Pick<PublishedLedger, 'cursor' | 'saveCursor'> => {
  const find = db.prepare('SELECT place FROM ledger_cursors WHERE name = ?');
  const save = db.prepare('INSERT OR REPLACE INTO ledger_cursors (name, place) VALUES (?, ?)');
  return {
    cursor: async (name) => {
      const place = read(() => find.get(name))?.place;
      return typeof place === 'string' ? JSON.parse(place) : null;
    },
    saveCursor: async (name, place) => {
      write(() => save.run(name, JSON.stringify(place)));
    },
  };
};

/** Opens the ledger in the log's file, making either where missing. Throws LogError. */
export const openSqliteLedger = (options: SqliteFileOptions): SqliteLedger => {
  const file = openSqliteFile(options, TABLES);
  return { ...openIds(file), ...openCursors(file), close: async () => file.close() };
};

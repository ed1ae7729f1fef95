/**
 * The one SQLite file that the embedded log, the ledger and the schema registry share, each with tables of its
 * own: opened so that what is committed survives a power cut, and with SQLite's errors as LogErrors.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LogError, type LogErrorCode } from './log-error.ts';

/** "BUSY": how `file` and we ourselves know that a file is Busyhour's. */
const APPLICATION_ID = 0x42555359;
const LAYOUT_VERSION = 1;
/** Another process' append takes milliseconds; one that takes this long hangs. */
const BUSY_TIMEOUT_MS = 10_000;
const CACHE_KIB = 64 * 1024;
/** The WAL is cut back to this after a checkpoint, so that one large import does not keep its size for ever. */
const WAL_KEPT_BYTES = 64 * 1024 * 1024;

export interface SqliteFile {
  readonly db: DatabaseSync;
  /** Runs `work` in one write transaction: durable when it returns, undone when it throws. */
  readonly write: <T>(work: () => T) => T;
  /** Runs `work` on one snapshot of the file. */
  readonly read: <T>(work: () => T) => T;
  readonly close: () => void;
}
export interface SqliteFileOptions {
  readonly file: string;
  /** How large the file may grow (not counting its WAL); beyond it a write fails as on a full disk. */
  readonly maxBytes?: number;
}

/** SQLite's primary result codes (sqlite3.h). */
const SQLITE_FULL = 13;
const CODES: ReadonlyMap<number, readonly [LogErrorCode, string]> = new Map([
  [5, ['LOG_BUSY', `another process has held it for ${BUSY_TIMEOUT_MS / 1000} s: stop the one that hangs`]],
  [8, ['LOG_UNREACHABLE', 'it may not be written: check its owner and permissions']],
  [10, ['LOG_UNREACHABLE', 'reading or writing failed: check the disk']],
  [11, ['LOG_CORRUPT', 'its content is damaged: restore it from a backup']],
  [SQLITE_FULL, ['LOG_FULL', 'the disk is full, nothing of this was written: make room and try again']],
  [14, ['LOG_UNREACHABLE', 'it cannot be opened: check that the path exists and may be written']],
  [26, ['LOG_FOREIGN', 'it is no Busyhour log, or its head is damaged: name another data directory']],
]);
/** SQLITE_IOERR_SHMSIZE: the shared-memory file of the WAL could not grow, which is what a full disk does first. */
const IOERR_SHMSIZE = 10 | (19 << 8);

const asLogError = (error: unknown, file: string): unknown => {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return error;
  const known = CODES.get(error.errcode === IOERR_SHMSIZE ? SQLITE_FULL : error.errcode & 0xff);
  return known === undefined ? error : new LogError(known[0], `log ${file}: ${known[1]}`, error);
};

const run = <T>(db: DatabaseSync, file: string, begin: string, work: () => T): T => {
  try {
    db.exec(begin);
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // SQLite has already rolled back after some errors (a full disk among them), but not after all.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw asLogError(error, file);
  }
};

const numberOf = (db: DatabaseSync, sql: string): number => {
  const [value] = Object.values(db.prepare(sql).get() ?? {});
  return Number(value);
};

const claim = (db: DatabaseSync, file: string): void => {
  const application = numberOf(db, 'PRAGMA application_id');
  const empty = numberOf(db, 'SELECT count(*) FROM sqlite_schema') === 0;
  if (application === 0 && empty) {
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${LAYOUT_VERSION}`);
  } else if (application !== APPLICATION_ID) {
    throw new LogError(
      'LOG_FOREIGN',
      `log ${file}: it is another program's database: name another data directory`,
    );
  } else if (numberOf(db, 'PRAGMA user_version') > LAYOUT_VERSION) {
    throw new LogError(
      'LOG_TOO_NEW',
      `log ${file}: a later Busyhour wrote it: run that version or a newer one`,
    );
  }
};

const configure = (db: DatabaseSync, options: SqliteFileOptions): void => {
  // Checked before anything is written: opening a stranger's database must leave it as it is.
  run(db, options.file, 'BEGIN IMMEDIATE', () => claim(db, options.file));
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  // What compaction replaces in a topic of keys must not stay readable in the file's free pages.
  db.exec('PRAGMA secure_delete = ON');
  db.exec(`PRAGMA cache_size = -${CACHE_KIB}; PRAGMA journal_size_limit = ${WAL_KEPT_BYTES}`);
  if (options.maxBytes !== undefined) {
    const pages = Math.floor(options.maxBytes / numberOf(db, 'PRAGMA page_size'));
    db.exec(`PRAGMA max_page_count = ${pages}`);
  }
};

/** Opens or makes the file with its directory. Throws LogError. */
export const openSqliteFile = (options: SqliteFileOptions, tables: string): SqliteFile => {
  const { file } = options;
  const open = (): DatabaseSync => {
    try {
      mkdirSync(dirname(file), { recursive: true });
      return new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
    } catch (error) {
      if (error instanceof Error && 'errcode' in error) throw asLogError(error, file);
      throw new LogError(
        'LOG_UNREACHABLE',
        `log ${file}: its directory cannot be made: check the path`,
        error,
      );
    }
  };
  const db = open();
  try {
    configure(db, options);
    run(db, file, 'BEGIN IMMEDIATE', () => db.exec(tables));
  } catch (error) {
    db.close();
    throw asLogError(error, file);
  }
  return {
    db,
    write: (work) => run(db, file, 'BEGIN IMMEDIATE', work),
    read: (work) => run(db, file, 'BEGIN', work),
    close: () => db.close(),
  };
};

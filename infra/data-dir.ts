/**
 * The data directory: who holds it, the secrets made for it, and where a running node tells other commands
 * how to reach it. Everything in it belongs to its owner alone (0700, files 0600).
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const LOCK_FILE = 'lock';
const HOLDER_FILE = 'lock.json';
const SECRETS_FILE = 'secrets.json';
const NODE_FILE = 'node.json';
const TENANTS_FILE = 'tenants.json';
const SECRET_BYTES = 32;
/** Outlasts the moment in which another command's `findNode` tries the lock. */
const PROBE_LIMIT_MS = 200;
/** SQLite's result codes (https://sqlite.org/rescode.html); the extended ones keep the primary code in the low byte. */
const SQLITE_BUSY = 5;

export interface Holder {
  readonly pid: number;
  /** ISO time at which the directory was locked. */
  readonly since: string;
}
export type DataDirLock =
  | { readonly status: 'locked'; readonly release: () => void }
  | { readonly status: 'taken'; readonly by: Holder | null };

export interface Secrets {
  readonly clickhouseAdminPassword: string;
  readonly apiAdminToken: string;
  /** Key of the HMAC that pseudonymises callers; losing it makes old and new pseudonyms differ. */
  readonly pseudonymKey: string;
  /** What the passwords of the tenants' database users are derived from. */
  readonly sqlKey: string;
}

/** How other commands find the node that runs on a data directory. */
export interface RunningNode {
  readonly pid: number;
  readonly httpUrl: string;
  readonly clickhouseUrl: string;
  readonly startedAt: string;
}

/**
 * Takes the directory for this process, making it if need be. The lock is an open SQLite transaction, so it is
 * the operating system that gives it back when the process ends in whatever way, kill -9 included.
 */
export function lockDataDir(dir: string): DataDirLock {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  chmodSync(dir, 0o700);
  const db = openExclusively(join(dir, LOCK_FILE));
  if (db === null) return { status: 'taken', by: readJson<Holder>(join(dir, HOLDER_FILE)) };
  writePrivately(join(dir, HOLDER_FILE), { pid: process.pid, since: new Date().toISOString() });
  return {
    status: 'locked',
    release() {
      if (!db.isOpen) return;
      rmSync(join(dir, HOLDER_FILE), { force: true });
      db.close();
    },
  };
}

/** The one line for a user whose directory another process holds. */
export function takenMessage(dir: string, by: Holder | null): string {
  const holder = by === null ? 'another process' : `process ${by.pid} since ${by.since}`;
  return `The data directory ${dir} is in use by ${holder}: stop that one, or choose another with BUSYHOUR_DATA_DIR.`;
}

/** Reads the directory's secrets, making those that are missing. Call it holding the lock. */
export function loadSecrets(dir: string): Secrets {
  const path = join(dir, SECRETS_FILE);
  const kept = readJson<Partial<Secrets>>(path) ?? {};
  const secrets: Secrets = {
    clickhouseAdminPassword: kept.clickhouseAdminPassword ?? newSecret(),
    apiAdminToken: kept.apiAdminToken ?? newSecret(),
    pseudonymKey: kept.pseudonymKey ?? newSecret(),
    sqlKey: kept.sqlKey ?? newSecret(),
  };
  const names = Object.keys(secrets) as (keyof Secrets)[];
  if (names.some((name) => kept[name] === undefined)) writePrivately(path, secrets);
  return secrets;
}

/** The tenants that have a database user in this directory's ClickHouse. */
export function loadTenants(dir: string): readonly string[] {
  return readJson<string[]>(join(dir, TENANTS_FILE)) ?? [];
}

export function saveTenants(dir: string, tenants: readonly string[]): void {
  writePrivately(join(dir, TENANTS_FILE), tenants);
}

export function announceNode(dir: string, node: RunningNode): void {
  writePrivately(join(dir, NODE_FILE), node);
}

export function withdrawNode(dir: string): void {
  rmSync(join(dir, NODE_FILE), { force: true });
}

/**
 * The node that announced itself here and still runs; null when there is none. A node killed before it could
 * withdraw leaves its file but not its lock, so the lock decides.
 */
export function findNode(dir: string): RunningNode | null {
  const node = readJson<RunningNode>(join(dir, NODE_FILE));
  return node !== null && isLocked(dir) ? node : null;
}

function isLocked(dir: string): boolean {
  const path = join(dir, LOCK_FILE);
  if (!existsSync(path)) return false;
  const db = openExclusively(path);
  db?.close();
  return db === null;
}

function openExclusively(path: string): DatabaseSync | null {
  const db = new DatabaseSync(path, { timeout: PROBE_LIMIT_MS });
  try {
    db.exec('BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    db.close();
    if (isBusy(error)) return null;
    throw error;
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === SQLITE_BUSY;
}

function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

function readJson<T>(path: string): T | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new Error(`${path} cannot be read: repair or remove it.`, { cause: error });
  }
}

/** Whole or not at all: a reader, or a start after a crash, never sees half a file. */
function writePrivately(path: string, value: unknown): void {
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(draft, path);
}

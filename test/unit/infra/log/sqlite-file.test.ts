import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LogError } from '../../../../infra/log/log-error.ts';
import { openSqliteLog } from '../../../../infra/log/sqlite-log.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'busyhour-log-'));
  file = join(dir, 'log.sqlite');
});
afterEach(() => rmSync(dir, { recursive: true }));

const refusal = (): LogError => {
  try {
    openSqliteLog({ file });
  } catch (error) {
    if (error instanceof LogError) return error;
    throw error;
  }
  return expect.unreachable('the log was opened');
};

const topics = [{ name: 'events', partitions: 1, compacted: false }];
const madeLog = async (): Promise<void> => {
  const log = openSqliteLog({ file });
  await log.ensureTopics(topics);
  await log.append(
    'events',
    0,
    Array.from({ length: 500 }, () => ({ key: 'k', value: new Uint8Array(200).fill(1) })),
  );
  await log.close();
};
const inDatabase = (sql: string): void => {
  const db = new DatabaseSync(file);
  db.exec(sql);
  db.close();
};

describe('a file that cannot serve as a log is refused in one clear line', () => {
  test('any other file, which stays as it is', () => {
    const text = 'queue,offered\n'.repeat(1_000);
    writeFileSync(file, text);
    expect(refusal()).toMatchObject({ code: 'LOG_FOREIGN', message: expect.stringContaining(file) });
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test('another program’s database, which stays as it is', () => {
    inDatabase('CREATE TABLE customers (name TEXT)');
    const before = readFileSync(file);
    expect(refusal().code).toBe('LOG_FOREIGN');
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test('a log of a later version', async () => {
    await madeLog();
    inDatabase('PRAGMA user_version = 99');
    expect(refusal().code).toBe('LOG_TOO_NEW');
  });

  test('a log cut short', async () => {
    await madeLog();
    truncateSync(file, 4096 * 3);
    const readIt = async (): Promise<unknown> => {
      const log = openSqliteLog({ file });
      try {
        return await log.read('events', 0, 0, { maxRecords: 1_000, maxBytes: 1_000_000 });
      } finally {
        await log.close();
      }
    };
    await expect(readIt()).rejects.toMatchObject({ code: 'LOG_CORRUPT' });
  });

  test('a directory', () => {
    mkdirSync(file);
    expect(refusal().code).toBe('LOG_UNREACHABLE');
  });

  test('a path below a file', () => {
    writeFileSync(join(dir, 'blocked'), '');
    file = join(dir, 'blocked', 'log.sqlite');
    expect(refusal().code).toBe('LOG_UNREACHABLE');
  });
});

test('a log is opened again and again as it was', async () => {
  await madeLog();
  await madeLog();
  const log = openSqliteLog({ file });
  expect(await log.endOffset('events', 0)).toBe(1_000);
  await log.close();
});

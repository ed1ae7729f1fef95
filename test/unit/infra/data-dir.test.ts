import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  announceNode,
  findNode,
  loadSecrets,
  lockDataDir,
  takenMessage,
  withdrawNode,
} from '../../../infra/data-dir.ts';

const MODULE = new URL('../../../infra/data-dir.ts', import.meta.url).href;
const NODE = { pid: 1, httpUrl: 'http://127.0.0.1:1', clickhouseUrl: 'http://127.0.0.1:2', startedAt: '' };

let dir: string;
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'busyhour-data-')), 'data');
});
afterEach(() => rmSync(join(dir, '..'), { recursive: true, force: true }));

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

/** Another process that holds the directory until it is killed. */
async function holdElsewhere() {
  const script = `const { lockDataDir } = await import('${MODULE}');
    console.log(lockDataDir(process.argv[1]).status); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await once(child.stdout, 'data');
  return { child, said: String(said).trim() };
}

describe('locking the data directory', () => {
  test('makes it for its owner alone', () => {
    const lock = lockDataDir(dir);
    expect(lock.status).toBe('locked');
    expect(modeOf(dir)).toBe(0o700);
    if (lock.status === 'locked') lock.release();
  });

  test('a second holder is told who has it, and gets it once it is released', () => {
    const first = lockDataDir(dir);
    const second = lockDataDir(dir);
    expect(second).toMatchObject({ status: 'taken', by: { pid: process.pid } });
    if (first.status === 'locked') first.release();
    const third = lockDataDir(dir);
    expect(third.status).toBe('locked');
    if (third.status === 'locked') third.release();
  });

  test('another process is refused with the directory and the pid, and kill -9 of the holder frees it', async () => {
    const { child, said } = await holdElsewhere();
    expect(said).toBe('locked');
    const refused = lockDataDir(dir);
    expect(refused).toMatchObject({ status: 'taken', by: { pid: child.pid } });
    if (refused.status === 'taken') {
      const line = takenMessage(dir, refused.by);
      expect(line).toContain(dir);
      expect(line).toContain(String(child.pid));
    }
    child.kill('SIGKILL');
    await once(child, 'exit');
    const freed = lockDataDir(dir);
    expect(freed.status).toBe('locked');
    if (freed.status === 'locked') freed.release();
  });
});

describe('secrets', () => {
  test('are made once, differ from each other, and are kept from others', () => {
    const lock = lockDataDir(dir);
    const made = loadSecrets(dir);
    expect(new Set(Object.values(made)).size).toBe(4);
    expect(loadSecrets(dir)).toEqual(made);
    for (const file of readdirSync(dir))
      if (file.endsWith('.json')) expect(modeOf(join(dir, file))).toBe(0o600);
    if (lock.status === 'locked') lock.release();
  });

  test('a secret that a later version needs is added to the ones there are', () => {
    const lock = lockDataDir(dir);
    writeFileSync(join(dir, 'secrets.json'), JSON.stringify({ pseudonymKey: 'kept' }));
    const secrets = loadSecrets(dir);
    expect(secrets.pseudonymKey).toBe('kept');
    expect(secrets.apiAdminToken.length).toBeGreaterThan(40);
    expect(loadSecrets(dir)).toEqual(secrets);
    if (lock.status === 'locked') lock.release();
  });

  test('a damaged file is named instead of being replaced by new secrets', () => {
    const lock = lockDataDir(dir);
    writeFileSync(join(dir, 'secrets.json'), '{"api');
    expect(() => loadSecrets(dir)).toThrow(join(dir, 'secrets.json'));
    if (lock.status === 'locked') lock.release();
  });
});

describe('finding a running node', () => {
  test('it is found while it holds the directory, and gone when it withdraws', () => {
    const lock = lockDataDir(dir);
    expect(findNode(dir)).toBeNull();
    announceNode(dir, NODE);
    expect(findNode(dir)).toEqual(NODE);
    withdrawNode(dir);
    expect(findNode(dir)).toBeNull();
    if (lock.status === 'locked') lock.release();
  });

  test('a node that was killed left its announcement but is not found', () => {
    const lock = lockDataDir(dir);
    announceNode(dir, NODE);
    if (lock.status === 'locked') lock.release();
    expect(findNode(dir)).toBeNull();
  });

  test('no directory, no node, and none is made by asking', () => {
    expect(findNode(dir)).toBeNull();
    expect(() => statSync(dir)).toThrow();
  });
});

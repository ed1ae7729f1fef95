import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openStore } from '../../../infra/clickhouse/clickhouse-store.ts';
import { type EmbeddedServer, startEmbeddedClickHouse } from '../../../infra/clickhouse/embedded-server.ts';
import { lockDataDir } from '../../../infra/data-dir.ts';

const HELD_SERVER = fileURLToPath(new URL('./held-server.ts', import.meta.url));
const LIMIT_MS = 15_000;

let dataDir: string;
let closers: (() => unknown)[];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'busyhour-embedded-'));
  closers = [];
});
afterEach(async () => {
  for (const close of closers.reverse()) await close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(changes: { httpPort?: number; tcpPort?: number | null } = {}): Promise<EmbeddedServer> {
  const server = await startEmbeddedClickHouse({
    dataDir,
    httpPort: 0,
    tcpPort: null,
    adminPassword: 'admin-password',
    ...changes,
  });
  closers.push(() => server.close());
  return server;
}

function storeOf(server: EmbeddedServer) {
  const store = openStore({
    url: server.url,
    username: server.adminUser,
    password: 'admin-password',
    database: 'acd',
  });
  closers.push(() => store.close());
  return store;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

interface HeldServer {
  readonly parent: ChildProcessByStdio<null, Readable, null>;
  readonly lines: Interface;
  readonly pid: number;
  readonly url: string;
}

async function startHeldServer(): Promise<HeldServer> {
  const parent = spawn(process.execPath, [HELD_SERVER, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  closers.push(() => parent.kill('SIGKILL'));
  const lines = createInterface({ input: parent.stdout });
  const [line] = await once(lines, 'line');
  return { parent, lines, ...JSON.parse(String(line)) };
}

/** Resolves with how many rows had been acknowledged when at least `rows` were. */
async function acknowledged({ lines }: HeldServer, rows: number): Promise<number> {
  for (;;) {
    const [line] = await once(lines, 'line');
    const count = Number(JSON.parse(String(line)).acknowledged);
    if (count >= rows) return count;
  }
}

/** Who works in the store's directory: a server's process holds its lock for as long as it lives. */
function storeHolder(): number | null {
  const lock = lockDataDir(join(dataDir, 'clickhouse'));
  if (lock.status === 'taken') return lock.by?.pid ?? 0;
  lock.release();
  return null;
}

describe('a life of the embedded server', () => {
  test('starts on a free port, answers, and is gone when closed', async () => {
    const server = await start();
    const store = storeOf(server);
    expect(await store.ping()).toBe(true);
    await server.close();
    expect(await server.exited).toMatchObject({ expected: true });
    await expect(fetch(server.url)).rejects.toThrow();
    expect(storeHolder()).toBeNull();
  });

  test('opens the native port when asked to', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const tcpPort = portOf(probe);
    await new Promise((resolve) => probe.close(resolve));
    await start({ tcpPort });
    const socket = connect(tcpPort, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
  });

  test('keeps its passwords from others and listens on loopback only', async () => {
    const server = await start();
    for (const file of ['config.xml', 'users.xml']) {
      expect(statSync(join(dataDir, 'clickhouse', file)).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(dataDir, 'clickhouse', file), 'utf8')).not.toContain('-password<');
    }
    const port = Number(new URL(server.url).port).toString(16).toUpperCase().padStart(4, '0');
    if (process.platform === 'linux') {
      const sockets = readFileSync('/proc/net/tcp', 'utf8') + readFileSync('/proc/net/tcp6', 'utf8');
      const listening = sockets.split('\n').filter((line) => line.includes(`:${port} `) && / 0A /.test(line));
      expect(listening.map((line) => line.trim().split(/\s+/)[1])).toEqual([`0100007F:${port}`]);
    }
  });

  test('merges small inserts in the background', async () => {
    const store = storeOf(await start());
    await store.command('CREATE DATABASE acd');
    await store.command('CREATE TABLE acd.small (n UInt64) ENGINE = MergeTree ORDER BY n');
    for (let n = 0; n < 50; n++) await store.command(`INSERT INTO acd.small VALUES (${n})`);
    await vi.waitFor(
      async () => {
        const rows = await store.query<{ parts: number }>(
          "SELECT count() AS parts FROM system.parts WHERE table = 'small' AND active",
        );
        expect(rows[0]?.parts).toBeLessThan(20);
      },
      { timeout: LIMIT_MS, interval: 100 },
    );
  });

  test('its death is told', async () => {
    const server = await start();
    process.kill(server.pid, 'SIGKILL');
    const exit = await server.exited;
    expect(exit.expected).toBe(false);
    expect(exit.reason).toContain(join(dataDir, 'clickhouse', 'server.log'));
    await server.close();
  });
});

describe('crashes', () => {
  test('kill -9 of the parent ends the server too, and the next start has every acknowledged row', async () => {
    const held = await startHeldServer();
    const rows = await acknowledged(held, 500);
    held.parent.kill('SIGKILL');
    await vi.waitFor(() => expect(storeHolder()).toBeNull(), { timeout: LIMIT_MS });
    const store = storeOf(await start());
    const [count] = await store.query<{ rows: number }>('SELECT count() AS rows FROM events');
    expect(count?.rows).toBeGreaterThanOrEqual(rows);
  });

  test('a start on the same port right after that waits for the old server instead of taking it for its own', async () => {
    const held = await startHeldServer();
    await acknowledged(held, 100);
    held.parent.kill('SIGKILL');
    const server = await start({ httpPort: Number(new URL(held.url).port) });
    expect(storeHolder()).toBe(server.pid);
    expect(await storeOf(server).ping()).toBe(true);
  });

  test('kill -9 of both, in the middle of inserts, keeps every acknowledged row', async () => {
    const held = await startHeldServer();
    const rows = await acknowledged(held, 500);
    process.kill(held.pid, 'SIGKILL');
    held.parent.kill('SIGKILL');
    const store = storeOf(await start());
    const [count] = await store.query<{ rows: number }>('SELECT count() AS rows FROM events');
    expect(count?.rows).toBeGreaterThanOrEqual(rows);
  });

  test('a store whose server has gone says that another try may help', async () => {
    const server = await start();
    const store = storeOf(server);
    expect(await store.ping()).toBe(true);
    await server.close();
    await expect(store.query('SELECT 1')).rejects.toMatchObject({ name: 'StoreError', fault: 'retry' });
  });
});

describe('a start that cannot be', () => {
  test('a taken port is named', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    closers.push(() => other.close());
    const port = portOf(other);
    await expect(start({ httpPort: port })).rejects.toThrow(String(port));
    await expect(start({ tcpPort: port })).rejects.toThrow(String(port));
    expect(storeHolder()).toBeNull();
  });

  test('a platform without chdb’s library is told what else to do', async () => {
    const hide = `import { registerHooks } from 'node:module';
      registerHooks({ resolve(name, context, next) {
        if (name === 'chdb/libchdb') throw new Error('no build');
        return next(name, context);
      } });`;
    vi.stubEnv('NODE_OPTIONS', `--import=data:text/javascript,${encodeURIComponent(hide)}`);
    closers.push(() => vi.unstubAllEnvs());
    await expect(start()).rejects.toThrow(/no build for .*BUSYHOUR_CLICKHOUSE_URL/);
  });
});

/**
 * The embedded ClickHouse: the same engine as any server, started as a child process out of the npm package
 * chdb. It dies with its parent, also on kill -9, because it lives on the parent's end of its stdin.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ADMIN_USER, SHADOWED_FUNCTIONS, serverConfig, usersConfig } from './embedded-config.ts';
import { EXIT } from './embedded-exit.ts';
import type { DatabaseUser } from './sql-access.ts';

const CHILD = fileURLToPath(new URL('./embedded-child.ts', import.meta.url));
/** Includes the child's own wait for a predecessor, and loading the parts of a large store. */
const START_LIMIT_MS = 60_000;
const START_POLL_MS = 25;
const ANSWER_LIMIT_MS = 1_000;
/** A merge in flight is given up within this; after it the process is killed, which the store survives. */
const STOP_LIMIT_MS = 10_000;
/** A free port found by asking can be taken before the server binds it. */
const FREE_PORT_TRIES = 3;
const STDERR_TAIL_CHARS = 4_000;

export interface EmbeddedOptions {
  /** ClickHouse lives in `<dataDir>/clickhouse`. The caller holds the lock of `dataDir`. */
  readonly dataDir: string;
  /** 0 picks a free one. */
  readonly httpPort: number;
  /** The native protocol's port; null opens none. */
  readonly tcpPort: number | null;
  readonly adminPassword: string;
  /** Who may use SQL; ClickHouse reads its users once, when it starts. */
  readonly tenants?: readonly DatabaseUser[];
}
export interface ServerExit {
  /** Whether `close` asked for it. */
  readonly expected: boolean;
  /** One line: what happened and where to look. */
  readonly reason: string;
}
export interface EmbeddedServer {
  readonly url: string;
  readonly adminUser: string;
  readonly pid: number;
  /** Resolves when the process has ended, for whatever reason. */
  readonly exited: Promise<ServerExit>;
  /** Ends the server and waits for it. Idempotent. */
  close(): Promise<void>;
}

/** The server could not be started; the message is one line for the user. */
export class EmbeddedServerError extends Error {
  override readonly name = 'EmbeddedServerError';
}

/** Starts ClickHouse and resolves when it answers. Throws `EmbeddedServerError`. */
export async function startEmbeddedClickHouse(options: EmbeddedOptions): Promise<EmbeddedServer> {
  for (let tries = 1; ; tries++) {
    const httpPort = options.httpPort === 0 ? await findFreePort() : options.httpPort;
    const started = await start({ ...options, httpPort });
    if (started.status === 'running') return started.server;
    const mayRetry = options.httpPort === 0 && started.exitCode === EXIT.portTaken && tries < FREE_PORT_TRIES;
    if (!mayRetry) throw new EmbeddedServerError(started.reason);
  }
}

type ServerProcess = ChildProcessByStdio<Writable, Readable, Readable>;
interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly detail: string;
}
type Start =
  | { readonly status: 'running'; readonly server: EmbeddedServer }
  | { readonly status: 'failed'; readonly exitCode: number | null; readonly reason: string };

async function start(options: EmbeddedOptions): Promise<Start> {
  const home = join(options.dataDir, 'clickhouse');
  writeConfig(home, options);
  const child = spawnServer(home, options);
  const stderr = keepTail(child);
  const ended = new Promise<Ended>((resolve) => {
    child.once('error', (error) => resolve({ code: null, detail: error.message }));
    child.once('close', (code) => resolve({ code, detail: lastLine(stderr()) }));
  });
  const server = toServer(options, child, ended);
  if (await isServing(server.url, options.adminPassword, child, ended)) return { status: 'running', server };
  const hangs = child.exitCode === null && child.signalCode === null && child.pid !== undefined;
  await server.close();
  const end = await ended;
  const reason = hangs ? tooSlowMessage(home) : failureMessage(end, options);
  return { status: 'failed', exitCode: end.code, reason };
}

function spawnServer(home: string, options: EmbeddedOptions): ServerProcess {
  const ports = [options.httpPort, options.tcpPort].filter((port) => port !== null).map(String);
  // Detached: the terminal's Ctrl-C reaches the parent alone, which lands what it holds and then closes stdin.
  const child = spawn(process.execPath, [CHILD, home, ...ports], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    // clickhouse-local takes no time zone from its config: without this, times written without a zone would mean the machine's.
    env: { ...process.env, TZ: 'UTC' },
  });
  // A child that is gone already answers a closing stdin with EPIPE; its exit is what tells.
  child.stdin.on('error', () => undefined);
  return child;
}

function toServer(options: EmbeddedOptions, child: ServerProcess, ended: Promise<Ended>): EmbeddedServer {
  let closing = false;
  return {
    url: `http://127.0.0.1:${options.httpPort}`,
    adminUser: ADMIN_USER,
    pid: child.pid ?? 0,
    exited: ended.then((end) =>
      closing
        ? { expected: true, reason: 'ClickHouse was closed.' }
        : { expected: false, reason: failureMessage(end, options) },
    ),
    async close() {
      closing = true;
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** False when the process ended, or START_LIMIT_MS passed. */
async function isServing(
  url: string,
  password: string,
  child: ServerProcess,
  ended: Promise<Ended>,
): Promise<boolean> {
  const limit = AbortSignal.any([AbortSignal.timeout(START_LIMIT_MS), whenSettled(ended)]);
  const headers = { 'X-ClickHouse-User': ADMIN_USER, 'X-ClickHouse-Key': password };
  try {
    await once(child.stdout, 'data', { signal: limit });
    while (!(await isAnswered(`${url}/?query=SELECT%201`, headers))) {
      await pause(START_POLL_MS, undefined, { signal: limit });
    }
    return true;
  } catch (error) {
    if (limit.aborted) return false;
    throw error;
  }
}

function whenSettled(promise: Promise<unknown>): AbortSignal {
  const controller = new AbortController();
  void promise.then(() => controller.abort());
  return controller.signal;
}

/** On a connection of its own: one kept alive would hold up the server when it is closed. */
function isAnswered(url: string, headers: Record<string, string>): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { headers, agent: false, timeout: ANSWER_LIMIT_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
  });
}

function failureMessage({ code, detail }: Ended, options: EmbeddedOptions): string {
  const home = join(options.dataDir, 'clickhouse');
  switch (code) {
    case EXIT.noLibrary:
      return `The embedded ClickHouse has no build for ${process.platform}-${process.arch} here: run npm ci without --omit=optional, or set BUSYHOUR_CLICKHOUSE_URL to a server.`;
    case EXIT.storeTaken:
      return `Another ClickHouse still works in ${home}: stop it, or choose another directory with BUSYHOUR_DATA_DIR.`;
    case EXIT.portTaken: {
      const ports = [options.httpPort, options.tcpPort].filter((port) => port !== null).join(' or ');
      return `ClickHouse's port ${ports} on 127.0.0.1 is taken: stop what uses it, or set BUSYHOUR_CLICKHOUSE_HTTP_PORT to another.`;
    }
    default:
      return `ClickHouse ended (${code === null ? 'killed' : `code ${code}`}): see ${join(home, 'server.log')}. ${detail}`.trim();
  }
}

function tooSlowMessage(home: string): string {
  return `ClickHouse did not answer within ${START_LIMIT_MS / 1_000} s of starting: see ${join(home, 'server.log')}.`;
}

function writeConfig(home: string, options: EmbeddedOptions): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const usersFile = join(home, 'users.xml');
  const functions = join(home, 'store', 'user_defined');
  mkdirSync(functions, { recursive: true, mode: 0o700 });
  for (const { file, sql } of SHADOWED_FUNCTIONS) writePrivately(join(functions, file), sql);
  const { httpPort, tcpPort, adminPassword, tenants = [] } = options;
  writePrivately(usersFile, usersConfig({ admin: adminPassword, tenants }));
  writePrivately(
    join(home, 'config.xml'),
    serverConfig({ logFile: join(home, 'server.log'), usersFile, httpPort, tcpPort }),
  );
}

function writePrivately(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  chmodSync(path, 0o600);
}

function keepTail(child: ServerProcess): () => string {
  let tail = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    tail = (tail + chunk).slice(-STDERR_TAIL_CHARS);
  });
  return () => tail;
}

/** Without the line in which clickhouse-local says where it logs to. */
function lastLine(stderr: string): string {
  const lines = stderr
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('Logging '));
  return lines.at(-1) ?? '';
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Runs Busyhour as a user does: the command line in a process of its own, on a data directory of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'main.ts');

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** What it has printed so far. */
  readonly output: () => string;
}

export interface DataDir {
  readonly path: string;
  readonly remove: () => void;
}
export const makeDataDir = (): DataDir => {
  const path = mkdtempSync(join(tmpdir(), 'busyhour-cli-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};

type Environment = Readonly<Record<string, string>>;

/** Starts a command; ports are free ones unless `env` says otherwise. */
export const spawnBusyhour = (
  dataDir: string,
  args: readonly string[],
  env: Environment = {},
  input = '',
): Running => {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: dataDir,
    env: {
      ...process.env,
      BUSYHOUR_DATA_DIR: join(dataDir, 'data'),
      BUSYHOUR_PORT: '0',
      BUSYHOUR_CLICKHOUSE_HTTP_PORT: '0',
      BUSYHOUR_TIME_ZONE: 'UTC',
      ...env,
    },
  });
  child.stdin.end(input);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const finished = new Promise<Finished>((done) => {
    child.once('close', (code) => done({ code, stdout, stderr }));
  });
  return { child, finished, output: () => stdout + stderr };
};

export const busyhour = (
  dataDir: string,
  args: readonly string[],
  env: Environment = {},
  input = '',
): Promise<Finished> => spawnBusyhour(dataDir, args, env, input).finished;

export interface RunningNode extends Running {
  readonly url: string;
  readonly token: string;
  readonly get: (path: string) => Promise<Response>;
  /** Asks it to stop, as Ctrl-C does. */
  readonly stop: () => Promise<Finished>;
}

/** Starts a node and waits for the address it prints. Throws with its output when it ends before. */
export const startNode = async (
  dataDir: string,
  args: readonly string[],
  env: Environment = {},
): Promise<RunningNode> => {
  const running = spawnBusyhour(dataDir, ['start', ...args], env);
  const printed = new Promise<{ url: string; token: string }>((done) => {
    running.child.stdout?.on('data', () => {
      const address = /wallboard: (http:\/\/\S+?)\/(?:#token=(\S+))?\n/.exec(running.output());
      if (address?.[1] !== undefined) done({ url: address[1], token: address[2] ?? '' });
    });
  });
  const ended = running.finished.then(({ stdout, stderr }) => {
    throw new Error(`the node ended before it was ready: ${stdout}${stderr}`);
  });
  const { url, token } = await Promise.race([printed, ended]);
  return {
    ...running,
    url,
    token,
    get: (path) => fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } }),
    stop: () => {
      running.child.kill('SIGTERM');
      return running.finished;
    },
  };
};

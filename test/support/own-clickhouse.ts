/** A ClickHouse whose configuration a test has written itself: `config.xml` in a directory of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { resolve } from 'node:path';

const CHILD = resolve(import.meta.dirname, '../../infra/clickhouse/embedded-child.ts');

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Runs the configuration in `home`, HTTP port first, then the native one; it may not answer yet. Gives what ends it. */
export function runClickHouse(home: string, ports: readonly number[]): () => Promise<void> {
  const child = spawn(process.execPath, [CHILD, home, ...ports.map(String)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { ...process.env, TZ: 'UTC' },
  });
  child.stdin.on('error', () => undefined);
  return async () => {
    child.stdin.end();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
}

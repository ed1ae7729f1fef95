#!/usr/bin/env node
// Runs main.ts under the Node that npm pinned: TypeScript runs by type stripping, which older ones do not have.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const FLAGS = [
  // As many threads for V8's own work as there are cores to spare: its usual four, on two cores, cost a tenth of a worker's time.
  '--v8-pool-size=0',
  // kafkajs 2.2.4 asks for a timeout in the past (network/requestQueue), which is harmless and would be said every time.
  '--disable-warning=TimeoutNegativeWarning',
];
const pinned = `${root}node_modules/.bin/node`;
const node = existsSync(pinned) ? pinned : process.execPath;
/** The commands with pages to show. */
const SERVING = ['start', 'serve'];
// A failed build says why by itself; the server then says that it has no pages, or shows the last that were built.
if (SERVING.includes(process.argv[2] ?? ''))
  spawnSync(node, [`${root}query-api/pages/build.ts`], { stdio: 'inherit' });
const child = spawn(node, [...FLAGS, `${root}main.ts`, ...process.argv.slice(2)], { stdio: 'inherit' });
// A terminal's Ctrl-C reaches the child by itself; a supervisor's SIGTERM only reaches us.
process.on('SIGTERM', () => child.kill('SIGTERM'));
process.on('SIGINT', () => {});
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
});

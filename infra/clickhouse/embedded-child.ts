/**
 * The process that is the embedded ClickHouse. `chdb_query_cmdline` runs `clickhouse local` on this thread and
 * returns only when its last statement ends; that statement reads stdin, so the server lives exactly as long as
 * the parent holds the other end of the pipe. Started by embedded-server.ts, which reads the exit code.
 */

import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DataType, load, open } from 'ffi-rs';
import { lockDataDir } from '../data-dir.ts';
import { confineTo } from './confine.ts';
import { EXIT } from './embedded-exit.ts';

/** How long to wait for the server of a killed node to notice and let go of the directory. */
const PREDECESSOR_LIMIT_MS = 20_000;
const PREDECESSOR_POLL_MS = 50;
const LISTEN_UNTIL_STDIN_ENDS = "SELECT count() FROM file('-', LineAsString, 'line String') FORMAT Null";

const [home = '', ...ports] = process.argv.slice(2);
process.exit(await serve());

async function serve(): Promise<number> {
  const libraryPath = findLibrary();
  if (libraryPath === null) return EXIT.noLibrary;
  if (!(await takeStore())) return EXIT.storeTaken;
  for (const port of ports) if (!(await isFree(Number(port)))) return EXIT.portTaken;
  // SQL reaches for files before ClickHouse asks whether it may: sqlite('/any/file', 't') makes that file.
  confineTo(home);
  // From here on what answers on the port is this process, not a predecessor that has yet to notice its end.
  writeSync(process.stdout.fd, 'starting\n');
  return runClickHouse(libraryPath);
}

function findLibrary(): string | null {
  try {
    const { libchdbPath }: { libchdbPath: () => string } = createRequire(import.meta.url)('chdb/libchdb');
    return libchdbPath();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return null;
  }
}

/** The lock is never released here: it ends with the process, and with it ends the last access to the files. */
async function takeStore(): Promise<boolean> {
  for (const deadline = Date.now() + PREDECESSOR_LIMIT_MS; Date.now() < deadline; ) {
    if (lockDataDir(home).status === 'locked') return true;
    await pause(PREDECESSOR_POLL_MS);
  }
  return false;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

function runClickHouse(path: string): number {
  const listen =
    ports.length > 1 ? 'SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP' : 'SYSTEM START LISTEN HTTP';
  const query = `${listen}; ${LISTEN_UNTIL_STDIN_ENDS}`;
  const argv = [
    'clickhouse',
    '--config-file',
    join(home, 'config.xml'),
    '--path',
    join(home, 'store'),
    '--query',
    query,
  ];
  open({ library: 'chdb', path });
  load({
    library: 'chdb',
    funcName: 'chdb_query_cmdline',
    retType: DataType.External,
    paramsType: [DataType.I32, DataType.StringArray],
    paramsValue: [argv.length, argv],
  });
  return EXIT.ended;
}

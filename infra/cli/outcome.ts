/** How a command ends: exit code 0 done, 1 failed, 2 wrong usage, and one clear line for what went wrong. */
import { EmbeddedServerError } from '../clickhouse/embedded-server.ts';
import { StoreError } from '../clickhouse/store.ts';
import { LogError } from '../log/log-error.ts';
import { IncompatibleSchemaError } from '../schema-registry/embedded-registry.ts';

export type Outcome =
  | { readonly status: 'done' }
  | { readonly status: 'failed'; readonly message: string }
  | { readonly status: 'usage'; readonly message: string };

export const DONE: Outcome = { status: 'done' };
export const failed = (message: string): Outcome => ({ status: 'failed', message });
export const usage = (message: string): Outcome => ({ status: 'usage', message });

const EXIT_CODES = { done: 0, failed: 1, usage: 2 } as const;

/** Prints the line, if any, and gives the exit code. */
export const messageOf = (error: unknown): string =>
  describeFault(error) ?? (error instanceof Error ? (error.stack ?? error.message) : String(error));

export const conclude = (outcome: Outcome): number => {
  if (outcome.status !== 'done') process.stderr.write(`busyhour: ${outcome.message}\n`);
  return EXIT_CODES[outcome.status];
};

/** What a command can say of itself in one line. */
export class CommandFault extends Error {
  override readonly name = 'CommandFault';
}

const ERRNO_ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken: stop what uses it, or choose another with BUSYHOUR_PORT',
  EACCES: 'permission denied: check the owner of the file or directory, or take a port above 1023',
  ENOENT: 'there is no such file: check the path',
  EISDIR: 'this is a directory: name the files in it',
  ENOSPC: 'the disk is full: make room and try again; what was acknowledged is safe',
  EROFS: 'the disk is read-only: choose another directory with BUSYHOUR_DATA_DIR',
};

/** One line for a broken infrastructure; null for what must be a bug, which keeps its stack. */
const describeFault = (error: unknown): string | null => {
  if (error instanceof CommandFault) return error.message;
  if (error instanceof LogError || error instanceof EmbeddedServerError) return error.message;
  if (error instanceof IncompatibleSchemaError) return error.message;
  if (error instanceof StoreError) return `ClickHouse: ${error.message}`;
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  const advice = ERRNO_ADVICE[error.code];
  return advice === undefined ? null : `${error.message.split('\n')[0]}: ${advice}`;
};

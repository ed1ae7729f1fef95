/** How long something runs: until it is asked to stop, or until a part of it breaks. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DONE, failed, messageOf, type Outcome } from './outcome.ts';

/** Aborts at the first SIGINT or SIGTERM; a second one ends the process as it always does. */
export const untilAsked = (): AbortSignal => {
  const asked = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => asked.abort());
  return asked.signal;
};

/** Resolves when the signal aborts, or with the fault of whatever breaks first: a part that rejects, or resolves to an Error. */
export const runUntil = (signal: AbortSignal, ...parts: Promise<unknown>[]): Promise<Outcome> =>
  Promise.race([
    new Promise<Outcome>((resolve) => {
      if (signal.aborted) resolve(DONE);
      signal.addEventListener('abort', () => resolve(DONE), { once: true });
    }),
    ...parts.map((part) =>
      part.then(
        (end) => (end instanceof Error ? failed(messageOf(end)) : new Promise<never>(() => {})),
        (error: unknown) => failed(messageOf(error)),
      ),
    ),
  ]);

const CHECK_MS = 1_000;

/** Rejects with what `check` throws, which is asked now and then; ends with the signal. */
export const untilFault = async (check: () => void, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    check();
    await sleep(CHECK_MS);
  }
};

/** Resolves when all that was printed has been handed over: to a pipe it goes piece by piece, and an exit would cut it off. */
export const untilWritten = async (): Promise<void> => {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => stream.write('', () => resolve()));
  }
};

/**
 * Calls between two threads: each side answers the calls it names, and every call is answered once, by what it gave or by
 * what it threw. Errors keep their message and, where they have one, their code.
 */
import type { Transferable } from 'node:worker_threads';
import { LOG_ERROR_CODES, LogError, type LogErrorCode } from './log-error.ts';

/** What a thread and its maker speak through. */
export interface CallPort {
  postMessage(message: unknown, transfer?: readonly Transferable[]): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}
type Calls = { readonly [name: string]: (...args: never[]) => unknown };
/** Calls the other side; `transfer` is memory that goes over to it. Rejects as the other side did, or when it has ended. */
export type CallOf<Theirs extends Calls> = <Name extends keyof Theirs & string>(
  name: Name,
  args: Parameters<Theirs[Name]>,
  transfer?: readonly Transferable[],
) => Promise<Awaited<ReturnType<Theirs[Name]>>>;

type Message =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly args: readonly never[] }
  | { readonly kind: 'gave'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'threw'; readonly id: number; readonly error: SentError };
export interface SentError {
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: LogErrorCode | null;
}

export const sentError = (error: unknown): SentError => ({
  message: error instanceof Error ? error.message : String(error),
  stack: error instanceof Error ? error.stack : undefined,
  code: error instanceof LogError ? error.code : null,
});
export const receivedError = ({ message, stack, code }: SentError): Error => {
  const known = LOG_ERROR_CODES.find((each) => each === code);
  const error = known === undefined ? new Error(message) : new LogError(known, message);
  return stack === undefined ? error : Object.assign(error, { stack });
};

export interface ThreadCalls<Theirs extends Calls> {
  readonly call: CallOf<Theirs>;
  /** The other side is gone: what it has not answered is answered by the error, and so is every further call. */
  readonly fail: (error: Error) => void;
}

export const callsOver = <Theirs extends Calls>(port: CallPort, ours: Calls): ThreadCalls<Theirs> => {
  const unanswered = new Map<number, PromiseWithResolvers<unknown>>();
  let lastId = 0;
  let gone: Error | null = null;

  const answer = async (id: number, name: string, args: readonly never[]): Promise<Message> => {
    try {
      return { kind: 'gave', id, value: await ours[name]?.(...args) };
    } catch (error) {
      return { kind: 'threw', id, error: sentError(error) };
    }
  };
  const settled = (id: number): PromiseWithResolvers<unknown> | undefined => {
    const waiting = unanswered.get(id);
    unanswered.delete(id);
    return waiting;
  };
  port.on('message', (received) => {
    const message = received as Message;
    switch (message.kind) {
      case 'call':
        void answer(message.id, message.name, message.args).then((answered) => port.postMessage(answered));
        return;
      case 'gave':
        settled(message.id)?.resolve(message.value);
        return;
      case 'threw':
        settled(message.id)?.reject(receivedError(message.error));
        return;
      default:
        message satisfies never;
    }
  });
  return {
    call: (name, args, transfer) => {
      if (gone !== null) return Promise.reject(gone);
      const id = ++lastId;
      const waiting = Promise.withResolvers<unknown>();
      unanswered.set(id, waiting);
      port.postMessage({ kind: 'call', id, name, args }, transfer);
      return waiting.promise as ReturnType<CallOf<Theirs>> as never;
    },
    fail: (error) => {
      gone ??= error;
      for (const id of [...unanswered.keys()]) settled(id)?.reject(error);
    },
  };
};

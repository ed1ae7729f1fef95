/**
 * Wakes readers that wait at the end of the log: at once for an append through the same handle, within one poll
 * for an append by another process.
 */
export interface AppendSignals {
  /** Resolves at the next append that may concern the stream; may also resolve without one. */
  appended(stream: number): Promise<void>;
  notify(stream: number): void;
  notifyAll(): void;
}

/** `version` changes whenever somebody else has written; it is asked every `pollMs` while anyone waits. */
export const openAppendSignals = (version: () => number, pollMs: number): AppendSignals => {
  const waiting = new Map<number, (() => void)[]>();
  let seen = version();
  let timer: NodeJS.Timeout | undefined;

  const stopIfIdle = (): void => {
    if (waiting.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  const notify = (stream: number): void => {
    const wakers = waiting.get(stream) ?? [];
    waiting.delete(stream);
    stopIfIdle();
    for (const wake of wakers) wake();
  };
  const notifyAll = (): void => {
    for (const stream of waiting.keys()) notify(stream);
  };
  const poll = (): void => {
    try {
      const now = version();
      // `seen` is older than any reading that came back empty, so no append between that reading and now is missed.
      if (now === seen) return;
      seen = now;
    } catch {
      // The log is broken: the readers, woken, meet the same error where it can be reported.
    }
    notifyAll();
  };

  return {
    notify,
    notifyAll,
    appended: (stream) =>
      new Promise((resolve) => {
        const wakers = waiting.get(stream);
        if (wakers === undefined) waiting.set(stream, [resolve]);
        else wakers.push(resolve);
        timer ??= setInterval(poll, pollMs);
      }),
  };
};

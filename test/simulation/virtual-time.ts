/**
 * Virtual time: everything that waits in a simulated world waits here, and one thing happens after another in an
 * order the seed decides. A killed process never goes on from where it waited; a paused one goes on late.
 */
import { setImmediate as microtasksDone } from 'node:timers/promises';
import type { Random } from '../../ingest/feeds/simulator/random.ts';
import type { Timers } from '../../processors/runtime/timers.ts';

export interface Process {
  readonly name: string;
  alive: boolean;
  /** Stopped (SIGSTOP) until then. */
  pausedUntilMs: number;
}

/** What will happen. `process` null: it happens whoever is dead, as a packet arrives that has been sent. */
interface Planned {
  readonly dueMs: number;
  readonly tie: number;
  readonly process: Process | null;
  readonly run: () => void;
}

export interface VirtualTime {
  readonly nowMs: () => number;
  readonly after: (process: Process | null, ms: number, run: () => void) => void;
  readonly delay: (process: Process | null, ms: number) => Promise<void>;
  readonly timersOf: (process: Process) => Timers;
  /** Lets things happen until `done` or nothing is left; false when the deadline came first. */
  readonly run: (done: () => boolean, deadlineMs: number) => Promise<boolean>;
  readonly steps: () => number;
}

const isBefore = (a: Planned, b: Planned): boolean =>
  a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.tie < b.tie);

const push = (heap: Planned[], planned: Planned): void => {
  let child = heap.length;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || !isBefore(planned, above)) break;
    heap[child] = above;
    child = parent;
  }
  heap[child] = planned;
};

const pop = (heap: Planned[]): Planned | undefined => {
  const first = heap[0];
  const last = heap.pop();
  if (last === undefined || first === undefined || heap.length === 0) return first;
  let parent = 0;
  for (;;) {
    const left = heap[2 * parent + 1];
    const right = heap[2 * parent + 2];
    const isRight = left !== undefined && right !== undefined && isBefore(right, left);
    const smaller = isRight ? right : left;
    if (smaller === undefined || !isBefore(smaller, last)) break;
    heap[parent] = smaller;
    parent = 2 * parent + (isRight ? 2 : 1);
  }
  heap[parent] = last;
  return first;
};

const timersOn = (time: Pick<VirtualTime, 'after'>, process: Process): Timers => ({
  every: (ms, run) => {
    let stopped = false;
    const tick = (): void => {
      if (stopped) return;
      time.after(process, ms, tick);
      run();
    };
    time.after(process, ms, tick);
    return () => {
      stopped = true;
    };
  },
  wait: (ms, signal) =>
    new Promise((resolve, reject) => {
      const stop = (): void => reject(signal.reason);
      if (signal.aborted) return stop();
      signal.addEventListener('abort', stop, { once: true });
      time.after(process, ms, () => {
        signal.removeEventListener('abort', stop);
        resolve();
      });
    }),
});

export const createVirtualTime = (random: Random, startMs: number): VirtualTime => {
  const heap: Planned[] = [];
  let now = startMs;
  let steps = 0;

  const after: VirtualTime['after'] = (process, ms, run) =>
    push(heap, { dueMs: now + Math.max(Math.ceil(ms), 0), tie: random.uniform(), process, run });

  /** Runs what is due next and everything that follows from it at once. */
  const step = async ({ dueMs, process, run }: Planned): Promise<void> => {
    now = Math.max(now, dueMs);
    if (process !== null && !process.alive) return;
    if (process !== null && process.pausedUntilMs > now) {
      after(process, process.pausedUntilMs - now, run);
      return;
    }
    steps += 1;
    run();
    await microtasksDone();
  };

  return {
    nowMs: () => now,
    steps: () => steps,
    after,
    delay: (process, ms) => new Promise((resolve) => after(process, ms, resolve)),
    timersOf: (process) => timersOn({ after }, process),
    run: async (done, deadlineMs) => {
      while (!done()) {
        const next = pop(heap);
        if (next === undefined) return true;
        if (next.dueMs > deadlineMs) {
          push(heap, next);
          return false;
        }
        await step(next);
      }
      return true;
    },
  };
};

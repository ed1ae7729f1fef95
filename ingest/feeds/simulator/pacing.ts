/**
 * Lets a simulated centre's events out at the speed of a clock: what is past comes at once, the rest as its time
 * comes. The clock and the wait are the caller's, so that tests need neither.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CanonicalEvent } from '../../../schemas/events.ts';

/** Also what a batch of ingest may hold at most. */
export const MAX_BATCH = 2_000;
export const TICK_MS = 200;
/** Silence of the source, in its own time, after which a heartbeat says that it is alive. */
export const HEARTBEAT_MS = 10_000;

export interface Pacing {
  /** Source time per real time; 1 = as it happens. */
  readonly speed: number;
  /** The moment at which the source's time and the clock's agree, UTC ms. Source time runs from there at `speed`. */
  readonly startMs: number;
  /** The clock, UTC ms. */
  readonly nowMs: () => number;
  /** Ends the events; not an error. */
  readonly signal: AbortSignal;
  /** Resolves after `ms` of the clock, or when the signal aborts. Left out, it really waits. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const realWait = async (ms: number, signal: AbortSignal): Promise<void> => {
  await sleep(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
};

const heartbeat = (like: CanonicalEvent, startMs: number, atMs: number): CanonicalEvent => ({
  tenant: like.tenant,
  source: like.source,
  seq: `${startMs}-heartbeat-${atMs}`,
  event_time: atMs,
  recorded_at: atMs,
  body: { type: 'source_progressed' },
});

/**
 * Batches of 1 to `MAX_BATCH` events, in order. The next batch is made when the one before was dealt with, so a slow
 * reader falls behind and catches up, and nothing piles up. Ends with the events or the signal.
 */
export async function* pacedEvents(
  events: Iterable<CanonicalEvent>,
  { speed, startMs, nowMs, signal, wait = realWait }: Pacing,
): AsyncGenerator<CanonicalEvent[], void, undefined> {
  const iterator = events[Symbol.iterator]();
  let next = iterator.next();
  let last: CanonicalEvent | null = null;
  while (next.done !== true && !signal.aborted) {
    const sourceNowMs = Math.floor(startMs + (nowMs() - startMs) * speed);
    const batch: CanonicalEvent[] = [];
    while (next.done !== true && next.value.event_time <= sourceNowMs && batch.length < MAX_BATCH) {
      batch.push(next.value);
      next = iterator.next();
    }
    // All events up to now are out, so nothing from before is outstanding.
    const isSilent = batch.length === 0 && last !== null && sourceNowMs - last.event_time >= HEARTBEAT_MS;
    if (isSilent && last !== null) batch.push(heartbeat(last, startMs, sourceNowMs));
    if (batch.length > 0) yield batch;
    last = batch.at(-1) ?? last;
    if (batch.length < MAX_BATCH && next.done !== true) await wait(TICK_MS, signal);
  }
}

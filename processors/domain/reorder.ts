/**
 * Puts a source's events into the order they happened in, as far as the source's stated lateness reaches. A feed
 * that is in order states 0 and its events pass straight through in log order.
 */

export interface Timed {
  readonly event_time: number;
  readonly seq: string;
}
/** A binary heap by (event_time, seq): the source's own numbering breaks ties, so arrival order does not matter. */
export type ReorderBuffer<E extends Timed> = E[];

const before = (a: Timed, b: Timed): boolean =>
  a.event_time < b.event_time || (a.event_time === b.event_time && a.seq < b.seq);

/** Holds an event back. */
export const hold = <E extends Timed>(heap: ReorderBuffer<E>, event: E): void => {
  let child = heap.length;
  heap.push(event);
  while (child > 0) {
    const parent = (child - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || !before(event, above)) break;
    heap[child] = above;
    child = parent;
  }
  heap[child] = event;
};

/** Takes out the oldest event if it is not newer than the watermark. */
export const release = <E extends Timed>(heap: ReorderBuffer<E>, watermarkMs: number): E | null => {
  const oldest = heap[0];
  if (oldest === undefined || oldest.event_time > watermarkMs) return null;
  const last = heap.pop();
  if (last !== undefined && heap.length > 0) sink(heap, last);
  return oldest;
};

const sink = <E extends Timed>(heap: ReorderBuffer<E>, event: E): void => {
  let parent = 0;
  for (;;) {
    const left = heap[2 * parent + 1];
    const right = heap[2 * parent + 2];
    const smaller = left !== undefined && right !== undefined && before(right, left) ? right : left;
    if (smaller === undefined || !before(smaller, event)) break;
    const child = smaller === left ? 2 * parent + 1 : 2 * parent + 2;
    heap[parent] = smaller;
    parent = child;
  }
  heap[parent] = event;
};

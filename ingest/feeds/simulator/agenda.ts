/** The simulator's list of what happens next: a binary heap by time, equal times in the order they were planned. */

interface Entry<Task> {
  readonly at: number;
  readonly order: number;
  readonly task: Task;
}

export interface Agenda<Task> {
  plan(at: number, task: Task): void;
  /** Time of the next task, `Infinity` when there is none. */
  nextAt(): number;
  /** Removes and returns the next task, or null. */
  take(): Task | null;
}

const before = <T>(a: Entry<T>, b: Entry<T>): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

const sink = <T>(heap: Entry<T>[], entry: Entry<T>): void => {
  let place = 0;
  for (;;) {
    let child = 2 * place + 1;
    const left = heap[child];
    if (left === undefined) break;
    const right = heap[child + 1];
    let smaller = left;
    if (right !== undefined && before(right, left)) {
      smaller = right;
      child += 1;
    }
    if (before(entry, smaller)) break;
    heap[place] = smaller;
    place = child;
  }
  heap[place] = entry;
};

export const createAgenda = <Task>(): Agenda<Task> => {
  const heap: Entry<Task>[] = [];
  let planned = 0;
  return {
    plan(at, task) {
      const entry = { at, order: planned, task };
      planned += 1;
      let place = heap.length;
      while (place > 0) {
        const above = (place - 1) >> 1;
        const parent = heap[above];
        if (parent === undefined || before(parent, entry)) break;
        heap[place] = parent;
        place = above;
      }
      heap[place] = entry;
    },
    nextAt: () => heap[0]?.at ?? Number.POSITIVE_INFINITY,
    take() {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined) return null;
      if (heap.length > 0) sink(heap, last);
      return first.task;
    },
  };
};

/**
 * How a queue of one kind of call does with a number of agents, whichever model says so. What takes some computing is
 * a function: a search for agents asks it only where a target needs it.
 */

export interface Performance {
  /** Of all calls: those that do not find an agent at once. */
  readonly waitProbability: number;
  /** Of all calls: those that give up. */
  readonly abandonment: number;
  /** Share of the agents' time spent on calls; null without agents. */
  readonly occupancy: number | null;
  /** Mean wait of the answered, ms; null when nobody is answered or the queue grows without end. */
  readonly asaMs: () => number | null;
  /** Of all calls: those answered after a wait ≤ `waitMs`. */
  readonly answeredWithin: (waitMs: number) => number;
  /** Of all calls: those that gave up after a wait ≤ `waitMs`. */
  readonly abandonedWithin: (waitMs: number) => number;
}

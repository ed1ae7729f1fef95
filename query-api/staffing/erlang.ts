/** Erlang's formulas: B (no waiting) and C (everyone waits). Loads are in erlangs, calls × handle time / period. Pure. */
import type { Performance } from './performance.ts';

/**
 * The probability that all of `servers` are busy when calls that find them so are lost. Erlang's recursion: every step
 * takes a probability to a probability, so it holds for any load and any number of servers.
 */
export const erlangB = (load: number, servers: number): number => {
  let blocked = 1;
  for (let n = 1; n <= servers; n += 1) blocked = (load * blocked) / (n + load * blocked);
  return blocked;
};

/** The probability of waiting when everyone waits; 1 when the agents cannot keep up with the load. */
export const erlangC = (load: number, agents: number): number => {
  if (agents <= load) return 1;
  const blocked = erlangB(load, agents);
  return blocked / (1 - (load / agents) * (1 - blocked));
};

/** M/M/n of a load > 0. With no more agents than erlangs the queue grows without end: nobody is answered in time. */
export const erlangCPerformance = (load: number, handleMs: number, agents: number): Performance => {
  const waitProbability = erlangC(load, agents);
  const spare = agents - load;
  const keepsUp = spare > 0;
  return {
    waitProbability,
    abandonment: 0,
    occupancy: keepsUp ? load / agents : agents > 0 ? 1 : null,
    asaMs: () => (keepsUp ? (waitProbability * handleMs) / spare : null),
    answeredWithin: (waitMs) => (keepsUp ? 1 - waitProbability * Math.exp((-spare * waitMs) / handleMs) : 0),
    abandonedWithin: () => 0,
  };
};

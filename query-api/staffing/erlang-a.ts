/**
 * Erlang A, M/M/n+M: callers give up after an exponential patience. Exact, in the letters of A. Mandelbaum and
 * S. Zeltyn, The Palm/Erlang-A Queue (2005): with the patience as the unit of time, r = n·patience/AHT calls are
 * served and η = calls that arrive. The steady state of the queue is a Poisson tail, so that every figure is Erlang B
 * below n and an incomplete gamma function above. Pure.
 */
import { erlangB } from './erlang.ts';
import { digamma, logLowerGamma, logPoissonTerm, risingSeries } from './gamma.ts';
import type { Performance } from './performance.ts';

export interface ImpatientQueue {
  /** Erlangs, > 0. */
  readonly load: number;
  readonly handleMs: number;
  /** Mean patience, > 0. */
  readonly patienceMs: number;
}

const SMALLEST_PART = 1e-17;

/** Of the states in which all agents are busy: the share of the one in which nobody waits. */
const nobodyWaiting = (r: number, eta: number): number =>
  eta < r + 1 ? 1 / risingSeries(r, eta) : Math.exp(logPoissonTerm(r, eta) - logLowerGamma(r, eta));

/**
 * Mean wait of those who wait and are answered, in patiences. From the place m of the queue the wait of the answered is
 * 1/(r+1) + … + 1/(r+m), and places weigh η^m / ((r+1) … (r+m)): summed from the heaviest outwards, so that neither a
 * long queue nor a short one costs digits.
 */
const meanWaitOfAnswered = (r: number, eta: number): number => {
  const heaviest = Math.max(1, Math.floor(eta - r));
  const waitThere = heaviest === 1 ? 1 / (r + 1) : digamma(r + heaviest + 1) - digamma(r + 1);
  let weights = 1;
  let waits = waitThere;
  let wait = waitThere;
  let weight = 1;
  for (let m = heaviest + 1; weight > SMALLEST_PART * weights; m += 1) {
    weight *= eta / (r + m);
    wait += 1 / (r + m);
    weights += weight;
    waits += weight * wait;
  }
  wait = waitThere;
  weight = 1;
  for (let m = heaviest; m > 1 && weight > SMALLEST_PART * weights; m -= 1) {
    weight *= (r + m) / eta;
    wait -= 1 / (r + m);
    weights += weight;
    waits += weight * wait;
  }
  return waits / weights;
};

const nobodyAnswers = (patienceMs: number): Performance => ({
  waitProbability: 1,
  abandonment: 1,
  occupancy: null,
  asaMs: () => null,
  answeredWithin: () => 0,
  abandonedWithin: (waitMs) => -Math.expm1(-waitMs / patienceMs),
});

/** Steady state with `agents`; stable for any load, since an overload is given up. */
export const erlangAPerformance = (queue: ImpatientQueue, agents: number): Performance => {
  const { load, handleMs, patienceMs } = queue;
  if (agents === 0) return nobodyAnswers(patienceMs);
  const r = (agents * patienceMs) / handleMs;
  const eta = (load * patienceMs) / handleMs;
  const blocked = erlangB(load, agents);
  const empty = nobodyWaiting(r, eta);
  const waitProbability = blocked / (blocked + empty * (1 - blocked));
  const answeredAfterWait = Math.min(waitProbability, (waitProbability * r * (1 - empty)) / eta);
  const abandonment = waitProbability - answeredAfterWait;
  const answered = 1 - abandonment;
  /** Of the offered wait's distribution beyond `waitMs`, weighed by e^(−order·wait/patience): relative to all of it. */
  const beyond = (order: 0 | 1, waitMs: number): number =>
    Math.exp(logLowerGamma(r + order, eta * Math.exp(-waitMs / patienceMs)) - logLowerGamma(r + order, eta));
  const answeredWithin = (waitMs: number): number =>
    Math.max(0, answered - answeredAfterWait * beyond(1, waitMs));
  return {
    waitProbability,
    abandonment,
    occupancy: Math.min(1, (load * answered) / agents),
    asaMs: () => (answeredAfterWait * meanWaitOfAnswered(r, eta) * patienceMs) / answered,
    answeredWithin,
    abandonedWithin: (waitMs) => {
      const stillWaiting = waitProbability * Math.exp(-waitMs / patienceMs) * beyond(0, waitMs);
      return Math.min(abandonment, Math.max(0, 1 - stillWaiting - answeredWithin(waitMs)));
    },
  };
};

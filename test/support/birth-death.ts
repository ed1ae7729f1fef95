/**
 * Queues with agents and impatience computed the long way, as an oracle for the Erlang formulas: the birth-death chain
 * solved state by state, a tagged caller followed through the queue by uniformisation, and a simulation.
 */
import { createRandom } from '../../ingest/feeds/simulator/random.ts';

export interface Centre {
  /** Erlangs. */
  readonly load: number;
  readonly agents: number;
  /** In handle times; `Infinity`: nobody gives up. */
  readonly patience: number;
}

/** Probabilities of 0, 1, 2, … calls in the centre, up to the last that matters. Time's unit is the handle time. */
const steadyState = ({ load, agents, patience }: Centre): readonly number[] => {
  const logs = [0];
  let largest = 0;
  for (let k = 1, log = 0; log > largest - 60 || k <= load; k += 1) {
    const out = Math.min(k, agents) + Math.max(0, k - agents) / patience;
    log += Math.log(load / out);
    largest = Math.max(largest, log);
    logs.push(log);
  }
  const weights = logs.map((log) => Math.exp(log - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
};

export interface Outcome {
  readonly waitProbability: number;
  readonly abandonment: number;
  /** Mean wait of the answered, handle times. */
  readonly meanWait: number;
  readonly answeredWithin: number;
  readonly abandonedWithin: number;
}

/** Where a caller at place `from` of the queue is after `time`: answered, given up, or still waiting. */
const followedBy = (
  { agents, patience }: Centre,
  places: number,
  time: number,
): { readonly answered: readonly number[]; readonly abandoned: readonly number[] } => {
  const fastest = agents + (places + 1) / patience;
  const steps = Math.ceil(fastest * time + 12 * Math.sqrt(fastest * time) + 40);
  let answered: number[] = Array.from({ length: places + 1 }, (_, place) => (place === 0 ? 1 : 0));
  let abandoned: number[] = answered.map(() => 0);
  const sums = { answered: answered.map(() => 0), abandoned: answered.map(() => 0) };
  let logWeight = -fastest * time;
  for (let step = 0; step <= steps; step += 1) {
    const weight = Math.exp(logWeight);
    for (let place = 0; place <= places; place += 1) {
      sums.answered[place] = (sums.answered[place] ?? 0) + weight * (answered[place] ?? 0);
      sums.abandoned[place] = (sums.abandoned[place] ?? 0) + weight * (abandoned[place] ?? 0);
    }
    logWeight += Math.log((fastest * time) / (step + 1));
    // One jump of the uniformised chain: a place forward, out of patience, or nothing.
    const jump = (now: readonly number[], out: number): number[] =>
      now.map((stays, place) => {
        if (place === 0) return stays;
        const forward = (agents + (place - 1) / patience) / fastest;
        const ownPatience = 1 / patience / fastest;
        return forward * (now[place - 1] ?? 0) + ownPatience * out + (1 - forward - ownPatience) * stays;
      });
    [answered, abandoned] = [jump(answered, 0), jump(abandoned, 1)];
  }
  return sums;
};

export const solveCentre = (centre: Centre, waitLimit: number): Outcome => {
  const { load, agents, patience } = centre;
  const states = steadyState(centre);
  const queued = states.slice(agents);
  const followed = followedBy(centre, queued.length, waitLimit);
  let reaches = 1;
  let waited = 0;
  let meanWait = 0;
  let answeredInQueue = 0;
  queued.forEach((probability, i) => {
    const place = i + 1;
    const out = agents + place / patience;
    const forward = (agents + (place - 1) / patience) / out;
    waited = forward * waited + (forward * reaches) / out;
    reaches *= forward;
    meanWait += probability * waited;
    answeredInQueue += probability * reaches;
  });
  const waitProbability = queued.reduce((sum, probability) => sum + probability, 0);
  const givenUp = queued.reduce((sum, probability, i) => sum + (probability * i) / patience / load, 0);
  const atOnce = 1 - waitProbability;
  const sumOf = (shares: readonly number[]): number =>
    queued.reduce((sum, probability, i) => sum + probability * (shares[i + 1] ?? 0), 0);
  return {
    waitProbability,
    abandonment: givenUp,
    meanWait: meanWait / (atOnce + answeredInQueue),
    answeredWithin: atOnce + sumOf(followed.answered),
    abandonedWithin: sumOf(followed.abandoned),
  };
};

/** `calls` callers served first come, first served; waits in handle times. */
export const simulateCentre = (centre: Centre, waitLimit: number, calls: number, seed: number): Outcome => {
  const { load, agents, patience } = centre;
  const random = createRandom(seed, 'centre');
  const freeAt = new Float64Array(agents);
  let now = 0;
  const count = { waited: 0, abandoned: 0, answered: 0, answeredWithin: 0, abandonedWithin: 0 };
  let waits = 0;
  for (let call = 0; call < calls; call += 1) {
    now += random.exponential(1 / load);
    let agent = 0;
    for (let other = 1; other < agents; other += 1) {
      if ((freeAt[other] ?? 0) < (freeAt[agent] ?? 0)) agent = other;
    }
    const wait = Math.max(0, (freeAt[agent] ?? 0) - now);
    const willWait = Number.isFinite(patience) ? random.exponential(patience) : Number.POSITIVE_INFINITY;
    if (wait > 0) count.waited += 1;
    if (wait > willWait) {
      count.abandoned += 1;
      if (willWait <= waitLimit) count.abandonedWithin += 1;
      continue;
    }
    count.answered += 1;
    if (wait <= waitLimit) count.answeredWithin += 1;
    waits += wait;
    freeAt[agent] = now + wait + random.exponential(1);
  }
  return {
    waitProbability: count.waited / calls,
    abandonment: count.abandoned / calls,
    meanWait: waits / count.answered,
    answeredWithin: count.answeredWithin / calls,
    abandonedWithin: count.abandonedWithin / calls,
  };
};

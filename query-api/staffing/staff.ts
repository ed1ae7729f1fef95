/**
 * How many agents an interval needs: the fewest that meet every target given, by Erlang C, or by Erlang A once the
 * callers' patience is known; and how many to schedule so that as many are there. Pure.
 */
import { ratio, type ServiceLevelRule, serviceLevel } from '../../schemas/service-level.ts';
import { erlangCPerformance } from './erlang.ts';
import { erlangAPerformance } from './erlang-a.ts';
import type { Performance } from './performance.ts';

/** Erlangs of one interval: twice the largest centres known, and exact to the last agent. */
export const MAX_LOAD = 10_000;
/** Agents tried for one interval. */
export const MAX_AGENTS = 20_000;
/** Shrinkage is read to six decimals. */
const SHRINKAGE_UNITS = 1_000_000;
/** A target reached up to rounding is reached: 8.5 erlangs on 10 agents keep to an occupancy of 0.85. */
const TOLERANCE = 1e-12;

export interface Demand {
  /** Calls offered in the period; may be a mean such as 12.5. */
  readonly calls: number;
  readonly periodMs: number;
  readonly handleMs: number;
}

/** What an interval is to reach; null = nothing asked. Fractions 0..1. */
export interface Targets {
  readonly serviceLevel: number | null;
  readonly asaMs: number | null;
  readonly abandonment: number | null;
  readonly maxOccupancy: number | null;
}

export interface StaffingPlan {
  readonly targets: Targets;
  readonly level: ServiceLevelRule;
  readonly thresholdMs: number;
  readonly shortAbandonMs: number;
  /** Mean patience of the callers; null: nobody gives up (Erlang C). */
  readonly patienceMs: number | null;
  /** Share of the paid time in which an agent is not there. */
  readonly shrinkage: number;
  /** Given: says how so many do, instead of looking for how many are needed. */
  readonly agents: number | null;
}

/** Field names as in the API. Figures are null where there is nothing they could be of. */
export interface StaffingFigures {
  readonly agents: number;
  readonly service_level: number | null;
  readonly asa_s: number | null;
  readonly occupancy: number | null;
  readonly wait_probability: number | null;
  readonly abandonment_rate: number | null;
  readonly scheduled_agents: number;
}
/** Null: no number of agents up to `MAX_AGENTS` reaches the targets. */
export type StaffingOutcome = StaffingFigures | null;

export const loadOf = ({ calls, periodMs, handleMs }: Demand): number => (calls * handleMs) / periodMs;

/**
 * The fewest to schedule so that `agents` are there. In whole millionths, since 21 / (1 − 0.3) is a little more than 30
 * in binary fractions; a quotient of such whole numbers is whole exactly when it should be.
 */
export const scheduledAgents = (agents: number, shrinkage: number): number => {
  const present = SHRINKAGE_UNITS - Math.round(shrinkage * SHRINKAGE_UNITS);
  return Math.ceil((agents * SHRINKAGE_UNITS) / present);
};

/** How `agents` do with a load > 0, by the model that fits what is known of the callers. */
export const performanceOf = (demand: Demand, patienceMs: number | null, agents: number): Performance => {
  const { handleMs } = demand;
  const load = loadOf(demand);
  return patienceMs === null
    ? erlangCPerformance(load, handleMs, agents)
    : erlangAPerformance({ load, handleMs, patienceMs }, agents);
};

/** The service level of metrics.md with probabilities in place of counts: the same table of formulas. */
export const levelOf = (plan: StaffingPlan, performance: Performance): number | null =>
  serviceLevel(plan.level, {
    answered: 1 - performance.abandonment,
    abandoned: performance.abandonment,
    exits: 0,
    answeredWithin: performance.answeredWithin(plan.thresholdMs),
    // Getters: most formulas ask for neither.
    get abandonedWithin() {
      return performance.abandonedWithin(plan.thresholdMs);
    },
    get shortAbandoned() {
      return performance.abandonedWithin(plan.shortAbandonMs);
    },
  });

const atLeast = (value: number | null, target: number): boolean =>
  value !== null && value >= target - TOLERANCE;
const atMost = (value: number | null, target: number): boolean =>
  value !== null && value <= target * (1 + TOLERANCE);

const meets = (plan: StaffingPlan, performance: Performance): boolean => {
  const { targets } = plan;
  return (
    (targets.maxOccupancy === null || atMost(performance.occupancy, targets.maxOccupancy)) &&
    (targets.abandonment === null || atMost(performance.abandonment, targets.abandonment)) &&
    (targets.asaMs === null || atMost(performance.asaMs(), targets.asaMs)) &&
    (targets.serviceLevel === null || atLeast(levelOf(plan, performance), targets.serviceLevel))
  );
};

/** The smallest number in 1..limit that is enough, where every greater one is too; null when none is. */
const smallest = (limit: number, isEnough: (n: number) => boolean): number | null => {
  let tooFew = 0;
  let enough = 1;
  while (!isEnough(enough)) {
    if (enough === limit) return null;
    tooFew = enough;
    enough = Math.min(limit, enough * 2);
  }
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    if (isEnough(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough;
};

const NOTHING_TO_DO: Omit<StaffingFigures, 'agents' | 'scheduled_agents'> = {
  service_level: null,
  asa_s: null,
  occupancy: null,
  wait_probability: null,
  abandonment_rate: null,
};

/** What a load needs, or how the agents given do with it. Without calls nobody is needed and there are no figures. */
export const staffInterval = (demand: Demand, plan: StaffingPlan): StaffingOutcome => {
  if (demand.calls === 0) {
    const agents = plan.agents ?? 0;
    const occupancy = ratio(0, agents);
    return {
      ...NOTHING_TO_DO,
      occupancy,
      agents,
      scheduled_agents: scheduledAgents(agents, plan.shrinkage),
    };
  }
  const isEnough = (n: number): boolean => meets(plan, performanceOf(demand, plan.patienceMs, n));
  const agents = plan.agents ?? smallest(MAX_AGENTS, isEnough);
  if (agents === null) return null;
  const performance = performanceOf(demand, plan.patienceMs, agents);
  const asaMs = performance.asaMs();
  return {
    agents,
    service_level: levelOf(plan, performance),
    asa_s: asaMs === null ? null : asaMs / 1000,
    occupancy: performance.occupancy,
    wait_probability: performance.waitProbability,
    abandonment_rate: performance.abandonment,
    scheduled_agents: scheduledAgents(agents, plan.shrinkage),
  };
};

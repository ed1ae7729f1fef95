/** Reads what a staffing is asked for, as `/v1/staffing` and `/v1/forecast` share it: all faults at once. Pure. */
import { formatDuration, parseDuration } from '../../schemas/durations.ts';
import { DEFAULT_SERVICE_LEVEL } from '../../schemas/queue-definition.ts';
import { isServiceLevelName, SERVICE_LEVEL_NAMES, spellOut } from '../../schemas/service-level.ts';
import type { Fault } from '../problems.ts';
import { type Demand, loadOf, MAX_AGENTS, MAX_LOAD, type StaffingPlan } from './staff.ts';

/** As they come out of a query string or a body. */
export interface PlanQuery {
  readonly sl_threshold?: string;
  readonly sl_formula?: string;
  readonly short_abandon?: string;
  readonly sl_target?: number;
  readonly asa_target?: string;
  readonly abandonment_target?: number;
  readonly max_occupancy?: number;
  readonly patience?: string;
  readonly shrinkage?: number;
  readonly agents?: number;
}

export const DEFAULT_PERIOD_MS = 1_800_000;
/** The seed target of metrics.md. */
export const DEFAULT_HANDLE_MS = 180_000;
export const DEFAULT_LEVEL_TARGET = 0.9;
const DAY_MS = 86_400_000;
/** Bounds the computing, which grows with it; callers who wait for hours are a matter for Erlang C. */
const MAX_PATIENCE_MS = 7_200_000;

/** Notes a fault of the field it belongs to. */
export type NoteFault = (path: string, message: string) => void;

export interface Limits {
  readonly fallbackMs: number;
  readonly leastMs: number;
  /** A day unless given. */
  readonly mostMs?: number;
}

/** A duration within its limits; with a fault it gives the fallback, so that reading goes on. */
export const readDuration = (
  text: string | undefined,
  path: string,
  note: NoteFault,
  limits: Limits,
): number => {
  if (text === undefined) return limits.fallbackMs;
  const { leastMs, mostMs = DAY_MS } = limits;
  const durationMs = parseDuration(text);
  if (durationMs !== null && durationMs >= leastMs && durationMs <= mostMs) return durationMs;
  note(
    path,
    `${text} is not a duration such as 20s, 3m or 500ms, of ${formatDuration(leastMs)} to ${formatDuration(mostMs)}`,
  );
  return limits.fallbackMs;
};

/** Inside 0..1; percentages are the likeliest slip. */
const readFraction = (
  value: number | undefined,
  path: string,
  note: NoteFault,
  isFit: (fraction: number) => boolean,
): number | null => {
  if (value === undefined) return null;
  if (!isFit(value)) note(path, `${value} is not a fraction between 0 and 1, such as 0.9 for 90 %`);
  return value;
};

const readAgents = (query: PlanQuery, note: NoteFault): number | null => {
  const { agents } = query;
  if (agents === undefined) return null;
  if (!Number.isInteger(agents) || agents < 0 || agents > MAX_AGENTS) {
    note('agents', `${agents} is not a whole number from 0 to ${MAX_AGENTS}`);
  }
  const targets = ['sl_target', 'asa_target', 'abandonment_target', 'max_occupancy'] as const;
  const given = targets.filter((name) => query[name] !== undefined);
  if (given.length > 0)
    note('agents', `say how many there are, or what to reach (${given.join(', ')}), not both`);
  return agents;
};

const isInside = (fraction: number): boolean => fraction > 0 && fraction < 1;

/**
 * The plan asked for. Without any target the service level's default holds; a target for the speed of answer or for
 * abandonment takes its place, the occupancy's limit comes on top.
 */
export const readPlan = (query: PlanQuery, note: NoteFault): StaffingPlan => {
  const formula = query.sl_formula ?? 'abandons_negative';
  if (!isServiceLevelName(formula)) {
    note('sl_formula', `${formula} is none of ${SERVICE_LEVEL_NAMES.join(', ')}`);
  }
  const duration = (name: 'asa_target' | 'patience', mostMs: number): number | null =>
    query[name] === undefined
      ? null
      : readDuration(query[name], name, note, { fallbackMs: 1, leastMs: 1, mostMs });
  const level = readFraction(query.sl_target, 'sl_target', note, isInside);
  const asaMs = duration('asa_target', DAY_MS);
  const abandonment = readFraction(query.abandonment_target, 'abandonment_target', note, isInside);
  const patienceMs = duration('patience', MAX_PATIENCE_MS);
  if (abandonment !== null && patienceMs === null) {
    note(
      'abandonment_target',
      'needs patience, how long callers wait on average before they give up, such as 3m',
    );
  }
  const replaced = query.agents !== undefined || asaMs !== null || abandonment !== null;
  return {
    targets: {
      serviceLevel: level ?? (replaced ? null : DEFAULT_LEVEL_TARGET),
      asaMs,
      abandonment,
      maxOccupancy: readFraction(query.max_occupancy, 'max_occupancy', note, (x) => x > 0 && x <= 1),
    },
    level: { formula: isServiceLevelName(formula) ? formula : 'abandons_negative', countExits: false },
    thresholdMs: readDuration(query.sl_threshold, 'sl_threshold', note, {
      fallbackMs: DEFAULT_SERVICE_LEVEL.threshold_ms,
      leastMs: 0,
    }),
    shortAbandonMs: readDuration(query.short_abandon, 'short_abandon', note, {
      fallbackMs: DEFAULT_SERVICE_LEVEL.short_abandon_ms,
      leastMs: 0,
    }),
    patienceMs,
    shrinkage: readFraction(query.shrinkage, 'shrinkage', note, (x) => x >= 0 && x <= 0.99) ?? 0,
    agents: readAgents(query, note),
  };
};

/** What of one interval's demand cannot be staffed, or null. */
export const demandFault = (demand: Demand): Omit<Fault, 'path'> | null => {
  if (demand.calls < 0) return { message: `${demand.calls} is less than 0` };
  const load = loadOf(demand);
  return load > MAX_LOAD
    ? { message: `${Math.round(load)} erlangs (calls × aht / period) are more than ${MAX_LOAD}` }
    : null;
};

export const UNREACHABLE = `no number of agents up to ${MAX_AGENTS} reaches these targets; ask for less`;

/** What the figures mean, sent along with them. */
export const describePlan = (plan: StaffingPlan): Readonly<Record<string, unknown>> => ({
  model: plan.patienceMs === null ? 'Erlang C (M/M/n)' : 'Erlang A (M/M/n+M)',
  sl_formula: plan.level.formula,
  formula: spellOut(plan.level),
  sl_threshold: formatDuration(plan.thresholdMs),
  short_abandon: formatDuration(plan.shortAbandonMs),
  patience: plan.patienceMs === null ? null : formatDuration(plan.patienceMs),
  sl_target: plan.targets.serviceLevel,
  asa_target: plan.targets.asaMs === null ? null : formatDuration(plan.targets.asaMs),
  abandonment_target: plan.targets.abandonment,
  max_occupancy: plan.targets.maxOccupancy,
  shrinkage: plan.shrinkage,
});

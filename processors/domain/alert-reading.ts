/**
 * What an alert rule measures of a source, and when that will differ though nothing happens: a wait grows, a quarter
 * hour ends. A service level is by the queue's own definition, as on the wallboard.
 */
import { ALERT_METRICS, type AlertRule } from '../../schemas/alert-rule.ts';
import type { Channel } from '../../schemas/events.ts';
import {
  countsBy,
  DEFAULT_SERVICE_LEVEL,
  partsBy,
  type ServiceLevelDefinition,
} from '../../schemas/queue-definition.ts';
import { ratio } from '../../schemas/service-level.ts';
import type { AlertStatus } from './alert-status.ts';
import { INTERVAL_MS, intervalStart, type QueueTotals } from './interval.ts';
import { stateIn } from './live-queue.ts';
import type { QueueState, SourceState } from './source-state.ts';

/** Of a queue's channels; one without has the default. */
export type QueueDefinitions = Readonly<Partial<Record<Channel, ServiceLevelDefinition>>>;
/** A queue, and how its service level is measured; which queue does not matter to a rule on the source. */
export interface MeasuredQueue {
  readonly queue: string;
  readonly definitions: QueueDefinitions;
}
/** Never: a number, because a snapshot is JSON, which has no infinity. */
export const NEVER_MS = Number.MAX_SAFE_INTEGER;

export type Reading =
  | { readonly kind: 'value'; readonly value: number | null }
  /** Seconds since then; null when there is nothing that waits. */
  | { readonly kind: 'growing'; readonly sinceMs: number | null };

export const valueAt = (reading: Reading, nowMs: number): number | null => {
  if (reading.kind === 'value') return reading.value;
  return reading.sinceMs === null ? null : (nowMs - reading.sinceMs) / 1000;
};

const value = (of: number | null): Reading => ({ kind: 'value', value: of });

/** The channels of a queue that a rule is about. */
const statesOf = (state: SourceState, queue: string, { channel }: AlertRule): readonly QueueState[] => {
  const channels = state.queues.get(queue);
  if (channels === undefined) return [];
  if (channel === '') return [...channels.values()];
  const one = channels.get(channel);
  return one === undefined ? [] : [one];
};

/** What a queue's channels count in the quarter hour of `nowMs`. */
const totalsAt = (states: readonly QueueState[], nowMs: number): readonly QueueTotals[] =>
  states.flatMap(({ intervals }) => intervals.get(intervalStart(nowMs) / INTERVAL_MS) ?? []);

const sumOf = (totals: readonly QueueTotals[], counter: 'offered' | 'abandoned'): number =>
  totals.reduce((sum, of) => sum + of[counter], 0);

/** Each channel by its own definition; what met it is divided by what counts only then. */
const levelOf = (totals: readonly QueueTotals[], definitions: QueueDefinitions): number | null => {
  const sum = { met: 0, counted: 0 };
  for (const of of totals) {
    const definition = definitions[of.channel] ?? DEFAULT_SERVICE_LEVEL;
    const [met, counted] = partsBy(definition, countsBy(definition, of));
    sum.met += met;
    sum.counted += counted;
  }
  return ratio(sum.met, sum.counted);
};

/** A figure of the quarter hour; null while too few were offered for it to say anything. */
const figureOf = (
  totals: readonly QueueTotals[],
  { min_offered }: AlertRule,
  figure: (totals: readonly QueueTotals[]) => number | null,
): Reading => value(sumOf(totals, 'offered') < min_offered ? null : figure(totals));

const oldestOf = (states: readonly QueueState[]): number | null => {
  let oldest: number | null = null;
  for (const { waiting } of states) {
    for (const offeredAtMs of waiting.values()) {
      if (oldest === null || offeredAtMs < oldest) oldest = offeredAtMs;
    }
  }
  return oldest;
};

const agentsOf = (state: SourceState, queue: string, which: 'staffed' | 'available'): number | null => {
  if (!state.tracksAgents) return null;
  let count = 0;
  for (const agent of state.agents.values()) {
    const name = stateIn(agent, queue);
    if (name !== null && (which === 'staffed' || name === 'available')) count += 1;
  }
  return count;
};

/** Measures a rule's metric at `nowMs`. */
export const readMetric = (
  state: SourceState,
  { queue, definitions }: MeasuredQueue,
  rule: AlertRule,
  nowMs: number,
): Reading => {
  const states = statesOf(state, queue, rule);
  switch (rule.metric) {
    case 'waiting':
      return value(states.reduce((sum, { waiting }) => sum + waiting.size, 0));
    case 'oldest_waiting':
      return { kind: 'growing', sinceMs: oldestOf(states) };
    case 'service_level':
      return figureOf(totalsAt(states, nowMs), rule, (totals) => levelOf(totals, definitions));
    case 'abandonment_rate':
      return figureOf(totalsAt(states, nowMs), rule, (totals) =>
        ratio(sumOf(totals, 'abandoned'), sumOf(totals, 'offered')),
      );
    case 'agents_staffed':
      return value(agentsOf(state, queue, 'staffed'));
    case 'agents_available':
      return value(agentsOf(state, queue, 'available'));
    case 'silent_for':
      return { kind: 'growing', sinceMs: state.alerts?.heardAtMs ?? null };
    default:
      return rule.metric satisfies never;
  }
};

/** The first millisecond at which seconds that grow break a limit. */
const breaksFrom = ({ operator }: AlertRule, limit: number, sinceMs: number | null): number => {
  if (sinceMs === null) return NEVER_MS;
  return sinceMs + Math.round(limit * 1000) + (operator === 'greater' ? 1 : 0);
};

/** When an alert has to be looked at again if nothing happens before; later than `nowMs`. */
export const nextLookMs = (status: AlertStatus, rule: AlertRule, reading: Reading, nowMs: number): number => {
  const { kind } = ALERT_METRICS[rule.metric];
  const nextInterval = kind === 'interval' ? intervalStart(nowMs) + INTERVAL_MS : NEVER_MS;
  const crossing = (limit: number): number =>
    reading.kind === 'growing' ? breaksFrom(rule, limit, reading.sinceMs) : NEVER_MS;
  const next = (): number => {
    switch (status.status) {
      case 'ok':
        return crossing(rule.threshold);
      case 'pending':
        return Math.min(status.sinceMs + rule.for_ms, nextInterval);
      case 'raised':
        return nextInterval;
      case 'clearing':
        return Math.min(status.sinceMs + rule.clear_after_ms, crossing(rule.clear_threshold));
      default:
        return status satisfies never;
    }
  };
  return Math.max(next(), nowMs + 1);
};

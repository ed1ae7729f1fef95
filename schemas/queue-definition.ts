/**
 * A queue's own service level: the formula and limits by which boards and alerts measure it. Alert rules carry them
 * through the log, so that a replay raises the same alerts. Pure.
 */
import type { Channel } from './events.ts';
import { coversQueue } from './queue-pattern.ts';
import { type ServiceLevelCounts, type ServiceLevelFormulaName, serviceLevelParts } from './service-level.ts';

/** What live figures can be measured by: the limits are edges of the wait histograms. */
export interface ServiceLevelDefinition {
  readonly formula: ServiceLevelFormulaName;
  readonly threshold_ms: number;
  readonly short_abandon_ms: number;
  /** Contacts that left unanswered without giving up count as not served. */
  readonly count_exits: boolean;
}
export interface QueueDefinition extends ServiceLevelDefinition {
  /** Names, or patterns with `*`. */
  readonly queues: readonly string[];
  /** `''` = all channels of a queue. */
  readonly channel: Channel | '';
}

/** One of `service_levels` in busyhour.yaml. */
export interface QueueServiceLevel extends QueueDefinition {
  /** Fraction 0..1 that is aimed at; null where none is set. */
  readonly target: number | null;
}

/** Definitions of one configuration or declaration. */
export const MAX_QUEUE_DEFINITIONS = 200;

/** Of a queue without its own (metrics.md). */
export const DEFAULT_SERVICE_LEVEL: ServiceLevelDefinition = {
  formula: 'abandons_negative',
  threshold_ms: 20_000,
  short_abandon_ms: 5000,
  count_exits: false,
};

/** What decides a figure, without whose it is and what is aimed at. */
export const measureOf = ({
  formula,
  threshold_ms,
  short_abandon_ms,
  count_exits,
}: ServiceLevelDefinition): ServiceLevelDefinition => ({
  formula,
  threshold_ms,
  short_abandon_ms,
  count_exits,
});

/** The first that covers a queue's channel; null where none does. */
export const definitionOf = <Definition extends QueueDefinition>(
  definitions: readonly Definition[],
  queue: string,
  channel: Channel,
): Definition | null =>
  definitions.find(
    (candidate) =>
      (candidate.channel === '' || candidate.channel === channel) && coversQueue(candidate.queues, queue),
  ) ?? null;

type Histogram = Iterable<readonly [edgeMs: number, count: number]>;
/** Totals of an interval, as far as a service level needs them. */
export interface ServiceLevelTotals {
  readonly answered: number;
  readonly abandoned: number;
  readonly timed_out: number;
  readonly left_empty: number;
  readonly key_exit: number;
  readonly overflowed: number;
  readonly wait_answered: Histogram;
  readonly wait_abandoned: Histogram;
}

const within = (histogram: Histogram, limitMs: number): number => {
  let sum = 0;
  for (const [edgeMs, count] of histogram) if (edgeMs <= limitMs) sum += count;
  return sum;
};

export const countsBy = (
  definition: ServiceLevelDefinition,
  totals: ServiceLevelTotals,
): ServiceLevelCounts => ({
  answered: totals.answered,
  abandoned: totals.abandoned,
  exits: totals.timed_out + totals.left_empty + totals.key_exit + totals.overflowed,
  answeredWithin: within(totals.wait_answered, definition.threshold_ms),
  abandonedWithin: within(totals.wait_abandoned, definition.threshold_ms),
  shortAbandoned: within(totals.wait_abandoned, definition.short_abandon_ms),
});

/** Contacts that met a definition, and those it is of. */
export const partsBy = (
  { formula, count_exits }: ServiceLevelDefinition,
  counts: ServiceLevelCounts,
): readonly [met: number, counted: number] => serviceLevelParts({ formula, countExits: count_exits }, counts);

/**
 * How an agent's time fits his schedule. What an activity asks of him is decided here, when it is read, so that another
 * reading of it holds for all of the past. Pure.
 */
import type { AgentStateName } from '../../schemas/rows.ts';

/** States in which an agent is at the queues' disposal: what every activity asks for that is none of the away ones. */
export const WORKING_STATES = [
  'available',
  'ringing',
  'on_contact',
  'on_hold',
  'wrap_up',
] as const satisfies readonly AgentStateName[];
/** Activities during which an agent is to be unavailable or offline, in any case of letters. */
export const AWAY_ACTIVITIES: readonly string[] = [
  'break',
  'lunch',
  'meal',
  'rest',
  'pause',
  'off',
  'away',
  'absence',
  'holiday',
  'leave',
  'sick',
  'meeting',
  'training',
  'coaching',
];

/** A stretch of time, UTC epoch ms, `toMs` exclusive. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}
/** One stretch of a schedule. */
export interface Planned extends Stretch {
  readonly activity: string;
}
export interface Adherence {
  readonly scheduledMs: number;
  /** Of these, in a state that fits the activity. */
  readonly adherentMs: number;
}
export const NOT_SCHEDULED: Adherence = { scheduledMs: 0, adherentMs: 0 };

export const isAway = (activity: string, away: readonly string[]): boolean =>
  away.includes(activity.trim().toLowerCase());

/** Where the first of some numbers in order that is greater than `atMs` stands. */
const firstAfter = (
  ordered: { readonly length: number; at(i: number): number | undefined },
  atMs: number,
): number => {
  let low = 0;
  let high = ordered.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ordered.at(middle) ?? Number.POSITIVE_INFINITY) > atMs) high = middle;
    else low = middle + 1;
  }
  return low;
};

/** How much of a stretch lies in others, which are in order and do not overlap. */
const overlapMs = ({ fromMs, toMs }: Stretch, others: readonly Stretch[]): number => {
  const ends = { length: others.length, at: (i: number) => others[i]?.toMs };
  let sumMs = 0;
  for (let i = firstAfter(ends, fromMs); i < others.length; i++) {
    const other = others[i];
    if (other === undefined || other.fromMs >= toMs) break;
    sumMs += Math.min(toMs, other.toMs) - Math.max(fromMs, other.fromMs);
  }
  return sumMs;
};

/** The stretches in order; where two overlap, the later begins when the earlier ends. */
export const inOrder = (stretches: readonly Stretch[]): readonly Stretch[] => {
  const sorted: Stretch[] = [];
  let reachedMs = Number.NEGATIVE_INFINITY;
  for (const { fromMs, toMs } of [...stretches].sort((a, b) => a.fromMs - b.fromMs)) {
    const startMs = Math.max(fromMs, reachedMs);
    if (startMs >= toMs) continue;
    sorted.push({ fromMs: startMs, toMs });
    reachedMs = toMs;
  }
  return sorted;
};

export interface AdherenceQuestion {
  /** Starts of the intervals, in order, the first being the range's. */
  readonly starts: readonly number[];
  /** What lies after it is not known yet, and counts for nothing. */
  readonly endMs: number;
  readonly planned: readonly Planned[];
  /** When the agent was in a working state: `inOrder`. */
  readonly working: readonly Stretch[];
  /** Lower case. */
  readonly away: readonly string[];
}

/** Interval start → how the time in it fits. Intervals without a schedule are left out. */
export const adherenceOf = (question: AdherenceQuestion): ReadonlyMap<number, Adherence> => {
  const { starts, endMs, planned, working, away } = question;
  const found = new Map<number, Adherence>();
  for (const plan of planned) {
    for (let i = Math.max(firstAfter(starts, plan.fromMs) - 1, 0); i < starts.length; i++) {
      const startMs = starts[i] ?? Number.POSITIVE_INFINITY;
      if (startMs >= plan.toMs) break;
      const fromMs = Math.max(plan.fromMs, startMs);
      const toMs = Math.min(plan.toMs, starts[i + 1] ?? endMs, endMs);
      if (fromMs >= toMs) continue;
      const workedMs = overlapMs({ fromMs, toMs }, working);
      const before = found.get(startMs) ?? NOT_SCHEDULED;
      found.set(startMs, {
        scheduledMs: before.scheduledMs + toMs - fromMs,
        adherentMs: before.adherentMs + (isAway(plan.activity, away) ? toMs - fromMs - workedMs : workedMs),
      });
    }
  }
  return found;
};

/** Whether a figure is as it should be, by the board's limits. Colour is never alone: each tone has a sign and a word. */
import type { LiveQueue } from '../../../schemas/live.ts';
import type { Board, Limits } from './board-address.ts';

export type Tone = 'none' | 'good' | 'warn' | 'bad';

export const SIGNS: Readonly<Record<Tone, string>> = { none: '', good: '●', warn: '▲', bad: '■' };
export const WORDS: Readonly<Record<Tone, string>> = {
  none: 'no contacts yet',
  good: 'on target',
  warn: 'watch',
  bad: 'off target',
};

/** Where more is worse: the limits themselves are still allowed. */
export const riseTone = (value: number | null, limits: Limits | null): Tone => {
  if (value === null || limits === null) return 'none';
  if (value > limits.bad) return 'bad';
  return value > limits.warn ? 'warn' : 'good';
};
/** Where less is worse: the target itself is reached. */
export const fallTone = (value: number | null, limits: Limits): Tone => {
  if (value === null) return 'none';
  if (value >= limits.warn) return 'good';
  return value >= limits.bad ? 'warn' : 'bad';
};

/** Of a queue for which no target is set. */
const DEFAULT_TARGET: Limits = { warn: 0.8, bad: 0.7 };
/** So far below its own target a queue is off it. */
const BELOW_TARGET = 0.1;

/** The board's limits of the service level; where it has none, the queue's own target. */
export const serviceLevelLimits = (
  { definition }: Pick<LiveQueue, 'definition'>,
  { serviceLevel }: Pick<Board, 'serviceLevel'>,
): Limits => {
  if (serviceLevel !== null) return serviceLevel;
  const target = definition?.sl_target ?? null;
  return target === null ? DEFAULT_TARGET : { warn: target, bad: Math.max(0, target - BELOW_TARGET) };
};

export interface QueueTones {
  readonly serviceLevel: Tone;
  /** Of the running quarter hour, which is too short to decide on the whole. */
  readonly intervalServiceLevel: Tone;
  readonly abandonment: Tone;
  readonly longestWait: Tone;
  readonly waiting: Tone;
  /** The worst of them. */
  readonly overall: Tone;
}

const ORDER = ['none', 'good', 'warn', 'bad'] as const satisfies readonly Tone[];
const worst = (tones: readonly Tone[]): Tone =>
  ORDER[Math.max(...tones.map((tone) => ORDER.indexOf(tone)))] ?? 'none';

/** How long the longest-waiting contact has waited at `nowMs`; null while nobody waits. */
export const longestWaitMs = (queue: LiveQueue, nowMs: number): number | null =>
  queue.oldest_waiting_since === null ? null : Math.max(0, nowMs - Date.parse(queue.oldest_waiting_since));

export const tonesOf = (queue: LiveQueue, board: Board, nowMs: number): QueueTones => {
  const limits = serviceLevelLimits(queue, board);
  const parts = {
    serviceLevel: fallTone(queue.today.service_level, limits),
    abandonment: riseTone(queue.today.abandonment_rate, board.abandonment),
    longestWait: riseTone(longestWaitMs(queue, nowMs), board.longestWaitMs),
    waiting: riseTone(queue.waiting, board.waiting),
  };
  const intervalServiceLevel = fallTone(queue.interval.service_level, limits);
  return { ...parts, intervalServiceLevel, overall: worst(Object.values(parts)) };
};

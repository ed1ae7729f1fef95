/**
 * Totals of one queue in one interval of 15 minutes UTC. Contacts count in the interval they were offered in; agents'
 * time is clipped to the interval it passes in. Totals are signed: a leg is taken out as it was and put in as it
 * became, so `offered = answered + abandoned + exits + in_progress` holds by construction, corrections included.
 */
import type { Channel } from '../../schemas/events.ts';
import type { AgentIntervalRow, AgentStateName, QueueIntervalRow } from '../../schemas/rows.ts';
import type { Leg } from './contact-leg.ts';
import { countWait, type WaitHistogram } from './wait-histogram.ts';

/** 15 minutes: the largest grain that local days of every time zone are made of. */
export const INTERVAL_MS = 900_000;

export const intervalStart = (atMs: number): number => Math.floor(atMs / INTERVAL_MS) * INTERVAL_MS;

/** Cuts the stretch [fromMs, toMs) at interval edges. The only place where time is clipped. */
export const clip = (
  fromMs: number,
  toMs: number,
  visit: (intervalStartMs: number, fromMs: number, toMs: number) => void,
): void => {
  for (let from = fromMs; from < toMs; ) {
    const start = intervalStart(from);
    const to = Math.min(start + INTERVAL_MS, toMs);
    visit(start, from, to);
    from = to;
  }
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Histograms = 'wait_answered' | 'wait_abandoned' | 'wait_exited';

/** A queue's totals in memory: the row itself, owned and changed in place, with when it was last touched. */
export type QueueTotals = Mutable<Omit<QueueIntervalRow, Histograms | 'tenant' | 'source'>> & {
  readonly [H in Histograms]: WaitHistogram;
} & { touchedAtMs: number };

export const emptyQueueTotals = (
  queue: string,
  channel: Channel,
  startMs: number,
  generation: number,
): QueueTotals => ({
  queue,
  channel,
  interval_start: startMs,
  generation,
  offered: 0,
  answered: 0,
  abandoned: 0,
  timed_out: 0,
  left_empty: 0,
  key_exit: 0,
  overflowed: 0,
  callback: 0,
  withdrawn: 0,
  unknown: 0,
  refused_full: 0,
  refused_empty: 0,
  refused_closed: 0,
  in_progress: 0,
  wait_answered: new Map(),
  wait_abandoned: new Map(),
  wait_exited: new Map(),
  wait_answered_ms: 0,
  wait_abandoned_ms: 0,
  max_wait_ms: 0,
  handled: 0,
  held: 0,
  talk_ms: 0,
  hold_ms: 0,
  wrap_ms: 0,
  transferred_blind: 0,
  transferred_attended: 0,
  on_contact_ms: 0,
  on_hold_ms: 0,
  wrap_up_ms: 0,
  available_ms: 0,
  staffed_ms: 0,
  version: 0,
  touchedAtMs: 0,
});

const countAnswered = (totals: QueueTotals, waitMs: number, sign: 1 | -1): void => {
  totals.answered += sign;
  totals.wait_answered_ms += sign * waitMs;
  countWait(totals.wait_answered, waitMs, sign);
  if (sign === 1 && waitMs > totals.max_wait_ms) totals.max_wait_ms = waitMs;
};

const countExited = (totals: QueueTotals, leg: Extract<Leg, { status: 'exited' }>, sign: 1 | -1): void => {
  totals[leg.outcome] += sign;
  if (leg.outcome === 'abandoned') {
    totals.wait_abandoned_ms += sign * leg.waitMs;
    countWait(totals.wait_abandoned, leg.waitMs, sign);
  } else if (leg.outcome !== 'unknown') {
    countWait(totals.wait_exited, leg.waitMs, sign);
  }
  // How long a lost leg really waited nobody knows: it is no maximum.
  if (sign === 1 && leg.outcome !== 'unknown' && leg.waitMs > totals.max_wait_ms) {
    totals.max_wait_ms = leg.waitMs;
  }
};

const countHandled = (totals: QueueTotals, leg: Extract<Leg, { status: 'ended' }>, sign: 1 | -1): void => {
  if (leg.talkMs === null) return;
  totals.handled += sign;
  totals.talk_ms += sign * leg.talkMs;
  if (leg.holdMs !== null && leg.holdMs > 0) {
    totals.held += sign;
    totals.hold_ms += sign * leg.holdMs;
  }
  totals.wrap_ms += sign * (leg.wrapMs ?? 0);
  if (leg.transferKind === 'blind') totals.transferred_blind += sign;
  else if (leg.transferKind === 'attended') totals.transferred_attended += sign;
};

/** Counts a leg in as it is (1), or takes it back out (-1). The wait's maximum only ever grows. */
const countLeg = (totals: QueueTotals, leg: Leg, sign: 1 | -1): void => {
  if (leg.status === 'refused') {
    totals[`refused_${leg.reason}`] += sign;
    return;
  }
  totals.offered += sign;
  switch (leg.status) {
    case 'waiting':
      totals.in_progress += sign;
      return;
    case 'talking':
    case 'holding':
      countAnswered(totals, leg.waitMs, sign);
      return;
    case 'ended':
      countAnswered(totals, leg.waitMs, sign);
      countHandled(totals, leg, sign);
      return;
    case 'exited':
      countExited(totals, leg, sign);
      return;
    default:
      leg satisfies never;
  }
};

const isAnswered = (leg: Leg): leg is Extract<Leg, { readonly answeredAtMs: number }> =>
  leg.status === 'talking' || leg.status === 'holding' || leg.status === 'ended';

/** Counts a leg as it has become in place of what it was; null = it is new. */
export const recountLeg = (totals: QueueTotals, before: Leg | null, after: Leg): void => {
  // Most steps are those of an answered leg, whose wait stays counted as it is.
  if (before !== null && isAnswered(before) && isAnswered(after) && before.waitMs === after.waitMs) {
    if (before.status === 'ended') countHandled(totals, before, -1);
    if (after.status === 'ended') countHandled(totals, after, 1);
    return;
  }
  if (before !== null) countLeg(totals, before, -1);
  countLeg(totals, after, 1);
};

/** Adds a stretch of one agent's time to the queue it belongs to. */
export const countQueueTime = (totals: QueueTotals, state: AgentStateName, durationMs: number): void => {
  switch (state) {
    case 'on_contact':
      totals.on_contact_ms += durationMs;
      break;
    case 'on_hold':
      totals.on_hold_ms += durationMs;
      break;
    case 'wrap_up':
      totals.wrap_up_ms += durationMs;
      break;
    case 'available':
      totals.available_ms += durationMs;
      break;
    case 'ringing':
    case 'unavailable':
      break;
    case 'offline':
      return;
    default:
      state satisfies never;
  }
  totals.staffed_ms += durationMs;
};

export type AgentTotals = Mutable<Omit<AgentIntervalRow, 'tenant' | 'source' | 'reasons'>> & {
  readonly reasons: Map<string, number>;
  touchedAtMs: number;
};

export const emptyAgentTotals = (agent: string, startMs: number, generation: number): AgentTotals => ({
  agent,
  interval_start: startMs,
  generation,
  available_ms: 0,
  ringing_ms: 0,
  on_contact_ms: 0,
  on_hold_ms: 0,
  wrap_up_ms: 0,
  unavailable_ms: 0,
  staffed_ms: 0,
  handled: 0,
  reasons: new Map(),
  version: 0,
  touchedAtMs: 0,
});

const TOTAL_OF = {
  available: 'available_ms',
  ringing: 'ringing_ms',
  on_contact: 'on_contact_ms',
  on_hold: 'on_hold_ms',
  wrap_up: 'wrap_up_ms',
  unavailable: 'unavailable_ms',
} as const satisfies Record<Exclude<AgentStateName, 'offline'>, keyof AgentTotals>;

/** Adds a stretch to the agent's own totals; `durationMs` is negative where time is taken back. */
export const countAgentTime = (
  totals: AgentTotals,
  state: AgentStateName,
  reason: string,
  durationMs: number,
): void => {
  if (state === 'offline') return;
  totals[TOTAL_OF[state]] += durationMs;
  totals.staffed_ms += durationMs;
  if (state !== 'unavailable') return;
  const inReason = (totals.reasons.get(reason) ?? 0) + durationMs;
  if (inReason === 0) totals.reasons.delete(reason);
  else totals.reasons.set(reason, inReason);
};

/**
 * Where the fold books what it learns: totals in memory, and what of them has changed. A row's version is the log
 * position that caused the change, so the same rows come out however the log is cut into batches.
 */
import type { AgentStateName } from '../../schemas/rows.ts';
import type { AgentBook, Stretch } from './agent.ts';
import type { SourceChanges } from './changes.ts';
import type { Leg } from './contact-leg.ts';
import {
  type AgentTotals,
  clip,
  countAgentTime,
  countQueueTime,
  emptyAgentTotals,
  emptyQueueTotals,
  INTERVAL_MS,
  intervalStart,
  type QueueTotals,
  recountLeg,
} from './interval.ts';
import { hasRow } from './leg-row.ts';
import { mainChannel, type QueueState, queueState, type SourceState } from './source-state.ts';

/** One event being applied: the state it may change, the changes it adds to, and the log position that caused it. */
export interface Turn {
  readonly state: SourceState;
  readonly changes: SourceChanges;
  readonly partition: number;
  readonly offset: number;
  readonly seq: string;
}

/** More intervals of one queue or agent than this (four weeks) are not kept; one touched again gets a new generation. */
const MAX_INTERVALS_KEPT = 4 * 7 * 96;

const evictFirst = <T>(intervals: Map<number, T>): void => {
  for (const start of intervals.keys()) {
    intervals.delete(start);
    return;
  }
};

const touch = (turn: Turn, totals: { version: number; touchedAtMs: number }): void => {
  totals.version = turn.offset + 1;
  totals.touchedAtMs = turn.state.watermarkMs;
};

/** The totals of a queue's interval. A new or returning one gets the log position as its generation: unique and repeatable. */
const queueTotals = (turn: Turn, of: QueueState, startMs: number): QueueTotals => {
  let totals = of.intervals.get(startMs / INTERVAL_MS);
  if (totals === undefined) {
    if (of.intervals.size >= MAX_INTERVALS_KEPT) evictFirst(of.intervals);
    totals = emptyQueueTotals(of.queue, of.channel, startMs, turn.offset + 1);
    of.intervals.set(startMs / INTERVAL_MS, totals);
  }
  touch(turn, totals);
  turn.changes.queueTotals.add(totals);
  return totals;
};

const agentTotals = (turn: Turn, agent: string, startMs: number): AgentTotals => {
  let intervals = turn.state.agentIntervals.get(agent);
  if (intervals === undefined) {
    intervals = new Map();
    turn.state.agentIntervals.set(agent, intervals);
  }
  let totals = intervals.get(startMs / INTERVAL_MS);
  if (totals === undefined) {
    if (intervals.size >= MAX_INTERVALS_KEPT) evictFirst(intervals);
    totals = emptyAgentTotals(agent, startMs, turn.offset + 1);
    intervals.set(startMs / INTERVAL_MS, totals);
  }
  touch(turn, totals);
  turn.changes.agentTotals.add(totals);
  return totals;
};

/** Takes a leg out of its interval as it was and puts it in as it has become; `before` null for a new one. */
export const bookLeg = (turn: Turn, before: Leg | null, after: Leg): void => {
  const { state, changes, offset } = turn;
  const of = queueState(state, after.queue, after.channel);
  recountLeg(queueTotals(turn, of, intervalStart(after.offeredAtMs)), before, after);
  if (after.status === 'waiting') of.waiting.set(after.key, after.offeredAtMs);
  else if (before?.status === 'waiting') of.waiting.delete(after.key);
  if (hasRow(after)) {
    changes.legs.set(after.key, { leg: after, version: offset + 1 });
  }
  changes.liveQueues.add(of);
};

/** Counts an answered contact for its agent, in the interval in which it ended. */
export const bookHandled = (turn: Turn, agent: string, endedAtMs: number): void => {
  if (turn.state.tracksAgents && agent !== '')
    agentTotals(turn, agent, intervalStart(endedAtMs)).handled += 1;
};

/**
 * The share of queue `i` of `n` in the first `sinceMs` of a shared stretch. Shares of a part are differences of
 * these, so they add up to the whole millisecond by millisecond, wherever the stretch is cut.
 */
const shareUpTo = (sinceMs: number, i: number, n: number): number => Math.floor((sinceMs + i) / n);

interface TimeSlice {
  readonly startMs: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly sign: 1 | -1;
}

const bookQueueShares = (turn: Turn, stretch: Stretch, slice: TimeSlice): void => {
  const { queues, sharedSinceMs, channel, state } = stretch;
  for (let i = 0; i < queues.length; i++) {
    const queue = queues[i];
    if (queue === undefined) continue;
    const share =
      shareUpTo(slice.toMs - sharedSinceMs, i, queues.length) -
      shareUpTo(slice.fromMs - sharedSinceMs, i, queues.length);
    if (share === 0) continue;
    const of = queueState(turn.state, queue, channel ?? mainChannel(turn.state, queue));
    countQueueTime(queueTotals(turn, of, slice.startMs), state, slice.sign * share);
  }
};

/** The book in which agents' time is counted for themselves and for their queues. */
export const agentBook = (turn: Turn): AgentBook => ({
  time: (agent, stretch, fromMs, toMs, sign) =>
    clip(fromMs, toMs, (startMs, from, to) => {
      countAgentTime(
        agentTotals(turn, agent.name, startMs),
        stretch.state,
        stretch.reason,
        sign * (to - from),
      );
      bookQueueShares(turn, stretch, { startMs, fromMs: from, toMs: to, sign });
    }),
  ended: (agent, stretch, endedAtMs) => {
    // Also where no event told it: a wrap-up that was over, an agent who is taken to be gone.
    turn.changes.liveAgents.add(agent);
    turn.changes.agentStates.push({
      tenant: turn.state.tenant,
      source: turn.state.source,
      agent: agent.name,
      state: stretch.state satisfies AgentStateName,
      reason: stretch.reason,
      started_at: stretch.startedAtMs,
      ended_at: endedAtMs,
      duration_ms: endedAtMs - stretch.startedAtMs,
      contact_id: stretch.contactId,
      queue: stretch.queue,
      version: turn.offset + 1,
    });
  },
});

/** Keeps what did not fit. */
export const bookAnomaly = (
  turn: Turn,
  kind: string,
  atMs: number,
  about: { contactId?: string; queue?: string; agent?: string; detail?: string },
): void => {
  turn.changes.anomalies.push({
    tenant: turn.state.tenant,
    source: turn.state.source,
    kind,
    at: atMs,
    contact_id: about.contactId ?? '',
    queue: about.queue ?? '',
    agent: about.agent ?? '',
    detail: about.detail ?? '',
    seq: turn.seq,
    log_partition: turn.partition,
    log_offset: turn.offset,
  });
};

/**
 * The fold: one record of the log after another, each in its source's order of time. Pure: it reads no clock, and
 * the same log gives the same rows, however it is cut, replayed or doubled (laws 1 and 2).
 */
import type { CanonicalEvent } from '../../schemas/events.ts';
import { sourceKey } from '../../schemas/topics.ts';
import type { Turn } from './accounts.ts';
import { applyWatched, declareAlertRules, passAlertTime } from './alerts.ts';
import { newSourceChanges, type SourceChanges } from './changes.ts';
import { intervalStart } from './interval.ts';
import { hold, release } from './reorder.ts';
import { hasSeq, newSourceState, type PartitionState, type SourceState, sizeOf } from './source-state.ts';
import { passAgentTime, runTimers } from './timers.ts';

/** Raised whenever the same log would give other rows or the state another shape: older snapshots are then not loaded. */
export const FOLD_VERSION = 6;

/**
 * Recent `seq`s remembered a source, in each of two generations. A crash makes ingest publish one batch again (at
 * most 2,000 records), so the double is always within this many.
 */
export const RECENT_SEQS = 10_000;

/** What changed since the last landing, by source. */
export type Changes = Map<SourceState, SourceChanges>;

/** Up to so many sources are looked through by their names, which costs less than making a key. */
const FEW_SOURCES = 4;

const sourceOf = (partitionState: PartitionState, event: CanonicalEvent): SourceState => {
  if (partitionState.size <= FEW_SOURCES) {
    for (const state of partitionState.values()) {
      if (state.source === event.source && state.tenant === event.tenant) return state;
    }
  }
  const key = sourceKey(event.tenant, event.source);
  let state = partitionState.get(key);
  if (state === undefined) {
    state = newSourceState(event.tenant, event.source);
    partitionState.set(key, state);
  }
  return state;
};

const changesOf = (changes: Changes, state: SourceState): SourceChanges => {
  let of = changes.get(state);
  if (of === undefined) {
    of = newSourceChanges(state);
    changes.set(state, of);
  }
  return of;
};

/** True when the seq has been seen lately; remembers it otherwise. Seqs that only rise are never looked up. */
const isRepeat = ({ seen }: SourceState, seq: string): boolean => {
  if (seq > seen.newest) seen.newest = seq;
  else if (hasSeq(seen, seq)) return true;
  if (sizeOf(seen.recent) >= RECENT_SEQS) {
    seen.older = seen.recent;
    seen.recent = [];
  }
  if (Array.isArray(seen.recent)) seen.recent.push(seq);
  else seen.recent.add(seq);
  return false;
};

const advance = (state: SourceState, toMs: number): void => {
  if (state.sweptToMs === 0) state.sweptToMs = intervalStart(toMs);
  if (toMs > state.watermarkMs) state.watermarkMs = toMs;
};

/** Folds one record of a partition into its state, and adds what changed to `changes`. */
export const foldRecord = (
  partitionState: PartitionState,
  event: CanonicalEvent,
  position: { readonly partition: number; readonly offset: number },
  changes: Changes,
): void => {
  const state = sourceOf(partitionState, event);
  const of = changesOf(changes, state);
  if (isRepeat(state, event.seq)) {
    of.duplicates += 1;
    return;
  }
  const { partition, offset } = position;
  of.events.push({ event, partition, offset });
  const turn: Turn = { state, changes: of, partition, offset, seq: event.seq };
  take(turn, event);
  runTimers(turn);
  if (state.alerts !== null) passAlertTime(turn, event);
};

/** Moves the watermark by an event and applies what is due; a feed with lateness has its events held back till then. */
const take = (turn: Turn, event: CanonicalEvent): void => {
  const { state } = turn;
  switch (event.body.type) {
    case 'source_declared':
      state.latenessMs = event.body.lateness_ms;
      state.tracksAgents = event.body.tracks_agents;
      return;
    case 'alert_rules_declared':
      declareAlertRules(turn, event.body);
      return;
    // A plan is of the future: moving the watermark by it would end what is going on now.
    case 'agent_scheduled':
      return;
    case 'source_progressed':
      advance(state, event.event_time);
      applyDue(turn);
      passAgentTime(turn, event.event_time);
      for (const channels of state.queues.values()) {
        for (const queue of channels.values()) turn.changes.liveQueues.add(queue);
      }
      return;
    default:
      advance(state, event.event_time - state.latenessMs);
      if (state.latenessMs === 0 && state.held.length === 0) {
        applyWatched(turn, event);
        return;
      }
      hold(state.held, event);
      applyDue(turn);
  }
};

const applyDue = (turn: Turn): void => {
  const { state } = turn;
  for (let due = release(state.held, state.watermarkMs); due !== null; ) {
    applyWatched({ ...turn, seq: due.seq }, due);
    due = release(state.held, state.watermarkMs);
  }
};

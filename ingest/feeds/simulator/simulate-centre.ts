/**
 * A simulated contact centre as a stream of canonical events. It is a discrete-event simulation in whole
 * milliseconds: the same options give the same events, and every beginning of the stream is a valid history.
 */
import type { CanonicalEvent } from '../../../schemas/events.ts';
import { call, planCall } from './arrivals.ts';
import { type Centre, type CentreRecord, emit, openCentre, type Task } from './centre.ts';
import { DAY_MS, type SimulationOptions } from './centre-plan.ts';
import { leaveQueue, offerAgain, stillRings, stopRinging } from './queueing.ts';
import {
  becomeFree,
  beginShift,
  endPause,
  endShift,
  localMidnight,
  pause,
  planDay,
  takeBreak,
} from './shifts.ts';
import { answer, endHold, endWrapUp, pauseTalk } from './talking.ts';

/** Opens the centre: declares the source, then puts the first day's shifts and calls on the agenda. */
export const beginCentre = (options: SimulationOptions, record: CentreRecord | null): Centre => {
  const centre = openCentre(options, record);
  emit(centre, { type: 'source_declared', feed: 'simulator', lateness_ms: 0, tracks_agents: true });
  const midnight = localMidnight(options.startMs, options.timeZoneOffsetMs);
  planDay(centre, midnight - DAY_MS);
  centre.agenda.plan(midnight, { type: 'day_begins' });
  for (const queue of centre.queues) planCall(centre, queue);
  return centre;
};

const MISSED_CALL_MS = 45_000;

const ringOut = (centre: Centre, task: Extract<Task, { type: 'rings_out' }>): void => {
  const { leg, agent } = task;
  if (!stillRings(leg, agent, task.since)) return;
  stopRinging(centre, leg, agent, 'no_answer');
  pause(centre, agent, 'missed call', MISSED_CALL_MS);
  offerAgain(centre, leg);
};

const giveUp = (centre: Centre, task: Extract<Task, { type: 'gives_up' }>): void => {
  if (task.leg.status !== 'waiting' && task.leg.status !== 'ringing') return;
  const rang = leaveQueue(centre, task.leg, task.outcome);
  if (rang !== null) becomeFree(centre, rang);
};

const beginDay = (centre: Centre): void => {
  const midnight = localMidnight(centre.now, centre.options.timeZoneOffsetMs);
  planDay(centre, midnight);
  centre.agenda.plan(midnight + DAY_MS, { type: 'day_begins' });
};

const pickUp = (centre: Centre, task: Extract<Task, { type: 'answers' }>): void => {
  if (stillRings(task.leg, task.agent, task.since)) answer(centre, task.leg, task.agent);
};

const perform = (centre: Centre, task: Task): void => {
  switch (task.type) {
    case 'day_begins':
      beginDay(centre);
      return;
    case 'shift_begins':
      beginShift(centre, task.agent, task.endsAt);
      return;
    case 'shift_ends':
      endShift(centre, task.agent);
      return;
    case 'break_due':
      takeBreak(centre, task.agent, task.reason, task.lengthMs);
      return;
    case 'pause_ends':
      endPause(centre, task.agent);
      return;
    case 'may_call':
      call(centre, task.queue);
      return;
    case 'gives_up':
      giveUp(centre, task);
      return;
    case 'answers':
      pickUp(centre, task);
      return;
    case 'rings_out':
      ringOut(centre, task);
      return;
    case 'talk_pauses':
      pauseTalk(centre, task.leg, task.talkedMs);
      return;
    case 'hold_ends':
      endHold(centre, task.leg, task.outcome);
      return;
    case 'wrap_up_ends':
      endWrapUp(centre, task.leg, task.agent, task.wrapMs);
      return;
    default:
      task satisfies never;
  }
};

/** Does the next thing on the agenda if it comes before `untilMs`; false when there is none. */
export const step = (centre: Centre, untilMs: number): boolean => {
  if (centre.agenda.nextAt() >= untilMs) return false;
  // A day that began before the centre opened is planned at the opening.
  const at = Math.max(centre.agenda.nextAt(), centre.now);
  const task = centre.agenda.take();
  if (task === null) return false;
  centre.now = at;
  perform(centre, task);
  return true;
};

/**
 * The centre's events in order of time, the first at `startMs`, lazily and without end unless `untilMs` is given
 * (then all events before it).
 */
export function* simulateCentre(options: SimulationOptions): Generator<CanonicalEvent, void, undefined> {
  const centre = beginCentre(options, null);
  const untilMs = options.untilMs ?? Number.POSITIVE_INFINITY;
  do {
    for (const event of centre.happened) yield event;
    centre.happened.length = 0;
  } while (step(centre, untilMs));
}

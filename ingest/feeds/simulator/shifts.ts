/** Agents coming, pausing and going: shifts by the local day, breaks, and what an agent does when he is free. */

import { type Agent, type Centre, emit, endSegment, type Queue, setState } from './centre.ts';
import { DAY_MS, MINUTE_MS } from './centre-plan.ts';
import { becomeAvailable, emptyIfUnstaffed } from './queueing.ts';

const PUNCTUAL_TO_MINUTES = 8;
/** Breaks of one shift are staggered over this part of it. */
const BREAKS_SPREAD = 0.2;
const TRAINED_TODAY = 0.12;
const DROPS_A_QUEUE_AT_LUNCH = 0.2;

/** Local midnight, as UTC ms, of the day that `atMs` is in. */
export const localMidnight = (atMs: number, timeZoneOffsetMs: number): number =>
  Math.floor((atMs + timeZoneOffsetMs) / DAY_MS) * DAY_MS - timeZoneOffsetMs;

/** Plans the shifts of the day that begins at `midnight`; one under way at the centre's start begins there. */
export const planDay = (centre: Centre, midnight: number): void => {
  for (const agent of centre.agents) {
    const { fromMinute, toMinute } = agent.plan.shift;
    const early = centre.random.integer(-PUNCTUAL_TO_MINUTES * MINUTE_MS, PUNCTUAL_TO_MINUTES * MINUTE_MS);
    const beginsAt = midnight + fromMinute * MINUTE_MS + early;
    const endsAt = midnight + toMinute * MINUTE_MS + early;
    if (endsAt <= centre.now) continue;
    centre.agenda.plan(Math.max(beginsAt, centre.now), { type: 'shift_begins', agent, endsAt });
    planBreaks(centre, agent, beginsAt, endsAt);
  }
};

const planBreaks = (centre: Centre, agent: Agent, beginsAt: number, endsAt: number): void => {
  const { random } = centre;
  const breakAt = (part: number, reason: string, minutes: number): void => {
    const at = Math.round(beginsAt + (endsAt - beginsAt) * (part + BREAKS_SPREAD * random.uniform()));
    const lengthMs = Math.round(minutes * MINUTE_MS * (0.9 + 0.2 * random.uniform()));
    if (at > centre.now) centre.agenda.plan(at, { type: 'break_due', agent, reason, lengthMs });
  };
  breakAt(0.1, 'break', 12);
  breakAt(0.38, 'lunch', 30);
  breakAt(0.7, 'break', 12);
  if (random.chance(TRAINED_TODAY)) breakAt(0.6, random.pick(['training', 'coaching']), 25);
};

/** An agent logs in and joins the queues he is skilled for. */
export const beginShift = (centre: Centre, agent: Agent, endsAt: number): void => {
  centre.agenda.plan(endsAt, { type: 'shift_ends', agent });
  if (agent.state !== 'offline') return;
  agent.leaving = false;
  agent.breakDue = null;
  emit(centre, { type: 'agent_logged_in', agent: agent.name });
  for (const skill of agent.plan.skills) {
    const queue = centre.queues[skill];
    if (queue === undefined) continue;
    agent.joined.add(queue);
    queue.staff.add(agent);
    emit(centre, { type: 'agent_joined_queue', agent: agent.name, queue: queue.plan.name, paused: false });
  }
  becomeAvailable(centre, agent);
};

/** The shift is over: leaves now if idle, else after what he is doing. */
export const endShift = (centre: Centre, agent: Agent): void => {
  if (agent.state === 'offline') return;
  agent.leaving = true;
  if (agent.state === 'available') logOut(centre, agent);
};

const leave = (centre: Centre, agent: Agent, queue: Queue): void => {
  agent.joined.delete(queue);
  queue.staff.delete(agent);
  emit(centre, { type: 'agent_left_queue', agent: agent.name, queue: queue.plan.name });
};

const logOut = (centre: Centre, agent: Agent): void => {
  const left = [...agent.joined];
  setState(centre, agent, 'offline');
  for (const queue of left) leave(centre, agent, queue);
  emit(centre, { type: 'agent_logged_out', agent: agent.name });
  for (const queue of left) emptyIfUnstaffed(centre, queue);
};

/** A break is due: begins now if the agent is idle, else when he is free. Whoever is away already takes no other. */
export const takeBreak = (centre: Centre, agent: Agent, reason: string, lengthMs: number): void => {
  if (agent.state === 'offline' || agent.state === 'unavailable') return;
  if (agent.state === 'available') pause(centre, agent, reason, lengthMs);
  else agent.breakDue = { reason, lengthMs };
};

/** Pauses an agent in all his queues. */
export const pause = (centre: Centre, agent: Agent, reason: string, lengthMs: number): void => {
  setState(centre, agent, 'unavailable', { reason });
  emit(centre, { type: 'agent_paused', agent: agent.name, queue: '', reason });
  centre.agenda.plan(centre.now + lengthMs, { type: 'pause_ends', agent });
};

/** Back from a pause. After lunch some leave one of their queues for the rest of the shift. */
export const endPause = (centre: Centre, agent: Agent): void => {
  const queues = [...agent.joined];
  const last = queues.at(-1);
  const canDrop = agent.reason === 'lunch' && queues.length > 1 && last !== undefined && last.staff.size > 1;
  if (canDrop && centre.random.chance(DROPS_A_QUEUE_AT_LUNCH)) {
    endSegment(centre, agent);
    leave(centre, agent, last);
  }
  emit(centre, { type: 'agent_unpaused', agent: agent.name, queue: '' });
  becomeFree(centre, agent);
};

/** An agent is done with what he was doing: goes home, has his break, or takes the next contact. */
export const becomeFree = (centre: Centre, agent: Agent): void => {
  if (agent.leaving) {
    logOut(centre, agent);
    return;
  }
  const due = agent.breakDue;
  if (due === null) {
    becomeAvailable(centre, agent);
    return;
  }
  agent.breakDue = null;
  pause(centre, agent, due.reason, due.lengthMs);
};

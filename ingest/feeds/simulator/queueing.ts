/**
 * Waiting and ringing: who is admitted, which agent a waiting contact is offered to (the longest idle, to the
 * longest waiting of his queues), and how contacts leave without an answer.
 */
import type { ContactOffered, ExitOutcome, RefusalReason } from '../../../schemas/events.ts';
import { type Agent, type Caller, type Centre, emit, type Leg, type Queue, setState } from './centre.ts';

const MEAN_PATIENCE_MS = 180_000;
const SHORTEST_PATIENCE_MS = 500;
const WAITS_FOR_EVER = 0.08;
const PRESSES_KEY = 0.04;
const MISSES_RING = 0.025;
const RING_TIMEOUT_MS = 15_000;

const newLeg = (centre: Centre, queue: Queue, who: Caller, leg: number, position: number | null): Leg => ({
  who,
  leg,
  queue,
  offeredAt: centre.now,
  position,
  status: 'waiting',
  outcome: null,
  answeredAt: null,
  endedAt: null,
  waitMs: null,
  ringMs: null,
  talkMs: 0,
  holdMs: 0,
  wrapMs: null,
  agent: null,
  ringingSince: 0,
  heldSince: 0,
  talkLeftMs: [],
  endedBy: '',
  transferKind: '',
  transferredTo: '',
});

type Facts = Omit<ContactOffered, 'type' | 'position'>;
const factsOf = (queue: Queue, who: Caller): Facts => ({
  contact_id: who.contactId,
  queue: queue.plan.name,
  channel: 'voice',
  direction: 'inbound',
  language: who.language,
  site: who.site,
  tier: who.tier,
  caller: who.caller,
});

const refuse = (centre: Centre, queue: Queue, who: Caller, leg: number, reason: RefusalReason): void => {
  const refused = newLeg(centre, queue, who, leg, null);
  refused.status = 'over';
  refused.outcome = `refused_${reason}`;
  refused.endedAt = centre.now;
  centre.record?.legOpened(refused);
  emit(centre, { type: 'contact_refused', ...factsOf(queue, who), reason });
};

/** A contact asks for a queue as its `leg`th leg: waits there, or is refused. */
export const enterQueue = (centre: Centre, queue: Queue, who: Caller, leg: number): void => {
  if (queue.staff.size === 0) {
    refuse(centre, queue, who, leg, 'empty');
    return;
  }
  if (queue.waiting.size >= queue.plan.maxWaiting) {
    refuse(centre, queue, who, leg, 'full');
    return;
  }
  const position = queue.waiting.size + 1;
  const entered = newLeg(centre, queue, who, leg, position);
  queue.waiting.add(entered);
  centre.record?.legOpened(entered);
  emit(centre, { type: 'contact_offered', ...factsOf(queue, who), position });
  planGivingUp(centre, entered);
  const longestIdle = queue.idle.values().next().value;
  if (longestIdle !== undefined) ring(centre, entered, longestIdle);
};

/** Decides on entering when and how the caller will leave if nobody answers. */
const planGivingUp = (centre: Centre, leg: Leg): void => {
  const { random } = leg.queue;
  let outcome: ExitOutcome = 'timed_out';
  let afterMs = leg.queue.plan.maxWaitMs;
  if (!random.chance(WAITS_FOR_EVER)) {
    const patienceMs = Math.max(SHORTEST_PATIENCE_MS, Math.round(random.exponential(MEAN_PATIENCE_MS)));
    if (patienceMs < afterMs) {
      afterMs = patienceMs;
      outcome = 'abandoned';
    }
  }
  const keyMs = random.chance(PRESSES_KEY) ? random.integer(15_000, 90_000) : Number.POSITIVE_INFINITY;
  if (keyMs < afterMs) {
    afterMs = keyMs;
    outcome = 'key_exit';
  }
  centre.agenda.plan(centre.now + afterMs, { type: 'gives_up', leg, outcome });
};

const ring = (centre: Centre, leg: Leg, agent: Agent): void => {
  leg.status = 'ringing';
  leg.agent = agent;
  leg.ringingSince = centre.now;
  setState(centre, agent, 'ringing', { leg });
  emit(centre, { type: 'agent_ringing', ...namesOf(leg), agent: agent.name });
  const attempt = { leg, agent, since: centre.now };
  if (centre.random.chance(MISSES_RING)) {
    centre.agenda.plan(centre.now + RING_TIMEOUT_MS, { type: 'rings_out', ...attempt });
  } else {
    centre.agenda.plan(centre.now + centre.random.integer(1_000, 8_000), { type: 'answers', ...attempt });
  }
};

const namesOf = (leg: Leg): { contact_id: string; queue: string } => ({
  contact_id: leg.who.contactId,
  queue: leg.queue.plan.name,
});

/** Whether this very ringing still goes on: the caller may have left, and even have been offered to others since. */
export const stillRings = (leg: Leg, agent: Agent, since: number): boolean =>
  leg.status === 'ringing' && leg.agent === agent && leg.ringingSince === since;

/** The contact of this agent's queues that has waited longest and is offered to nobody. */
const longestWaiting = (agent: Agent): Leg | null => {
  let longest: Leg | null = null;
  for (const queue of agent.joined) {
    for (const leg of queue.waiting) {
      if (leg.status !== 'waiting') continue;
      if (longest === null || leg.offeredAt < longest.offeredAt) longest = leg;
      break;
    }
  }
  return longest;
};

/** The agent has nothing to do: takes the longest waiting contact, or idles. */
export const becomeAvailable = (centre: Centre, agent: Agent): void => {
  setState(centre, agent, 'available');
  const leg = longestWaiting(agent);
  if (leg !== null) ring(centre, leg, agent);
};

/** Offers a contact again after its agent did not answer, in its old place. */
export const offerAgain = (centre: Centre, leg: Leg): void => {
  leg.status = 'waiting';
  leg.agent = null;
  const longestIdle = leg.queue.idle.values().next().value;
  if (longestIdle !== undefined) ring(centre, leg, longestIdle);
};

/** The phone stops: tells how long it rang. The agent's next state is the caller's business. */
export const stopRinging = (centre: Centre, leg: Leg, agent: Agent, result: 'no_answer' | 'canceled'): void =>
  emit(centre, {
    type: 'agent_rang',
    ...namesOf(leg),
    agent: agent.name,
    ring_ms: centre.now - leg.ringingSince,
    result,
  });

/** A waiting contact leaves without an answer. Returns the agent whose phone rang for it, if one did. */
export const leaveQueue = (centre: Centre, leg: Leg, outcome: ExitOutcome): Agent | null => {
  const rang = leg.status === 'ringing' ? leg.agent : null;
  if (rang !== null) stopRinging(centre, leg, rang, 'canceled');
  leg.queue.waiting.delete(leg);
  leg.status = 'over';
  leg.agent = null;
  leg.outcome = outcome;
  leg.endedAt = centre.now;
  leg.waitMs = centre.now - leg.offeredAt;
  emit(centre, { type: 'contact_exited', ...namesOf(leg), outcome, wait_ms: null });
  return rang;
};

/** With the last agent gone, nobody will come: the queue is emptied. */
export const emptyIfUnstaffed = (centre: Centre, queue: Queue): void => {
  if (queue.staff.size > 0) return;
  for (const leg of queue.waiting) leaveQueue(centre, leg, 'left_empty');
};

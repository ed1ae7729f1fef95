/** From the answer on: talk, hold, transfers, the end, and after-contact work. */
import type { EndedBy, TransferKind } from '../../../schemas/events.ts';
import { type Agent, type Centre, emit, type Leg, type Queue, setState } from './centre.ts';
import { enterQueue } from './queueing.ts';
import { becomeFree } from './shifts.ts';

const TALK_SPREAD = 0.75;
const SHORTEST_TALK_MS = 2_000;
const MEAN_WRAP_MS = 30_000;
const NO_WRAP = 0.05;
const HELD = 0.16;
const HELD_TWICE = 0.2;
const MEAN_HOLD_MS = 35_000;
const HANGS_UP_ON_HOLD = 0.04;
const BLIND_TRANSFER = 0.05;
const ATTENDED_TRANSFER = 0.04;
const MAX_LEGS = 4;
const AGENT_HANGS_UP = 0.35;

type AtWork = { readonly contact_id: string; readonly queue: string; readonly agent: string };
const namesOf = (leg: Leg, agent: Agent): AtWork => ({
  contact_id: leg.who.contactId,
  queue: leg.queue.plan.name,
  agent: agent.name,
});

/** The agent whose phone rings takes the contact. */
export const answer = (centre: Centre, leg: Leg, agent: Agent): void => {
  leg.queue.waiting.delete(leg);
  leg.status = 'talking';
  leg.outcome = 'answered';
  leg.answeredAt = centre.now;
  leg.waitMs = centre.now - leg.offeredAt;
  leg.ringMs = centre.now - leg.ringingSince;
  setState(centre, agent, 'on_contact', { leg });
  emit(centre, {
    type: 'contact_answered',
    ...namesOf(leg, agent),
    wait_ms: leg.waitMs,
    ring_ms: leg.ringMs,
  });
  leg.talkLeftMs = planTalk(centre, leg);
  talkOn(centre, leg);
};

/** Lengths of the talk before, between and after the holds. */
const planTalk = (centre: Centre, leg: Leg): number[] => {
  const { random } = centre;
  const totalMs = Math.max(SHORTEST_TALK_MS, random.lognormal(leg.queue.plan.talkMs, TALK_SPREAD));
  const holds = random.chance(HELD) ? (random.chance(HELD_TWICE) ? 2 : 1) : 0;
  const cuts = Array.from({ length: holds }, () => random.uniform() * totalMs).sort((a, b) => a - b);
  return [...cuts, totalMs].map((to, i) => Math.max(1, Math.round(to - (cuts[i - 1] ?? 0))));
};

const talkOn = (centre: Centre, leg: Leg): void => {
  const talkedMs = leg.talkLeftMs.shift() ?? 0;
  centre.agenda.plan(centre.now + talkedMs, { type: 'talk_pauses', leg, talkedMs });
};

/** The talk comes to a hold, to a transfer, or to its end. */
export const pauseTalk = (centre: Centre, leg: Leg, talkedMs: number): void => {
  const { random } = centre;
  leg.talkMs += talkedMs;
  if (leg.talkLeftMs.length > 0) {
    hold(centre, leg, random.chance(HANGS_UP_ON_HOLD) ? 'hang_up' : 'resume');
  } else if (leg.leg < MAX_LEGS && random.chance(BLIND_TRANSFER)) {
    transfer(centre, leg, 'blind');
  } else if (leg.leg < MAX_LEGS && random.chance(ATTENDED_TRANSFER)) {
    hold(centre, leg, 'transfer');
  } else {
    end(centre, leg, random.chance(AGENT_HANGS_UP) ? 'agent' : 'caller');
  }
};

const hold = (centre: Centre, leg: Leg, outcome: 'resume' | 'hang_up' | 'transfer'): void => {
  if (leg.agent === null) return;
  leg.status = 'held';
  leg.heldSince = centre.now;
  setState(centre, leg.agent, 'on_hold', { leg });
  emit(centre, { type: 'contact_held', ...namesOf(leg, leg.agent) });
  const lengthMs = 1_000 + Math.round(centre.random.exponential(MEAN_HOLD_MS - 1_000));
  centre.agenda.plan(centre.now + lengthMs, { type: 'hold_ends', leg, outcome });
};

/** The hold is over: back to the agent, on to another queue, or the caller had enough. */
export const endHold = (centre: Centre, leg: Leg, outcome: 'resume' | 'hang_up' | 'transfer'): void => {
  if (leg.agent === null) return;
  leg.holdMs += centre.now - leg.heldSince;
  if (outcome === 'hang_up') {
    end(centre, leg, 'caller');
  } else if (outcome === 'transfer') {
    transfer(centre, leg, 'attended');
  } else {
    leg.status = 'talking';
    setState(centre, leg.agent, 'on_contact', { leg });
    emit(centre, { type: 'contact_resumed', ...namesOf(leg, leg.agent) });
    talkOn(centre, leg);
  }
};

const close = (centre: Centre, leg: Leg, by: Exclude<EndedBy, 'unknown'>): void => {
  leg.status = 'over';
  leg.endedAt = centre.now;
  leg.endedBy = by;
};

const end = (centre: Centre, leg: Leg, by: 'agent' | 'caller'): void => {
  const { agent } = leg;
  if (agent === null) return;
  close(centre, leg, by);
  emit(centre, {
    type: 'contact_ended',
    ...namesOf(leg, agent),
    ended_by: by,
    // Left open, so that readers must work them out of the stamps as they must for most feeds.
    wait_ms: null,
    talk_ms: null,
    hold_ms: null,
  });
  wrapUp(centre, leg, agent);
};

const otherQueue = (centre: Centre, from: Queue): Queue => {
  const others = centre.queues.filter((queue) => queue !== from);
  const [first, ...rest] = others;
  return first === undefined ? from : centre.random.pick([first, ...rest]);
};

const transfer = (centre: Centre, leg: Leg, kind: TransferKind): void => {
  const { agent } = leg;
  if (agent === null) return;
  const target = otherQueue(centre, leg.queue);
  close(centre, leg, 'agent');
  leg.transferKind = kind;
  leg.transferredTo = target.plan.name;
  emit(centre, {
    type: 'contact_transferred',
    ...namesOf(leg, agent),
    kind,
    to: target.plan.name,
    wait_ms: leg.waitMs,
    talk_ms: leg.talkMs,
    hold_ms: leg.holdMs,
  });
  wrapUp(centre, leg, agent);
  enterQueue(centre, target, leg.who, leg.leg + 1);
};

const wrapUp = (centre: Centre, leg: Leg, agent: Agent): void => {
  if (centre.random.chance(NO_WRAP)) {
    becomeFree(centre, agent);
    return;
  }
  setState(centre, agent, 'wrap_up', { leg });
  emit(centre, { type: 'wrap_up_started', ...namesOf(leg, agent), planned_ms: null });
  const wrapMs = Math.max(1, Math.round(centre.random.exponential(MEAN_WRAP_MS)));
  centre.agenda.plan(centre.now + wrapMs, { type: 'wrap_up_ends', leg, agent, wrapMs });
};

/** After-contact work is done. */
export const endWrapUp = (centre: Centre, leg: Leg, agent: Agent, wrapMs: number): void => {
  leg.wrapMs = wrapMs;
  emit(centre, { type: 'wrap_up_ended', ...namesOf(leg, agent), wrap_ms: wrapMs });
  becomeFree(centre, agent);
};

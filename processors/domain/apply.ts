/** Applies one event, in its place in time, to its source: contacts, agents and their totals. */
import type {
  AgentEvent,
  AgentRang,
  AgentRinging,
  CanonicalEvent,
  ContactOffered,
  ContactRefused,
} from '../../schemas/events.ts';
import { agentBook, bookAnomaly, bookHandled, bookLeg, type Turn } from './accounts.ts';
import { type Agent, type AgentWork, evolveAgent, evolveAgentWork, newAgent } from './agent.ts';
import { markQueuesOf } from './changes.ts';
import { type Contact, legMeantBy } from './contact.ts';
import { evolveLeg, type Leg, type LegEvent, legKey, type WaitingLeg } from './contact-leg.ts';
import { CLOSED_LEGS_KEPT_MS, lookAgainAt } from './contacts-due.ts';

/** Applies an event to the state of `turn`. Total: what does not fit is booked as an anomaly. */
export const applyEvent = (turn: Turn, event: CanonicalEvent): void => {
  const { body, event_time: atMs } = event;
  switch (body.type) {
    case 'contact_offered':
      offer(turn, body, atMs);
      break;
    case 'contact_refused':
      refuse(turn, body, atMs);
      break;
    case 'agent_ringing':
    case 'agent_rang':
      ring(turn, body, atMs);
      break;
    case 'contact_answered':
    case 'contact_held':
    case 'contact_resumed':
    case 'contact_ended':
    case 'contact_transferred':
    case 'contact_exited':
    case 'wrap_up_started':
    case 'wrap_up_ended':
      moveLeg(turn, body, atMs);
      break;
    case 'agent_logged_in':
    case 'agent_logged_out':
    case 'agent_joined_queue':
    case 'agent_left_queue':
    case 'agent_paused':
    case 'agent_unpaused':
      moveAgent(turn, body, atMs);
      break;
    case 'source_restarted':
      restart(turn, atMs);
      break;
    case 'source_declared':
    case 'source_progressed':
    case 'annotated':
    case 'alert_rules_declared':
    case 'agent_scheduled':
      break;
    default:
      body satisfies never;
  }
};

const contactOf = (turn: Turn, contactId: string, atMs: number): Contact => {
  let contact = turn.state.contacts.get(contactId);
  if (contact === undefined) {
    contact = { legs: [], nextLeg: 1, touchedAtMs: 0, dueMs: 0 };
    turn.state.contacts.set(contactId, contact);
  }
  touch(turn, contact, atMs);
  // One without legs is looked at only to be forgotten whole, which the leg it gets now would wait for in vain.
  if (contact.legs.length === 0) {
    lookAgainAt(turn.state, contactId, contact, contact.touchedAtMs + CLOSED_LEGS_KEPT_MS);
  }
  return contact;
};
const touch = (turn: Turn, contact: Contact, atMs: number): void => {
  contact.touchedAtMs = Math.max(contact.touchedAtMs, atMs, turn.state.watermarkMs);
};

const agentOf = (turn: Turn, name: string): Agent => {
  let agent = turn.state.agents.get(name);
  if (agent === undefined) {
    agent = newAgent(name);
    turn.state.agents.set(name, agent);
  }
  return agent;
};

const openLeg = (body: ContactOffered | ContactRefused, contact: Contact, atMs: number): WaitingLeg => ({
  key: legKey(body.contact_id, contact.nextLeg, atMs),
  contactId: body.contact_id,
  leg: contact.nextLeg++,
  queue: body.queue,
  channel: body.channel,
  direction: body.direction,
  language: body.language,
  site: body.site,
  tier: body.tier,
  caller: body.caller,
  offeredAtMs: atMs,
  position: body.type === 'contact_offered' ? body.position : null,
  revision: 1,
  status: 'waiting',
});

const addLeg = (turn: Turn, contact: Contact, leg: Leg): void => {
  // Most contacts have one leg only, and pushing would reserve room for 17.
  contact.legs = [...contact.legs, leg];
  bookLeg(turn, null, leg);
};

const offer = (turn: Turn, body: ContactOffered, atMs: number): void => {
  const contact = contactOf(turn, body.contact_id, atMs);
  // A contact waits in one queue at a time: a leg still waiting has lost its exit. A talking one may be redirected.
  for (let i = 0; i < contact.legs.length; i++) {
    const leg = contact.legs[i];
    if (leg?.status !== 'waiting') continue;
    stepLeg(turn, contact, i, { type: 'leg_superseded' }, atMs);
    bookAnomaly(turn, 'exit_lost', atMs, { contactId: leg.contactId, queue: leg.queue });
  }
  addLeg(turn, contact, openLeg(body, contact, atMs));
};

const refuse = (turn: Turn, body: ContactRefused, atMs: number): void => {
  const contact = contactOf(turn, body.contact_id, atMs);
  addLeg(turn, contact, { ...openLeg(body, contact, atMs), status: 'refused', reason: body.reason });
};

/** Evolves one leg of a contact and books the difference. Returns the leg as it was and as it is. */
const stepLeg = (
  turn: Turn,
  contact: Contact,
  index: number,
  event: LegEvent,
  atMs: number,
): { before: Leg; after: Leg } | null => {
  const before = contact.legs[index];
  if (before === undefined) return null;
  const { leg: after, anomaly } = evolveLeg(before, event, atMs);
  if (after !== before) {
    contact.legs[index] = after;
    bookLeg(turn, before, after);
  }
  if (anomaly !== null) {
    bookAnomaly(turn, anomaly, atMs, {
      contactId: before.contactId,
      queue: before.queue,
      detail: event.type,
    });
  }
  return { before, after };
};

type LegMove = Exclude<LegEvent, { type: 'source_restarted' | 'leg_superseded' | 'leg_went_stale' }>;

const moveLeg = (turn: Turn, body: LegMove, atMs: number): void => {
  const contact = turn.state.contacts.get(body.contact_id);
  const index = contact === undefined ? -1 : legMeantBy(contact, body);
  if (contact === undefined || index < 0) {
    const agent = 'agent' in body ? body.agent : '';
    bookAnomaly(turn, 'no_such_leg', atMs, {
      contactId: body.contact_id,
      queue: body.queue,
      agent,
      detail: body.type,
    });
    return;
  }
  touch(turn, contact, atMs);
  const step = stepLeg(turn, contact, index, body, atMs);
  if (step === null) return;
  const { before, after } = step;
  if (after.status === 'ended' && before.status !== 'ended') bookHandled(turn, after.agent, after.endedAtMs);
  const work = workOf(body, after);
  const agent = 'agent' in after ? after.agent : '';
  if (work !== null) doWork(turn, agent, work, atMs);
};

const workOn = (
  { contactId, queue, channel }: Leg,
  type: 'answers' | 'holds' | 'resumes' | 'finishes' | 'wrap_up_ends',
  rangMs: number | null,
): AgentWork => ({ type, contactId, queue, channel, rangMs });

/** What the event on a leg means for its agent; null when no agent is concerned. */
const workOf = (body: LegMove, leg: Leg): AgentWork | null => {
  switch (body.type) {
    case 'contact_answered':
      return workOn(leg, 'answers', body.ring_ms);
    case 'contact_held':
      return workOn(leg, 'holds', null);
    case 'contact_resumed':
      return workOn(leg, 'resumes', null);
    case 'contact_ended':
    case 'contact_transferred':
      return workOn(leg, 'finishes', null);
    case 'wrap_up_started': {
      const { contactId, queue, channel } = leg;
      return { type: 'wraps_up', contactId, queue, channel, plannedMs: body.planned_ms };
    }
    case 'wrap_up_ended':
      return workOn(leg, 'wrap_up_ends', null);
    case 'contact_exited':
      return null;
    default:
      return body satisfies never;
  }
};

/** Applies work to an agent, where the source tells enough of agents to count their time. */
export const doWork = (turn: Turn, name: string, work: AgentWork, atMs: number): void => {
  if (!turn.state.tracksAgents || name === '') return;
  const agent = agentOf(turn, name);
  const stepped = evolveAgentWork(agent, work, atMs, agentBook(turn));
  if (stepped) bookAnomaly(turn, 'clock_step', atMs, { agent: name, detail: work.type });
  turn.changes.liveAgents.add(agent);
};

const ring = (turn: Turn, body: AgentRinging | AgentRang, atMs: number): void => {
  const contact = turn.state.contacts.get(body.contact_id);
  if (contact !== undefined) touch(turn, contact, atMs);
  const leg = contact?.legs.find(({ queue, status }) => queue === body.queue && status === 'waiting');
  const about = { contactId: body.contact_id, queue: body.queue, channel: leg?.channel ?? 'voice' };
  const work: AgentWork =
    body.type === 'agent_ringing'
      ? { ...about, type: 'rings', rangMs: null }
      : { ...about, type: 'stops_ringing', rangMs: body.ring_ms };
  doWork(turn, body.agent, work, atMs);
};

const moveAgent = (turn: Turn, body: AgentEvent, atMs: number): void => {
  if (!turn.state.tracksAgents || body.agent === '') return;
  const agent = agentOf(turn, body.agent);
  // Both before and after: an agent who leaves a queue changes its picture too.
  markQueuesOf(turn.changes, agent);
  const stepped = evolveAgent(agent, body, atMs, agentBook(turn));
  if (stepped) bookAnomaly(turn, 'clock_step', atMs, { agent: body.agent, detail: body.type });
  turn.changes.liveAgents.add(agent);
};

const restart = (turn: Turn, atMs: number): void => {
  for (const contact of turn.state.contacts.values()) {
    for (let i = 0; i < contact.legs.length; i++) {
      const step = stepLeg(turn, contact, i, { type: 'source_restarted' }, atMs);
      if (step?.after.status === 'ended' && step.before.status !== 'ended') {
        bookHandled(turn, step.after.agent, atMs);
      }
    }
  }
  for (const name of turn.state.agents.keys()) doWork(turn, name, { type: 'drops_everything' }, atMs);
};

/** Gives up a leg nothing was heard of (timers.ts decides when). */
export const giveUpLeg = (turn: Turn, contact: Contact, index: number, atMs: number): void => {
  const step = stepLeg(turn, contact, index, { type: 'leg_went_stale' }, atMs);
  if (step === null || step.after === step.before) return;
  const { before, after } = step;
  const { contactId, queue } = after;
  bookAnomaly(turn, 'went_stale', atMs, { contactId, queue, detail: before.status });
  if ('agent' in after) doWork(turn, after.agent, workOn(after, 'finishes', null), atMs);
};

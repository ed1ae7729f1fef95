/**
 * What happens because time passes: legs nobody heard of are given up, agents' open time is counted, and what is
 * finished is forgotten. Runs at quarter hours of the source's watermark, so a replay does the same.
 */
import { agentBook, type Turn } from './accounts.ts';
import { passTime } from './agent.ts';
import { giveUpLeg } from './apply.ts';
import type { Contact } from './contact.ts';
import { isOpen } from './contact-leg.ts';
import { CLOSED_LEGS_KEPT_MS, lookAgainAt } from './contacts-due.ts';
import { type AgentTotals, INTERVAL_MS, intervalStart, type QueueTotals } from './interval.ts';

const HOUR_MS = 3_600_000;
/** An open leg nothing was heard of for this long is lost (metrics.md, `stale_after`). */
export const STALE_AFTER_MS = 24 * HOUR_MS;
/** How long a contact's next leg number is remembered after it was last heard of. */
export const CONTACT_KEPT_MS = 48 * HOUR_MS;
/** How long an interval's totals stay in memory after they were last touched; later, a new generation begins. */
export const INTERVAL_KEPT_MS = 2 * HOUR_MS;

/** Counts every agent's open stretch up to `atMs`, as at a heartbeat. */
export const passAgentTime = (turn: Turn, atMs: number): void => {
  const book = agentBook(turn);
  for (const agent of turn.state.agents.values()) passTime(agent, atMs, book);
};

/** Runs the timers that the watermark has passed since the last call. */
export const runTimers = (turn: Turn): void => {
  const { state } = turn;
  const boundaryMs = intervalStart(state.watermarkMs);
  if (boundaryMs <= state.sweptToMs) return;
  state.sweptToMs = boundaryMs;
  passAgentTime(turn, boundaryMs);
  expireContacts(turn);
  forgetIntervals(turn);
};

const expireContacts = (turn: Turn): void => {
  const { contacts, due, watermarkMs } = turn.state;
  for (const dueMs of [...due.keys()]) {
    if (dueMs > watermarkMs) continue;
    const contactIds = due.get(dueMs) ?? [];
    due.delete(dueMs);
    for (const contactId of contactIds) {
      const contact = contacts.get(contactId);
      if (contact === undefined || contact.dueMs !== dueMs) continue;
      const nextMs = expireContact(turn, contact);
      if (nextMs === null) contacts.delete(contactId);
      else lookAgainAt(turn.state, contactId, contact, nextMs);
    }
  }
};

/** Forgets what is old enough of a contact. Returns when to look again, or null when nothing of it needs to be remembered. */
const expireContact = (turn: Turn, contact: Contact): number | null => {
  const { watermarkMs } = turn.state;
  const quietMs = watermarkMs - contact.touchedAtMs;
  if (quietMs < CLOSED_LEGS_KEPT_MS) return contact.touchedAtMs + CLOSED_LEGS_KEPT_MS;
  if (quietMs >= STALE_AFTER_MS) {
    for (let i = 0; i < contact.legs.length; i++) {
      giveUpLeg(turn, contact, i, contact.touchedAtMs + STALE_AFTER_MS);
    }
  }
  if (contact.legs.some(isOpen)) return watermarkMs;
  contact.legs = [];
  return quietMs >= CONTACT_KEPT_MS ? null : contact.touchedAtMs + CONTACT_KEPT_MS;
};

type Interval = Pick<QueueTotals | AgentTotals, 'interval_start' | 'touchedAtMs'>;

const forgetIntervals = (turn: Turn): void => {
  const { state } = turn;
  const isDone = (totals: Interval): boolean =>
    Math.max(totals.interval_start + INTERVAL_MS, totals.touchedAtMs) + INTERVAL_KEPT_MS <= state.watermarkMs;
  // By their values: walking the entries makes an array of each.
  const forget = (intervals: Map<number, Interval>): void => {
    for (const totals of intervals.values()) {
      if (isDone(totals)) intervals.delete(totals.interval_start / INTERVAL_MS);
    }
  };
  for (const channels of state.queues.values()) {
    for (const { intervals } of channels.values()) {
      forget(intervals);
    }
  }
  for (const [agent, intervals] of state.agentIntervals) {
    forget(intervals);
    if (intervals.size === 0) state.agentIntervals.delete(agent);
  }
};

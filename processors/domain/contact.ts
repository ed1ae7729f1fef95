/** The legs of one contact, and which of them an event speaks of. */
import type { Leg, LegEvent } from './contact-leg.ts';

export interface Contact {
  /** Legs not yet forgotten, in the order they were opened. */
  legs: Leg[];
  /** The number the next leg gets: outlives the legs, so that a number is never used twice. */
  nextLeg: number;
  /** Stream time when the contact was last heard of: the larger of the event's time and the watermark. */
  touchedAtMs: number;
  /** Under which quarter hour of `SourceState.due` it is looked at next. */
  dueMs: number;
}

const newest = (legs: readonly Leg[], fits: (leg: Leg) => boolean): number => {
  for (let i = legs.length - 1; i >= 0; i--) {
    const leg = legs[i];
    if (leg !== undefined && fits(leg)) return i;
  }
  return -1;
};

/** Entering: the newest leg that still waits; else one given up as lost, which the event corrects. */
const waitingIn = (legs: readonly Leg[], queue: string): number => {
  const waiting = newest(legs, (leg) => leg.queue === queue && leg.status === 'waiting');
  if (waiting >= 0) return waiting;
  return newest(legs, (leg) => leg.queue === queue && leg.status === 'exited' && leg.outcome === 'unknown');
};

/**
 * Being served: the leg this agent talks on, else the oldest talking one. A redirect opens the second queue's leg
 * before the first queue's COMPLETE is logged (seen in the Asterisk 22 recording), so the newest would be wrong.
 */
const servedIn = (legs: readonly Leg[], queue: string, agent: string): number => {
  let oldest = -1;
  for (let i = 0; i < legs.length; i++) {
    const leg = legs[i];
    if (leg === undefined || leg.queue !== queue) continue;
    if (leg.status !== 'talking' && leg.status !== 'holding') continue;
    if (leg.agent === agent) return i;
    if (oldest < 0) oldest = i;
  }
  return oldest;
};

type AddressedEvent = Exclude<LegEvent, { type: 'source_restarted' | 'leg_superseded' | 'leg_went_stale' }>;

/** The index of the leg that an event means, or -1 when there is none. */
export const legMeantBy = (contact: Contact, event: AddressedEvent): number => {
  const { legs } = contact;
  switch (event.type) {
    case 'contact_answered':
    case 'contact_exited':
      return waitingIn(legs, event.queue);
    case 'contact_held':
    case 'contact_resumed':
    case 'contact_ended':
    case 'contact_transferred':
      return servedIn(legs, event.queue, event.agent);
    case 'wrap_up_started':
    case 'wrap_up_ended':
      return newest(
        legs,
        (leg) => leg.queue === event.queue && leg.status === 'ended' && leg.agent === event.agent,
      );
    default:
      return event satisfies never;
  }
};

/**
 * The life of one contact leg: one stay of one contact in one queue. `evolveLeg` is total: whatever happens in
 * whatever status gives a leg, and an anomaly where it does not fit.
 */
import type {
  Channel,
  ContactAnswered,
  ContactEnded,
  ContactExited,
  ContactHeld,
  ContactResumed,
  ContactTransferred,
  Direction,
  ExitOutcome,
  RefusalReason,
  SourceRestarted,
  TransferKind,
  WrapUpEnded,
  WrapUpStarted,
} from '../../schemas/events.ts';

/** What stays true of a leg through its whole life. */
export interface LegFacts {
  /** Names the leg for good; made once, because most steps look it up. */
  readonly key: string;
  readonly contactId: string;
  /** 1, 2, … in log order within the contact. */
  readonly leg: number;
  readonly queue: string;
  readonly channel: Channel;
  readonly direction: Direction;
  readonly language: string;
  readonly site: string;
  readonly tier: string;
  readonly caller: string;
  readonly offeredAtMs: number;
  readonly position: number | null;
  /** How many facts the leg has taken in, the offering included. */
  readonly revision: number;
}

interface Answered {
  readonly agent: string;
  readonly answeredAtMs: number;
  readonly waitMs: number;
  readonly ringMs: number | null;
}
export interface WaitingLeg extends LegFacts {
  readonly status: 'waiting';
}
export interface TalkingLeg extends LegFacts, Answered {
  readonly status: 'talking';
  /** It had been given up as lost: the row of that must not outlive the correction. */
  readonly reopened?: true;
  readonly heldMs: number;
}
export interface HoldingLeg extends LegFacts, Answered {
  readonly status: 'holding';
  readonly reopened?: true;
  readonly heldMs: number;
  readonly heldSinceMs: number;
}
/** The contact part is over; after-contact work may go on and is added when it ends. */
export interface EndedLeg extends LegFacts, Answered {
  readonly status: 'ended';
  readonly endedAtMs: number;
  /** null: the end was never heard of, so the leg is answered but not handled. */
  readonly talkMs: number | null;
  readonly holdMs: number | null;
  readonly endedBy: 'agent' | 'caller' | 'system' | '';
  readonly transferKind: TransferKind | '';
  readonly transferredTo: string;
  readonly wrapMs: number | null;
  readonly wrapSinceMs: number | null;
}
export interface ExitedLeg extends LegFacts {
  readonly status: 'exited';
  readonly outcome: ExitOutcome;
  readonly endedAtMs: number;
  readonly waitMs: number;
}
export interface RefusedLeg extends LegFacts {
  readonly status: 'refused';
  readonly reason: RefusalReason;
}
export type Leg = WaitingLeg | TalkingLeg | HoldingLeg | EndedLeg | ExitedLeg | RefusedLeg;
export type LegStatus = Leg['status'];

/** The same contact was offered again while this leg still waited: its own exit was lost. */
export interface LegSuperseded {
  readonly type: 'leg_superseded';
}
/** Nothing was heard of the leg for `STALE_AFTER_MS`. */
export interface LegWentStale {
  readonly type: 'leg_went_stale';
}
/** What can happen to a leg that exists. */
export type LegEvent =
  | ContactAnswered
  | ContactHeld
  | ContactResumed
  | ContactEnded
  | ContactTransferred
  | ContactExited
  | WrapUpStarted
  | WrapUpEnded
  | SourceRestarted
  | LegSuperseded
  | LegWentStale;

export type LegAnomaly = 'out_of_place' | 'clock_step' | 'corrected_unknown';
export interface LegStep {
  readonly leg: Leg;
  readonly anomaly: LegAnomaly | null;
}

const unchanged = (leg: Leg): LegStep => ({ leg, anomaly: null });
/** The event does not fit the status; the leg stays as it is. */
const outOfPlace = (leg: Leg): LegStep => ({ leg, anomaly: 'out_of_place' });

/** A difference of stamps that is never negative: clock steps become 0 and are counted (metrics.md). */
const elapsedMs = (fromMs: number, toMs: number): number => Math.max(toMs - fromMs, 0);
/** What the feed states wins over the difference of stamps; neither is ever negative. */
const durationMs = (statedMs: number | null, fromMs: number, toMs: number): number =>
  Math.max(statedMs ?? toMs - fromMs, 0);
const stepped = (statedMs: number | null, fromMs: number, toMs: number): LegAnomaly | null =>
  (statedMs ?? toMs - fromMs) < 0 ? 'clock_step' : null;

/** Applies one event to one leg at its event time (UTC ms). */
export const evolveLeg = (leg: Leg, event: LegEvent, atMs: number): LegStep => {
  switch (event.type) {
    case 'contact_answered':
      return answer(leg, event, atMs);
    case 'contact_held':
      return leg.status === 'talking'
        ? unchanged({ ...leg, status: 'holding', heldSinceMs: atMs, revision: leg.revision + 1 })
        : outOfPlace(leg);
    case 'contact_resumed':
      return leg.status === 'holding' ? resume(leg, atMs) : outOfPlace(leg);
    case 'contact_ended':
      return end(leg, event, atMs);
    case 'contact_transferred':
      return end(leg, event, atMs);
    case 'contact_exited':
      return exit(leg, event, atMs);
    case 'wrap_up_started':
      return leg.status === 'ended'
        ? unchanged({ ...leg, wrapSinceMs: atMs, wrapMs: event.planned_ms, revision: leg.revision + 1 })
        : outOfPlace(leg);
    case 'wrap_up_ended':
      return leg.status === 'ended' ? endWrapUp(leg, event, atMs) : outOfPlace(leg);
    case 'source_restarted':
      return closeAtRestart(leg, atMs);
    case 'leg_superseded':
      return leg.status === 'waiting' ? unchanged(exited(leg, 'unknown', atMs, null)) : unchanged(leg);
    case 'leg_went_stale':
      return closeStale(leg, atMs);
    default:
      return event satisfies never;
  }
};

const exited = (
  leg: LegFacts,
  outcome: ExitOutcome,
  atMs: number,
  statedWaitMs: number | null,
): ExitedLeg => ({
  ...factsOf(leg),
  status: 'exited',
  outcome,
  endedAtMs: atMs,
  waitMs: durationMs(statedWaitMs, leg.offeredAtMs, atMs),
  revision: leg.revision + 1,
});

// Field by field, as in `ended`: spreading the facts into it copied them twice.
const talking = (leg: LegFacts, answered: Answered, heldMs: number): TalkingLeg => ({
  key: leg.key,
  contactId: leg.contactId,
  leg: leg.leg,
  queue: leg.queue,
  channel: leg.channel,
  direction: leg.direction,
  language: leg.language,
  site: leg.site,
  tier: leg.tier,
  caller: leg.caller,
  offeredAtMs: leg.offeredAtMs,
  position: leg.position,
  revision: leg.revision + 1,
  status: 'talking',
  agent: answered.agent,
  answeredAtMs: answered.answeredAtMs,
  waitMs: answered.waitMs,
  ringMs: answered.ringMs,
  heldMs,
});

const isLost = (leg: Leg): leg is ExitedLeg => leg.status === 'exited' && leg.outcome === 'unknown';

const answer = (leg: Leg, event: ContactAnswered, atMs: number): LegStep => {
  if (leg.status !== 'waiting' && !isLost(leg)) return outOfPlace(leg);
  const answered: Answered = {
    agent: event.agent,
    answeredAtMs: atMs,
    waitMs: durationMs(event.wait_ms, leg.offeredAtMs, atMs),
    ringMs: event.ring_ms === null ? null : Math.max(event.ring_ms, 0),
  };
  const talks = talking(leg, answered, 0);
  return isLost(leg)
    ? { leg: { ...talks, reopened: true }, anomaly: 'corrected_unknown' }
    : { leg: talks, anomaly: stepped(event.wait_ms, leg.offeredAtMs, atMs) };
};

const exit = (leg: Leg, event: ContactExited, atMs: number): LegStep => {
  if (leg.status !== 'waiting' && !isLost(leg)) return outOfPlace(leg);
  const anomaly = isLost(leg) ? 'corrected_unknown' : stepped(event.wait_ms, leg.offeredAtMs, atMs);
  return { leg: exited(leg, event.outcome, atMs, event.wait_ms), anomaly };
};

const resume = (leg: HoldingLeg, atMs: number): LegStep => {
  const talks = talking(leg, leg, heldUntil(leg, atMs));
  return {
    leg: leg.reopened === true ? { ...talks, reopened: true } : talks,
    anomaly: stepped(null, leg.heldSinceMs, atMs),
  };
};

const heldUntil = (leg: TalkingLeg | HoldingLeg, atMs: number): number =>
  leg.status === 'holding' ? leg.heldMs + elapsedMs(leg.heldSinceMs, atMs) : leg.heldMs;

const ended = (
  leg: TalkingLeg | HoldingLeg,
  atMs: number,
  end: Pick<EndedLeg, 'talkMs' | 'holdMs' | 'endedBy' | 'transferKind' | 'transferredTo'>,
  waitMs = leg.waitMs,
): EndedLeg => ({
  key: leg.key,
  contactId: leg.contactId,
  leg: leg.leg,
  queue: leg.queue,
  channel: leg.channel,
  direction: leg.direction,
  language: leg.language,
  site: leg.site,
  tier: leg.tier,
  caller: leg.caller,
  offeredAtMs: leg.offeredAtMs,
  position: leg.position,
  revision: leg.revision + 1,
  agent: leg.agent,
  answeredAtMs: leg.answeredAtMs,
  waitMs,
  ringMs: leg.ringMs,
  status: 'ended',
  endedAtMs: atMs,
  wrapMs: null,
  wrapSinceMs: null,
  talkMs: end.talkMs,
  holdMs: end.holdMs,
  endedBy: end.endedBy,
  transferKind: end.transferKind,
  transferredTo: end.transferredTo,
});

const end = (leg: Leg, event: ContactEnded | ContactTransferred, atMs: number): LegStep => {
  if (leg.status !== 'talking' && leg.status !== 'holding') return outOfPlace(leg);
  const holdMs = Math.max(event.hold_ms ?? heldUntil(leg, atMs), 0);
  const talkMs = Math.max(event.talk_ms ?? atMs - leg.answeredAtMs - holdMs, 0);
  const isTransfer = event.type === 'contact_transferred';
  const how = {
    talkMs,
    holdMs,
    endedBy: isTransfer ? 'agent' : event.ended_by === 'unknown' ? '' : event.ended_by,
    transferKind: isTransfer ? event.kind : '',
    transferredTo: isTransfer ? event.to : '',
  } as const;
  const waitMs = event.wait_ms === null ? leg.waitMs : Math.max(event.wait_ms, 0);
  return {
    leg: ended(leg, atMs, how, waitMs),
    anomaly: stepped(event.talk_ms, leg.answeredAtMs, atMs),
  };
};

const endWrapUp = (leg: EndedLeg, event: WrapUpEnded, atMs: number): LegStep => ({
  leg: {
    ...leg,
    wrapMs: durationMs(event.wrap_ms, leg.wrapSinceMs ?? leg.endedAtMs, atMs),
    wrapSinceMs: null,
    revision: leg.revision + 1,
  },
  anomaly: null,
});

const closeAtRestart = (leg: Leg, atMs: number): LegStep => {
  switch (leg.status) {
    case 'waiting':
      return unchanged(exited(leg, 'unknown', atMs, null));
    case 'talking':
    case 'holding': {
      const holdMs = heldUntil(leg, atMs);
      const talkMs = Math.max(elapsedMs(leg.answeredAtMs, atMs) - holdMs, 0);
      return unchanged(
        ended(leg, atMs, { talkMs, holdMs, endedBy: 'system', transferKind: '', transferredTo: '' }),
      );
    }
    case 'ended':
    case 'exited':
    case 'refused':
      return unchanged(leg);
    default:
      return leg satisfies never;
  }
};

const closeStale = (leg: Leg, atMs: number): LegStep => {
  switch (leg.status) {
    case 'waiting':
      return unchanged(exited(leg, 'unknown', atMs, null));
    case 'talking':
    case 'holding':
      return unchanged(
        ended(leg, atMs, {
          talkMs: null,
          holdMs: null,
          endedBy: '',
          transferKind: '',
          transferredTo: '',
        }),
      );
    case 'ended':
    case 'exited':
    case 'refused':
      return unchanged(leg);
    default:
      return leg satisfies never;
  }
};

/** The time is part of it: a contact named again after it was forgotten begins with leg 1 again. */
export const legKey = (contactId: string, leg: number, offeredAtMs: number): string =>
  `${contactId}\u0000${leg}\u0000${offeredAtMs}`;

const factsOf = (leg: LegFacts): LegFacts => ({
  key: leg.key,
  contactId: leg.contactId,
  leg: leg.leg,
  queue: leg.queue,
  channel: leg.channel,
  direction: leg.direction,
  language: leg.language,
  site: leg.site,
  tier: leg.tier,
  caller: leg.caller,
  offeredAtMs: leg.offeredAtMs,
  position: leg.position,
  revision: leg.revision,
});

/** A leg that still waits or talks: not final, so in the live state and not in `contact_legs`. */
export const isOpen = (leg: Leg): leg is WaitingLeg | TalkingLeg | HoldingLeg =>
  leg.status === 'waiting' || leg.status === 'talking' || leg.status === 'holding';

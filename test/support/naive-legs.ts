/** First half of the naive oracle: which legs a source's events make, contact by contact. */
import type { CanonicalEvent, EventBody } from '../../schemas/events.ts';
import type { ContactLegRow, LegOutcome } from '../../schemas/rows.ts';

/** A leg's row; `outcome` null = waiting. Open legs (`ended_at` null) count in intervals but are no rows yet. */
export type NaiveLeg = Omit<ContactLegRow, 'outcome' | 'revision' | 'version'> & {
  readonly outcome: LegOutcome | null;
};

/** A leg while it is being worked out. */
export interface Stay {
  readonly tenant: string;
  readonly source: string;
  readonly leg: number;
  readonly offered: Extract<EventBody, { type: 'contact_offered' | 'contact_refused' }>;
  readonly offeredAt: number;
  status: 'waiting' | 'talking' | 'over';
  outcome: LegOutcome | null;
  waitMs: number | null;
  answer: { at: number; agent: string; ringMs: number | null } | null;
  endedAt: number | null;
  talkMs: number | null;
  holdMs: number | null;
  /** The last one is open while the contact is held. */
  holds: { from: number; to: number | null }[];
  endedBy: string;
  transferKind: string;
  transferredTo: string;
  /** `to` null = still going on. */
  wrap: { from: number; to: number | null } | null;
  wrapMs: number | null;
}

const positive = (ms: number): number => Math.max(0, ms);

const heldMs = (stay: Stay, untilMs: number): number =>
  stay.holds.reduce((sum, hold) => sum + positive((hold.to ?? untilMs) - hold.from), 0);

const endTalk = (
  stay: Stay,
  at: number,
  stated: {
    readonly wait_ms: number | null;
    readonly talk_ms: number | null;
    readonly hold_ms: number | null;
  },
): void => {
  stay.status = 'over';
  stay.endedAt = at;
  stay.holdMs = stated.hold_ms ?? heldMs(stay, at);
  stay.talkMs = stated.talk_ms ?? positive(at - (stay.answer?.at ?? at) - stay.holdMs);
  stay.waitMs = stated.wait_ms ?? stay.waitMs;
  for (const hold of stay.holds) hold.to ??= at;
};
const NOTHING_STATED = { wait_ms: null, talk_ms: null, hold_ms: null };

const exit = (stay: Stay, at: number, outcome: LegOutcome, waitMs: number | null): void => {
  stay.status = 'over';
  stay.outcome = outcome;
  stay.endedAt = at;
  stay.waitMs = waitMs ?? positive(at - stay.offeredAt);
};

const open = (stays: readonly Stay[], event: CanonicalEvent, body: Stay['offered']): Stay => {
  const stay: Stay = {
    tenant: event.tenant,
    source: event.source,
    leg: stays.length + 1,
    offered: body,
    offeredAt: event.event_time,
    status: 'waiting',
    outcome: null,
    waitMs: null,
    answer: null,
    endedAt: null,
    talkMs: null,
    holdMs: null,
    holds: [],
    endedBy: '',
    transferKind: '',
    transferredTo: '',
    wrap: null,
    wrapMs: null,
  };
  if (body.type === 'contact_refused') {
    return { ...stay, status: 'over', outcome: `refused_${body.reason}`, endedAt: event.event_time };
  }
  // A contact waits in one queue at a time: the exit from the older one was lost.
  for (const older of stays) if (older.status === 'waiting') exit(older, event.event_time, 'unknown', null);
  return stay;
};

const restart = (stays: readonly Stay[], at: number): void => {
  for (const stay of stays) {
    if (stay.status === 'waiting') exit(stay, at, 'unknown', null);
    if (stay.status === 'talking') {
      endTalk(stay, at, NOTHING_STATED);
      stay.endedBy = 'system';
    }
    if (stay.wrap !== null) stay.wrap.to = Math.min(at, stay.wrap.to ?? at);
  }
};

/** Applies an event to the stays of its contact, or a restart to those of any. */
const applyToStays = (stays: Stay[], event: CanonicalEvent): void => {
  const { body, event_time: at } = event;
  if (body.type === 'source_restarted') restart(stays, at);
  if (body.type === 'contact_offered' || body.type === 'contact_refused')
    stays.push(open(stays, event, body));
  else if ('contact_id' in body && body.type !== 'annotated') moveStay(stays, body, at);
};

type Move = Exclude<
  Extract<EventBody, { contact_id: string }>,
  { type: 'annotated' | Stay['offered']['type'] }
>;

/** Which of its contact's stays an event means. */
const meantBy = (stays: readonly Stay[], body: Move): Stay | undefined => {
  const mine = stays.filter(({ offered }) => offered.queue === body.queue);
  const agent = 'agent' in body ? body.agent : '';
  switch (body.type) {
    case 'contact_answered':
    case 'contact_exited':
      // Else one that was given up for lost, and is not.
      return (
        mine.findLast((stay) => stay.status === 'waiting') ??
        mine.findLast((stay) => stay.outcome === 'unknown')
      );
    case 'contact_held':
    case 'contact_resumed':
    case 'contact_ended':
    case 'contact_transferred': {
      const talking = mine.filter((stay) => stay.status === 'talking');
      return talking.find((stay) => stay.answer?.agent === agent) ?? talking[0];
    }
    case 'wrap_up_started':
    case 'wrap_up_ended':
      return mine.findLast((stay) => stay.status === 'over' && stay.answer?.agent === agent);
    case 'agent_ringing':
    case 'agent_rang':
      return undefined;
    default:
      return body satisfies never;
  }
};

const moveStay = (stays: readonly Stay[], body: Move, at: number): void => {
  const stay = meantBy(stays, body);
  if (stay === undefined) return;
  switch (body.type) {
    case 'contact_answered':
      stay.status = 'talking';
      stay.outcome = 'answered';
      stay.endedAt = null;
      stay.waitMs = body.wait_ms ?? positive(at - stay.offeredAt);
      stay.answer = { at, agent: body.agent, ringMs: body.ring_ms };
      return;
    case 'contact_exited':
      exit(stay, at, body.outcome, body.wait_ms);
      return;
    case 'contact_held':
      if (stay.holds.every((hold) => hold.to !== null)) stay.holds.push({ from: at, to: null });
      return;
    case 'contact_resumed':
      for (const hold of stay.holds) hold.to ??= at;
      return;
    case 'contact_ended':
      endTalk(stay, at, body);
      stay.endedBy = body.ended_by === 'unknown' ? '' : body.ended_by;
      return;
    case 'contact_transferred':
      endTalk(stay, at, body);
      stay.endedBy = 'agent';
      stay.transferKind = body.kind;
      stay.transferredTo = body.to;
      return;
    case 'wrap_up_started':
      stay.wrap = { from: at, to: body.planned_ms === null ? null : at + body.planned_ms };
      stay.wrapMs = body.planned_ms;
      return;
    case 'wrap_up_ended':
      stay.wrapMs = body.wrap_ms ?? positive(at - (stay.wrap?.from ?? stay.endedAt ?? at));
      if (stay.wrap !== null) stay.wrap.to = Math.min(at, stay.wrap.to ?? at);
      return;
    case 'agent_ringing':
    case 'agent_rang':
      return;
  }
};

/** The row of a leg as far as it has come. */
export const legOf = (stay: Stay): NaiveLeg => ({
  tenant: stay.tenant,
  source: stay.source,
  contact_id: stay.offered.contact_id,
  leg: stay.leg,
  queue: stay.offered.queue,
  channel: stay.offered.channel,
  direction: stay.offered.direction,
  language: stay.offered.language,
  site: stay.offered.site,
  tier: stay.offered.tier,
  caller: stay.offered.caller,
  offered_at: stay.offeredAt,
  answered_at: stay.answer?.at ?? null,
  ended_at: stay.endedAt,
  outcome: stay.outcome,
  wait_ms: stay.waitMs,
  ring_ms: stay.answer?.ringMs ?? null,
  talk_ms: stay.talkMs,
  hold_ms: stay.holdMs,
  wrap_ms: stay.wrapMs,
  agent: stay.answer?.agent ?? '',
  ended_by: stay.endedBy,
  transfer_kind: stay.transferKind,
  transferred_to: stay.transferredTo,
  position: stay.offered.type === 'contact_offered' ? stay.offered.position : null,
});

/** All legs of one source's events (oldest first), in the order of offering. */
export const staysOf = (events: readonly CanonicalEvent[]): Stay[] => {
  const byContact = new Map<string, { stays: Stay[]; events: CanonicalEvent[] }>();
  for (const event of events) {
    if (event.body.type === 'source_restarted') for (const one of byContact.values()) one.events.push(event);
    if (!('contact_id' in event.body) || event.body.type === 'annotated') continue;
    const one = byContact.get(event.body.contact_id) ?? { stays: [], events: [] };
    one.events.push(event);
    byContact.set(event.body.contact_id, one);
  }
  for (const one of byContact.values()) for (const event of one.events) applyToStays(one.stays, event);
  return [...byContact.values()].flatMap(({ stays }) => stays).sort((a, b) => a.offeredAt - b.offeredAt);
};

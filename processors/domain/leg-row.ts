/** A leg whose outcome is known, as the row readers see. */
import type { ContactLegRow, LegOutcome } from '../../schemas/rows.ts';
import { isOpen, type Leg, type WaitingLeg } from './contact-leg.ts';

type Outcome = Pick<
  ContactLegRow,
  | 'answered_at'
  | 'ended_at'
  | 'outcome'
  | 'wait_ms'
  | 'ring_ms'
  | 'talk_ms'
  | 'hold_ms'
  | 'wrap_ms'
  | 'agent'
  | 'ended_by'
  | 'transfer_kind'
  | 'transferred_to'
>;

const unanswered = (outcome: LegOutcome, endedAtMs: number | null, waitMs: number | null): Outcome => ({
  answered_at: null,
  ended_at: endedAtMs,
  outcome,
  wait_ms: waitMs,
  ring_ms: null,
  talk_ms: null,
  hold_ms: null,
  wrap_ms: null,
  agent: '',
  ended_by: '',
  transfer_kind: '',
  transferred_to: '',
});

/** A leg whose outcome is known, or one given up as lost of which more was heard. */
export type RowLeg = Exclude<Leg, WaitingLeg>;

/** A leg that is still open has none, unless it had one before: it is in the live state. */
export const hasRow = (leg: Leg): leg is RowLeg =>
  !isOpen(leg) || (leg.status !== 'waiting' && leg.reopened === true);

const outcomeOf = (leg: RowLeg): Outcome => {
  switch (leg.status) {
    case 'ended':
      return {
        answered_at: leg.answeredAtMs,
        ended_at: leg.endedAtMs,
        outcome: 'answered',
        wait_ms: leg.waitMs,
        ring_ms: leg.ringMs,
        talk_ms: leg.talkMs,
        hold_ms: leg.holdMs,
        wrap_ms: leg.wrapMs,
        agent: leg.agent,
        ended_by: leg.endedBy,
        transfer_kind: leg.transferKind,
        transferred_to: leg.transferredTo,
      };
    case 'talking':
    case 'holding':
      return {
        ...unanswered('answered', null, leg.waitMs),
        answered_at: leg.answeredAtMs,
        ring_ms: leg.ringMs,
        agent: leg.agent,
      };
    case 'exited':
      return unanswered(leg.outcome, leg.endedAtMs, leg.waitMs);
    case 'refused':
      return unanswered(`refused_${leg.reason}`, leg.offeredAtMs, null);
    default:
      return leg satisfies never;
  }
};

/** The row of a leg whose outcome is known. */
export const legRow = (tenant: string, source: string, leg: RowLeg, version: number): ContactLegRow => ({
  tenant,
  source,
  contact_id: leg.contactId,
  leg: leg.leg,
  queue: leg.queue,
  channel: leg.channel,
  direction: leg.direction,
  language: leg.language,
  site: leg.site,
  tier: leg.tier,
  caller: leg.caller,
  offered_at: leg.offeredAtMs,
  ...outcomeOf(leg),
  position: leg.position,
  revision: leg.revision,
  version,
});

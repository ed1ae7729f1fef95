/**
 * What really happened in a simulated centre, from what the centre itself knows of each call and agent and not from
 * the events it tells: the figures a pipeline fed with those events must arrive at.
 */
import type { AgentStateRow, ContactLegRow } from '../../../schemas/rows.ts';
import { endSegment, type Leg, type Segment } from './centre.ts';
import type { SimulationOptions } from './centre-plan.ts';
import { beginCentre, step } from './simulate-centre.ts';

/** A leg as its row would be; `outcome` is null while it waits, and `ended_at` while it waits or talks. */
export type TrueLeg = Omit<ContactLegRow, 'outcome' | 'revision' | 'version'> & {
  readonly outcome: ContactLegRow['outcome'] | null;
};
/** A stretch of an agent's time with the queues he was joined to throughout it, in order of name. */
export type TrueSegment = Omit<AgentStateRow, 'version'> & { readonly queues: readonly string[] };

export interface Truth {
  /** In order of offering. */
  readonly legs: readonly TrueLeg[];
  /** Everybody's time but `offline`, by agent and time, without gaps while logged in; cut at the end. */
  readonly segments: readonly TrueSegment[];
}

type Where = { readonly tenant: string; readonly source: string };

const trueLeg = (where: Where, leg: Leg): TrueLeg => {
  const answered = leg.outcome === 'answered';
  const ended = answered && leg.endedAt !== null;
  return {
    ...where,
    contact_id: leg.who.contactId,
    leg: leg.leg,
    queue: leg.queue.plan.name,
    channel: 'voice',
    direction: 'inbound',
    language: leg.who.language,
    site: leg.who.site,
    tier: leg.who.tier,
    caller: leg.who.caller,
    offered_at: leg.offeredAt,
    answered_at: leg.answeredAt,
    ended_at: leg.endedAt,
    outcome: leg.outcome,
    wait_ms: leg.waitMs,
    ring_ms: leg.ringMs,
    talk_ms: ended ? leg.talkMs : null,
    hold_ms: ended ? leg.holdMs : null,
    wrap_ms: leg.wrapMs,
    agent: answered ? (leg.agent?.name ?? '') : '',
    ended_by: leg.endedBy,
    transfer_kind: leg.transferKind,
    transferred_to: leg.transferredTo,
    position: leg.position,
  };
};

const trueSegment = (where: Where, segment: Segment): TrueSegment => ({
  ...where,
  agent: segment.agent.name,
  state: segment.state,
  reason: segment.reason,
  started_at: segment.from,
  ended_at: segment.to,
  duration_ms: segment.to - segment.from,
  contact_id: segment.leg?.who.contactId ?? '',
  queue: segment.leg?.queue.plan.name ?? '',
  queues: [...segment.joined].sort(),
});

/** Runs the centre of these options up to, and without, `untilMs` (UTC ms). Holds all of it in memory. */
export const truthUntil = (options: SimulationOptions, untilMs: number): Truth => {
  const legs: Leg[] = [];
  const segments: Segment[] = [];
  const centre = beginCentre(options, {
    legOpened: (leg) => legs.push(leg),
    segmentEnded: (segment) => segments.push(segment),
  });
  do {
    centre.happened.length = 0;
  } while (step(centre, Math.min(untilMs, options.untilMs ?? untilMs)));
  centre.now = Math.max(untilMs, centre.now);
  for (const agent of centre.agents) endSegment(centre, agent);
  const { tenant, source } = options;
  return {
    legs: legs.map((leg) => trueLeg({ tenant, source }, leg)),
    segments: segments
      .map((segment) => trueSegment({ tenant, source }, segment))
      .sort((a, b) => a.agent.localeCompare(b.agent) || a.started_at - b.started_at),
  };
};

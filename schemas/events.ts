/**
 * Canonical events: what every feed is turned into and the only thing the log holds.
 * The Avro files in `events/` are the wire form of these types; `codec.ts` reads and writes them.
 * Field names are the wire's (snake_case), durations are integers of milliseconds, `''` is unknown text
 * and `null` an unknown number.
 */

import type { AlertRule } from './alert-rule.ts';
import type { QueueDefinition } from './queue-definition.ts';

/** One fact reported by one source. `(tenant, source, seq)` names it for ever. */
export interface CanonicalEvent {
  readonly tenant: string;
  /** The ACD the fact comes from: the unit of total order (law 5). */
  readonly source: string;
  /** The event's identity within its source, derived from the input (never random), and the tie-breaker between equal times. */
  readonly seq: string;
  /** When it happened, UTC epoch milliseconds. */
  readonly event_time: number;
  /** When Busyhour took it in, UTC epoch milliseconds. No number depends on it. */
  readonly recorded_at: number;
  readonly body: EventBody;
}

export const CHANNELS = ['voice', 'chat', 'email', 'social', 'messaging'] as const;
export type Channel = (typeof CHANNELS)[number];
export const DIRECTIONS = ['inbound', 'outbound', 'internal'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** How a leg left its queue without an answer (metrics.md). */
export type ExitOutcome =
  | 'abandoned'
  | 'timed_out'
  | 'left_empty'
  | 'key_exit'
  | 'overflowed'
  | 'callback'
  | 'withdrawn'
  | 'unknown';
export type RefusalReason = 'full' | 'empty' | 'closed';
export type RingResult = 'no_answer' | 'canceled' | 'rejected' | 'failed';
export type EndedBy = 'unknown' | 'agent' | 'caller' | 'system';
export type TransferKind = 'blind' | 'attended';

/** States once, at the head of a source and at every change, what the fold may assume of it, so that a replay assumes the same. */
export interface SourceDeclared {
  readonly type: 'source_declared';
  readonly feed: string;
  /** How much later than the newest event an older one may still arrive; 0 = the feed is in order. */
  readonly lateness_ms: number;
  /** Whether the feed tells where agents are. Where it does not (call records), no agent time is counted. */
  readonly tracks_agents: boolean;
}
/** A heartbeat: the source has nothing outstanding from before `event_time`. Moves the watermark through silence. */
export interface SourceProgressed {
  readonly type: 'source_progressed';
}
/** The ACD restarted: contacts open at this moment will never be heard of again. */
export interface SourceRestarted {
  readonly type: 'source_restarted';
}

interface ContactInQueue {
  readonly contact_id: string;
  readonly queue: string;
}
interface ContactFacts extends ContactInQueue {
  readonly channel: Channel;
  readonly direction: Direction;
  readonly language: string;
  readonly site: string;
  readonly tier: string;
  /** A keyed pseudonym, never a number. */
  readonly caller: string;
}
/** Entered a queue: opens a leg. */
export interface ContactOffered extends ContactFacts {
  readonly type: 'contact_offered';
  /** Place in the queue on entering, 1 = first. */
  readonly position: number | null;
}
/** Asked for a queue and was not admitted. */
export interface ContactRefused extends ContactFacts {
  readonly type: 'contact_refused';
  readonly reason: RefusalReason;
}
/** An agent's phone begins to ring. */
export interface AgentRinging extends ContactInQueue {
  readonly type: 'agent_ringing';
  readonly agent: string;
}
/** An agent's phone stopped ringing unanswered; it had rung for `ring_ms`. */
export interface AgentRang extends ContactInQueue {
  readonly type: 'agent_rang';
  readonly agent: string;
  readonly ring_ms: number;
  readonly result: RingResult;
}
/** `wait_ms`, where the feed states it, is used as it is and not recomputed. */
export interface ContactAnswered extends ContactInQueue {
  readonly type: 'contact_answered';
  readonly agent: string;
  readonly wait_ms: number | null;
  readonly ring_ms: number | null;
}
export interface ContactHeld extends ContactInQueue {
  readonly type: 'contact_held';
  readonly agent: string;
}
export interface ContactResumed extends ContactInQueue {
  readonly type: 'contact_resumed';
  readonly agent: string;
}
/** The answered contact is over. Stated durations win over the difference of stamps. `talk_ms` excludes hold. */
export interface ContactEnded extends ContactInQueue {
  readonly type: 'contact_ended';
  readonly agent: string;
  readonly ended_by: EndedBy;
  readonly wait_ms: number | null;
  readonly talk_ms: number | null;
  readonly hold_ms: number | null;
}
/** The answered contact left this agent by transfer, which ends the leg; a transfer into a queue offers a new one. */
export interface ContactTransferred extends ContactInQueue {
  readonly type: 'contact_transferred';
  readonly agent: string;
  readonly kind: TransferKind;
  readonly to: string;
  readonly wait_ms: number | null;
  readonly talk_ms: number | null;
  readonly hold_ms: number | null;
}
/** Left the queue without an answer. */
export interface ContactExited extends ContactInQueue {
  readonly type: 'contact_exited';
  readonly outcome: ExitOutcome;
  readonly wait_ms: number | null;
}
/** After-contact work begins; `planned_ms`, where known, ends it without a further event. */
export interface WrapUpStarted extends ContactInQueue {
  readonly type: 'wrap_up_started';
  readonly agent: string;
  readonly planned_ms: number | null;
}
/** After-contact work is over; `wrap_ms` where the feed states it. */
export interface WrapUpEnded extends ContactInQueue {
  readonly type: 'wrap_up_ended';
  readonly agent: string;
  readonly wrap_ms: number | null;
}
export interface AgentLoggedIn {
  readonly type: 'agent_logged_in';
  readonly agent: string;
}
export interface AgentLoggedOut {
  readonly type: 'agent_logged_out';
  readonly agent: string;
}
export interface AgentJoinedQueue {
  readonly type: 'agent_joined_queue';
  readonly agent: string;
  readonly queue: string;
  readonly paused: boolean;
}
export interface AgentLeftQueue {
  readonly type: 'agent_left_queue';
  readonly agent: string;
  readonly queue: string;
}
/** `queue` `''` = in all queues. */
export interface AgentPaused {
  readonly type: 'agent_paused';
  readonly agent: string;
  readonly queue: string;
  readonly reason: string;
}
export interface AgentUnpaused {
  readonly type: 'agent_unpaused';
  readonly agent: string;
  readonly queue: string;
}
/** Something the feed said that no metric needs: kept for audits, changes no number. */
export interface Annotated {
  readonly type: 'annotated';
  readonly kind: string;
  readonly contact_id: string;
  readonly queue: string;
  readonly agent: string;
  readonly text: string;
}

/** The rules the source's alerts are raised by from here on: all of them, in place of the ones before; none = no alerts. */
export interface AlertRulesDeclared {
  readonly type: 'alert_rules_declared';
  readonly rules: readonly AlertRule[];
  /** The service levels that rules measure by: the first that covers a queue; the default where none does. */
  readonly definitions: readonly QueueDefinition[];
}

/** One stretch of a schedule, UTC epoch ms. What the activity asks of the agent is decided when it is read. */
export interface ScheduledActivity {
  readonly activity: string;
  readonly starts_at: number;
  readonly ends_at: number;
}
/** What an agent is to do on one day, in place of what was planned for that day before. Changes no count and moves no clock. */
export interface AgentScheduled {
  readonly type: 'agent_scheduled';
  readonly agent: string;
  /** The local date the stretches begin on, `2026-03-01`; one may end on the next. */
  readonly day: string;
  readonly activities: readonly ScheduledActivity[];
}

export type ContactEvent =
  | ContactOffered
  | ContactRefused
  | AgentRinging
  | AgentRang
  | ContactAnswered
  | ContactHeld
  | ContactResumed
  | ContactEnded
  | ContactTransferred
  | ContactExited
  | WrapUpStarted
  | WrapUpEnded;
export type AgentEvent =
  | AgentLoggedIn
  | AgentLoggedOut
  | AgentJoinedQueue
  | AgentLeftQueue
  | AgentPaused
  | AgentUnpaused;
export type SourceEvent =
  | SourceDeclared
  | SourceProgressed
  | SourceRestarted
  | Annotated
  | AlertRulesDeclared;
export type EventBody = ContactEvent | AgentEvent | SourceEvent | AgentScheduled;
export type EventType = EventBody['type'];

/** The order is the wire's: a union's branch is written as its index, so new types go to the end. */
export const EVENT_TYPES = [
  'source_declared',
  'source_progressed',
  'source_restarted',
  'contact_offered',
  'contact_refused',
  'agent_ringing',
  'agent_rang',
  'contact_answered',
  'contact_held',
  'contact_resumed',
  'contact_ended',
  'contact_transferred',
  'contact_exited',
  'wrap_up_started',
  'wrap_up_ended',
  'agent_logged_in',
  'agent_logged_out',
  'agent_joined_queue',
  'agent_left_queue',
  'agent_paused',
  'agent_unpaused',
  'annotated',
  'alert_rules_declared',
  'agent_scheduled',
] as const satisfies readonly EventType[];

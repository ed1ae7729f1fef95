import type { Channel } from './events.ts';
import type { AgentStateName, QueueIntervalRow } from './rows.ts';

/**
 * Two things are written down here: the records of topic `acd.live` (processors → hubs) and the messages of the
 * WebSocket `/v1/live` (hub → wallboards). Times are UTC epoch ms in records and ISO 8601 strings in messages.
 */

/** How many agents of a queue are in each state now; `staffed` is their sum. */
export interface AgentCounts {
  readonly staffed: number;
  readonly available: number;
  readonly ringing: number;
  readonly on_contact: number;
  readonly on_hold: number;
  readonly wrap_up: number;
  readonly unavailable: number;
}

/** What one source says of one queue at the source's time `as_of`. Key: `queue|tenant|source|queue|channel`. */
export interface LiveQueueRecord {
  readonly kind: 'queue';
  readonly tenant: string;
  readonly source: string;
  readonly queue: string;
  readonly channel: Channel;
  readonly waiting: number;
  /** When the longest-waiting contact was offered. */
  readonly oldest_waiting_since: number | null;
  readonly agents: AgentCounts;
  /** Agents' time of the current interval not yet in its totals: open stretches up to `as_of`. */
  readonly open_agent_time: OpenAgentTime;
  readonly as_of: number;
}
export interface OpenAgentTime {
  readonly interval_start: number;
  readonly on_contact_ms: number;
  readonly on_hold_ms: number;
  readonly wrap_up_ms: number;
  readonly available_ms: number;
}

type Histogram = 'wait_answered' | 'wait_abandoned' | 'wait_exited';
/** Interval totals as they stand, so that a hub can add up today by itself. Key: `interval|tenant|source|queue|channel|interval_start|generation`. */
export type LiveIntervalRecord = { readonly kind: 'interval' } & Omit<QueueIntervalRow, Histogram> & {
    readonly [H in Histogram]: readonly (readonly [edgeMs: number, count: number])[];
  };
/** Where one agent is, as his source sees him at `as_of`. Key: `agent|tenant|source|agent`. */
export interface LiveAgentRecord {
  readonly kind: 'agent';
  readonly tenant: string;
  readonly source: string;
  readonly agent: string;
  readonly state: AgentStateName;
  readonly reason: string;
  /** When the state began. */
  readonly since: number;
  /** What binds him, '' when nothing does. */
  readonly contact_id: string;
  readonly queue: string;
  /** Queues he is a member of, or at work for, in order. */
  readonly queues: readonly string[];
  readonly as_of: number;
}
export type LiveRecord = LiveQueueRecord | LiveIntervalRecord;

/** A source is alive though nothing changed. Sent as a queue record with a newer `as_of`. */
export interface LiveFigures {
  readonly offered: number;
  readonly answered: number;
  readonly abandoned: number;
  readonly answered_within: number;
  /** 0..1, null when nothing counts yet. */
  readonly service_level: number | null;
  readonly abandonment_rate: number | null;
  readonly asa_s: number | null;
  readonly aht_s: number | null;
  readonly occupancy: number | null;
}
export interface LiveQueue {
  readonly tenant: string;
  readonly queue: string;
  readonly channel: Channel;
  readonly waiting: number;
  readonly oldest_waiting_since: string | null;
  readonly agents: AgentCounts;
  readonly today: LiveFigures;
  readonly interval: LiveFigures;
  readonly as_of: string;
  /** Present when a source of this queue has been silent past `source_silence`. */
  readonly stale?: true;
}

export type ClientMessage =
  | { readonly type: 'subscribe'; readonly queues: readonly string[] | '*' }
  | { readonly type: 'unsubscribe'; readonly queues: readonly string[] | '*' };
export type ServerMessage =
  | {
      readonly type: 'snapshot';
      readonly at: string;
      readonly seq: number;
      readonly queues: readonly LiveQueue[];
    }
  | {
      readonly type: 'update';
      readonly at: string;
      readonly seq: number;
      readonly queues: readonly LiveQueue[];
    }
  | { readonly type: 'heartbeat'; readonly at: string }
  | { readonly type: 'error'; readonly code: string; readonly message: string };

import { ACCESS_TABLES, type ApiTokenRow, type AuditRow, type OriginalRow } from './access-rows.ts';
import type { AlertRow } from './alerts.ts';
import { type Columns, LC, T3 } from './columns.ts';
import type { Channel, Direction, EventType } from './events.ts';

/**
 * The rows that land in ClickHouse, one descriptor a table. The descriptor drives the Native writer;
 * a test holds it equal to the tables the migrations make. Rows are idempotent: `key` names the row,
 * `version` (the log offset + 1 of the event that last changed it) says which write of it is the newest.
 */

export const LEG_OUTCOMES = [
  'answered',
  'abandoned',
  'timed_out',
  'left_empty',
  'key_exit',
  'overflowed',
  'callback',
  'withdrawn',
  'unknown',
  'refused_full',
  'refused_empty',
  'refused_closed',
] as const;
export type LegOutcome = (typeof LEG_OUTCOMES)[number];

export type AgentStateName =
  | 'offline'
  | 'available'
  | 'ringing'
  | 'on_contact'
  | 'on_hold'
  | 'wrap_up'
  | 'unavailable';

/** Histogram of waits: upper edge in ms → count. Signed, because a later generation may take back what an earlier one counted. */
export type WaitCounts = ReadonlyMap<number, number>;

export interface ContactLegRow {
  readonly tenant: string;
  readonly source: string;
  readonly contact_id: string;
  /** 1, 2, … in log order within the contact. */
  readonly leg: number;
  readonly queue: string;
  readonly channel: Channel;
  readonly direction: Direction;
  readonly language: string;
  readonly site: string;
  readonly tier: string;
  readonly caller: string;
  /** UTC epoch ms. */
  readonly offered_at: number;
  readonly answered_at: number | null;
  readonly ended_at: number | null;
  readonly outcome: LegOutcome;
  readonly wait_ms: number | null;
  readonly ring_ms: number | null;
  readonly talk_ms: number | null;
  readonly hold_ms: number | null;
  readonly wrap_ms: number | null;
  readonly agent: string;
  /** `agent`, `caller`, `system` or ''. */
  readonly ended_by: string;
  /** `blind`, `attended` or ''. */
  readonly transfer_kind: string;
  readonly transferred_to: string;
  /** Place in the queue on entering. */
  readonly position: number | null;
  /** How many facts the row has taken in: the same whatever order other contacts' events came in. Public as `version`. */
  readonly revision: number;
  readonly version: number;
}

/** Signed counters of one queue in 15 minutes. Everything about a contact counts where it was offered; agents' time where it passes. */
export interface QueueIntervalRow {
  readonly tenant: string;
  readonly source: string;
  readonly queue: string;
  readonly channel: Channel;
  /** UTC epoch ms, a multiple of 15 minutes. */
  readonly interval_start: number;
  /** Rows of one interval that was evicted from memory and touched again; readers sum them. */
  readonly generation: number;
  readonly offered: number;
  readonly answered: number;
  readonly abandoned: number;
  readonly timed_out: number;
  readonly left_empty: number;
  readonly key_exit: number;
  readonly overflowed: number;
  readonly callback: number;
  readonly withdrawn: number;
  readonly unknown: number;
  readonly refused_full: number;
  readonly refused_empty: number;
  readonly refused_closed: number;
  readonly in_progress: number;
  readonly wait_answered: WaitCounts;
  readonly wait_abandoned: WaitCounts;
  readonly wait_exited: WaitCounts;
  readonly wait_answered_ms: number;
  readonly wait_abandoned_ms: number;
  readonly max_wait_ms: number;
  readonly handled: number;
  readonly held: number;
  readonly talk_ms: number;
  readonly hold_ms: number;
  readonly wrap_ms: number;
  readonly transferred_blind: number;
  readonly transferred_attended: number;
  readonly on_contact_ms: number;
  readonly on_hold_ms: number;
  readonly wrap_up_ms: number;
  readonly available_ms: number;
  readonly staffed_ms: number;
  readonly version: number;
}

/** One stretch of one agent in one state, landed when it is over. */
export interface AgentStateRow {
  readonly tenant: string;
  readonly source: string;
  readonly agent: string;
  readonly state: AgentStateName;
  readonly reason: string;
  readonly started_at: number;
  readonly ended_at: number;
  readonly duration_ms: number;
  readonly contact_id: string;
  readonly queue: string;
  readonly version: number;
}

export interface AgentIntervalRow {
  readonly tenant: string;
  readonly source: string;
  readonly agent: string;
  readonly interval_start: number;
  readonly generation: number;
  readonly available_ms: number;
  readonly ringing_ms: number;
  readonly on_contact_ms: number;
  readonly on_hold_ms: number;
  readonly wrap_up_ms: number;
  readonly unavailable_ms: number;
  readonly staffed_ms: number;
  readonly handled: number;
  /** Reason → ms of `unavailable_ms`. */
  readonly reasons: ReadonlyMap<string, number>;
  readonly version: number;
}

export interface EventRow {
  readonly tenant: string;
  readonly source: string;
  readonly seq: string;
  readonly at: number;
  readonly kind: EventType;
  readonly contact_id: string;
  readonly queue: string;
  readonly agent: string;
  /** The event's body as JSON. */
  readonly body: string;
  readonly log_partition: number;
  readonly log_offset: number;
}

/** What did not fit: counted and kept, never silence, never an exception. */
export interface AnomalyRow {
  readonly tenant: string;
  readonly source: string;
  readonly kind: string;
  readonly at: number;
  readonly contact_id: string;
  readonly queue: string;
  readonly agent: string;
  readonly detail: string;
  readonly seq: string;
  readonly log_partition: number;
  readonly log_offset: number;
}

export interface DeadLetterRow {
  readonly tenant: string;
  readonly source: string;
  readonly feed: string;
  /** Identity of the rejected input, so that importing it again lands the same row. */
  readonly seq: string;
  readonly received_at: number;
  readonly reason: string;
  /** Where in the input: file name and line, or byte position. */
  readonly place: string;
  readonly line: string;
}

export interface SnapshotRow {
  readonly topic: string;
  readonly partition: number;
  /** The state holds every event before this offset. */
  readonly next_offset: number;
  /** Which fold wrote it; a snapshot of another fold version is not loaded. */
  readonly fold_version: number;
  readonly state: string;
}

export interface RowsByTable {
  readonly contact_legs_rows: ContactLegRow;
  readonly queue_intervals_rows: QueueIntervalRow;
  readonly agent_states_rows: AgentStateRow;
  readonly agent_intervals_rows: AgentIntervalRow;
  readonly events_rows: EventRow;
  readonly anomalies_rows: AnomalyRow;
  readonly alerts_rows: AlertRow;
  readonly dead_letters_rows: DeadLetterRow;
  readonly snapshots_rows: SnapshotRow;
  readonly api_tokens_rows: ApiTokenRow;
  readonly audit_rows: AuditRow;
  readonly originals_rows: OriginalRow;
}
export type TableName = keyof RowsByTable;

const COUNTS = 'Map(UInt32, Int64)';

/** Column → ClickHouse type, in the tables' order. Int64 columns hold integers up to 2^53. */
export const TABLES: { readonly [T in TableName]: Columns<RowsByTable[T]> } = {
  contact_legs_rows: {
    tenant: LC,
    source: LC,
    contact_id: 'String',
    leg: 'UInt32',
    queue: LC,
    channel: LC,
    direction: LC,
    language: LC,
    site: LC,
    tier: LC,
    caller: 'String',
    offered_at: T3,
    answered_at: `Nullable(${T3})`,
    ended_at: `Nullable(${T3})`,
    outcome: LC,
    wait_ms: 'Nullable(Int64)',
    ring_ms: 'Nullable(Int64)',
    talk_ms: 'Nullable(Int64)',
    hold_ms: 'Nullable(Int64)',
    wrap_ms: 'Nullable(Int64)',
    agent: LC,
    ended_by: LC,
    transfer_kind: LC,
    transferred_to: 'String',
    position: 'Nullable(Int64)',
    revision: 'UInt32',
    version: 'UInt64',
  },
  queue_intervals_rows: {
    tenant: LC,
    source: LC,
    queue: LC,
    channel: LC,
    interval_start: T3,
    generation: 'UInt64',
    offered: 'Int64',
    answered: 'Int64',
    abandoned: 'Int64',
    timed_out: 'Int64',
    left_empty: 'Int64',
    key_exit: 'Int64',
    overflowed: 'Int64',
    callback: 'Int64',
    withdrawn: 'Int64',
    unknown: 'Int64',
    refused_full: 'Int64',
    refused_empty: 'Int64',
    refused_closed: 'Int64',
    in_progress: 'Int64',
    wait_answered: COUNTS,
    wait_abandoned: COUNTS,
    wait_exited: COUNTS,
    wait_answered_ms: 'Int64',
    wait_abandoned_ms: 'Int64',
    max_wait_ms: 'Int64',
    handled: 'Int64',
    held: 'Int64',
    talk_ms: 'Int64',
    hold_ms: 'Int64',
    wrap_ms: 'Int64',
    transferred_blind: 'Int64',
    transferred_attended: 'Int64',
    on_contact_ms: 'Int64',
    on_hold_ms: 'Int64',
    wrap_up_ms: 'Int64',
    available_ms: 'Int64',
    staffed_ms: 'Int64',
    version: 'UInt64',
  },
  agent_states_rows: {
    tenant: LC,
    source: LC,
    agent: LC,
    state: LC,
    reason: LC,
    started_at: T3,
    ended_at: T3,
    duration_ms: 'Int64',
    contact_id: 'String',
    queue: LC,
    version: 'UInt64',
  },
  agent_intervals_rows: {
    tenant: LC,
    source: LC,
    agent: LC,
    interval_start: T3,
    generation: 'UInt64',
    available_ms: 'Int64',
    ringing_ms: 'Int64',
    on_contact_ms: 'Int64',
    on_hold_ms: 'Int64',
    wrap_up_ms: 'Int64',
    unavailable_ms: 'Int64',
    staffed_ms: 'Int64',
    handled: 'Int64',
    reasons: 'Map(String, Int64)',
    version: 'UInt64',
  },
  events_rows: {
    tenant: LC,
    source: LC,
    seq: 'String',
    at: T3,
    kind: LC,
    contact_id: 'String',
    queue: LC,
    agent: LC,
    body: 'String',
    log_partition: 'UInt32',
    log_offset: 'UInt64',
  },
  anomalies_rows: {
    tenant: LC,
    source: LC,
    kind: LC,
    at: T3,
    contact_id: 'String',
    queue: LC,
    agent: LC,
    detail: 'String',
    seq: 'String',
    log_partition: 'UInt32',
    log_offset: 'UInt64',
  },
  alerts_rows: {
    tenant: LC,
    source: LC,
    rule: LC,
    queue: LC,
    status: LC,
    value: 'Float64',
    threshold: 'Float64',
    raised_at: T3,
    cleared_at: `Nullable(${T3})`,
    version: 'UInt64',
  },
  dead_letters_rows: {
    tenant: LC,
    source: LC,
    feed: LC,
    seq: 'String',
    received_at: T3,
    reason: 'String',
    place: 'String',
    line: 'String',
  },
  snapshots_rows: {
    topic: LC,
    partition: 'UInt32',
    next_offset: 'UInt64',
    fold_version: 'UInt32',
    state: 'String',
  },
  ...ACCESS_TABLES,
};

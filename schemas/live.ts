import { type Static, type TSchema, Type } from 'typebox';
import { ALERT_UNITS } from './alert-rule.ts';
import { CHANNELS, type Channel } from './events.ts';
import type { AgentStateName, QueueIntervalRow } from './rows.ts';
import { SERVICE_LEVEL_NAMES } from './service-level.ts';

/**
 * Two things are written down here: the records of topic `acd.live` (processors → hubs) and the messages of the
 * WebSocket `/v1/live` (hub → wallboards). Times are UTC epoch ms in records and ISO 8601 strings in messages. Messages
 * are schemas, from which their types, the hub's checks and `/asyncapi.json` follow.
 */

type Frozen<T> = T extends readonly (infer E)[]
  ? readonly Frozen<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T;
type Message<S extends TSchema> = Frozen<Static<S>>;

const Count = (description: string) => Type.Integer({ minimum: 0, description });
const Time = (description: string) => Type.String({ format: 'date-time', description });
const Share = (description: string) =>
  Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], { description });
const Seconds = (description: string) =>
  Type.Union([Type.Number({ minimum: 0 }), Type.Null()], { description });

/** How many agents of a queue are in each state now; `staffed` is their sum. */
export const AgentCountsSchema = Type.Object(
  {
    staffed: Count('All who are not offline: the sum of the others.'),
    available: Count('Ready for a contact.'),
    ringing: Count('Being offered one.'),
    on_contact: Count('Talking or chatting.'),
    on_hold: Count('With a contact on hold.'),
    wrap_up: Count('In after-contact work.'),
    unavailable: Count('Logged in, on a break or busy otherwise.'),
  },
  { description: 'Agents of the queue by state.' },
);
export type AgentCounts = Message<typeof AgentCountsSchema>;

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

/** How a queue's service level is measured, in the words that `/v1/intervals` takes: the same figures come from there. */
export const LiveDefinitionSchema = Type.Object(
  {
    sl_formula: Type.Enum(SERVICE_LEVEL_NAMES),
    sl_threshold: Type.String({ description: 'A duration, such as `20s`.' }),
    short_abandon: Type.String({ description: 'A duration, such as `5s`.' }),
    count_exits: Type.Boolean(),
    sl_target: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], {
      description: '0 to 1; null where none is set.',
    }),
  },
  {
    description:
      'How the service level is measured, where `service_levels` of busyhour.yaml says so. Left out: by the default, `abandons_negative` within 20 s, without a target.',
  },
);
export type LiveDefinition = Message<typeof LiveDefinitionSchema>;

export const LiveFiguresSchema = Type.Object({
  offered: Count('Contacts offered.'),
  answered: Count('Of those, answered.'),
  abandoned: Count('Of those, abandoned.'),
  answered_within: Count('Answered within the threshold of the queue’s definition.'),
  sl_met: Count('Contacts that met the service level: what it divides.'),
  sl_counted: Count('Contacts it is of: what it divides by.'),
  service_level: Share('sl_met / sl_counted; null when nothing counts yet.'),
  abandonment_rate: Share('0 to 1; null when nothing was offered.'),
  asa_s: Seconds('Average speed of answer.'),
  aht_s: Seconds('Average handle time.'),
  occupancy: Share('0 to 1 of the agents’ time.'),
});
export type LiveFigures = Message<typeof LiveFiguresSchema>;

export const LiveQueueSchema = Type.Object({
  tenant: Type.String(),
  queue: Type.String(),
  channel: Type.Enum(CHANNELS),
  waiting: Count('Contacts waiting now.'),
  oldest_waiting_since: Type.Union([Time('When the longest-waiting contact was offered.'), Type.Null()], {
    description: 'A time, so that clients count by themselves; null when nobody waits.',
  }),
  agents: AgentCountsSchema,
  definition: Type.Optional(LiveDefinitionSchema),
  today: LiveFiguresSchema,
  interval: LiveFiguresSchema,
  as_of: Time('How far the sources of this queue have told.'),
  stale: Type.Optional(
    Type.Literal(true, { description: 'There when a source of this queue has been silent for over 30 s.' }),
  ),
});
export type LiveQueue = Message<typeof LiveQueueSchema>;

/** What one message of a client may hold. */
export const SUBSCRIPTION_LIMITS = {
  /** Names in one message, and of one socket; a `"*"` needs none. */
  names: 1000,
  /** A queue name longer than this is a mistake or an attack. */
  nameLength: 500,
} as const;

const Queues = Type.Union([
  Type.Literal('*', { description: 'All that the token may see.' }),
  Type.Array(Type.String({ maxLength: SUBSCRIPTION_LIMITS.nameLength }), {
    maxItems: SUBSCRIPTION_LIMITS.names,
  }),
]);
export const SubscribeSchema = Type.Object({ type: Type.Literal('subscribe'), queues: Queues });
export const UnsubscribeSchema = Type.Object({ type: Type.Literal('unsubscribe'), queues: Queues });
export const ClientMessageSchema = Type.Union([SubscribeSchema, UnsubscribeSchema]);
export type ClientMessage = Message<typeof ClientMessageSchema>;

const Seq = Type.Integer({ minimum: 0, description: 'Rises from message to message, with gaps.' });
export const SnapshotSchema = Type.Object({
  type: Type.Literal('snapshot'),
  at: Time('The server’s clock.'),
  seq: Seq,
  queues: Type.Array(LiveQueueSchema, { description: 'Every queue that is watched now.' }),
});
export const UpdateSchema = Type.Object({
  type: Type.Literal('update'),
  at: Time('The server’s clock.'),
  seq: Seq,
  queues: Type.Array(LiveQueueSchema, { description: 'The queues that changed, each as it is now.' }),
});
export const LiveAlertSchema = Type.Object({
  id: Type.String({ description: 'Names the alert: raised and cleared, it is the same one.' }),
  rule: Type.String({ description: 'The id of the rule that is broken.' }),
  queue: Type.String({ description: 'The queue in which; empty for a rule on the source as a whole.' }),
  source: Type.String(),
  status: Type.Enum(['raised', 'cleared']),
  value: Type.Number({
    description: 'What was measured when it was raised: a fraction, a count, or seconds.',
  }),
  unit: Type.Optional(Type.Enum(ALERT_UNITS, { description: 'What `value` counts.' })),
  raised_at: Time('When it was raised, in the time of the events.'),
});
export type LiveAlert = Message<typeof LiveAlertSchema>;
export const AlertsSchema = Type.Object({
  type: Type.Literal('alerts'),
  at: Time('The server’s clock.'),
  alerts: Type.Array(LiveAlertSchema, {
    description: 'After a snapshot, those of its queues that are raised; later, those that changed.',
  }),
});
export const HeartbeatSchema = Type.Object({
  type: Type.Literal('heartbeat'),
  at: Time('The server’s clock.'),
});
export const LIVE_ERRORS = ['bad_message', 'forbidden', 'too_many_queues'] as const;
export const ErrorSchema = Type.Object({
  type: Type.Literal('error'),
  code: Type.Enum(LIVE_ERRORS),
  message: Type.String({ description: 'One line for people.' }),
});
export const ServerMessageSchema = Type.Union([
  SnapshotSchema,
  UpdateSchema,
  AlertsSchema,
  HeartbeatSchema,
  ErrorSchema,
]);
export type ServerMessage = Message<typeof ServerMessageSchema>;

/** Builders of small logs told in seconds after nine o'clock. */
import type { CanonicalEvent, EventBody } from '../../schemas/events.ts';

export const NINE = Date.UTC(2026, 2, 9, 9);
export const at = (seconds: number): number => NINE + seconds * 1000;

/** A log of one source: `[seconds after nine, body]`. */
export const log = (...lines: readonly (readonly [seconds: number, body: EventBody])[]): CanonicalEvent[] =>
  lines.map(([seconds, body], i) => ({
    tenant: 'acme',
    source: 'pbx',
    seq: String(i),
    event_time: at(seconds),
    recorded_at: 0,
    body,
  }));

export const NOTHING = { wait_ms: null, talk_ms: null, hold_ms: null };
export const WHO = {
  channel: 'voice',
  direction: 'inbound',
  language: 'en',
  site: '',
  tier: '',
  caller: 'c1',
} as const;
export const offered = (contact_id: string, queue: string): EventBody => ({
  type: 'contact_offered',
  contact_id,
  queue,
  ...WHO,
  position: 1,
});
export const work = (contact_id: string, queue: string, agent: string) => ({ contact_id, queue, agent });
export const answered = (
  contact_id: string,
  queue: string,
  agent: string,
  stated: { wait_ms?: number; ring_ms?: number } = {},
): EventBody => ({
  type: 'contact_answered',
  ...work(contact_id, queue, agent),
  wait_ms: stated.wait_ms ?? null,
  ring_ms: stated.ring_ms ?? null,
});
export const ended = (
  contact_id: string,
  queue: string,
  agent: string,
  stated: { wait_ms?: number; talk_ms?: number; hold_ms?: number } = {},
): EventBody => ({
  type: 'contact_ended',
  ...work(contact_id, queue, agent),
  ended_by: 'caller',
  ...NOTHING,
  ...stated,
});
export const exited = (
  contact_id: string,
  queue: string,
  outcome: 'abandoned' | 'timed_out' = 'abandoned',
  wait_ms: number | null = null,
): EventBody => ({ type: 'contact_exited', contact_id, queue, outcome, wait_ms });
export const loggedIn = (agent: string): EventBody => ({ type: 'agent_logged_in', agent });
export const joined = (agent: string, queue: string): EventBody => ({
  type: 'agent_joined_queue',
  agent,
  queue,
  paused: false,
});
export const heartbeat: EventBody = { type: 'source_progressed' };

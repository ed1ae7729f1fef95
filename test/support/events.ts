/** Builders of canonical events for scenarios told by the clock. */
import type { CanonicalEvent, ContactOffered, EventBody } from '../../schemas/events.ts';

/** `HH:MM:SS` or `HH:MM:SS.mmm` on 1 March 2026, UTC epoch ms. */
export const clock = (time: string): number => Date.parse(`2026-03-01T${time}Z`);

export const offered = (
  contact_id: string,
  queue: string,
  more: Partial<ContactOffered> = {},
): ContactOffered => ({
  type: 'contact_offered',
  contact_id,
  queue,
  channel: 'voice',
  direction: 'inbound',
  language: '',
  site: '',
  tier: '',
  caller: '',
  position: null,
  ...more,
});

/** A log of one source: `[time, body]` in the order it was written. */
export const logOf = (
  lines: readonly (readonly [time: string, body: EventBody])[],
  source = 'pbx',
): CanonicalEvent[] =>
  lines.map(([time, body], i) => ({
    tenant: 'default',
    source,
    seq: String(i).padStart(6, '0'),
    event_time: clock(time),
    recorded_at: 0,
    body,
  }));

export const answered = (
  contact_id: string,
  queue: string,
  agent: string,
  ring_ms: number | null = null,
): EventBody => ({
  type: 'contact_answered',
  contact_id,
  queue,
  agent,
  wait_ms: null,
  ring_ms,
});
export const ended = (contact_id: string, queue: string, agent: string): EventBody => ({
  type: 'contact_ended',
  contact_id,
  queue,
  agent,
  ended_by: 'caller',
  wait_ms: null,
  talk_ms: null,
  hold_ms: null,
});
export const exited = (
  contact_id: string,
  queue: string,
  outcome: Extract<EventBody, { type: 'contact_exited' }>['outcome'] = 'abandoned',
): EventBody => ({ type: 'contact_exited', contact_id, queue, outcome, wait_ms: null });
export const progressed: EventBody = { type: 'source_progressed' };

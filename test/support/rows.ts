/** Rows to build tests on: a valid row of each table, changed where a scenario cares. */
import type { RowsByTable } from '../../schemas/rows.ts';

const AT = Date.UTC(2026, 10, 24, 9, 0, 0);

export function legRow(
  changes: Partial<RowsByTable['contact_legs_rows']> = {},
): RowsByTable['contact_legs_rows'] {
  return {
    tenant: 'acme',
    source: 'lab',
    contact_id: 'c-1',
    leg: 1,
    queue: 'sales',
    channel: 'voice',
    direction: 'inbound',
    language: '',
    site: '',
    tier: '',
    caller: '',
    offered_at: AT,
    answered_at: AT + 8_000,
    ended_at: AT + 68_000,
    outcome: 'answered',
    wait_ms: 8_000,
    ring_ms: 3_000,
    talk_ms: 60_000,
    hold_ms: 0,
    wrap_ms: null,
    agent: 'kim',
    ended_by: 'caller',
    transfer_kind: '',
    transferred_to: '',
    position: 1,
    revision: 3,
    version: 7,
    ...changes,
  };
}

export function intervalRow(
  changes: Partial<RowsByTable['queue_intervals_rows']> = {},
): RowsByTable['queue_intervals_rows'] {
  return {
    tenant: 'acme',
    source: 'lab',
    queue: 'sales',
    channel: 'voice',
    interval_start: AT,
    generation: 1,
    offered: 0,
    answered: 0,
    abandoned: 0,
    timed_out: 0,
    left_empty: 0,
    key_exit: 0,
    overflowed: 0,
    callback: 0,
    withdrawn: 0,
    unknown: 0,
    refused_full: 0,
    refused_empty: 0,
    refused_closed: 0,
    in_progress: 0,
    wait_answered: new Map(),
    wait_abandoned: new Map(),
    wait_exited: new Map(),
    wait_answered_ms: 0,
    wait_abandoned_ms: 0,
    max_wait_ms: 0,
    handled: 0,
    held: 0,
    talk_ms: 0,
    hold_ms: 0,
    wrap_ms: 0,
    transferred_blind: 0,
    transferred_attended: 0,
    on_contact_ms: 0,
    on_hold_ms: 0,
    wrap_up_ms: 0,
    available_ms: 0,
    staffed_ms: 0,
    version: 1,
    ...changes,
  };
}

export function agentIntervalRow(
  changes: Partial<RowsByTable['agent_intervals_rows']> = {},
): RowsByTable['agent_intervals_rows'] {
  return {
    tenant: 'acme',
    source: 'lab',
    agent: 'kim',
    interval_start: AT,
    generation: 1,
    available_ms: 0,
    ringing_ms: 0,
    on_contact_ms: 0,
    on_hold_ms: 0,
    wrap_up_ms: 0,
    unavailable_ms: 0,
    staffed_ms: 0,
    handled: 0,
    reasons: new Map(),
    version: 1,
    ...changes,
  };
}

export function eventRow(changes: Partial<RowsByTable['events_rows']> = {}): RowsByTable['events_rows'] {
  return {
    tenant: 'acme',
    source: 'lab',
    seq: '000001',
    at: AT,
    kind: 'contact_offered',
    contact_id: 'c-1',
    queue: 'sales',
    agent: '',
    body: '{}',
    log_partition: 0,
    log_offset: 0,
    ...changes,
  };
}

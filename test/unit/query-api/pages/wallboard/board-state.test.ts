import { describe, expect, test } from 'vitest';
import { MAX_ALERTS } from '../../../../../query-api/pages/wallboard/alerts.ts';
import {
  applyBoardEvent,
  type BoardEvent,
  type BoardState,
  boardTimeMs,
  EMPTY_BOARD,
  shownQueues,
} from '../../../../../query-api/pages/wallboard/board-state.ts';
import type { LiveAlert, LiveFigures, LiveQueue, ServerMessage } from '../../../../../schemas/live.ts';

const AT = '2026-11-24T12:00:00.000Z';
const AT_MS = Date.parse(AT);
const FIGURES: LiveFigures = {
  offered: 0,
  answered: 0,
  abandoned: 0,
  answered_within: 0,
  sl_met: 0,
  sl_counted: 0,
  service_level: null,
  abandonment_rate: null,
  asa_s: null,
  aht_s: null,
  occupancy: null,
};
const queue = (name: string, waiting = 0): LiveQueue => ({
  tenant: 'default',
  queue: name,
  channel: 'voice',
  waiting,
  oldest_waiting_since: null,
  agents: { staffed: 0, available: 0, ringing: 0, on_contact: 0, on_hold: 0, wrap_up: 0, unavailable: 0 },
  today: FIGURES,
  interval: FIGURES,
  as_of: AT,
});
const alert = (id: string, status: LiveAlert['status'] = 'raised', raised_at = AT): LiveAlert => ({
  id,
  rule: 'waiting',
  queue: 'sales',
  source: 'pbx',
  status,
  value: 12,
  raised_at,
});
/** This machine's clock is 5 s behind the server's. */
const BEHIND_MS = 5000;
const message = (received: ServerMessage): BoardEvent => ({
  type: 'message',
  message: received,
  atMs: AT_MS - BEHIND_MS,
});
const snapshot = (...queues: LiveQueue[]): BoardEvent =>
  message({ type: 'snapshot', at: AT, seq: 1, queues });
const update = (...queues: LiveQueue[]): BoardEvent => message({ type: 'update', at: AT, seq: 2, queues });
const alerts = (...told: LiveAlert[]): BoardEvent => message({ type: 'alerts', at: AT, alerts: told });
const heartbeat = message({ type: 'heartbeat', at: AT });
const lost: BoardEvent = { type: 'connection', connection: { status: 'lost', reason: 'gone' } };
const having = (...events: BoardEvent[]): BoardState => events.reduce(applyBoardEvent, EMPTY_BOARD);
const waitingOf = (state: BoardState): Record<string, number> =>
  Object.fromEntries(shownQueues(state.queues, null).map((shown) => [shown.queue, shown.waiting]));

describe('what a board knows', () => {
  test('is live from a snapshot on, and updates replace queues one by one', () => {
    const state = having(snapshot(queue('sales', 1), queue('support', 2)), update(queue('sales', 3)));
    expect(state.connection.status).toBe('live');
    expect(waitingOf(state)).toEqual({ sales: 3, support: 2 });
  });

  test('a later snapshot forgets the queues that are not in it', () => {
    expect(waitingOf(having(snapshot(queue('sales'), queue('gone')), snapshot(queue('sales'))))).toEqual({
      sales: 0,
    });
  });

  test('after a loss nothing is live again before a snapshot has come', () => {
    const state = having(snapshot(queue('sales', 1)), lost, heartbeat, update(queue('sales', 9)));
    expect(state.connection.status).toBe('lost');
    expect(waitingOf(state)).toEqual({ sales: 1 });
    expect(applyBoardEvent(state, snapshot(queue('sales', 2))).connection.status).toBe('live');
  });

  test('its time is the server’s, and stands still while it is lost', () => {
    const live = having(snapshot(queue('sales')));
    const laterMs = AT_MS - BEHIND_MS + 60_000;
    expect(boardTimeMs(live, laterMs)).toBe(AT_MS + 60_000);
    expect(boardTimeMs(applyBoardEvent(live, lost), laterMs)).toBe(AT_MS);
  });

  test('shows queues in the order asked for, or by name', () => {
    const { queues } = having(snapshot(queue('b'), queue('a'), queue('c')));
    expect(shownQueues(queues, null).map((shown) => shown.queue)).toEqual(['a', 'b', 'c']);
    expect(shownQueues(queues, ['c', 'a', 'x']).map((shown) => shown.queue)).toEqual(['c', 'a']);
  });

  test('alerts are kept by id until they are cleared, newest first, and begin anew with each connection', () => {
    const later = '2026-11-24T12:01:00.000Z';
    const state = having(
      snapshot(),
      alerts(alert('one'), alert('two', 'raised', later)),
      alerts(alert('one')),
    );
    expect(state.alerts.map(({ id }) => id)).toEqual(['two', 'one']);
    expect(applyBoardEvent(state, alerts(alert('two', 'cleared'))).alerts.map(({ id }) => id)).toEqual([
      'one',
    ]);
    expect(applyBoardEvent(state, lost).alerts).toEqual([]);
  });

  test('does not grow with alerts that nobody clears', () => {
    const many = Array.from({ length: MAX_ALERTS + 50 }, (_, index) => alert(String(index)));
    expect(having(snapshot(), alerts(...many)).alerts).toHaveLength(MAX_ALERTS);
  });
});

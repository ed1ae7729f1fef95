import { describe, expect, it } from 'vitest';
import type { Principal } from '../../../../query-api/auth.ts';
import { addSubscriber, createFanOut, receive, tick } from '../../../../query-api/live/fan-out.ts';
import {
  alertsMessage,
  applyAlert,
  createLiveAlerts,
  MAX_LIVE_ALERTS,
  pruneAlerts,
} from '../../../../query-api/live/live-alerts.ts';
import { createLiveState } from '../../../../query-api/live/live-state.ts';
import { FAN_OUT_LIMITS } from '../../../../query-api/live/subscriber.ts';
import type { LiveAlertRecord } from '../../../../schemas/alerts.ts';
import type { LiveAlert } from '../../../../schemas/live.ts';

const NOW = Date.parse('2026-11-24T09:00:00Z');
const DAY_MS = 86_400_000;

const record = (id: string, more: Partial<LiveAlertRecord> = {}): LiveAlertRecord => ({
  kind: 'alert',
  id,
  tenant: 'default',
  source: 'pbx',
  rule: 'too many',
  queue: 'sales',
  status: 'raised',
  value: 11,
  threshold: 10,
  raised_at: NOW - 1000,
  cleared_at: null,
  version: 1,
  ...more,
});
const cleared = (id: string, version: number, more: Partial<LiveAlertRecord> = {}): LiveAlertRecord =>
  record(id, { status: 'cleared', cleared_at: NOW, version, ...more });

const principal = (more: Partial<Principal> = {}): Principal => ({
  id: 'wall',
  tenant: 'default',
  role: 'wallboard',
  queues: '*',
  ...more,
});

/** A hub of one board; `told` are the alerts of its messages. */
const board = (as: Principal, subscribe: readonly string[] | '*') => {
  const fanOut = createFanOut(createLiveState({ timeZone: 'UTC', serviceLevels: [] }, NOW), FAN_OUT_LIMITS);
  const told: string[] = [];
  const socket = {
    send: (bytes: Buffer, done: () => void) => {
      done();
      const message = JSON.parse(bytes.toString()) as { type: string; alerts?: LiveAlert[] };
      for (const { id, status } of message.alerts ?? []) told.push(`${id} ${status}`);
    },
    close: () => {},
    terminate: () => {},
  };
  const subscriber = addSubscriber(fanOut, socket, as);
  const take = (...records: LiveAlertRecord[]): void => {
    for (const of of records) applyAlert(fanOut.alerts, of, NOW);
  };
  return {
    told,
    subscriber,
    take,
    tick: () => tick(fanOut, [], NOW),
    subscribe: () =>
      receive(fanOut, subscriber, JSON.stringify({ type: 'subscribe', queues: subscribe }), NOW),
  };
};

describe('a board', () => {
  it('gets the raised alerts after its snapshot, and what changes', () => {
    const wall = board(principal(), '*');
    wall.take(record('a'), record('b', { queue: 'support' }), cleared('b', 2, { queue: 'support' }));
    wall.subscribe();
    expect(wall.told).toEqual(['a raised']);
    wall.take(cleared('a', 3));
    wall.tick();
    wall.tick();
    expect(wall.told.toSorted()).toEqual(['a cleared', 'a raised', 'b cleared']);
  });

  it('is told what the value counts, where the record says so', () => {
    const alerts = createLiveAlerts();
    applyAlert(alerts, record('a', { unit: 'fraction' }), NOW);
    applyAlert(alerts, record('b', { queue: 'support' }), NOW);
    const { alerts: told } = JSON.parse(alertsMessage(alerts, ['a', 'b'], NOW) ?? '') as {
      alerts: LiveAlert[];
    };
    expect(told.map(({ unit }) => unit)).toEqual(['fraction', undefined]);
  });

  it('is told of an alert only once, however often its record comes', () => {
    const wall = board(principal(), '*');
    wall.subscribe();
    wall.take(record('a'), record('a'));
    wall.tick();
    wall.take(record('a'));
    wall.tick();
    expect(wall.told).toEqual(['a raised']);
  });

  it.each<[string, Principal, readonly string[] | '*', string[]]>([
    ['everything', principal(), '*', ['a raised', 'b raised', 's raised']],
    ['one queue', principal(), ['sales'], ['a raised']],
    ['everything of a narrow token', principal({ queues: ['support'] }), '*', ['b raised']],
    ['a queue beyond its token', principal({ queues: ['support'] }), ['sales'], []],
    ['another tenant’s', principal({ tenant: 'other' }), '*', []],
  ])('that watches %s gets what is within its scope', (_, as, queues, told) => {
    const wall = board(as, queues);
    wall.subscribe();
    wall.take(record('a'), record('b', { queue: 'support' }), record('s', { rule: 'silent', queue: '' }));
    wall.tick();
    expect(wall.told).toEqual(told);
  });

  it('that does not read is told afterwards how things are, not how they came about', () => {
    const wall = board(principal(), '*');
    wall.subscribe();
    wall.take(record('a'));
    wall.subscriber.unsentBytes = FAN_OUT_LIMITS.maxUnsentBytes + 1;
    wall.tick();
    wall.take(cleared('a', 2));
    wall.tick();
    expect(wall.told).toEqual([]);
    wall.subscriber.unsentBytes = 0;
    wall.tick();
    expect(wall.told).toEqual(['a cleared']);
  });
});

describe('the alerts a hub keeps', () => {
  it('are not set back by a worker that was overtaken', () => {
    const alerts = createLiveAlerts();
    applyAlert(alerts, cleared('a', 5), NOW);
    applyAlert(alerts, record('a', { version: 4 }), NOW);
    expect(alerts.byId.get('a')?.record.status).toBe('cleared');
  });

  it('are cleared by the next alert of their rule, where compaction has left out that they were', () => {
    const alerts = createLiveAlerts();
    applyAlert(alerts, record('a'), NOW);
    applyAlert(alerts, record('b', { version: 9, raised_at: NOW }), NOW);
    expect([...alerts.byId.values()].map(({ record: { id, status } }) => `${id} ${status}`)).toEqual([
      'a cleared',
      'b raised',
    ]);
  });

  it('are forgotten once they are cleared and told, or their source is history', () => {
    const alerts = createLiveAlerts();
    applyAlert(alerts, cleared('over', 1, { rule: 'r1' }), NOW - 120_000);
    applyAlert(alerts, cleared('just over', 1, { rule: 'r2' }), NOW);
    applyAlert(alerts, record('old', { rule: 'r3', source: 'gone', raised_at: NOW - 2 * DAY_MS }), NOW);
    applyAlert(alerts, record('long', { rule: 'r4', raised_at: NOW - 2 * DAY_MS }), NOW);
    pruneAlerts(alerts, (_, source) => (source === 'pbx' ? NOW : null), NOW);
    expect([...alerts.byId.keys()]).toEqual(['just over', 'long']);
    expect(alerts.newest.size).toBe(2);
  });

  it('are bounded', () => {
    const alerts = createLiveAlerts();
    for (let i = 0; i <= MAX_LIVE_ALERTS; i++) applyAlert(alerts, record(`a${i}`, { rule: `r${i}` }), NOW);
    expect([alerts.byId.size, alerts.dropped]).toEqual([MAX_LIVE_ALERTS, 1]);
  });
});

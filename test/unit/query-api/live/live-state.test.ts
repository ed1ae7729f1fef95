import { describe, expect, test } from 'vitest';
import { readLiveRecord } from '../../../../query-api/live/live-record.ts';
import { SOURCE_SILENCE_MS } from '../../../../query-api/live/live-sources.ts';
import {
  advance,
  applyRecord,
  createLiveState,
  FORGET_AFTER_MS,
  keysOfTenant,
  LIVE_LIMITS,
  type LiveState,
  liveQueue,
  queueKey,
} from '../../../../query-api/live/live-state.ts';
import type { LiveIntervalRecord, LiveQueueRecord, LiveRecord } from '../../../../schemas/live.ts';
import { DEFAULT_SERVICE_LEVEL, type QueueServiceLevel } from '../../../../schemas/queue-definition.ts';

const NOON = Date.parse('2026-03-02T12:00:00Z');
const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const SALES = queueKey('default', 'sales', 'voice');

const agents = {
  staffed: 0,
  available: 0,
  ringing: 0,
  on_contact: 0,
  on_hold: 0,
  wrap_up: 0,
  unavailable: 0,
};
const noTime = { on_contact_ms: 0, on_hold_ms: 0, wrap_up_ms: 0, available_ms: 0 };
const at = { tenant: 'default', source: 'a', queue: 'sales', channel: 'voice' } as const;

const heard = (rest: Partial<LiveQueueRecord> = {}): LiveQueueRecord => ({
  ...at,
  kind: 'queue',
  waiting: 0,
  oldest_waiting_since: null,
  agents,
  open_agent_time: { interval_start: 0, ...noTime },
  as_of: NOON,
  ...rest,
});
const counted = (rest: Partial<LiveIntervalRecord> = {}): LiveIntervalRecord => ({
  ...at,
  ...noTime,
  kind: 'interval',
  interval_start: NOON,
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
  wait_answered: [],
  wait_abandoned: [],
  wait_exited: [],
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
  staffed_ms: 0,
  version: 1,
  ...rest,
});

const stateAfter = (
  records: readonly LiveRecord[],
  nowMs = NOON,
  timeZone = 'UTC',
  serviceLevels: readonly QueueServiceLevel[] = [],
): LiveState => {
  const state = createLiveState({ timeZone, serviceLevels }, nowMs);
  for (const record of records) applyRecord(state, record, nowMs);
  return state;
};

describe('a queue of two sources', () => {
  const state = stateAfter([
    heard({
      waiting: 2,
      oldest_waiting_since: NOON - 40_000,
      agents: { ...agents, staffed: 3, available: 3 },
    }),
    heard({
      source: 'b',
      waiting: 1,
      oldest_waiting_since: NOON - 50_000,
      agents: { ...agents, staffed: 2, on_contact: 2 },
      as_of: NOON - 5000,
    }),
  ]);
  test('is summed, and known up to its least recent source', () => {
    expect(liveQueue(state, SALES, NOON)).toMatchObject({
      waiting: 3,
      oldest_waiting_since: new Date(NOON - 50_000).toISOString(),
      agents: { staffed: 5, available: 3, on_contact: 2 },
      as_of: new Date(NOON - 5000).toISOString(),
    });
  });
});

describe('figures', () => {
  const today = counted({
    interval_start: NOON - QUARTER_MS,
    offered: 10,
    answered: 6,
    abandoned: 2,
    wait_answered: [
      [20_000, 3],
      [21_000, 3],
    ],
    wait_answered_ms: 120_000,
    handled: 5,
    talk_ms: 500_000,
    on_contact_ms: 300_000,
    available_ms: 100_000,
  });
  const now = counted({ offered: 2, answered: 2, wait_answered: [[1000, 2]], wait_answered_ms: 2000 });

  test('of today are all intervals, of the interval the current one', () => {
    const shown = liveQueue(stateAfter([heard(), today, now]), SALES, NOON);
    expect(shown?.today).toEqual({
      offered: 12,
      answered: 8,
      abandoned: 2,
      answered_within: 5,
      sl_met: 5,
      sl_counted: 10,
      service_level: 0.5,
      abandonment_rate: 2 / 12,
      asa_s: 15.25,
      aht_s: 100,
      occupancy: 0.75,
    });
    expect(shown?.interval).toMatchObject({ offered: 2, service_level: 1, aht_s: null, occupancy: null });
  });
  test('are by the queue’s own definition, which is told; of another queue or channel by the default, which is not', () => {
    const own: QueueServiceLevel = {
      ...{ ...DEFAULT_SERVICE_LEVEL, queues: ['sal*'], channel: 'voice' as const, target: 0.9 },
      ...{ formula: 'answered_only' as const, threshold_ms: 21_000 },
    };
    const chat = { channel: 'chat' } as const;
    const records = [heard(), today, now, heard(chat), { ...today, ...chat }, { ...now, ...chat }];
    const state = stateAfter(records, NOON, 'UTC', [own, { ...own, queues: ['*'], target: null }]);
    expect(liveQueue(state, SALES, NOON)).toMatchObject({
      definition: {
        sl_formula: 'answered_only',
        sl_threshold: '21s',
        short_abandon: '5s',
        count_exits: false,
        sl_target: 0.9,
      },
      today: { answered_within: 8, sl_met: 8, sl_counted: 8, service_level: 1 },
    });
    const byDefault = liveQueue(state, queueKey('default', 'sales', 'chat'), NOON);
    expect(byDefault).toMatchObject({
      today: { answered_within: 5, sl_met: 5, sl_counted: 10, service_level: 0.5 },
    });
    expect(byDefault).not.toHaveProperty('definition');
  });
  test('count agents’ stretches that are still open', () => {
    const open = { interval_start: NOON, ...noTime, on_contact_ms: 30_000, available_ms: 10_000 };
    const shown = liveQueue(stateAfter([heard({ open_agent_time: open }), now]), SALES, NOON);
    expect(shown?.interval.occupancy).toBe(0.75);
  });
  test('a newer version replaces, an older one that comes late changes nothing, generations add up', () => {
    const state = stateAfter([
      heard(),
      counted({ offered: 1, version: 5 }),
      counted({ offered: 3, version: 9 }),
      counted({ offered: 2, version: 7 }),
      counted({ offered: 10, generation: 2, version: 20 }),
    ]);
    expect(liveQueue(state, SALES, NOON)?.interval.offered).toBe(13);
  });
  test('begin anew at midnight of the centre, and the quarter hour', () => {
    const beforeMidnight = Date.parse('2026-03-02T22:59:00Z');
    const midnight = Date.parse('2026-03-02T23:00:00Z');
    const late = counted({ interval_start: midnight - QUARTER_MS, offered: 4 });
    const state = stateAfter([heard({ as_of: beforeMidnight }), late], beforeMidnight, 'Europe/Berlin');
    expect(liveQueue(state, SALES, beforeMidnight)?.today.offered).toBe(4);
    expect(advance(state, midnight)).toContain(SALES);
    expect(liveQueue(state, SALES, midnight)).toMatchObject({
      today: { offered: 0 },
      interval: { offered: 0 },
    });
    expect(state.queues.get(SALES)?.intervals.size).toBe(0);
  });
});

describe('a source that falls silent', () => {
  test('makes its queues stale once, and its return makes them live again', () => {
    const state = stateAfter([heard()]);
    expect(advance(state, NOON + SOURCE_SILENCE_MS)).toEqual([]);
    expect(advance(state, NOON + SOURCE_SILENCE_MS + 1)).toEqual([SALES]);
    expect(liveQueue(state, SALES, NOON + SOURCE_SILENCE_MS + 1)).toHaveProperty('stale', true);
    const back = NOON + SOURCE_SILENCE_MS + 500;
    expect(advance(state, back)).toEqual([]);
    applyRecord(state, heard({ as_of: back }), back);
    expect(advance(state, back)).toEqual([SALES]);
    expect(liveQueue(state, SALES, back)).not.toHaveProperty('stale');
  });
  test('is not one whose queue is quiet while it tells of others: that queue is known as far', () => {
    const later = NOON + SOURCE_SILENCE_MS + 1;
    const state = stateAfter([heard()]);
    applyRecord(state, heard({ queue: 'support', as_of: later }), later);
    expect(advance(state, later)).toEqual([]);
    expect(liveQueue(state, SALES, later)).toMatchObject({ as_of: new Date(later).toISOString() });
    expect(liveQueue(state, SALES, later)).not.toHaveProperty('stale');
  });
  test('is stale at once when what it says is old, as after a restart', () => {
    const state = stateAfter([heard({ as_of: NOON - SOURCE_SILENCE_MS - 1 })]);
    expect(liveQueue(state, SALES, NOON)).toHaveProperty('stale', true);
  });
  test('is forgotten after a day', () => {
    const state = stateAfter([heard()]);
    const nextDay = NOON + FORGET_AFTER_MS + QUARTER_MS;
    advance(state, nextDay);
    expect(liveQueue(state, SALES, nextDay)).toBeNull();
    expect(state.queues.size).toBe(0);
  });
});

describe('memory', () => {
  test('history is not kept: an imported year leaves nothing', () => {
    const year = Array.from({ length: 1000 }, (_, i) =>
      counted({ interval_start: NOON - (i + 60) * QUARTER_MS }),
    );
    const state = stateAfter([...year, heard({ as_of: NOON - FORGET_AFTER_MS })]);
    expect(state.queues.size).toBe(0);
  });
  test('records beyond the limits are dropped and counted', () => {
    const many = Array.from({ length: LIVE_LIMITS.sourcesPerQueue + 3 }, (_, i) =>
      heard({ source: `s${i}` }),
    );
    const state = stateAfter(many);
    expect(state.droppedRecords).toBe(3);
  });
  test('tenants are apart', () => {
    const state = stateAfter([heard(), heard({ tenant: 'other' })]);
    expect(keysOfTenant(state, 'other')).toEqual([queueKey('other', 'sales', 'voice')]);
  });
});

test.each([
  [JSON.stringify(heard()), 'queue'],
  [JSON.stringify(counted()), 'interval'],
  ['', null],
  ['{', null],
  ['null', null],
  ['{"kind":"queue"}', null],
  [JSON.stringify({ ...heard(), kind: 'weather' }), null],
])('the record %.40s is %j', (text, kind) => {
  expect(readLiveRecord(new TextEncoder().encode(text))?.kind ?? null).toBe(kind);
});

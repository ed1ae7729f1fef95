/** Subscriptions and slow clients, with sockets that the test drains by hand. */
import { describe, expect, test } from 'vitest';
import type { Principal } from '../../../../query-api/auth.ts';
import {
  addSubscriber,
  createFanOut,
  receive,
  snapshotFor,
  tick,
} from '../../../../query-api/live/fan-out.ts';
import { applyRecord, createLiveState, queueKey } from '../../../../query-api/live/live-state.ts';
import { FAN_OUT_LIMITS, type FanOutLimits } from '../../../../query-api/live/subscriber.ts';
import type { LiveQueueRecord, ServerMessage } from '../../../../schemas/live.ts';

const NOON = Date.parse('2026-03-02T12:00:00Z');
const ADMIN: Principal = { id: 'x', tenant: 'default', role: 'admin', queues: '*' };

/** A socket whose bytes leave only when the test says so. */
const handSocket = () => {
  const messages: ServerMessage[] = [];
  const leaving: (() => void)[] = [];
  let ended: string | null = null;
  return {
    messages,
    drain: () => {
      for (const done of leaving.splice(0)) done();
    },
    ended: () => ended,
    socket: {
      send: (message: Buffer, done: () => void) => {
        messages.push(JSON.parse(message.toString()) as ServerMessage);
        leaving.push(done);
      },
      close: (code: number) => {
        ended = String(code);
      },
      terminate: () => {
        ended = 'terminated';
      },
    },
  };
};

const record = (queue: string, waiting: number): LiveQueueRecord => ({
  kind: 'queue',
  tenant: 'default',
  source: 'a',
  queue,
  channel: 'voice',
  waiting,
  oldest_waiting_since: null,
  agents: { staffed: 0, available: 0, ringing: 0, on_contact: 0, on_hold: 0, wrap_up: 0, unavailable: 0 },
  open_agent_time: { interval_start: 0, on_contact_ms: 0, on_hold_ms: 0, wrap_up_ms: 0, available_ms: 0 },
  as_of: NOON,
});

const wallOf = (limits: FanOutLimits = FAN_OUT_LIMITS) => {
  const state = createLiveState({ timeZone: 'UTC', serviceLevels: [] }, NOON);
  const fanOut = createFanOut(state, limits);
  return {
    fanOut,
    change: (queue: string, waiting: number, nowMs = NOON) => {
      applyRecord(state, record(queue, waiting), nowMs);
      tick(fanOut, [queueKey('default', queue, 'voice')], nowMs);
    },
    join: (queues: readonly string[] | '*', principal = ADMIN) => {
      const hand = handSocket();
      const subscriber = addSubscriber(fanOut, hand.socket, principal);
      receive(fanOut, subscriber, JSON.stringify({ type: 'subscribe', queues }), NOON);
      return {
        ...hand,
        say: (message: unknown) => receive(fanOut, subscriber, JSON.stringify(message), NOON),
      };
    },
  };
};

const waitingIn = (message: ServerMessage | undefined) =>
  message !== undefined && 'queues' in message
    ? message.queues.map(({ queue, waiting }) => [queue, waiting])
    : [];

describe('subscriptions', () => {
  test('begin with a snapshot, and end when asked', () => {
    const wall = wallOf();
    wall.change('sales', 1);
    const client = wall.join('*');
    expect(waitingIn(client.messages[0])).toEqual([['sales', 1]]);
    wall.change('sales', 2);
    expect(waitingIn(client.messages[1])).toEqual([['sales', 2]]);
    client.say({ type: 'unsubscribe', queues: '*' });
    wall.change('sales', 3);
    expect(client.messages).toHaveLength(2);
  });
  test('of a queue not heard of yet are served when it appears', () => {
    const wall = wallOf();
    const client = wall.join(['later']);
    expect(waitingIn(client.messages[0])).toEqual([]);
    wall.change('later', 7);
    expect(waitingIn(client.messages[1])).toEqual([['later', 7]]);
  });
  test('an unchanged queue is not sent again', () => {
    const wall = wallOf();
    const client = wall.join('*');
    tick(wall.fanOut, [], NOON);
    expect(client.messages).toHaveLength(1);
  });
  test('beyond a thousand names are refused', () => {
    const wall = wallOf();
    const client = wall.join(Array.from({ length: 1000 }, (_, i) => `q${i}`));
    client.say({ type: 'subscribe', queues: ['one-more'] });
    expect(client.messages.at(-1)).toMatchObject({ type: 'error', code: 'too_many_queues' });
  });
});

describe('a client that does not read', () => {
  const limits = { ...FAN_OUT_LIMITS, maxUnsentBytes: 100, stuckAfterMs: 1000 };
  test('is sent nothing more until it drained, and then the newest state once', () => {
    const wall = wallOf(limits);
    wall.change('sales', 0);
    const client = wall.join('*');
    for (let waiting = 1; waiting <= 50; waiting += 1) wall.change('sales', waiting);
    wall.change('support', 9);
    expect(client.messages).toHaveLength(1);
    client.drain();
    tick(wall.fanOut, [], NOON);
    expect(waitingIn(client.messages[1])).toEqual([
      ['sales', 50],
      ['support', 9],
    ]);
    expect(client.messages).toHaveLength(2);
  });
  test('is dropped when it stays stuck, and does not hold up the others', () => {
    const wall = wallOf(limits);
    wall.change('sales', 0);
    const stuck = wall.join('*');
    const quick = wall.join('*');
    quick.drain();
    wall.change('sales', 1);
    quick.drain();
    wall.change('sales', 2, NOON + 1001);
    expect(stuck.ended()).toBe('terminated');
    expect(wall.fanOut.dropped).toBe(1);
    expect(waitingIn(quick.messages.at(-1))).toEqual([['sales', 2]]);
    expect(quick.ended()).toBeNull();
  });
  test('a client that talks without end is closed', () => {
    const wall = wallOf();
    const client = wall.join('*');
    for (let i = 0; i < FAN_OUT_LIMITS.maxMessagesPerSecond; i += 1)
      client.say({ type: 'subscribe', queues: '*' });
    expect(client.ended()).toBe('1008');
  });
});

test('a token of some queues sees those only, also with "*"', () => {
  const wall = wallOf();
  wall.change('sales', 1);
  wall.change('support', 2);
  const principal: Principal = { ...ADMIN, role: 'wallboard', queues: ['support'] };
  expect(waitingIn(wall.join('*', principal).messages[0])).toEqual([['support', 2]]);
  expect(
    waitingIn(JSON.parse(snapshotFor(wall.fanOut, principal, NOON).toString()) as ServerMessage),
  ).toEqual([['support', 2]]);
  const foreign = { ...ADMIN, tenant: 'other' };
  expect(waitingIn(wall.join('*', foreign).messages[0])).toEqual([]);
});

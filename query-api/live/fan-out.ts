/**
 * Who gets which queue: subscriptions, and one update a tick. A queue is encoded once a tick and shared by all who
 * watch it. A client that cannot keep up is owed the newest state and no backlog. Sockets are a port here.
 */
import type { ServerMessage } from '../../schemas/live.ts';
import { maySeeQueue, type Principal } from '../auth.ts';
import { MAX_NAMES, readClientMessage } from './client-message.ts';
import { keysOfTenant, type LiveState, liveQueue, type QueueKey, queueOfKey } from './live-state.ts';

export interface LiveSocket {
  /** Calls `done` once the bytes have left for the network. */
  send(text: string, done: () => void): void;
  close(code: number, reason: string): void;
  /** Without a farewell: for peers that do not read. */
  terminate(): void;
}

export interface FanOutLimits {
  /** Bytes handed to a socket and not yet on the network, above which it gets nothing more for now. */
  readonly maxUnsentBytes: number;
  /** A client that stays above it for so long is dropped. */
  readonly stuckAfterMs: number;
  /** Messages a client may send in one second. */
  readonly maxMessagesPerSecond: number;
}
export const FAN_OUT_LIMITS: FanOutLimits = {
  maxUnsentBytes: 1_048_576,
  stuckAfterMs: 30_000,
  maxMessagesPerSecond: 20,
};

export interface Subscriber {
  readonly socket: LiveSocket;
  readonly principal: Principal;
  everything: boolean;
  readonly names: Set<string>;
  /** Queues whose newest state it is owed. */
  readonly owed: Set<QueueKey>;
  unsentBytes: number;
  blockedSinceMs: number | null;
  messages: { second: number; count: number };
}

export interface FanOut {
  readonly add: (socket: LiveSocket, principal: Principal) => Subscriber;
  readonly remove: (subscriber: Subscriber) => void;
  /** A message from a client. */
  readonly receive: (subscriber: Subscriber, text: string, nowMs: number) => void;
  /** Sends what changed, and what is owed, to all who watch it. */
  readonly tick: (changed: Iterable<QueueKey>, nowMs: number) => void;
  readonly heartbeat: (nowMs: number) => void;
  /** Every queue a reader may see, as a snapshot message. */
  readonly snapshot: (principal: Principal, nowMs: number) => string;
  readonly size: () => number;
  readonly dropped: () => number;
}

const iso = (atMs: number): string => new Date(atMs).toISOString();
const encode = (message: ServerMessage): string => JSON.stringify(message);
const POLICY_VIOLATION = 1008;

export const createFanOut = (state: LiveState, limits: FanOutLimits): FanOut => {
  const subscribers = new Set<Subscriber>();
  let seq = 0;
  let dropped = 0;

  const queuesFrame = (type: 'snapshot' | 'update', queues: readonly string[], nowMs: number): string =>
    `{"type":"${type}","at":"${iso(nowMs)}","seq":${seq},"queues":[${queues.join(',')}]}`;

  const encodeQueue = (key: QueueKey, nowMs: number): string | null => {
    const queue = liveQueue(state, key, nowMs);
    return queue === null ? null : JSON.stringify(queue);
  };
  const encodeAll = (keys: readonly QueueKey[], nowMs: number): readonly string[] =>
    keys.flatMap((key) => encodeQueue(key, nowMs) ?? []);

  const mayWatch = (principal: Principal, key: QueueKey): boolean => {
    const owner = queueOfKey(state, key);
    return owner !== null && owner.tenant === principal.tenant && maySeeQueue(principal, owner.queue);
  };
  const watches = (subscriber: Subscriber, key: QueueKey): boolean =>
    mayWatch(subscriber.principal, key) &&
    (subscriber.everything || subscriber.names.has(queueOfKey(state, key)?.queue ?? ''));

  const send = (subscriber: Subscriber, text: string): void => {
    const bytes = Buffer.byteLength(text);
    subscriber.unsentBytes += bytes;
    subscriber.socket.send(text, () => {
      subscriber.unsentBytes -= bytes;
    });
  };
  const refuse = (subscriber: Subscriber, code: string, message: string): void =>
    send(subscriber, encode({ type: 'error', code, message }));

  const drop = (subscriber: Subscriber): void => {
    subscribers.delete(subscriber);
    dropped += 1;
    subscriber.socket.terminate();
  };

  /** Whether a client can take more now; one that is stuck too long is dropped. */
  const isBlocked = (subscriber: Subscriber, nowMs: number): boolean => {
    if (subscriber.unsentBytes <= limits.maxUnsentBytes) {
      subscriber.blockedSinceMs = null;
      return false;
    }
    subscriber.blockedSinceMs ??= nowMs;
    if (nowMs - subscriber.blockedSinceMs > limits.stuckAfterMs) drop(subscriber);
    return true;
  };

  const subscribe = (subscriber: Subscriber, queues: readonly string[] | '*', nowMs: number): void => {
    const { principal, names } = subscriber;
    if (queues === '*') subscriber.everything = true;
    else {
      const beyond = queues.filter((queue) => !maySeeQueue(principal, queue));
      if (beyond.length > 0)
        refuse(subscriber, 'forbidden', `this token does not cover ${beyond.join(', ')}`);
      const wanted = queues.filter((queue) => !beyond.includes(queue) && !names.has(queue));
      if (names.size + wanted.length > MAX_NAMES) {
        refuse(
          subscriber,
          'too_many_queues',
          `at most ${MAX_NAMES} queues by name; subscribe to "*" instead`,
        );
        return;
      }
      for (const queue of wanted) names.add(queue);
    }
    const keys = keysOfTenant(state, principal.tenant).filter((key) => watches(subscriber, key));
    for (const key of keys) subscriber.owed.delete(key);
    send(subscriber, queuesFrame('snapshot', encodeAll(keys, nowMs), nowMs));
  };

  const unsubscribe = (subscriber: Subscriber, queues: readonly string[] | '*'): void => {
    if (queues !== '*') for (const queue of queues) subscriber.names.delete(queue);
    else {
      subscriber.everything = false;
      subscriber.names.clear();
    }
    for (const key of subscriber.owed) if (!watches(subscriber, key)) subscriber.owed.delete(key);
  };

  const isTalkative = (subscriber: Subscriber, nowMs: number): boolean => {
    const second = Math.floor(nowMs / 1000);
    if (subscriber.messages.second !== second) subscriber.messages = { second, count: 0 };
    subscriber.messages.count += 1;
    return subscriber.messages.count > limits.maxMessagesPerSecond;
  };

  const receive = (subscriber: Subscriber, text: string, nowMs: number): void => {
    if (isTalkative(subscriber, nowMs) || isBlocked(subscriber, nowMs)) {
      subscriber.socket.close(POLICY_VIOLATION, 'too many messages');
      return;
    }
    const message = readClientMessage(text);
    if (message === null)
      refuse(subscriber, 'bad_message', 'send {"type":"subscribe","queues":["…"]} or "*"');
    else if (message.type === 'subscribe') subscribe(subscriber, message.queues, nowMs);
    else unsubscribe(subscriber, message.queues);
  };

  const tick = (changed: Iterable<QueueKey>, nowMs: number): void => {
    const keys = [...changed];
    seq += 1;
    const encoded = new Map<QueueKey, string | null>();
    const encodeOnce = (key: QueueKey): string | null => {
      const known = encoded.get(key);
      if (known !== undefined) return known;
      const text = encodeQueue(key, nowMs);
      encoded.set(key, text);
      return text;
    };
    for (const subscriber of subscribers) {
      for (const key of keys) if (watches(subscriber, key)) subscriber.owed.add(key);
      if (subscriber.owed.size === 0 || isBlocked(subscriber, nowMs)) continue;
      const queues = [...subscriber.owed].flatMap((key) => encodeOnce(key) ?? []);
      subscriber.owed.clear();
      if (queues.length > 0) send(subscriber, queuesFrame('update', queues, nowMs));
    }
  };

  return {
    add: (socket, principal) => {
      const subscriber: Subscriber = {
        socket,
        principal,
        everything: false,
        names: new Set(),
        owed: new Set(),
        unsentBytes: 0,
        blockedSinceMs: null,
        messages: { second: 0, count: 0 },
      };
      subscribers.add(subscriber);
      return subscriber;
    },
    remove: (subscriber) => subscribers.delete(subscriber),
    receive,
    tick,
    heartbeat: (nowMs) => {
      const text = encode({ type: 'heartbeat', at: iso(nowMs) });
      for (const subscriber of subscribers) if (!isBlocked(subscriber, nowMs)) send(subscriber, text);
    },
    snapshot: (principal, nowMs) => {
      const keys = keysOfTenant(state, principal.tenant).filter((key) => mayWatch(principal, key));
      return queuesFrame('snapshot', encodeAll(keys, nowMs), nowMs);
    },
    size: () => subscribers.size,
    dropped: () => dropped,
  };
};

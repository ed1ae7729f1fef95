/** One connected wallboard: what it watches, what it is owed, and whether it keeps up. Sockets are a port here. */
import { maySeeQueue, type Principal } from '../auth.ts';
import type { Audience } from './audience.ts';
import type { AlertId } from './live-alerts.ts';
import { type LiveState, type QueueKey, queueOfKey } from './live-state.ts';

export interface LiveSocket {
  /** Sends one text message, given as UTF-8; calls `done` once the bytes have left for the network. */
  send(message: Buffer, done: () => void): void;
  close(code: number, reason: string): void;
  /** Without a farewell: for peers that do not read. */
  terminate(): void;
  /** Told of names beyond the token's scope. */
  onRefused?(queues: readonly string[]): void;
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

/** Changed in place by the functions below and by the fan-out that owns it. */
export interface Subscriber {
  readonly socket: LiveSocket;
  readonly principal: Principal;
  everything: boolean;
  readonly names: Set<string>;
  /** Those who watch the same; null while it watches nothing. */
  audience: Audience | null;
  /** Queues whose newest state it is owed. */
  readonly owed: Set<QueueKey>;
  /** Alerts of which it is owed the news. */
  readonly owedAlerts: Set<AlertId>;
  unsentBytes: number;
  blockedSinceMs: number | null;
  messages: { readonly second: number; count: number };
}

export const createSubscriber = (socket: LiveSocket, principal: Principal): Subscriber => ({
  socket,
  principal,
  everything: false,
  names: new Set(),
  audience: null,
  owed: new Set(),
  owedAlerts: new Set(),
  unsentBytes: 0,
  blockedSinceMs: null,
  messages: { second: 0, count: 0 },
});

export const mayWatch = (state: LiveState, principal: Principal, key: QueueKey): boolean => {
  const owner = queueOfKey(state, key);
  return owner !== null && owner.tenant === principal.tenant && maySeeQueue(principal, owner.queue);
};
export const watches = (state: LiveState, subscriber: Subscriber, key: QueueKey): boolean =>
  mayWatch(state, subscriber.principal, key) &&
  (subscriber.everything || subscriber.names.has(queueOfKey(state, key)?.queue ?? ''));

/** `bufferedAmount` alone can read 0 while memory grows (websockets/ws#1620), so bytes are counted until they have left. */
export const sendMessage = (subscriber: Subscriber, message: Buffer): void => {
  subscriber.unsentBytes += message.length;
  subscriber.socket.send(message, () => {
    subscriber.unsentBytes -= message.length;
  });
};
export const sendText = (subscriber: Subscriber, text: string): void =>
  sendMessage(subscriber, Buffer.from(text));

export type Flow = 'open' | 'blocked' | 'stuck';
/** Whether a client can take more now. */
export const flowOf = (subscriber: Subscriber, limits: FanOutLimits, nowMs: number): Flow => {
  if (subscriber.unsentBytes <= limits.maxUnsentBytes) {
    subscriber.blockedSinceMs = null;
    return 'open';
  }
  subscriber.blockedSinceMs ??= nowMs;
  return nowMs - subscriber.blockedSinceMs > limits.stuckAfterMs ? 'stuck' : 'blocked';
};

/** Counts one message of a client. True when it sends more than it may. */
export const isTalkative = (subscriber: Subscriber, limits: FanOutLimits, nowMs: number): boolean => {
  const second = Math.floor(nowMs / 1000);
  if (subscriber.messages.second !== second) subscriber.messages = { second, count: 0 };
  subscriber.messages.count += 1;
  return subscriber.messages.count > limits.maxMessagesPerSecond;
};

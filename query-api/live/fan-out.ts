/**
 * Who gets which queue: subscriptions, and one update a tick. A queue is encoded once a tick and shared by all who
 * watch it. A client that cannot keep up is owed the newest state and no backlog.
 */
import { type LIVE_ERRORS, type ServerMessage, SUBSCRIPTION_LIMITS } from '../../schemas/live.ts';
import { maySeeQueue, type Principal } from '../auth.ts';
import { readClientMessage } from './client-message.ts';
import {
  alertsMessage,
  createLiveAlerts,
  type LiveAlerts,
  standingFor,
  watchesAlert,
} from './live-alerts.ts';
import { keysOfTenant, type LiveState, liveQueue, type QueueKey } from './live-state.ts';
import {
  createSubscriber,
  type FanOutLimits,
  flowOf,
  isTalkative,
  type LiveSocket,
  mayWatch,
  type Subscriber,
  sendText,
  watches,
} from './subscriber.ts';

/** The subscribers of one hub; changed in place. */
export interface FanOut {
  readonly state: LiveState;
  readonly alerts: LiveAlerts;
  readonly limits: FanOutLimits;
  readonly subscribers: Set<Subscriber>;
  /** Number of the last tick: rising, with gaps where nothing of a client's queues changed. */
  seq: number;
  /** Clients dropped because they did not read. */
  dropped: number;
}

export const createFanOut = (state: LiveState, limits: FanOutLimits): FanOut => ({
  state,
  alerts: createLiveAlerts(),
  limits,
  subscribers: new Set(),
  seq: 0,
  dropped: 0,
});

export const addSubscriber = (fanOut: FanOut, socket: LiveSocket, principal: Principal): Subscriber => {
  const subscriber = createSubscriber(socket, principal);
  fanOut.subscribers.add(subscriber);
  return subscriber;
};

const iso = (atMs: number): string => new Date(atMs).toISOString();
const encode = (message: ServerMessage): string => JSON.stringify(message);
const POLICY_VIOLATION = 1008;

/** A message around queues that are encoded already. */
const frame = (type: 'snapshot' | 'update', queues: readonly string[], seq: number, nowMs: number): string =>
  `{"type":"${type}","at":"${iso(nowMs)}","seq":${seq},"queues":[${queues.join(',')}]}`;

type Encoder = (key: QueueKey) => string | null;
/** Encodes each queue at most once. */
const encoderAt = (state: LiveState, nowMs: number): Encoder => {
  const encoded = new Map<QueueKey, string | null>();
  return (key) => {
    const known = encoded.get(key);
    if (known !== undefined) return known;
    const queue = liveQueue(state, key, nowMs);
    const text = queue === null ? null : JSON.stringify(queue);
    encoded.set(key, text);
    return text;
  };
};

const snapshotOf = (fanOut: FanOut, keys: readonly QueueKey[], nowMs: number): string => {
  const encoder = encoderAt(fanOut.state, nowMs);
  const queues = keys.flatMap((key) => encoder(key) ?? []);
  return frame('snapshot', queues, fanOut.seq, nowMs);
};

/** Every queue a reader may see, as a snapshot message. */
export const snapshotFor = (fanOut: FanOut, principal: Principal, nowMs: number): string => {
  const keys = keysOfTenant(fanOut.state, principal.tenant);
  return snapshotOf(
    fanOut,
    keys.filter((key) => mayWatch(fanOut.state, principal, key)),
    nowMs,
  );
};

type ErrorCode = (typeof LIVE_ERRORS)[number];
const refuse = (subscriber: Subscriber, code: ErrorCode, message: string): void =>
  sendText(subscriber, encode({ type: 'error', code, message }));

/** Adds what the client may see of the names; false when it would have too many. */
const addNames = (subscriber: Subscriber, queues: readonly string[]): boolean => {
  const { principal, names } = subscriber;
  const beyond = queues.filter((queue) => !maySeeQueue(principal, queue));
  if (beyond.length > 0) {
    refuse(subscriber, 'forbidden', `this token does not cover ${beyond.join(', ')}`);
    subscriber.socket.onRefused?.(beyond);
  }
  const wanted = new Set(queues.filter((queue) => maySeeQueue(principal, queue) && !names.has(queue)));
  if (names.size + wanted.size > SUBSCRIPTION_LIMITS.names) {
    refuse(
      subscriber,
      'too_many_queues',
      `at most ${SUBSCRIPTION_LIMITS.names} queues by name; subscribe to "*" instead`,
    );
    return false;
  }
  for (const queue of wanted) names.add(queue);
  return true;
};

const subscribe = (
  fanOut: FanOut,
  subscriber: Subscriber,
  queues: readonly string[] | '*',
  nowMs: number,
): void => {
  if (queues === '*') subscriber.everything = true;
  else if (!addNames(subscriber, queues)) return;
  const watched = keysOfTenant(fanOut.state, subscriber.principal.tenant).filter((key) =>
    watches(fanOut.state, subscriber, key),
  );
  for (const key of watched) subscriber.owed.delete(key);
  sendText(subscriber, snapshotOf(fanOut, watched, nowMs));
  sendAlerts(fanOut, subscriber, standingFor(fanOut.alerts, subscriber), nowMs);
};

const sendAlerts = (
  { alerts }: FanOut,
  subscriber: Subscriber,
  ids: Iterable<string>,
  nowMs: number,
): void => {
  const message = alertsMessage(alerts, ids, nowMs);
  if (message !== null) sendText(subscriber, message);
};

/** Notes for everyone who watches them which alerts changed since the last tick. */
const oweAlerts = ({ alerts, subscribers }: FanOut): void => {
  for (const id of alerts.changed) {
    const record = alerts.byId.get(id)?.record;
    if (record === undefined) continue;
    for (const subscriber of subscribers) if (watchesAlert(subscriber, record)) subscriber.owedAlerts.add(id);
  }
  alerts.changed.clear();
};

const unsubscribe = (fanOut: FanOut, subscriber: Subscriber, queues: readonly string[] | '*'): void => {
  if (queues !== '*') for (const queue of queues) subscriber.names.delete(queue);
  else {
    subscriber.everything = false;
    subscriber.names.clear();
  }
  for (const key of subscriber.owed) {
    if (!watches(fanOut.state, subscriber, key)) subscriber.owed.delete(key);
  }
};

/** Takes in a message from a client. */
export const receive = (fanOut: FanOut, subscriber: Subscriber, text: string, nowMs: number): void => {
  const { limits } = fanOut;
  if (isTalkative(subscriber, limits, nowMs) || flowOf(subscriber, limits, nowMs) !== 'open') {
    subscriber.socket.close(POLICY_VIOLATION, 'too many messages');
    return;
  }
  const message = readClientMessage(text);
  if (message === null) {
    refuse(subscriber, 'bad_message', 'send {"type":"subscribe","queues":["…"]} or "*"');
  } else if (message.type === 'subscribe') subscribe(fanOut, subscriber, message.queues, nowMs);
  else unsubscribe(fanOut, subscriber, message.queues);
};

/** The clients that can take something now; those stuck too long are dropped. */
const ready = (fanOut: FanOut, nowMs: number): readonly Subscriber[] =>
  [...fanOut.subscribers].filter((subscriber) => {
    const flow = flowOf(subscriber, fanOut.limits, nowMs);
    if (flow === 'stuck') {
      fanOut.subscribers.delete(subscriber);
      fanOut.dropped += 1;
      subscriber.socket.terminate();
    }
    return flow === 'open';
  });

/** Sends what changed, and what is owed from before, to all who watch it. */
export const tick = (fanOut: FanOut, changed: Iterable<QueueKey>, nowMs: number): void => {
  const { state, subscribers } = fanOut;
  fanOut.seq += 1;
  for (const key of changed) {
    for (const subscriber of subscribers) if (watches(state, subscriber, key)) subscriber.owed.add(key);
  }
  oweAlerts(fanOut);
  const encoder = encoderAt(state, nowMs);
  for (const subscriber of ready(fanOut, nowMs)) {
    const queues = [...subscriber.owed].flatMap((key) => encoder(key) ?? []);
    subscriber.owed.clear();
    if (queues.length > 0) sendText(subscriber, frame('update', queues, fanOut.seq, nowMs));
    sendAlerts(fanOut, subscriber, subscriber.owedAlerts, nowMs);
    subscriber.owedAlerts.clear();
  }
};

export const heartbeat = (fanOut: FanOut, nowMs: number): void => {
  const text = encode({ type: 'heartbeat', at: iso(nowMs) });
  for (const subscriber of ready(fanOut, nowMs)) sendText(subscriber, text);
};

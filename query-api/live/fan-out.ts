/**
 * Who gets which queue: subscriptions, and one update a tick. A queue is encoded once a tick and a message once for all
 * who watch the same queues. A client that cannot keep up is owed the newest state and no backlog.
 */
import { type LIVE_ERRORS, type ServerMessage, SUBSCRIPTION_LIMITS } from '../../schemas/live.ts';
import { maySeeQueue, type Principal } from '../auth.ts';
import { type Audience, type Audiences, joinAudience, leaveAudience, watchedKeys } from './audience.ts';
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
  sendMessage,
  sendText,
  watches,
} from './subscriber.ts';

/** The subscribers of one hub; changed in place. */
export interface FanOut {
  readonly state: LiveState;
  readonly alerts: LiveAlerts;
  readonly limits: FanOutLimits;
  readonly subscribers: Set<Subscriber>;
  readonly audiences: Audiences;
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
  audiences: new Map(),
  seq: 0,
  dropped: 0,
});

export const addSubscriber = (fanOut: FanOut, socket: LiveSocket, principal: Principal): Subscriber => {
  const subscriber = createSubscriber(socket, principal);
  fanOut.subscribers.add(subscriber);
  return subscriber;
};

export const removeSubscriber = (fanOut: FanOut, subscriber: Subscriber): boolean => {
  leaveAudience(fanOut.audiences, subscriber);
  return fanOut.subscribers.delete(subscriber);
};

const iso = (atMs: number): string => new Date(atMs).toISOString();
const encode = (message: ServerMessage): string => JSON.stringify(message);
const POLICY_VIOLATION = 1008;

const COMMA = Buffer.from(',');
const END = Buffer.from(']}');
/** A message around queues that are encoded already. */
const messageOf = (
  type: 'snapshot' | 'update',
  queues: readonly Buffer[],
  seq: number,
  nowMs: number,
): Buffer => {
  const parts: Buffer[] = [Buffer.from(`{"type":"${type}","at":"${iso(nowMs)}","seq":${seq},"queues":[`)];
  for (const queue of queues) parts.push(queue, COMMA);
  if (queues.length > 0) parts.pop();
  parts.push(END);
  return Buffer.concat(parts);
};

type Encoder = (key: QueueKey) => Buffer | null;
/** Encodes each queue at most once. */
const encoderAt = (state: LiveState, nowMs: number): Encoder => {
  const encoded = new Map<QueueKey, Buffer | null>();
  return (key) => {
    const known = encoded.get(key);
    if (known !== undefined) return known;
    const queue = liveQueue(state, key, nowMs);
    const bytes = queue === null ? null : Buffer.from(JSON.stringify(queue));
    encoded.set(key, bytes);
    return bytes;
  };
};
const encodeAll = (encoder: Encoder, keys: Iterable<QueueKey>): readonly Buffer[] => {
  const queues: Buffer[] = [];
  for (const key of keys) {
    const bytes = encoder(key);
    if (bytes !== null) queues.push(bytes);
  }
  return queues;
};

const snapshotOf = (fanOut: FanOut, keys: readonly QueueKey[], nowMs: number): Buffer =>
  messageOf('snapshot', encodeAll(encoderAt(fanOut.state, nowMs), keys), fanOut.seq, nowMs);

/** Every queue a reader may see, as a snapshot message. */
export const snapshotFor = (fanOut: FanOut, principal: Principal, nowMs: number): Buffer => {
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
  joinAudience(fanOut.audiences, subscriber);
  const { audience } = subscriber;
  const watched = audience === null ? [] : watchedKeys(fanOut.state, audience);
  // It is newer than whatever the client was owed.
  subscriber.owed.clear();
  sendMessage(subscriber, snapshotOf(fanOut, watched, nowMs));
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
  joinAudience(fanOut.audiences, subscriber);
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

/** Whether a client can take something now; one that has been stuck too long is dropped. */
const isReady = (fanOut: FanOut, subscriber: Subscriber, nowMs: number): boolean => {
  const flow = flowOf(subscriber, fanOut.limits, nowMs);
  if (flow === 'stuck') {
    removeSubscriber(fanOut, subscriber);
    fanOut.dropped += 1;
    subscriber.socket.terminate();
  }
  return flow === 'open';
};

/** Tells an audience what changed of its queues, and each of its members what it is owed from before. */
const tellAudience = (
  fanOut: FanOut,
  audience: Audience,
  changed: ReadonlySet<QueueKey>,
  encoder: Encoder,
  nowMs: number,
): void => {
  const update = (keys: Iterable<QueueKey>): Buffer | null => {
    const queues = encodeAll(encoder, keys);
    return queues.length === 0 ? null : messageOf('update', queues, fanOut.seq, nowMs);
  };
  const news = watchedKeys(fanOut.state, audience).filter((key) => changed.has(key));
  let shared: Buffer | null | undefined;
  for (const member of audience.members) {
    const keepsUp = member.owed.size === 0;
    if (!isReady(fanOut, member, nowMs)) {
      for (const key of news) member.owed.add(key);
    } else if (keepsUp) {
      shared ??= update(news);
      if (shared !== null) sendMessage(member, shared);
    } else {
      for (const key of news) member.owed.add(key);
      const own = update(member.owed);
      member.owed.clear();
      if (own !== null) sendMessage(member, own);
    }
  }
};

const tellAlerts = (fanOut: FanOut, nowMs: number): void => {
  oweAlerts(fanOut);
  for (const subscriber of fanOut.subscribers) {
    if (subscriber.owedAlerts.size === 0 || !isReady(fanOut, subscriber, nowMs)) continue;
    sendAlerts(fanOut, subscriber, subscriber.owedAlerts, nowMs);
    subscriber.owedAlerts.clear();
  }
};

/** Sends what changed, and what is owed from before, to all who watch it. */
export const tick = (fanOut: FanOut, changed: Iterable<QueueKey>, nowMs: number): void => {
  fanOut.seq += 1;
  const keys = new Set(changed);
  const encoder = encoderAt(fanOut.state, nowMs);
  for (const audience of fanOut.audiences.values()) tellAudience(fanOut, audience, keys, encoder, nowMs);
  tellAlerts(fanOut, nowMs);
};

/** Whether a client is still to be told of something that is past. */
export const isAnyoneOwed = ({ subscribers }: FanOut): boolean => {
  for (const { owed, owedAlerts } of subscribers) if (owed.size > 0 || owedAlerts.size > 0) return true;
  return false;
};

export const heartbeat = (fanOut: FanOut, nowMs: number): void => {
  const message = Buffer.from(encode({ type: 'heartbeat', at: iso(nowMs) }));
  for (const subscriber of fanOut.subscribers) {
    if (isReady(fanOut, subscriber, nowMs)) sendMessage(subscriber, message);
  }
};

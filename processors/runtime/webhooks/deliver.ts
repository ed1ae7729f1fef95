/** Sends one message to one webhook, again and again until it is taken, refused for good, or too old to matter. */
import type { Timers } from '../timers.ts';
import { CONTENT_TYPE, SIGNATURE_HEADER, signatureOf } from './message.ts';

export interface DeliveryLimits {
  /** How long a receiver may take to answer. */
  readonly timeoutMs: number;
  readonly maxTries: number;
  /** An alert that changed longer ago than this is news no more: it is not sent, or not again. */
  readonly maxAgeMs: number;
  /** The pause before the second try; it doubles, up to the longest. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}
export const DELIVERY_LIMITS: DeliveryLimits = {
  timeoutMs: 10_000,
  maxTries: 12,
  maxAgeMs: 3_600_000,
  firstPauseMs: 1_000,
  longestPauseMs: 300_000,
};

export interface Delivery {
  readonly url: string;
  readonly secret: string;
  readonly body: string;
  /** From when on the message ages, UTC epoch ms. */
  readonly sinceMs: number;
}
export interface DeliveryOptions {
  readonly limits: DeliveryLimits;
  readonly nowMs: () => number;
  /** 0 ≤ x < 1, for the jitter. */
  readonly random: () => number;
  readonly timers: Timers;
  readonly signal: AbortSignal;
  readonly onRetry: () => void;
}
export type DeliveryResult =
  | { readonly status: 'delivered' }
  /** `reason` names the answer or the fault, never the address. */
  | { readonly status: 'failed'; readonly reason: string }
  | { readonly status: 'expired' }
  /** The process stops: the message is to be sent by whoever comes next. */
  | { readonly status: 'stopped' };

type Try = { readonly status: 'taken' } | { readonly status: 'again' | 'refused'; readonly reason: string };

/** Answers that say "not now". Every other one that is no success is final, a redirect too: alerts follow no strangers. */
const NOT_NOW = new Set([408, 425, 429]);

const send = async ({ url, secret, body }: Delivery, options: DeliveryOptions): Promise<Try> => {
  const { limits, nowMs, signal } = options;
  const headers = {
    'content-type': CONTENT_TYPE,
    'user-agent': 'busyhour',
    [SIGNATURE_HEADER]: signatureOf(secret, body, nowMs()),
  };
  const until = AbortSignal.any([signal, AbortSignal.timeout(limits.timeoutMs)]);
  try {
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: until });
    // Unread, an answer would hold its connection.
    await response.body?.cancel();
    if (response.ok) return { status: 'taken' };
    const reason = `HTTP ${response.status}`;
    return { status: response.status >= 500 || NOT_NOW.has(response.status) ? 'again' : 'refused', reason };
  } catch (error) {
    return { status: 'again', reason: faultOf(error) };
  }
};

/** The errno, or what kind of fault it was; messages may quote the address. */
const faultOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return cause instanceof Error ? cause.name : 'fault';
};

/** Full jitter: many messages that failed together are not sent again together. */
const pauseMs = ({ limits, random }: DeliveryOptions, tries: number): number => {
  const longest = Math.min(limits.firstPauseMs * 2 ** (tries - 1), limits.longestPauseMs);
  return Math.round(longest * (0.5 + random() / 2));
};

/** Never throws for what the receiver or the network does. */
export const deliver = async (delivery: Delivery, options: DeliveryOptions): Promise<DeliveryResult> => {
  const { limits, nowMs, timers, signal, onRetry } = options;
  const isOld = (): boolean => nowMs() - delivery.sinceMs > limits.maxAgeMs;
  if (isOld()) return { status: 'expired' };
  for (let tries = 1; ; tries++) {
    if (signal.aborted) return { status: 'stopped' };
    const answer = await send(delivery, options);
    if (answer.status === 'taken') return { status: 'delivered' };
    if (signal.aborted) return { status: 'stopped' };
    if (answer.status === 'refused') return { status: 'failed', reason: answer.reason };
    if (tries >= limits.maxTries || isOld()) {
      return { status: 'failed', reason: `${answer.reason}, after ${tries} tries` };
    }
    onRetry();
    await timers.wait(pauseMs(options, tries), signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
};

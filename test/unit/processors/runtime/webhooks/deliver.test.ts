import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import {
  DELIVERY_LIMITS,
  type DeliveryLimits,
  deliver,
} from '../../../../../processors/runtime/webhooks/deliver.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

type Answer = number | ((request: IncomingMessage, response: ServerResponse) => void);
/** A receiver that gives one answer after the other, the last for good. */
const receiver = async (...answers: readonly Answer[]) => {
  const requests: { signature: string; body: string; path: string }[] = [];
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      const answer = answers[Math.min(requests.length, answers.length - 1)] ?? 204;
      requests.push({
        signature: String(request.headers['busyhour-signature']),
        body,
        path: request.url ?? '',
      });
      if (typeof answer === 'number') response.writeHead(answer).end('thank you');
      else answer(request, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
};

/** Sends one message under a clock that only its pauses move. */
const sending = (url: string, limits: Partial<DeliveryLimits> = {}) => {
  const stopping = new AbortController();
  const pauses: number[] = [];
  let nowMs = 1_000_000;
  const result = deliver(
    { url, secret: 'the secret', body: '{"a":1}', sinceMs: 1_000_000 },
    {
      limits: { ...DELIVERY_LIMITS, ...limits },
      nowMs: () => nowMs,
      random: () => 0,
      timers: {
        every: () => () => {},
        wait: async (ms, signal) => {
          pauses.push(ms);
          nowMs += ms;
          signal.throwIfAborted();
        },
      },
      signal: stopping.signal,
      onRetry: () => {},
    },
  );
  return { result, pauses, stop: () => stopping.abort() };
};

describe('a message', () => {
  it('is taken with any success, and signed with the time', async () => {
    const { url, requests } = await receiver(202);
    expect(await sending(url).result).toEqual({ status: 'delivered' });
    const v1 = createHmac('sha256', 'the secret').update('1000.{"a":1}').digest('hex');
    expect(requests).toEqual([{ body: '{"a":1}', signature: `t=1000,v1=${v1}`, path: '/hook' }]);
  });

  it('comes again with longer and longer pauses until it is taken', async () => {
    const { url, requests } = await receiver(503, 429, 500, 204);
    const { result, pauses } = sending(url, { longestPauseMs: 3_000 });
    expect(await result).toEqual({ status: 'delivered' });
    expect(pauses).toEqual([500, 1_000, 1_500]);
    expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
    expect(new Set(requests.map(({ signature }) => signature)).size).toBeGreaterThan(1);
  });

  it.each([400, 401, 403, 404, 410, 301, 302, 307])('is given up when the answer is %i', async (status) => {
    const { url, requests } = await receiver((_, response) => {
      response.writeHead(status, { location: '/elsewhere' }).end();
    });
    expect(await sending(url).result).toEqual({ status: 'failed', reason: `HTTP ${status}` });
    expect(requests.map(({ path }) => path)).toEqual(['/hook']);
  });

  it('is given up after so many tries', async () => {
    const { url, requests } = await receiver(503);
    const { result } = sending(url, { maxTries: 3 });
    expect(await result).toEqual({ status: 'failed', reason: 'HTTP 503, after 3 tries' });
    expect(requests).toHaveLength(3);
  });

  it('is given up when it has become old', async () => {
    const { url } = await receiver(503);
    expect(await sending(url, { maxAgeMs: 1_000 }).result).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('HTTP 503'),
    });
  });

  it('that is old already is not sent', async () => {
    const { url, requests } = await receiver(204);
    expect(await sending(url, { maxAgeMs: -1 }).result).toEqual({ status: 'expired' });
    expect(requests).toEqual([]);
  });

  it('comes again when nobody answers, in time or at all', async () => {
    const slow = await receiver(() => {}, 204);
    expect(await sending(slow.url, { timeoutMs: 50 }).result).toEqual({ status: 'delivered' });
    const broken = await receiver((request) => request.socket.destroy(), 204);
    expect(await sending(broken.url).result).toEqual({ status: 'delivered' });
    const nobody = sending('http://127.0.0.1:1/secret-path', { maxTries: 2 });
    const result = await nobody.result;
    expect(result).toEqual({ status: 'failed', reason: expect.stringContaining('after 2 tries') });
    expect(JSON.stringify(result)).not.toContain('secret-path');
  });

  it('is left to the next process when this one stops', async () => {
    const { url } = await receiver(503);
    const { result, stop } = sending(url);
    stop();
    expect(await result).toEqual({ status: 'stopped' });
  });
});

/** Rules and a webhook in busyhour.yaml, a centre that breaks the rules: row, socket, signed message, and a replay. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { busyhour, type DataDir, makeDataDir, type RunningNode, startNode } from '../../support/cli.ts';

const SECRET = 'a secret of the integration test';
/** How often the receiver answers that it is not ready. */
const REFUSALS = 2;

interface Received {
  readonly body: string;
  readonly signature: string;
  readonly contentType: string;
  readonly status: number;
}
interface Receiver {
  readonly server: Server;
  readonly url: string;
  readonly received: Received[];
}
const startReceiver = async (): Promise<Receiver> => {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      const status = received.length < REFUSALS ? 503 : 204;
      received.push({
        body,
        signature: String(request.headers['busyhour-signature']),
        contentType: String(request.headers['content-type']),
        status,
      });
      response.writeHead(status).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`, received };
};

interface Standing {
  readonly rule: string;
  readonly queue: string;
  readonly status: string;
  readonly raised_at: string;
}
interface LiveMessage {
  readonly type: string;
  readonly alerts?: readonly Standing[];
}

let data: DataDir;
let node: RunningNode;
let receiver: Receiver;
let socket: WebSocket;
const messages: LiveMessage[] = [];
const told = () => messages.flatMap(({ alerts = [] }) => alerts);

beforeAll(async () => {
  receiver = await startReceiver();
  data = makeDataDir();
  writeFileSync(
    join(data.path, 'busyhour.yaml'),
    `
alerts:
  - id: queue-builds-up
    when: waiting >= 2
    clear: 0
  - id: service-level
    when: service_level < 0.9 for 30 s
    min_offered: 2
  - id: nobody
    when: waiting > 100000
webhooks:
  - name: pager
    url: ${receiver.url}
    secret: ${SECRET}
    rules: [queue-builds-up]
`,
  );
  node = await startNode(data.path, ['--no-demo']);
  socket = new WebSocket(`${node.url.replace('http', 'ws')}/v1/live`, {
    headers: { authorization: `Bearer ${node.token}` },
  });
  await once(socket, 'open');
  socket.on('message', (bytes) =>
    messages.push(JSON.parse((bytes as Buffer).toString('utf8')) as LiveMessage),
  );
  socket.send(JSON.stringify({ type: 'subscribe', queues: '*' }));
  const now = Date.now();
  // Where it is between 11 and 12 in the morning: at night nobody calls, and no rule is broken.
  const hoursAhead = 11 - new Date(now).getUTCHours();
  const BUSYHOUR_TIME_ZONE = `Etc/GMT${hoursAhead > 0 ? '-' : '+'}${Math.abs(hoursAhead)}`;
  const simulate = [
    'simulate',
    ...['--seed', '5', '--queues', '2', '--agents', '2', '--rate', '0.2', '--source', 'pbx'],
    ...[
      '--from',
      new Date(now - 20 * 60_000).toISOString(),
      '--until',
      new Date(now).toISOString(),
      '--json',
    ],
  ];
  const { code, stderr } = await busyhour(data.path, simulate, { BUSYHOUR_TIME_ZONE });
  expect([code, stderr]).toEqual([0, '']);
});
afterAll(async () => {
  socket.terminate();
  await node.stop();
  receiver.server.close();
  data.remove();
});

const alertRows = async (): Promise<string> => {
  const { stdout } = await busyhour(data.path, [
    'sql',
    'SELECT * FROM alerts ORDER BY tenant, source, rule, queue, raised_at',
    '--format',
    'JSONEachRow',
  ]);
  return stdout;
};
const historyOf = async (): Promise<Standing[]> => {
  const from = new Date(Date.now() - 3_600_000).toISOString();
  const reply = await node.get(`/v1/alerts?from=${from}&limit=1000`);
  return ((await reply.json()) as { alerts: [] }).alerts;
};

describe('a centre that breaks its rules', () => {
  it('has alerts in the table, which the API tells', async () => {
    const alerts = await historyOf();
    const rules = new Set(alerts.map(({ rule }) => rule));
    expect([...rules].sort()).toEqual(['queue-builds-up', 'service-level']);
    expect((await alertRows()).trim().split('\n')).toHaveLength(alerts.length);
    const now = (await (await node.get('/v1/alerts')).json()) as { alerts: { status: string }[] };
    expect(now.alerts).toEqual(alerts.filter(({ status }) => status === 'raised'));
  });

  it('shows on the live socket how each rule and queue stands', async () => {
    const standing = (alerts: readonly Standing[]): Map<string, string> =>
      new Map(
        alerts.map(({ rule, queue, status, raised_at }) => [`${rule} ${queue}`, `${status} ${raised_at}`]),
      );
    const oldestFirst = (await historyOf()).toReversed();
    await expect.poll(() => standing(told())).toEqual(standing(oldestFirst));
    expect(standing(oldestFirst).size).toBeGreaterThan(1);
  });

  it('tells the webhook, signed, again until it is taken, and of the wanted rule only', {
    timeout: 60_000,
  }, async () => {
    const wanted = (await historyOf()).filter(({ rule }) => rule === 'queue-builds-up');
    const transitions = wanted.length + wanted.filter(({ status }) => status === 'cleared').length;
    const taken = () => receiver.received.filter(({ status }) => status === 204);
    await expect.poll(() => taken().length, { timeout: 45_000 }).toBe(transitions);
    expect(receiver.received.slice(0, REFUSALS + 1).map(({ body }) => body)).toEqual(
      Array.from({ length: REFUSALS + 1 }, () => receiver.received[0]?.body),
    );
    for (const { body, signature, contentType } of receiver.received) {
      const [, t = '', v1 = ''] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature) ?? [];
      expect(createHmac('sha256', SECRET).update(`${t}.${body}`).digest('hex')).toBe(v1);
      expect(Math.abs(Date.now() / 1000 - Number(t))).toBeLessThan(120);
      expect(contentType).toContain('application/cloudevents+json');
    }
    const ids = taken().map(({ body }) => (JSON.parse(body) as { id: string }).id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(JSON.parse(taken()[0]?.body ?? '{}')).toMatchObject({
      specversion: '1.0',
      type: 'busyhour.alert.raised',
      source: '/busyhour/default/pbx',
      data: { rule: 'queue-builds-up', value: 2, threshold: 2, status: 'raised', cleared_at: null },
    });
  });

  it('has the same alerts, byte for byte, after a replay', async () => {
    const before = await alertRows();
    const { code } = await busyhour(data.path, ['replay']);
    expect(code).toBe(0);
    expect(await alertRows()).toBe(before);
    expect(before).not.toBe('');
  });
});

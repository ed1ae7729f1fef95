/**
 * The serving side of bench:fanout, in a process of its own: `node fanout-server.ts ORDER`. Busyhour's hub and sockets, or
 * a naive server that tells every client of every change by itself. Answers orders on stdin, a line of JSON each.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type WebSocket, WebSocketServer } from 'ws';
import { openSqliteLog } from '../../infra/log/sqlite-log.ts';
import { liveQueue, queueKey } from '../../query-api/live/live-state.ts';
import type { LiveQueueRecord } from '../../schemas/live.ts';
import { LIVE } from '../../schemas/topics.ts';
import { BENCH_TENANT, listenOnLoopback, serveHub, startBenchHub } from './hub-server.ts';

/** `naive`: a message a change and client. `naive by tick`: one a tick and client, made for each anew. */
export type FanoutArm = 'busyhour' | 'naive' | 'naive by tick';
export interface FanoutOrder {
  readonly arm: FanoutArm;
  readonly queues: number;
  readonly tickMs: number;
  /** How often every queue changes. */
  readonly changeMs: number;
}
export interface FanoutReading {
  readonly cpuMs: number;
  readonly rssBytes: number;
  readonly sockets: number;
}

const order = JSON.parse(process.argv[2] ?? '{}') as FanoutOrder;
const dir = mkdtempSync(join(tmpdir(), 'busyhour-fanout-'));
const log = openSqliteLog({ file: join(dir, 'log.sqlite') });
await log.ensureTopics([LIVE]);
const queueNames = Array.from({ length: order.queues }, (_, index) => `queue-${index}`);

const recordOf = (queue: string, waiting: number): LiveQueueRecord => ({
  kind: 'queue',
  tenant: BENCH_TENANT,
  source: 'pbx',
  queue,
  channel: 'voice',
  waiting,
  oldest_waiting_since: Date.now() - 1_000 * waiting,
  agents: { staffed: 20, available: 3, ringing: 1, on_contact: 12, on_hold: 1, wrap_up: 2, unavailable: 1 },
  open_agent_time: { interval_start: 0, on_contact_ms: 0, on_hold_ms: 0, wrap_up_ms: 0, available_ms: 0 },
  as_of: Date.now(),
});
let round = 0;
const change = async (): Promise<void> => {
  round += 1;
  const records = queueNames.map((queue) => ({
    key: `queue|${queue}`,
    value: Buffer.from(JSON.stringify(recordOf(queue, round % 50))),
  }));
  await log.append(LIVE.name, 0, records);
};

const server = createServer();
// The same state keeps the figures in every arm: what differs is how clients are told.
const hub = await startBenchHub(log, order.tickMs);

interface Serving {
  readonly sockets: () => number;
  /** From then on clients are told of changes. */
  readonly begin: () => void;
}
const serveNaively = (byTick: boolean): Serving => {
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  const watching = new Map<WebSocket, readonly string[]>();
  sockets.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      watching.set(socket, (JSON.parse(data.toString()) as { queues: string[] }).queues);
      socket.send(JSON.stringify({ type: 'snapshot', queues: [] }));
    });
    socket.on('close', () => watching.delete(socket));
    socket.on('error', () => watching.delete(socket));
  });
  const tell = (): void => {
    const at = new Date().toISOString();
    const now = new Map(
      queueNames.map((queue) => [
        queue,
        liveQueue(hub.fanOut.state, queueKey(BENCH_TENANT, queue, 'voice'), Date.now()),
      ]),
    );
    for (const [socket, names] of watching) {
      const queues = names.map((name) => now.get(name));
      if (byTick) socket.send(JSON.stringify({ type: 'update', at, queues }));
      else for (const queue of queues) socket.send(JSON.stringify({ type: 'update', at, queues: [queue] }));
    }
  };
  const begin = (): void => void setInterval(tell, byTick ? order.tickMs : order.changeMs);
  return { sockets: () => watching.size, begin };
};

const serving: Serving =
  order.arm === 'busyhour'
    ? { sockets: () => hub.fanOut.subscribers.size, begin: () => {} }
    : serveNaively(order.arm === 'naive by tick');
const port = await (order.arm === 'busyhour' ? serveHub(hub, server) : listenOnLoopback(server));
process.stdout.write(`${JSON.stringify({ port })}\n`);
await change();

createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'change') {
    setInterval(() => void change(), order.changeMs);
    serving.begin();
  }
  if (line === 'read') {
    globalThis.gc?.();
    const { user, system } = process.cpuUsage();
    const reading: FanoutReading = {
      cpuMs: (user + system) / 1_000,
      rssBytes: process.memoryUsage.rss(),
      sockets: serving.sockets(),
    };
    process.stdout.write(`${JSON.stringify(reading)}\n`);
  }
  if (line === 'end') {
    rmSync(dir, { recursive: true, force: true });
    process.exit(0);
  }
});

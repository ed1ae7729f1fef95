/** A wallboard for tests: real sockets, and live records as a processor would publish them. */
import { once } from 'node:events';
import { json } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import type { Store } from '../../../infra/clickhouse/store.ts';
import type { Problem } from '../../../query-api/problems.ts';
import type { LiveQueueRecord, ServerMessage } from '../../../schemas/live.ts';
import { LIVE } from '../../../schemas/topics.ts';
import type { TestServer } from './test-server.ts';

/** The live routes never touch the store. */
export const noStore: Store = {
  insert: () => Promise.reject(new Error('not here')),
  openBlock: () => {
    throw new Error('not here');
  },
  query: () => Promise.reject(new Error('not here')),
  stream: () => Promise.reject(new Error('not here')),
  command: () => Promise.reject(new Error('not here')),
  ping: () => Promise.resolve(true),
  close: () => Promise.resolve(),
};

export const queueRecord = (queue: string, rest: Partial<LiveQueueRecord> = {}): LiveQueueRecord => ({
  kind: 'queue',
  tenant: 'default',
  source: 'pbx',
  queue,
  channel: 'voice',
  waiting: 0,
  oldest_waiting_since: null,
  agents: { staffed: 1, available: 1, ringing: 0, on_contact: 0, on_hold: 0, wrap_up: 0, unavailable: 0 },
  open_agent_time: { interval_start: 0, on_contact_ms: 0, on_hold_ms: 0, wrap_up_ms: 0, available_ms: 0 },
  as_of: Date.now(),
  ...rest,
});

const encoder = new TextEncoder();
export const publish = (server: TestServer, records: readonly LiveQueueRecord[]): Promise<number> =>
  server.log.append(
    LIVE.name,
    0,
    records.map((record) => ({
      key: `queue|${record.tenant}|${record.source}|${record.queue}|${record.channel}`,
      value: encoder.encode(JSON.stringify(record)),
    })),
  );

export interface Client {
  readonly socket: WebSocket;
  readonly received: ServerMessage[];
  readonly until: (wanted: (message: ServerMessage) => boolean) => Promise<ServerMessage>;
  readonly say: (message: unknown) => void;
}

/** Opens a socket with a token; it is the caller's to terminate. */
export const connectLive = async (port: number, secret: string): Promise<Client> => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/live`, ['busyhour.v1', secret]);
  const received: ServerMessage[] = [];
  const waiting: { wanted: (message: ServerMessage) => boolean; found: (message: ServerMessage) => void }[] =
    [];
  socket.on('message', (data) => {
    const message = JSON.parse((data as Buffer).toString('utf8')) as ServerMessage;
    received.push(message);
    for (const { wanted, found } of waiting) if (wanted(message)) found(message);
  });
  await once(socket, 'open');
  return {
    socket,
    received,
    until: (wanted) => {
      const known = received.find(wanted);
      if (known !== undefined) return Promise.resolve(known);
      return new Promise((found) => waiting.push({ wanted, found }));
    },
    say: (message) => socket.send(JSON.stringify(message)),
  };
};

export const queuesOf = (message: ServerMessage) => ('queues' in message ? message.queues : []);
export const shows = (queue: string, waiting: number) => (message: ServerMessage) =>
  queuesOf(message).some((shown) => shown.queue === queue && shown.waiting === waiting);
export const isSnapshot = (message: ServerMessage): boolean => message.type === 'snapshot';

interface Handshake {
  readonly protocols?: string[];
  readonly headers?: Record<string, string>;
}

/** Tries to open a socket and gives the status it was refused with. */
export const refusal = async (port: number, options: Handshake): Promise<number> =>
  (await refusedProblem(port, options)).status;

/** The problem that a handshake is refused with; throws when it is not refused. */
export const refusedProblem = (port: number, options: Handshake): Promise<Problem> =>
  new Promise((resolve, reject) => {
    const { protocols, headers } = options;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/live`, protocols ?? [], {
      headers: headers ?? {},
    });
    socket.on('unexpected-response', (_request, response) => {
      resolve(json(response) as Promise<Problem>);
    });
    socket.on('open', () => {
      socket.terminate();
      reject(new Error('was let in'));
    });
    socket.on('error', () => undefined);
  });

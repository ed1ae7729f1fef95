/**
 * The wallboards of bench:fanout, in a process of their own: `node fanout-clients.ts ORDER`. Most only count bytes and messages, so
 * that they cost little; some read what they are told and time it. Answers orders on stdin, a line of JSON each.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerMessage } from '../../schemas/live.ts';

export interface ClientsOrder {
  readonly port: number;
  readonly sockets: number;
  readonly queues: number;
  readonly queuesEach: number;
  /** Every so many-th socket stops reading once it has subscribed. */
  readonly stalledEvery: number;
  /** Every so many-th socket reads what it is told. */
  readonly readEvery: number;
  readonly seed: number;
}
export interface ClientsReading {
  readonly messages: number;
  readonly bytes: number;
  /** Of the sockets that read: messages, the queues in them, and how old each queue's change was, ms. */
  readonly read: {
    readonly messages: number;
    readonly queues: number;
    readonly latenciesMs: readonly number[];
  };
}
export interface Connected {
  /** Until every socket had its snapshot. */
  readonly tookMs: number;
}

const order = JSON.parse(process.argv[2] ?? '{}') as ClientsOrder;
/** Handshakes under way at once, below the listening socket's backlog. */
const AT_ONCE = 100;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 3_000;
const KEY = Buffer.alloc(16, 7).toString('base64');
const OPCODE = 0x0f;
const TEXT = 1;
const PING = 9;
const PONG_FRAME = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

let messages = 0;
let bytes = 0;
let readMessages = 0;
let readQueues = 0;
let latenciesMs: number[] = [];
let sockets: Socket[] = [];

/** A client's frame, masked with zeros: as RFC 6455 asks, and free of charge. */
const frameOf = (text: string): Buffer => {
  const body = Buffer.from(text);
  const head = Buffer.alloc(8);
  head[0] = 0x81;
  head[1] = 0x80 | 126;
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, body]);
};

const take = (message: ServerMessage, nowMs: number): void => {
  if (message.type !== 'update') return;
  readMessages += 1;
  readQueues += message.queues.length;
  for (const { as_of } of message.queues) latenciesMs.push(nowMs - Date.parse(as_of));
};

interface Frame {
  readonly opcode: number;
  readonly from: number;
  readonly to: number;
}
/** The frame a stream begins with; null while it is not all there. A server's frames are not masked. */
const firstFrame = (stream: Buffer): Frame | null => {
  if (stream.length < 2) return null;
  const short = (stream[1] ?? 0) & 0x7f;
  const from = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (stream.length < from) return null;
  const long = (): number => (short === 126 ? stream.readUInt16BE(2) : Number(stream.readBigUInt64BE(2)));
  const to = from + (short < 126 ? short : long());
  return stream.length < to ? null : { opcode: (stream[0] ?? 0) & OPCODE, from, to };
};

/** Walks over the frames of a stream; `onText` is called for those of the sockets that read. */
const frameReader = (socket: Socket, onText: ((text: string) => void) | null, onFirst: () => void) => {
  let rest: Buffer = Buffer.alloc(0);
  let seen = false;
  return (chunk: Buffer): void => {
    bytes += chunk.length;
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let frame = firstFrame(rest); frame !== null; frame = firstFrame(rest)) {
      if (frame.opcode === PING) socket.write(PONG_FRAME);
      if (frame.opcode === TEXT) {
        messages += 1;
        onText?.(rest.toString('utf8', frame.from, frame.to));
        if (!seen) onFirst();
        seen = true;
      }
      rest = rest.subarray(frame.to);
    }
  };
};

/** Queues differ from board to board, as a hash of its number says. */
const queuesOf = (board: number): readonly string[] =>
  Array.from({ length: order.queuesEach }, (_, i) => {
    const picked = Math.imul(board * order.queuesEach + i + order.seed, 2_654_435_761) >>> 0;
    return `queue-${picked % order.queues}`;
  });

const handshake = async (socket: Socket): Promise<void> => {
  await once(socket, 'connect');
  socket.write(
    `GET /v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`,
  );
  const [answer] = (await once(socket, 'data')) as [Buffer];
  if (!answer.includes('101 ')) throw new Error('refused');
};

/** Tries until it is let in, later and later, as a board does. */
const letIn = async (): Promise<Socket> => {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const socket = connect({ port: order.port, host: '127.0.0.1' });
    try {
      await handshake(socket);
      return socket;
    } catch {
      socket.destroy();
      await sleep(pauseMs * (0.5 + Math.random()));
    }
  }
};

const open = async (board: number): Promise<Socket> => {
  const socket = await letIn();
  socket.on('error', () => {});
  const isReader = board % order.readEvery === 0;
  const onText = isReader ? (text: string) => take(JSON.parse(text) as ServerMessage, Date.now()) : null;
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on('data', frameReader(socket, onText, resolve));
  socket.write(frameOf(JSON.stringify({ type: 'subscribe', queues: queuesOf(board) })));
  await promise;
  if (order.stalledEvery > 0 && board % order.stalledEvery === 1) socket.pause();
  return socket;
};

const connectAll = async (atOnce: number): Promise<Connected> => {
  const startedMs = performance.now();
  let next = 0;
  sockets = [];
  const lane = async (): Promise<void> => {
    while (next < order.sockets) sockets.push(await open(next++));
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return { tookMs: performance.now() - startedMs };
};

const answer = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
answer(await connectAll(AT_ONCE));

const follow = async (line: string): Promise<void> => {
  if (line === 'reset') {
    [messages, bytes, readMessages, readQueues] = [0, 0, 0, 0];
    latenciesMs = [];
    answer({});
  }
  if (line === 'read') {
    const read = { messages: readMessages, queues: readQueues, latenciesMs };
    answer({ messages, bytes, read } satisfies ClientsReading);
  }
  if (line === 'reconnect') {
    for (const socket of sockets) socket.destroy();
    answer(await connectAll(order.sockets));
  }
  if (line === 'end') process.exit(0);
};
createInterface({ input: process.stdin }).on('line', (line) => void follow(line));

/** Turns `GET /v1/live` into a WebSocket: origin, token and limits are checked before the handshake. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type AuthSettings, authenticate, type Principal, WEBSOCKET_PROTOCOL } from '../auth.ts';
import { isLoopbackHost, isOriginAllowed } from '../origins.ts';
import { PROBLEM_TYPE, type ProblemCode, problem } from '../problems.ts';
import { addSubscriber, type FanOut, receive } from './fan-out.ts';

export const LIVE_PATH = '/v1/live';
export const SOCKET_LIMITS = {
  /** Bytes of one message from a client. */
  messageBytes: 65_536,
  /** Open sockets in all, and of one token: every wallboard of a site may share one. */
  sockets: 2000,
  socketsPerToken: 200,
  /** A peer that answers no ping for so long is gone. */
  pingMs: 20_000,
} as const;
const GOING_AWAY = 1001;

export interface UpgradeOptions {
  readonly auth: AuthSettings;
  readonly fanOut: FanOut;
  readonly nowMs: () => number;
  readonly allowedOrigins: readonly string[];
}
export interface LiveSockets {
  /** Tells every client to go, and stops taking new ones. */
  close(): Promise<void>;
}

type Admission =
  | { readonly principal: Principal }
  | { readonly refused: ProblemCode; readonly detail: string };

const admit = (
  request: IncomingMessage,
  options: UpgradeOptions,
  openByToken: ReadonlyMap<string, number>,
): Admission => {
  const path = (request.url ?? '').split('?')[0];
  if (path !== LIVE_PATH) return { refused: 'not_found', detail: `no WebSocket at ${path}` };
  if (options.auth.mode === 'off' && !isLoopbackHost(request.headers.host)) {
    return { refused: 'forbidden', detail: 'without tokens only this machine is served' };
  }
  if (!isOriginAllowed(request.headers, options.allowedOrigins)) {
    return { refused: 'forbidden', detail: `origin ${request.headers.origin} is not allowed` };
  }
  const principal = authenticate(options.auth, request.headers);
  if (principal === null) return { refused: 'unauthorized', detail: 'send a valid token' };
  const open = openByToken.get(principal.id) ?? 0;
  if (open >= SOCKET_LIMITS.socketsPerToken || options.fanOut.subscribers.size >= SOCKET_LIMITS.sockets) {
    return { refused: 'too_many_requests', detail: 'too many open sockets' };
  }
  return { principal };
};

const refuse = (socket: Duplex, code: ProblemCode, detail: string): void => {
  const { status, ...rest } = problem(code, detail);
  const body = JSON.stringify({ status, ...rest });
  const head = [
    `HTTP/1.1 ${status} ${rest.title}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
};

/** Ends a socket whose peer vanished without a word; otherwise it would be held until TCP gives up. */
const watchPeer = (socket: WebSocket): void => {
  let alive = true;
  socket.on('pong', () => {
    alive = true;
  });
  const timer = setInterval(() => {
    if (!alive) socket.terminate();
    alive = false;
    socket.ping();
  }, SOCKET_LIMITS.pingMs);
  socket.on('close', () => clearInterval(timer));
};

const connect = (socket: WebSocket, principal: Principal, { fanOut, nowMs }: UpgradeOptions): void => {
  const port = {
    send: (text: string, done: () => void) => socket.send(text, () => done()),
    close: (code: number, reason: string) => socket.close(code, reason),
    terminate: () => socket.terminate(),
  };
  const subscriber = addSubscriber(fanOut, port, principal);
  const leave = (): boolean => fanOut.subscribers.delete(subscriber);
  // Text comes as one Buffer; anything else is no message of this protocol.
  socket.on('message', (data, isBinary) => {
    const text = !isBinary && Buffer.isBuffer(data) ? data.toString('utf8') : '';
    receive(fanOut, subscriber, text, nowMs());
  });
  socket.on('close', leave);
  // ws closes the socket after an error by itself; without a listener the process would end.
  socket.on('error', leave);
  watchPeer(socket);
};

export const acceptLiveSockets = (server: Server, options: UpgradeOptions): LiveSockets => {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: SOCKET_LIMITS.messageBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(WEBSOCKET_PROTOCOL) ? WEBSOCKET_PROTOCOL : false),
  });
  const openByToken = new Map<string, number>();
  const count = (id: string, by: 1 | -1): void => {
    const open = (openByToken.get(id) ?? 0) + by;
    if (open === 0) openByToken.delete(id);
    else openByToken.set(id, open);
  };
  server.on('upgrade', (request, socket, head) => {
    const admission = admit(request, options, openByToken);
    // A client that resets the connection during the handshake is its own affair.
    socket.on('error', () => socket.destroy());
    if ('refused' in admission) {
      refuse(socket, admission.refused, admission.detail);
      return;
    }
    const { principal } = admission;
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      count(principal.id, 1);
      webSocket.on('close', () => count(principal.id, -1));
      connect(webSocket, principal, options);
    });
  });
  return {
    close: async () => {
      for (const socket of sockets.clients) {
        socket.close(GOING_AWAY, 'the server is stopping');
        socket.terminate();
      }
      sockets.close();
    },
  };
};

/** Turns `GET /v1/live` into a WebSocket: origin, token and limits are checked before the handshake. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { IsTrustedProxy } from '../../infra/access.ts';
import type { AuditEntry } from '../audit.ts';
import { presentedSecret, refusalProblem, WEBSOCKET_PROTOCOL } from '../auth.ts';
import { clientAddress } from '../client-address.ts';
import { NOBODY } from '../identity.ts';
import { endWithProblem } from '../malformed.ts';
import { isLoopbackHost, refuseOrigin } from '../origins.ts';
import { type Problem, problem } from '../problems.ts';
import type { Authentication, Authority } from '../tokens/authority.ts';
import { GOING_AWAY, TOKEN_ENDED } from './close-codes.ts';
import { addSubscriber, type FanOut, receive, removeSubscriber } from './fan-out.ts';

export const LIVE_PATH = '/v1/live';
export interface SocketLimits {
  /** Bytes of one message from a client. */
  readonly messageBytes: number;
  /** Open sockets in all, and of one token: every wallboard of a site may share one. */
  readonly sockets: number;
  readonly socketsPerToken: number;
  /** A peer that answers no ping for so long is gone. */
  readonly pingMs: number;
  /** How often open sockets are held against their tokens. */
  readonly checkTokensMs: number;
}
export const SOCKET_LIMITS: SocketLimits = {
  messageBytes: 65_536,
  sockets: 10_000,
  socketsPerToken: 200,
  pingMs: 20_000,
  checkTokensMs: 1000,
};

export interface UpgradeOptions {
  readonly authority: Authority;
  readonly fanOut: FanOut;
  readonly nowMs: () => number;
  readonly allowedOrigins: readonly string[];
  readonly isTrustedProxy: IsTrustedProxy;
  readonly audit: (entry: AuditEntry) => void;
  /** Tests narrow them. */
  readonly limits?: SocketLimits;
}
export interface LiveSockets {
  /** Tells every client to go, and stops taking new ones. */
  close(): Promise<void>;
}

type Valid = Extract<Authentication, { status: 'valid' }>;

/** Why a handshake is refused whoever asks for it, or null. */
const refuseUnasked = (request: IncomingMessage, options: UpgradeOptions): Problem | null => {
  const path = (request.url ?? '').split('?')[0];
  if (path !== LIVE_PATH) return problem('not_found', `no WebSocket at ${path}`);
  if (options.authority.mode === 'off' && !isLoopbackHost(request.headers.host)) {
    return problem('forbidden', 'without tokens only this machine is served');
  }
  return refuseOrigin(request.headers, options.allowedOrigins);
};

/** Notes down what was refused to a token. */
const auditRefusal = (
  request: IncomingMessage,
  address: string,
  result: Authentication | null,
  { audit }: UpgradeOptions,
): void => {
  if (presentedSecret(request.headers) === null) return;
  const principal = result === null || result.status === 'anonymous' ? null : result.principal;
  const why = result?.status === 'refused' ? `: ${result.refusal}` : '';
  audit({
    principal: principal ?? NOBODY,
    action: 'request',
    detail: `WebSocket ${LIVE_PATH} from ${address}${why}`,
    outcome: 'refused',
  });
};

const admit = async (request: IncomingMessage, options: UpgradeOptions): Promise<Valid | Problem> => {
  const address = clientAddress(request, options.isTrustedProxy);
  const unasked = refuseUnasked(request, options);
  if (unasked !== null) {
    if (unasked.status === 403) auditRefusal(request, address, null, options);
    return unasked;
  }
  const result = await options.authority.authenticate(request.headers, address);
  if (result.status === 'valid') return result;
  const refused = refusalProblem(result.status === 'refused' ? result.refusal : null);
  if (refused.status === 401) auditRefusal(request, address, result, options);
  return refused;
};

/** An open socket, and how to end it when its token does. */
interface Open {
  readonly valid: Valid;
  readonly socket: WebSocket;
  /** Whether its peer was heard of since the last ping. */
  isAlive: boolean;
  readonly end: (reason: string) => void;
}

/** Ends sockets whose peer vanished without a word; otherwise they would be held until TCP gives up. */
const pingAll = (open: ReadonlySet<Open>): void => {
  for (const each of open) {
    if (!each.isAlive) each.socket.terminate();
    each.isAlive = false;
    each.socket.ping();
  }
};

const connect = (socket: WebSocket, valid: Valid, { fanOut, nowMs, audit }: UpgradeOptions): Open => {
  const port = {
    send: (message: Buffer, done: () => void) => socket.send(message, { binary: false }, () => done()),
    close: (code: number, reason: string) => socket.close(code, reason),
    terminate: () => socket.terminate(),
    onRefused: (queues: readonly string[]) =>
      audit({
        principal: valid.principal,
        action: 'request',
        detail: `subscribe to ${queues.join(', ')}`,
        outcome: 'refused',
      }),
  };
  const subscriber = addSubscriber(fanOut, port, valid.principal);
  const leave = (): boolean => removeSubscriber(fanOut, subscriber);
  // Text comes as one Buffer; anything else is no message of this protocol.
  socket.on('message', (data, isBinary) => {
    // While it is being closed, a client can still send.
    if (!fanOut.subscribers.has(subscriber)) return;
    const text = !isBinary && Buffer.isBuffer(data) ? data.toString('utf8') : '';
    receive(fanOut, subscriber, text, nowMs());
  });
  socket.on('close', leave);
  // ws closes the socket after an error by itself; without a listener the process would end.
  socket.on('error', leave);
  const end = (reason: string): void => {
    leave();
    socket.close(TOKEN_ENDED, reason);
  };
  const opened: Open = { valid, socket, isAlive: true, end };
  socket.on('pong', () => {
    opened.isAlive = true;
  });
  return opened;
};

const endWithTokens = (open: ReadonlySet<Open>): void => {
  for (const { valid, end } of open) {
    const ended = valid.ended();
    if (ended !== null) end(`token ${ended}`);
  }
};

const tooManySockets = problem('too_many_requests', 'too many open sockets');

export const acceptLiveSockets = (server: Server, options: UpgradeOptions): LiveSockets => {
  const limits = options.limits ?? SOCKET_LIMITS;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.messageBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(WEBSOCKET_PROTOCOL) ? WEBSOCKET_PROTOCOL : false),
  });
  const open = new Set<Open>();
  const openByToken = new Map<string, number>();
  const count = (id: string, by: 1 | -1): void => {
    const opened = (openByToken.get(id) ?? 0) + by;
    if (opened === 0) openByToken.delete(id);
    else openByToken.set(id, opened);
  };
  const take = (webSocket: WebSocket, valid: Valid): void => {
    const { id } = valid.principal;
    const opened = connect(webSocket, valid, options);
    open.add(opened);
    count(id, 1);
    webSocket.on('close', () => {
      open.delete(opened);
      count(id, -1);
    });
  };
  let admitting = 0;
  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    if (open.size + admitting >= limits.sockets) {
      endWithProblem(socket, tooManySockets);
      return;
    }
    admitting += 1;
    const admission = await admit(request, options);
    admitting -= 1;
    if ('title' in admission) endWithProblem(socket, admission);
    else if ((openByToken.get(admission.principal.id) ?? 0) >= limits.socketsPerToken)
      endWithProblem(socket, tooManySockets);
    else sockets.handleUpgrade(request, socket, head, (webSocket) => take(webSocket, admission));
  };
  server.on('upgrade', (request, socket, head) => {
    // A client that resets the connection during the handshake is its own affair.
    socket.on('error', () => socket.destroy());
    void upgrade(request, socket, head);
  });
  const timers = [
    setInterval(() => endWithTokens(open), limits.checkTokensMs),
    setInterval(() => pingAll(open), limits.pingMs),
  ];
  return {
    close: async () => {
      for (const timer of timers) clearInterval(timer);
      for (const socket of sockets.clients) {
        socket.close(GOING_AWAY, 'the server is stopping');
        socket.terminate();
      }
      sockets.close();
    },
  };
};

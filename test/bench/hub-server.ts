/** A hub with its sockets on a free loopback port, as a serving process has them, for whoever asks. */
import { createServer } from 'node:http';
import { pino } from 'pino';
import type { EventLog } from '../../infra/log/event-log.ts';
import { type Hub, startHub } from '../../query-api/live/hub.ts';
import { acceptLiveSockets, SOCKET_LIMITS } from '../../query-api/live/upgrade.ts';

export const BENCH_TENANT = 'bench';

export const startBenchHub = (log: EventLog, tickMs?: number): Promise<Hub> =>
  startHub({
    log,
    nowMs: Date.now,
    timeZone: 'UTC',
    logger: pino({ level: 'silent' }),
    ...(tickMs === undefined ? {} : { tickMs }),
  });

/** A port of an HTTP server that listens on loopback. */
export const listenOnLoopback = (server: ReturnType<typeof createServer>): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });

/** Every socket is another token's. */
export const serveHub = (hub: Hub, server = createServer()): Promise<number> => {
  let tokens = 0;
  acceptLiveSockets(server, {
    authority: {
      mode: 'token',
      authenticate: async () => {
        tokens += 1;
        const principal = {
          id: `board-${tokens}`,
          tenant: BENCH_TENANT,
          role: 'wallboard',
          queues: '*',
        } as const;
        return { status: 'valid', principal, ended: () => null };
      },
    },
    fanOut: hub.fanOut,
    nowMs: Date.now,
    allowedOrigins: [],
    isTrustedProxy: () => false,
    audit: () => {},
    limits: SOCKET_LIMITS,
  });
  return listenOnLoopback(server);
};

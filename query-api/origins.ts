/** Where a browser's request comes from: a WebSocket ignores the same-origin rule, so the server has to keep it. */
import type { IncomingHttpHeaders } from 'node:http';
import { type Problem, problem } from './problems.ts';

const hostOf = (origin: string): string | null => (URL.canParse(origin) ? new URL(origin).host : null);

/** No `Origin` = no browser. Else it has to be this host or one of the allowed origins (`https://wall.example`). */
export const isOriginAllowed = (headers: IncomingHttpHeaders, allowed: readonly string[]): boolean => {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  return allowed.includes(origin) || (host !== undefined && hostOf(origin) === host.toLowerCase());
};

/** Why a page may not open a socket, whatever its token; null: it may. */
export const refuseOrigin = (headers: IncomingHttpHeaders, allowed: readonly string[]): Problem | null =>
  isOriginAllowed(headers, allowed)
    ? null
    : problem(
        'origin_refused',
        `origin ${headers.origin} is neither this host nor in the setting allowed_origins; add it there if its pages may`,
      );

/**
 * Whether a request names this machine. Without tokens that is all that keeps a foreign page out whose name was
 * made to resolve to 127.0.0.1 (DNS rebinding).
 */
export const isLoopbackHost = (host: string | undefined): boolean => {
  const name = (host ?? '').toLowerCase().replace(/:\d+$/, '');
  return name === 'localhost' || name === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name);
};

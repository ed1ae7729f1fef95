/** Where a request comes from: its peer, or, when that is a trusted proxy, whom the proxy names. */
import type { IncomingMessage } from 'node:http';
import type { IsTrustedProxy } from '../infra/access.ts';

/** Walks `X-Forwarded-For` from its end, for as long as who wrote an entry is trusted. */
export const clientAddress = (request: IncomingMessage, isTrusted: IsTrustedProxy): string => {
  const header = request.headers['x-forwarded-for'];
  const named = [header ?? '']
    .flat()
    .join(',')
    .split(',')
    .map((part) => part.trim());
  let address = request.socket.remoteAddress ?? '';
  while (isTrusted(address)) {
    const before = named.pop();
    if (before === undefined || before === '') return address;
    address = before;
  }
  return address;
};

import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { clientAddress } from '../../../query-api/client-address.ts';

const request = (peer: string, forwarded: string | undefined): IncomingMessage => {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: peer });
  const message = new IncomingMessage(socket);
  if (forwarded !== undefined) message.headers['x-forwarded-for'] = forwarded;
  return message;
};

test.each([
  ['198.51.100.1', undefined, '198.51.100.1'],
  // Anybody can send the header: only a proxy's word counts.
  ['198.51.100.1', '192.0.2.1', '198.51.100.1'],
  ['10.0.0.1', undefined, '10.0.0.1'],
  ['10.0.0.1', '', '10.0.0.1'],
  ['10.0.0.1', '192.0.2.1', '192.0.2.1'],
  // What stands before the first untrusted entry was written by that one.
  ['10.0.0.1', '203.0.113.9, 192.0.2.1', '192.0.2.1'],
  ['10.0.0.1', '192.0.2.1, 10.0.0.2', '192.0.2.1'],
  ['10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
])('from %s, forwarded for %j, is from %s', (peer, forwarded, address) => {
  expect(clientAddress(request(peer, forwarded), (name) => name.startsWith('10.'))).toBe(address);
});

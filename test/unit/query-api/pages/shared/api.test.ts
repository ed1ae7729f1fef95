/** How pages take answers that do not come whole, from a server that breaks off. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createApi } from '../../../../../query-api/pages/shared/api.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});
const serve = async (answer: RequestListener): Promise<string> => {
  const server = createServer(answer).listen(0, '127.0.0.1');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
};
const halfAnAnswer: RequestListener = (_, reply) => {
  reply.writeHead(200, { 'content-type': 'application/json' });
  reply.write('{"rows":[');
};

test('an answer given up halfway is none, and no exception', async () => {
  const stopping = new AbortController();
  const url = await serve((request, reply) => {
    halfAnAnswer(request, reply);
    setImmediate(() => stopping.abort());
  });
  const answer = await createApi(null).json(url, { signal: stopping.signal });
  expect(answer).toMatchObject({ status: 'unreachable' });
});

test('an answer that breaks off is none', async () => {
  const url = await serve((request, reply) => {
    halfAnAnswer(request, reply);
    setImmediate(() => reply.destroy());
  });
  expect(await createApi(null).json(url)).toMatchObject({ status: 'unreachable' });
});

test('a whole answer comes with the token it was asked for with', async () => {
  const url = await serve((request, reply) => {
    reply.end(JSON.stringify({ asked: request.headers.authorization }));
  });
  expect(await createApi('secret').json(url)).toEqual({ status: 'ok', value: { asked: 'Bearer secret' } });
});

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { openTokenSource } from '../../../../infra/log/kafka-oauth-token.ts';

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A token server whose answers are given; what it was asked is written down. */
const tokenServer = async (...answers: readonly (readonly [number, object])[]) => {
  const asked: string[] = [];
  const left = [...answers];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    asked.push(`${request.headers.authorization} ${Buffer.concat(chunks).toString()}`);
    const [status, body] = left.shift() ?? [500, {}];
    response.writeHead(status, { connection: 'close' }).end(JSON.stringify(body));
  };
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const client = { tokenUrl: `http://127.0.0.1:${port}/token`, clientId: 'busy:hour', clientSecret: 's' };
  return { asked, client };
};

test('a token is kept until a minute before it runs out', async () => {
  const { asked, client } = await tokenServer(
    [200, { access_token: 'one', expires_in: 300 }],
    [200, { access_token: 'two', expires_in: 300 }],
  );
  let nowMs = 0;
  const token = openTokenSource({ ...client, scope: 'kafka' }, () => nowMs);
  expect(await token()).toBe('one');
  nowMs = 239_999;
  expect(await token()).toBe('one');
  nowMs = 240_000;
  expect(await token()).toBe('two');
  const basic = Buffer.from('busy%3Ahour:s').toString('base64');
  expect(asked[0]).toBe(`Basic ${basic} grant_type=client_credentials&scope=kafka`);
});

test.each([
  ['refused', [401, { error: 'invalid_client' }]],
  ['answered without a token', [200, {}]],
] as const)('%s: denied', async (_, answer) => {
  const { client } = await tokenServer(answer);
  await expect(openTokenSource(client)()).rejects.toMatchObject({ code: 'LOG_DENIED' });
});

test('a token server that is not there is unreachable', async () => {
  const client = { tokenUrl: 'http://127.0.0.1:1/token', clientId: 'c', clientSecret: 's' };
  await expect(openTokenSource(client)()).rejects.toMatchObject({ code: 'LOG_UNREACHABLE' });
});

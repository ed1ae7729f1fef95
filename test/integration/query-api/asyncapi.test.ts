/** `/asyncapi.json` is valid AsyncAPI, and what a real socket says and takes is what it describes. */
import type { AddressInfo } from 'node:net';
import { Parser } from '@asyncapi/parser';
import Schema from 'typebox/schema';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, connectLive, noStore, publish, queueRecord, shows } from './live-client.ts';
import { startTestServer, type TestServer, token } from './test-server.ts';

interface Message {
  readonly payload: Readonly<Record<string, unknown>>;
  readonly examples: readonly { readonly payload: unknown }[];
}
interface Document {
  readonly servers: { readonly here: { readonly host: string; readonly protocol: string } };
  readonly components: { readonly messages: Readonly<Record<string, Message>> };
}

let server: TestServer;
let port: number;
let text: string;
let document: Document;
beforeAll(async () => {
  server = await startTestServer(noStore, {
    tokens: [token('wall', 'wallboard', { queues: ['sales'] })],
    live: { heartbeatMs: 20 },
  });
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  port = (server.app.server.address() as AddressInfo).port;
  const response = await fetch(`http://127.0.0.1:${port}/asyncapi.json`);
  text = await response.text();
  document = JSON.parse(text) as Document;
});
afterAll(() => server?.close());

const messages = (): [string, Message][] => Object.entries(document.components.messages);
/** The one schema that a message is of, by its `type`. */
const schemaOf = (type: string): Readonly<Record<string, unknown>> => {
  const found = document.components.messages[type];
  if (found === undefined) throw new Error(`no message ${type} is described`);
  return found.payload;
};

describe('the document', () => {
  test('is valid AsyncAPI 3, named after where it was asked for', async () => {
    const { document: parsed, diagnostics } = await new Parser().parse(text);
    expect(diagnostics.filter(({ severity }) => severity <= 1)).toEqual([]);
    expect(parsed?.version()).toBe('3.0.0');
    expect(document.servers.here).toMatchObject({ host: `127.0.0.1:${port}`, protocol: 'ws' });
  });

  test('has an example of each message, which is one', () => {
    for (const [name, { payload, examples }] of messages()) {
      expect(examples, name).toHaveLength(1);
      for (const example of examples) expect(Schema.Check(payload, example.payload), name).toBe(true);
    }
  });

  test('tells messages apart: an example of one is no other', () => {
    for (const [name, { examples }] of messages()) {
      const matching = messages().filter(([, { payload }]) => Schema.Check(payload, examples[0]?.payload));
      expect(matching.map(([other]) => other)).toEqual([name]);
    }
  });
});

describe('a real socket', () => {
  /** A socket that has received every kind of message. */
  const heardAll = async (): Promise<Client> => {
    const client = await connectLive(port, 'wall');
    client.say({ type: 'subscribe', queues: ['sales', 'secret'] });
    await client.until(({ type }) => type === 'error');
    await client.until(({ type }) => type === 'snapshot');
    await publish(server, [
      queueRecord('sales', {
        waiting: 2,
        oldest_waiting_since: Date.now() - 60_000,
        as_of: Date.now() - 31_000,
      }),
    ]);
    await client.until((message) => message.type === 'update' && shows('sales', 2)(message));
    await client.until(({ type }) => type === 'heartbeat');
    return client;
  };

  test('says nothing but what is described, of each kind', async () => {
    const client = await heardAll();
    for (const message of client.received) {
      expect(Schema.Check(schemaOf(message.type), message), JSON.stringify(message)).toBe(true);
    }
    const kinds = new Set(client.received.map(({ type }) => type));
    expect(kinds).toEqual(new Set(['error', 'snapshot', 'update', 'heartbeat']));
    client.socket.terminate();
  });

  test('takes every example of a client’s message, and what is none is answered as bad', async () => {
    const client = await connectLive(port, 'wall');
    for (const name of ['subscribe', 'unsubscribe']) {
      const [example] = document.components.messages[name]?.examples ?? [];
      client.say(example?.payload);
    }
    await client.until(({ type }) => type === 'snapshot');
    expect(client.received.filter(({ type }) => type === 'error')).toEqual([]);
    client.say({ type: 'subscribe', queues: 'sales' });
    expect(await client.until(({ type }) => type === 'error')).toMatchObject({ code: 'bad_message' });
    client.socket.terminate();
  });
});

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openConfluentRegistry } from '../../../../infra/schema-registry/confluent-registry.ts';
import { openEventCodec } from '../../../../schemas/codec.ts';
import { logOf, offered } from '../../../support/events.ts';
import { type FakeRegistry, startFakeRegistry } from '../../../support/fake-registry.ts';

const schemaOf = (...fields: readonly object[]): string =>
  JSON.stringify({ type: 'record', name: 'r', fields });
const A = { name: 'a', type: 'int' };
const B_WITH_DEFAULT = { name: 'b', type: 'int', default: 0 };
const B = { name: 'b', type: 'int' };

describe('a Confluent schema registry', () => {
  let server: FakeRegistry;

  beforeEach(async () => {
    server = await startFakeRegistry();
  });
  afterEach(() => server.close());

  test('gives the same schema the same id, however it is spaced, and finds it by the id', async () => {
    const registry = openConfluentRegistry({ url: server.url });
    const id = await registry.register('events/g1-value', schemaOf(A));
    const spaced = JSON.stringify(JSON.parse(schemaOf(A)), null, 2);
    expect(await registry.register('events/g1-value', spaced)).toBe(id);
    expect(await registry.schemaById(id)).toBe(schemaOf(A));
    expect(await registry.schemaById(id + 1)).toBeNull();
  });

  test('takes a version that may follow, refuses one that may not and says why', async () => {
    const registry = openConfluentRegistry({ url: server.url });
    const first = await registry.register('s', schemaOf(A));
    await expect(registry.register('s', schemaOf(A, B))).rejects.toMatchObject({
      name: 'IncompatibleSchemaError',
      subject: 's',
    });
    const second = await registry.register('s', schemaOf(A, B_WITH_DEFAULT));
    expect(second).not.toBe(first);
    expect(server.requests.filter((line) => line === 'POST /subjects/s/versions')).toHaveLength(2);
  });

  test('an older version known to the subject keeps its id after newer ones', async () => {
    const registry = openConfluentRegistry({ url: server.url });
    const first = await registry.register('s', schemaOf(A));
    await registry.register('s', schemaOf(A, B_WITH_DEFAULT));
    expect(await registry.register('s', schemaOf(A))).toBe(first);
  });

  test('serves the event codec: what one node wrote another reads', async () => {
    const writer = await openEventCodec(openConfluentRegistry({ url: server.url }));
    const reader = await openEventCodec(openConfluentRegistry({ url: server.url }));
    const [event] = logOf([['09:00:00', offered('c1', 'sales')]]);
    if (event === undefined) throw new Error('no event');
    expect(reader.decode(writer.encode(event))).toEqual(event);
  });

  test('asks again when it was busy or broken, and gives up with one line that says where', async () => {
    const registry = openConfluentRegistry({ url: server.url });
    server.breakNext(2, 503, 'busy');
    const id = await registry.register('s', schemaOf(A));
    expect(await registry.schemaById(id)).toBe(schemaOf(A));
    server.breakNext(10, 502, '<html>bad gateway</html>');
    const failure = registry.schemaById(id);
    await expect(failure).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
    await expect(failure).rejects.toThrow(/^[^\n]*GET \/schemas\/ids\/1 failed 4 times: HTTP 502[^\n]*$/);
  });

  test('what it refuses for good is not asked again', async () => {
    const registry = openConfluentRegistry({ url: server.url });
    server.breakNext(1, 422, '{"error_code":42201,"message":"Invalid schema"}');
    await expect(registry.register('s', schemaOf(A))).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
    expect(server.requests).toHaveLength(1);
  });

  test('an answer without an id is refused, not taken for one', async () => {
    const registry = openConfluentRegistry({ url: server.url });
    server.breakNext(1, 200, 'OK');
    await expect(registry.register('s', schemaOf(A))).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
  });

  test('one that does not answer is unreachable', async () => {
    const { url } = server;
    await server.close();
    const registry = openConfluentRegistry({ url });
    await expect(registry.schemaById(1)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
    server = await startFakeRegistry();
  });
});

test('credentials in the URL are sent as basic authentication, and their lack is named', async () => {
  const server = await startFakeRegistry('reader:secret');
  const registry = openConfluentRegistry({ url: server.url });
  const id = await registry.register('s', schemaOf(A));
  expect(await registry.schemaById(id)).toBe(schemaOf(A));
  const anonymous = openConfluentRegistry({ url: server.url.replace(/\/\/.*@/, '//') });
  await expect(anonymous.register('s', schemaOf(A))).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
  await server.close();
});

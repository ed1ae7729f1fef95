import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type EmbeddedRegistry,
  openEmbeddedRegistry,
} from '../../../../infra/schema-registry/embedded-registry.ts';

let dir: string;
let registry: EmbeddedRegistry;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'busyhour-registry-'));
  registry = openEmbeddedRegistry({ file: join(dir, 'log.sqlite') });
});
afterEach(async () => {
  await registry.close();
  rmSync(dir, { recursive: true });
});

const call = (...fields: object[]): string =>
  JSON.stringify({ type: 'record', name: 'Call', fields: [{ name: 'id', type: 'string' }, ...fields] });
const withDefault = { name: 'queue', type: 'string', default: '' };
const withoutDefault = { name: 'queue', type: 'string' };

test('ids begin at 1, and the same schema has the same id under every subject', async () => {
  expect(await registry.register('calls', call())).toBe(1);
  expect(await registry.register('calls', call(withDefault))).toBe(2);
  expect(await registry.register('calls', call())).toBe(1);
  expect(await registry.register('copies', call(withDefault))).toBe(2);
  expect(await registry.register('calls', JSON.stringify(JSON.parse(call()), null, 2))).toBe(1);
});

test('a schema is found by its id, an unknown id is null', async () => {
  const id = await registry.register('calls', call());
  expect(await registry.schemaById(id)).toBe(call());
  expect(await registry.schemaById(id + 1)).toBeNull();
});

test('a version that cannot read the one before is refused, says why, and takes no id', async () => {
  await registry.register('calls', call());
  await expect(registry.register('calls', call(withoutDefault))).rejects.toMatchObject({
    name: 'IncompatibleSchemaError',
    subject: 'calls',
    message: expect.stringContaining('queue'),
  });
  expect(await registry.register('calls', call(withDefault))).toBe(2);
  expect(await registry.register('others', call(withoutDefault))).toBe(3);
});

test('schemas outlive the process', async () => {
  const id = await registry.register('calls', call());
  await registry.close();
  registry = openEmbeddedRegistry({ file: join(dir, 'log.sqlite') });
  expect(await registry.schemaById(id)).toBe(call());
  expect(await registry.register('calls', call())).toBe(id);
});

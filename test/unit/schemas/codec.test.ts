import avro, { type Type } from 'avsc';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  CodecError,
  type CodecErrorCode,
  EVENTS_SUBJECT,
  type EventCodec,
  openEventCodec,
} from '../../../schemas/codec.ts';
import { composeEventSchema } from '../../../schemas/event-schema.ts';
import { type CanonicalEvent, EVENT_TYPES } from '../../../schemas/events.ts';
import type { SchemaRegistry } from '../../../schemas/schema-registry.ts';

const SCHEMA_ID = 0x01020304;
const OLDER_ID = 7;
/** Below it avsc does not write exactly (codec.ts). */
const LEAST_LONG = -(2 ** 52);

const registryWith = (schemas: ReadonlyMap<number, string>): SchemaRegistry & { subjects: string[] } => {
  const subjects: string[] = [];
  return {
    subjects,
    register: async (subject) => {
      subjects.push(subject);
      return SCHEMA_ID;
    },
    schemaById: async (id) => schemas.get(id) ?? null,
  };
};

const answered: CanonicalEvent = {
  tenant: 'acme',
  source: 'pbx',
  seq: '42',
  event_time: 1_767_225_600_000,
  recorded_at: 1_767_225_600_123,
  body: {
    type: 'contact_answered',
    contact_id: 'c1',
    queue: 'sales',
    agent: 'SIP/100',
    wait_ms: 12_000,
    ring_ms: null,
  },
};
const annotated = (text: string): CanonicalEvent => ({
  ...answered,
  body: { type: 'annotated', kind: 'note', contact_id: '', queue: '', agent: '', text },
});

const codeOf = (work: () => unknown): CodecErrorCode | 'none' => {
  try {
    work();
    return 'none';
  } catch (error) {
    if (error instanceof CodecError) return error.code;
    throw error;
  }
};

/** Anything the given part of the schema allows. */
const anyOf = (schema: unknown, named = new Map<string, fc.Arbitrary<unknown>>()): fc.Arbitrary<unknown> => {
  if (Array.isArray(schema)) return fc.oneof(...schema.map((branch) => anyOf(branch, named)));
  if (typeof schema === 'object' && schema !== null) {
    const node = schema as {
      type: unknown;
      name: string;
      symbols?: string[];
      items?: unknown;
      fields?: { name: string; type: unknown }[];
    };
    const { fields, symbols } = node;
    if (fields) {
      const entries = fields.map(({ name, type }) => [name, anyOf(type, named)] as const);
      return fc.record(Object.fromEntries(entries), { noNullPrototype: true });
    }
    if (node.type === 'array') return fc.array(anyOf(node.items, named), { maxLength: 3 });
    if (!symbols) return anyOf(node.type, named);
    named.set(node.name, fc.constantFrom(...symbols));
    return fc.constantFrom(...symbols);
  }
  const simple: Record<string, fc.Arbitrary<unknown>> = {
    null: fc.constant(null),
    boolean: fc.boolean(),
    string: fc.string({ unit: 'grapheme' }),
    double: fc.double({ noNaN: true }),
    long: fc.oneof(fc.nat(100_000), fc.integer({ min: LEAST_LONG, max: 9_007_199_254_740_990 })),
  };
  return simple[String(schema)] ?? named.get(String(schema)) ?? fc.constant(undefined);
};
const anyEvent = anyOf(composeEventSchema()) as fc.Arbitrary<CanonicalEvent>;

let codec: EventCodec;
beforeEach(async () => {
  codec = await openEventCodec(registryWith(new Map()));
});

describe('round trip', () => {
  test('every event comes back as it was', () => {
    const seen = new Set<string>();
    const check = fc.property(anyEvent, (event) => {
      seen.add(event.body.type);
      expect(codec.decode(codec.encode(event))).toEqual(event);
    });
    fc.assert(check, { numRuns: 1_500 });
    expect([...seen].toSorted()).toEqual(EVENT_TYPES.toSorted());
  });

  test('also out of an array that is part of a larger one', () => {
    const encoded = codec.encode(answered);
    const larger = new Uint8Array(encoded.length + 20).fill(255);
    larger.set(encoded, 10);
    expect(codec.decode(larger.subarray(10, 10 + encoded.length))).toEqual(answered);
  });

  test('an event larger than the buffers at the start', () => {
    const event = annotated('x'.repeat(300_000));
    expect(codec.decode(codec.encode(event))).toEqual(event);
    expect(codec.decode(codec.encode(answered))).toEqual(answered);
  });

  test('what was encoded is not overwritten by the next', () => {
    const first = codec.encode(answered);
    const copy = Uint8Array.from(first);
    codec.encode(annotated('something else'));
    expect(Uint8Array.from(first)).toEqual(copy);
  });
});

describe('wire format', () => {
  test('a zero byte, the schema id big-endian, then the payload as any Avro reader reads it', () => {
    const bytes = Buffer.from(codec.encode(answered));
    expect([...bytes.subarray(0, 5)]).toEqual([0, 1, 2, 3, 4]);
    const plain = avro.Type.forSchema(JSON.parse(JSON.stringify(composeEventSchema())));
    const { body, ...envelope } = answered;
    const expected = { ...envelope, body: { 'busyhour.events.ContactAnswered': body } };
    expect(plain.fromBuffer(bytes.subarray(5))).toEqual(expected);
  });

  test('the schema is registered under the topic’s value subject', async () => {
    const registry = registryWith(new Map());
    await openEventCodec(registry);
    expect(registry.subjects).toEqual(['acd.events.g1-value']);
    expect(EVENTS_SUBJECT).toBe('acd.events.g1-value');
  });
});

describe('what cannot be read', () => {
  test('no magic byte', () => {
    const bytes = Uint8Array.from(codec.encode(answered));
    bytes[0] = 1;
    expect(codeOf(() => codec.decode(bytes))).toBe('BAD_MAGIC');
    expect(codeOf(() => codec.decode(new Uint8Array(0)))).toBe('BAD_MAGIC');
    expect(codeOf(() => codec.decode(Uint8Array.of(0, 1, 2, 3)))).toBe('BAD_MAGIC');
  });

  test('a payload cut short anywhere, even after a longer event', () => {
    const bytes = codec.encode(answered);
    codec.decode(codec.encode(annotated('a longer event before')));
    for (let length = 5; length < bytes.length; length += 1) {
      codec.decode(bytes);
      expect([length, codeOf(() => codec.decode(bytes.slice(0, length)))]).toEqual([length, 'BAD_PAYLOAD']);
    }
  });

  test('bytes after the payload', () => {
    const bytes = codec.encode(answered);
    expect(codeOf(() => codec.decode(Buffer.concat([bytes, Buffer.alloc(1)])))).toBe('BAD_PAYLOAD');
  });

  test('any bytes at all give an event or a CodecError', () => {
    const head = Buffer.from([0, 1, 2, 3, 4]);
    const check = fc.property(fc.uint8Array({ maxLength: 80 }), (payload) => {
      expect(['none', 'BAD_PAYLOAD']).toContain(codeOf(() => codec.decode(Buffer.concat([head, payload]))));
    });
    fc.assert(check, { numRuns: 2_000 });
  });
});

describe('other writers’ schemas', () => {
  const writtenWith = (type: Type, event: unknown, id: number): Uint8Array => {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(id, 1);
    return Buffer.concat([head, type.toBuffer(event)]);
  };
  const wrapped = ({ body, ...envelope }: CanonicalEvent, name: string, more = {}) => ({
    ...envelope,
    body: { [`busyhour.events.${name}`]: { ...body, ...more } },
  });
  const current = JSON.stringify(composeEventSchema());

  test('an older one is learnt from the registry and read as today’s', async () => {
    const wait = '{"name":"wait_ms","type":["null","long"]}';
    const older = current.replace(
      `${wait},{"name":"ring_ms"`,
      `{"name":"line","type":"string"},${wait},{"name":"ring_ms"`,
    );
    expect(older).not.toBe(current);
    const bytes = writtenWith(
      avro.Type.forSchema(JSON.parse(older)),
      wrapped(answered, 'ContactAnswered', { line: 'given up since' }),
      OLDER_ID,
    );
    const reader = await openEventCodec(registryWith(new Map([[OLDER_ID, older]])));

    expect(() => reader.decode(bytes)).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_SCHEMA', schemaId: OLDER_ID }),
    );
    await reader.learn(OLDER_ID);
    expect(reader.decode(bytes)).toEqual(answered);
    expect(codeOf(() => reader.decode(bytes.slice(0, -1)))).toBe('BAD_PAYLOAD');
  });

  test('one that the registry does not know stays unknown', async () => {
    await expect(codec.learn(OLDER_ID)).rejects.toMatchObject({ code: 'UNKNOWN_SCHEMA', schemaId: OLDER_ID });
  });

  test('one that cannot be read as today’s is refused', async () => {
    const other = current.replaceAll('"name":"seq"', '"name":"number"');
    const reader = await openEventCodec(registryWith(new Map([[OLDER_ID, other]])));
    await expect(reader.learn(OLDER_ID)).rejects.toMatchObject({
      code: 'INCOMPATIBLE_SCHEMA',
      schemaId: OLDER_ID,
    });
  });
});

describe('what cannot be written', () => {
  const body = answered.body;
  test.each<readonly [field: string, event: object]>([
    ['tenant', { ...answered, tenant: 1 }],
    ['event_time', { ...answered, event_time: '2026-01-01' }],
    ['event_time', { ...answered, event_time: 1.5 }],
    ['recorded_at', { ...answered, recorded_at: Number.NaN }],
    ['body.type', { ...answered, body: { ...body, type: 'contact_lost' } }],
    ['body.type', { ...answered, body: null }],
    ['body.type', { ...answered, body: undefined }],
    ['body.wait_ms', { ...answered, body: { ...body, wait_ms: '12' } }],
    [
      'body.wait_ms',
      { ...answered, body: { type: 'contact_answered', contact_id: '', queue: '', agent: '', ring_ms: 1 } },
    ],
    [
      'body.outcome',
      {
        ...answered,
        body: { type: 'contact_exited', contact_id: '', queue: '', outcome: 'bored', wait_ms: 1 },
      },
    ],
    ['body.paused', { ...answered, body: { type: 'agent_joined_queue', agent: '', queue: '', paused: 1 } }],
  ])('%s', (field, event) => {
    const encode = (): Uint8Array => codec.encode(event as CanonicalEvent);
    expect(codeOf(encode)).toBe('BAD_EVENT');
    expect(encode).toThrow(field);
    expect(codec.decode(codec.encode(answered))).toEqual(answered);
  });
});

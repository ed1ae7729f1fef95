/**
 * Canonical events as bytes: Avro in the Confluent wire format, which is a zero byte, the writer schema's id as
 * four bytes big-endian, and the payload. Whatever older schema wrote an event, it is read as today's.
 */
import avro, { type Type } from 'avsc';
import { composeEventSchema } from './event-schema.ts';
import { type CanonicalEvent, EVENT_TYPES, type EventBody } from './events.ts';
import { repeatedText, withRepeatedTexts } from './repeated-text.ts';
import type { SchemaRegistry } from './schema-registry.ts';
import { EVENTS } from './topics.ts';

const MAGIC = 0;
const HEADER_BYTES = 5;
const FIRST_SCRATCH_BYTES = 64 * 1024;

/** Confluent's TopicNameStrategy. */
export const EVENTS_SUBJECT = `${EVENTS.name}-value`;

export type CodecErrorCode =
  | 'BAD_MAGIC'
  | 'UNKNOWN_SCHEMA'
  | 'INCOMPATIBLE_SCHEMA'
  | 'BAD_PAYLOAD'
  | 'BAD_EVENT';

export class CodecError extends Error {
  readonly code: CodecErrorCode;
  /** The writer's schema, where the bytes named one. */
  readonly schemaId: number | null;

  constructor(code: CodecErrorCode, message: string, schemaId: number | null = null, cause?: unknown) {
    super(message, { cause });
    this.name = 'CodecError';
    this.code = code;
    this.schemaId = schemaId;
  }
}

export interface EventCodec {
  /**
   * Throws CodecError BAD_EVENT, naming the field, for what the schema does not allow. Integers must be at least
   * -2^52: avsc's zigzag works in doubles and does not write smaller ones exactly (lib/utils.js, writeLong).
   */
  encode(event: CanonicalEvent): Uint8Array;
  /** Throws CodecError; after UNKNOWN_SCHEMA the caller may `learn` its `schemaId` and try again. */
  decode(bytes: Uint8Array): CanonicalEvent;
  /** Fetches a writer's schema from the registry. Throws UNKNOWN_SCHEMA or INCOMPATIBLE_SCHEMA. */
  learn(schemaId: number): Promise<void>;
}

/** A branch of the body's union as avsc holds it: it will not tell records apart without such a wrapper. */
interface Branch {
  unwrap(): EventBody;
}
interface WireEvent extends Omit<CanonicalEvent, 'body'> {
  body: Branch;
}
type WrapBody = (body: EventBody) => Branch;
type Resolver = ReturnType<Type['createResolver']>;

/** Fields whose texts come again and again; a contact's does in all its events. */
const REPEATED = new Set(['tenant', 'source', 'contact_id', 'queue', 'agent', 'language', 'site', 'tier']);

const typeOf = (schemaJson: string): Type =>
  avro.Type.forSchema(withRepeatedTexts(JSON.parse(schemaJson), REPEATED, repeatedText()) as avro.Schema, {
    omitRecordMethods: true,
  });

const bodyWrappers = (type: Type): ReadonlyMap<string, WrapBody> => {
  const { fields } = type as Type & { fields: readonly { name: string; type: Type }[] };
  const body = fields.find((field) => field.name === 'body')?.type as Type & { types: readonly Type[] };
  return new Map(
    body.types.map((branch, index) => [EVENT_TYPES[index] ?? '', (value: EventBody) => branch.wrap(value)]),
  );
};

const badEvent = (type: Type, wire: WireEvent, cause: unknown): CodecError => {
  let field = '';
  const errorHook = (path: readonly string[]): void => {
    field ||= path.filter((part) => !part.includes('.')).join('.');
  };
  type.isValid(wire, { errorHook });
  return new CodecError(
    'BAD_EVENT',
    `event not writable: ${field || 'it'} does not fit the schema`,
    null,
    cause,
  );
};

const schemaIdOf = (bytes: Uint8Array): number => {
  if (bytes.length < HEADER_BYTES || bytes[0] !== MAGIC) {
    throw new CodecError(
      'BAD_MAGIC',
      'event not readable: it does not begin as the Confluent wire format does',
    );
  }
  return (((bytes[1] ?? 0) << 24) | ((bytes[2] ?? 0) << 16) | ((bytes[3] ?? 0) << 8) | (bytes[4] ?? 0)) >>> 0;
};

const badPayload = (schemaId: number, cause?: unknown): CodecError =>
  new CodecError(
    'BAD_PAYLOAD',
    `event not readable: its bytes are not what schema ${schemaId} says`,
    schemaId,
    cause,
  );

const openEncoder = (type: Type, schemaId: number): EventCodec['encode'] => {
  const wrappers = bodyWrappers(type);
  let scratch = Buffer.alloc(FIRST_SCRATCH_BYTES);
  scratch.writeUInt32BE(schemaId, 1);

  const write = (wire: WireEvent): number => {
    try {
      return type.encode(wire, scratch, HEADER_BYTES);
    } catch (error) {
      throw badEvent(type, wire, error);
    }
  };

  return (event) => {
    const wrap = wrappers.get(event.body?.type);
    if (wrap === undefined) {
      throw new CodecError(
        'BAD_EVENT',
        `event not writable: body.type ${event.body?.type} is not an event type`,
      );
    }
    const wire = { ...event, body: wrap(event.body) };
    let end = write(wire);
    // avsc answers a buffer that is too small with the missing bytes as a negative number.
    if (end < 0) {
      scratch = Buffer.concat([scratch], scratch.length * 2 - end);
      end = write(wire);
    }
    return Buffer.from(scratch.subarray(0, end));
  };
};

const openPayloadDecoder = (type: Type) => {
  // avsc reads Buffers only. Copying an event into this one costs less than making a Buffer over it.
  let scratch = Buffer.alloc(FIRST_SCRATCH_BYTES);

  return (bytes: Uint8Array, schemaId: number, resolver: Resolver | undefined): CanonicalEvent => {
    if (bytes.length > scratch.length) scratch = Buffer.alloc(bytes.length * 2);
    scratch.set(bytes);
    let decoded: { value: WireEvent | undefined; offset: number };
    try {
      decoded = type.decode(scratch, HEADER_BYTES, resolver);
    } catch (error) {
      throw badPayload(schemaId, error);
    }
    const { value, offset } = decoded;
    // Reading only moves forward, so ending at the last byte also means that no byte of an earlier event was read.
    if (value === undefined || offset !== bytes.length) throw badPayload(schemaId);
    return {
      tenant: value.tenant,
      source: value.source,
      seq: value.seq,
      event_time: value.event_time,
      recorded_at: value.recorded_at,
      body: value.body.unwrap(),
    };
  };
};

/** Registers today's schema and returns the codec that writes it. */
export const openEventCodec = async (registry: SchemaRegistry): Promise<EventCodec> => {
  const schemaJson = JSON.stringify(composeEventSchema());
  const ownType = typeOf(schemaJson);
  const ownId = await registry.register(EVENTS_SUBJECT, schemaJson);
  const resolvers = new Map<number, Resolver>();
  const decodePayload = openPayloadDecoder(ownType);

  return {
    encode: openEncoder(ownType, ownId),
    decode(bytes) {
      const id = schemaIdOf(bytes);
      const resolver = resolvers.get(id);
      if (id !== ownId && resolver === undefined) {
        throw new CodecError('UNKNOWN_SCHEMA', `event not readable: schema ${id} is not known here`, id);
      }
      return decodePayload(bytes, id, resolver);
    },
    async learn(schemaId) {
      if (schemaId === ownId || resolvers.has(schemaId)) return;
      const writer = await registry.schemaById(schemaId);
      if (writer === null) {
        throw new CodecError('UNKNOWN_SCHEMA', `the registry has no schema ${schemaId}`, schemaId);
      }
      try {
        resolvers.set(schemaId, ownType.createResolver(typeOf(writer)));
      } catch (error) {
        const message = `schema ${schemaId} cannot be read as this version's: update Busyhour here first`;
        throw new CodecError('INCOMPATIBLE_SCHEMA', message, schemaId, error);
      }
    },
  };
};

/** Reads the records of a batch as events, and tells apart those that are none. */
import type { StoredRecord } from '../../infra/log/event-log.ts';
import { CodecError, type EventCodec } from '../../schemas/codec.ts';
import type { CanonicalEvent } from '../../schemas/events.ts';

export interface Decoded {
  readonly events: { readonly event: CanonicalEvent; readonly offset: number }[];
  readonly poisoned: StoredRecord[];
}

/** Throws only what is wrong with the registry itself. */
export const decodeRecords = async (
  codec: EventCodec,
  records: readonly StoredRecord[],
): Promise<Decoded> => {
  const decoded: Decoded = { events: [], poisoned: [] };
  for (const record of records) {
    const found = decodeOne(codec, record.value);
    // No await on the hot path: only a schema not met before makes a promise.
    const event = found instanceof Promise ? await found : found;
    if (event === null) decoded.poisoned.push(record);
    else decoded.events.push({ event, offset: record.offset });
  }
  return decoded;
};

/** The event, or null for bytes that are none. A schema met for the first time is learnt from the registry. */
const decodeOne = (
  codec: EventCodec,
  bytes: Uint8Array,
): CanonicalEvent | null | Promise<CanonicalEvent | null> => {
  try {
    return codec.decode(bytes);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    if (error.code !== 'UNKNOWN_SCHEMA' || error.schemaId === null) return null;
    return codec.learn(error.schemaId).then(
      () => decodeOne(codec, bytes),
      (cause: unknown) => {
        if (cause instanceof CodecError) return null;
        throw cause;
      },
    );
  }
};

/**
 * Names come again and again: tenant, source, queue, agent, and a contact in all its events. Reading one out of the texts read
 * before saves making it, and a text made once is hashed once by every table that is asked for it.
 */
import avro, { type Type } from 'avsc';

/** A power of two. Texts that fall on the same place push each other out, so memory is bounded. */
const PLACES = 16_384;
/** Bytes; longer texts are not kept. */
const LONGEST_KEPT = 48;
const HASH_FACTOR = 31;

/** What avsc reads from (lib/utils.js): `pos` beyond the buffer's end tells that the bytes were too few. */
interface Tap {
  readonly buf: Buffer;
  pos: number;
  readLong(): number;
}

const hashOf = (bytes: Uint8Array, from: number, to: number): number => {
  let hash = to - from;
  for (let at = from; at < to; at++) hash = (Math.imul(hash, HASH_FACTOR) + (bytes[at] ?? 0)) | 0;
  return hash & (PLACES - 1);
};
/** The Avro type `string`, whose values are read as ones read before where they can be. */
export const repeatedText = (): Type => {
  const texts = Array.from({ length: PLACES }, () => '');
  const lengths = new Uint8Array(PLACES);
  const bytes = new Uint8Array(PLACES * LONGEST_KEPT);

  const isKept = (place: number, buffer: Uint8Array, from: number, length: number): boolean => {
    if (lengths[place] !== length) return false;
    const start = place * LONGEST_KEPT;
    for (let i = 0; i < length; i++) if (bytes[start + i] !== buffer[from + i]) return false;
    return true;
  };
  const keep = (place: number, buffer: Uint8Array, from: number, length: number, text: string): void => {
    texts[place] = text;
    lengths[place] = length;
    const start = place * LONGEST_KEPT;
    for (let i = 0; i < length; i++) bytes[start + i] = buffer[from + i] ?? 0;
  };
  // avsc reads through its types' methods, and freezes a type as it is made.
  class RepeatedText extends avro.types.StringType {
    _read(tap: Tap): string | undefined {
      const length = tap.readLong();
      const { buf, pos } = tap;
      tap.pos = length < 0 ? buf.length + 1 : pos + length;
      if (tap.pos > buf.length) return undefined;
      if (length > LONGEST_KEPT) return buf.toString('utf8', pos, tap.pos);
      const place = hashOf(buf, pos, tap.pos);
      if (isKept(place, buf, pos, length)) return texts[place];
      const text = buf.toString('utf8', pos, tap.pos);
      keep(place, buf, pos, length, text);
      return text;
    }
  }
  return new RepeatedText();
};

/** A schema whose fields of these names, where they are strings, are repeated texts. */
export const withRepeatedTexts = (schema: unknown, names: ReadonlySet<string>, text: Type): unknown => {
  if (Array.isArray(schema)) return schema.map((part: unknown) => withRepeatedTexts(part, names, text));
  if (typeof schema !== 'object' || schema === null) return schema;
  const { name, type } = schema as { name?: unknown; type?: unknown };
  if (type === 'string' && typeof name === 'string' && names.has(name)) return { ...schema, type: text };
  return Object.fromEntries(
    Object.entries(schema).map(([key, part]) => [key, withRepeatedTexts(part, names, text)]),
  );
};

/**
 * The canonical events' Avro schema, composed of one file a record. Documentation is left out, so that
 * rewording it does not make a new version.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { schema as avro } from 'avsc';
import { EVENT_TYPES } from './events.ts';

export const EVENTS_DIR = join(import.meta.dirname, 'events');

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type AvroRecord = avro.RecordType & { readonly name: string };

const withoutDoc = (key: string, value: Json): Json | undefined => (key === 'doc' ? undefined : value);

/** Reads one record's file; `name` is the record's in kebab case. */
export const readRecord = (name: string): AvroRecord =>
  JSON.parse(readFileSync(join(EVENTS_DIR, `${name}.avsc`), 'utf8'), withoutDoc);

export const fileOfEventType = (type: string): string => type.replaceAll('_', '-');

/**
 * The whole schema: the envelope with each branch of its body written out, in EVENT_TYPES order (the order is
 * the wire's, and a record may refer by name to an enum of an earlier one).
 */
export const composeEventSchema = (): AvroRecord => {
  const envelope = readRecord('canonical-event');
  const branches = EVENT_TYPES.map((type) => readRecord(fileOfEventType(type)));
  return {
    ...envelope,
    fields: envelope.fields.map((field) => (field.name === 'body' ? { ...field, type: branches } : field)),
  };
};

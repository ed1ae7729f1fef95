/**
 * The schemas this version ships, as a registry: a schema's id is its number among the released ones. Needs no server
 * and no file of its own, so every process of a distributed set-up agrees on the ids.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import avro from 'avsc';
import { EVENTS_DIR } from '../../schemas/event-schema.ts';
import type { SchemaRegistry } from '../../schemas/schema-registry.ts';

const RELEASED_DIR = join(EVENTS_DIR, 'released');
const RELEASED_FILE = /^(\d{4})\.json$/;

/** Of Avro's canonical form: texts for people do not count. */
const fingerprint = (schemaJson: string): string =>
  avro.Type.forSchema(JSON.parse(schemaJson)).fingerprint().toString('hex');

export const openReleasedRegistry = (dir = RELEASED_DIR): SchemaRegistry => {
  const byId = new Map<number, string>();
  for (const name of readdirSync(dir)) {
    const number = RELEASED_FILE.exec(name)?.[1];
    if (number !== undefined) byId.set(Number(number), readFileSync(join(dir, name), 'utf8'));
  }
  return {
    /** Throws for a schema that has not been released: that is a change of this version's files. */
    register: async (subject, schemaJson) => {
      const wanted = fingerprint(schemaJson);
      for (const [id, released] of byId) if (fingerprint(released) === wanted) return id;
      throw new Error(`the schema of ${subject} is none of the released ones in ${dir}`);
    },
    schemaById: async (id) => byId.get(id) ?? null,
  };
};

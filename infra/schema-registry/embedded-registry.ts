/** The embedded schema registry: the schemas next to the records they wrote, in the log's own file. */

import { incompatibilities } from '../../schemas/compatibility.ts';
import type { SchemaRegistry } from '../../schemas/schema-registry.ts';
import { openSqliteFile, type SqliteFileOptions } from '../log/sqlite-file.ts';

const TABLES = `
  CREATE TABLE IF NOT EXISTS registry_schemas (id INTEGER PRIMARY KEY, schema TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE IF NOT EXISTS registry_versions (
    subject TEXT NOT NULL, version INTEGER NOT NULL, schema_id INTEGER NOT NULL REFERENCES registry_schemas,
    PRIMARY KEY (subject, version), UNIQUE (subject, schema_id)) STRICT, WITHOUT ROWID;
`;

/** The schema may not follow the subject's newest one. */
export class IncompatibleSchemaError extends Error {
  readonly subject: string;
  readonly reasons: readonly string[];

  constructor(subject: string, reasons: readonly string[]) {
    super(`schema of ${subject} may not follow the version before: ${reasons.join('; ')}`);
    this.name = 'IncompatibleSchemaError';
    this.subject = subject;
    this.reasons = reasons;
  }
}

export interface EmbeddedRegistry extends SchemaRegistry {
  close(): Promise<void>;
}

/** Opens the registry in the log's file, making either where missing. Throws LogError. */
export const openEmbeddedRegistry = (options: SqliteFileOptions): EmbeddedRegistry => {
  const { db, read, write, close } = openSqliteFile(options, TABLES);
  const byId = db.prepare('SELECT schema FROM registry_schemas WHERE id = ?');
  const bySchema = db.prepare('SELECT id FROM registry_schemas WHERE schema = ?');
  const addSchema = db.prepare('INSERT OR IGNORE INTO registry_schemas (schema) VALUES (?)');
  const versions = db.prepare(
    'SELECT version, schema_id, schema FROM registry_versions JOIN registry_schemas ON id = schema_id WHERE subject = ? ORDER BY version DESC',
  );
  const addVersion = db.prepare(
    'INSERT INTO registry_versions (subject, version, schema_id) VALUES (?, ?, ?)',
  );

  const register = (subject: string, schema: string): number => {
    const earlier = versions.all(subject);
    const same = earlier.find((row) => row.schema === schema);
    if (same) return Number(same.schema_id);
    const newest = earlier[0];
    const reasons = newest ? incompatibilities(String(newest.schema), schema) : [];
    if (reasons.length > 0) throw new IncompatibleSchemaError(subject, reasons);
    addSchema.run(schema);
    const id = Number(bySchema.get(schema)?.id);
    addVersion.run(subject, Number(newest?.version ?? 0) + 1, id);
    return id;
  };

  return {
    // Written again so that white space makes no new version.
    register: async (subject, schemaJson) =>
      write(() => register(subject, JSON.stringify(JSON.parse(schemaJson)))),
    schemaById: async (id) => {
      const schema = read(() => byId.get(id))?.schema;
      return typeof schema === 'string' ? schema : null;
    },
    close: async () => close(),
  };
};

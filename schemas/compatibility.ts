/**
 * Whether a new version of a schema may follow an older one: it must read whatever the older one wrote
 * (BACKWARD), and may only append to unions and enums, whose members are written as their index.
 */
import avro, { type Type } from 'avsc';

type Members = ReadonlyMap<string, readonly string[]>;

interface SchemaNode {
  readonly type: unknown;
  readonly name?: string;
  readonly fields?: readonly { readonly name: string; readonly type: unknown }[];
  readonly symbols?: readonly string[];
  readonly items?: unknown;
  readonly values?: unknown;
}

const isNode = (schema: unknown): schema is SchemaNode => typeof schema === 'object' && schema !== null;

const nameOf = (schema: unknown): string =>
  isNode(schema) ? (schema.name ?? String(schema.type)) : String(schema);

/** The members in order of every union and enum, by where they are. */
const membersOf = (schema: unknown, path: string, found = new Map<string, readonly string[]>()): Members => {
  if (Array.isArray(schema)) {
    found.set(path, schema.map(nameOf));
    for (const branch of schema) membersOf(branch, path, found);
  } else if (isNode(schema)) {
    const name = schema.name ?? path;
    if (schema.symbols) found.set(name, schema.symbols);
    for (const field of schema.fields ?? []) membersOf(field.type, `${name}.${field.name}`, found);
    for (const part of [schema.items, schema.values]) membersOf(part, path, found);
    if (typeof schema.type === 'object') membersOf(schema.type, path, found);
  }
  return found;
};

const unreadable = (older: Type, newer: Type): readonly string[] => {
  try {
    newer.createResolver(older);
    return [];
  } catch (error) {
    return [`cannot read the older version: ${error instanceof Error ? error.message : String(error)}`];
  }
};

/** Why `newer` may not follow `older` (both Avro schemas as JSON), one line each; none = it may. */
export const incompatibilities = (olderJson: string, newerJson: string): readonly string[] => {
  const older = avro.Type.forSchema(JSON.parse(olderJson));
  const newer = avro.Type.forSchema(JSON.parse(newerJson));
  const now = membersOf(newer.schema(), '');
  const moved = [...membersOf(older.schema(), '')].flatMap(([path, before]) => {
    const after = now.get(path) ?? before;
    return before.every((member, index) => after[index] === member)
      ? []
      : [`${path}: may only be appended to, was ${before.join(', ')}, is ${after.join(', ')}`];
  });
  return [...unreadable(older, newer), ...moved];
};

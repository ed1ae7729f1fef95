/**
 * Says whether a value is the body of a canonical event, and if not, which field is wrong. The rules are the Avro schema's
 * own, so that an event type added there is checked here; beside them, what every event has to name is named.
 */
import { composeEventSchema } from '../../../schemas/event-schema.ts';
import { EVENT_TYPES, type EventBody } from '../../../schemas/events.ts';

/** A text longer than this is no name, reason or note of a contact centre. */
export const MAX_TEXT_LENGTH = 8_192;
/** Entries of a list in one event. */
export const MAX_LIST_LENGTH = 500;
/** Below it avsc does not write integers exactly (schemas/codec.ts). */
const LEAST_INTEGER = -(2 ** 52);
/** Texts that may be left out, which says that they are not known. An unknown number may always be left out. */
const OPTIONAL_TEXTS: ReadonlySet<string> = new Set(['language', 'site', 'tier', 'caller']);

export type CheckedBody =
  | { readonly status: 'body'; readonly body: EventBody }
  | { readonly status: 'fault'; readonly reason: string };
/** What is wrong with the value at `path`, or null. */
type Check = (value: unknown, path: string) => string | null;

interface Node {
  readonly type: unknown;
  readonly name?: string;
  readonly symbols?: readonly string[];
  readonly items?: unknown;
  readonly fields?: readonly { readonly name: string; readonly type: unknown }[];
}
type Named = Map<string, Check>;
export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const checkText: Check = (value, path) => {
  if (typeof value !== 'string') return `${path} must be a text`;
  return value.length <= MAX_TEXT_LENGTH ? null : `${path} has more than ${MAX_TEXT_LENGTH} characters`;
};
const checkInteger: Check = (value, path) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= LEAST_INTEGER
    ? null
    : `${path} must be a whole number`;

const SIMPLE: Readonly<Record<string, Check>> = {
  string: checkText,
  long: checkInteger,
  double: (value, path) =>
    typeof value === 'number' && Number.isFinite(value) ? null : `${path} must be a number`,
  boolean: (value, path) => (typeof value === 'boolean' ? null : `${path} must be true or false`),
  null: (value, path) => (value === null ? null : `${path} must be null`),
};

/** The check of any part of the schema; `named` keeps records and enums that later parts refer to by name. */
const checkOf = (schema: unknown, named: Named): Check => {
  if (typeof schema === 'string') {
    const known = SIMPLE[schema] ?? named.get(schema);
    if (known === undefined) throw new Error(`the event schema has a type ${schema} that nobody checks`);
    return known;
  }
  if (Array.isArray(schema)) return checkUnion(schema.map((branch) => checkOf(branch, named)));
  const node = schema as Node;
  const check = checkNode(node, named);
  if (node.name !== undefined) named.set(node.name, check);
  return check;
};

const checkNode = (node: Node, named: Named): Check => {
  if (node.symbols !== undefined) return checkEnum(node.symbols);
  if (node.fields !== undefined) return checkRecord(node.fields, named);
  if (node.type === 'array') return checkList(checkOf(node.items, named));
  return checkOf(node.type, named);
};

/** The last branch's fault is told: `null` stands first in every union of the schema. */
const checkUnion =
  (branches: readonly Check[]): Check =>
  (value, path) =>
    branches.map((check) => check(value, path)).reduce((left, right) => (left === null ? null : right), '');

const checkEnum =
  (symbols: readonly string[]): Check =>
  (value, path) =>
    symbols.some((symbol) => symbol === value) ? null : `${path} is none of ${symbols.join(', ')}`;

const checkList =
  (item: Check): Check =>
  (value, path) => {
    if (!Array.isArray(value)) return `${path} must be a list`;
    if (value.length > MAX_LIST_LENGTH) return `${path} has more than ${MAX_LIST_LENGTH} entries`;
    for (const [i, entry] of value.entries()) {
      const fault = item(entry, `${path}[${i}]`);
      if (fault !== null) return fault;
    }
    return null;
  };

/** Named only where it is a word: reasons repeat nothing that might be a number. */
export const strangeField = (path: string, name: string): string =>
  /^[A-Za-z_]{1,40}$/.test(name)
    ? `${path === '' ? '' : `${path}.`}${name} is`
    : `${path === '' ? 'the line' : path} has a field that is`;

const checkRecord = (fields: Node['fields'], named: Named): Check => {
  const checks = new Map((fields ?? []).map(({ name, type }) => [name, checkOf(type, named)]));
  return (value, path) => {
    if (!isObject(value)) return `${path} must be an object`;
    const strange = Object.keys(value).find((name) => !checks.has(name));
    if (strange !== undefined)
      return `${strangeField(path, strange)} none of ${[...checks.keys()].join(', ')}`;
    for (const [name, check] of checks) {
      if (!(name in value)) return `${path}.${name} is missing`;
      const fault = check(value[name], `${path}.${name}`);
      if (fault !== null) return fault;
    }
    return null;
  };
};

interface BodyType {
  readonly check: Check;
  /** What stands for a field that was left out. */
  readonly unknowns: JsonObject;
}
const isNullable = (type: unknown): boolean => Array.isArray(type) && type.includes('null');

const bodyTypes = (): ReadonlyMap<string, BodyType> => {
  const named: Named = new Map();
  const body = composeEventSchema().fields.find(({ name }) => name === 'body');
  const branches = body?.type as unknown as readonly Node[];
  return new Map(
    branches.map((branch, i) => {
      const unknowns = (branch.fields ?? []).flatMap(({ name, type }): [string, unknown][] => {
        if (isNullable(type)) return [[name, null]];
        return OPTIONAL_TEXTS.has(name) ? [[name, '']] : [];
      });
      const check = checkOf(branch, named);
      return [EVENT_TYPES[i] ?? '', { check, unknowns: Object.fromEntries(unknowns) }];
    }),
  );
};

/** A contact's event has to name the contact, an agent's the agent: without, nothing can be made of it. */
const lackingName = (body: JsonObject): string | null => {
  const type = String(body.type);
  if (type === 'annotated') return null;
  const names = type.startsWith('agent_') ? ['agent', 'contact_id'] : ['contact_id'];
  const lacking = names.find((name) => body[name] === '');
  return lacking === undefined ? null : `body.${lacking} must not be empty`;
};

/** Makes the check. Reasons name the field and never repeat a value: it might be a caller's number. */
export const createBodyCheck = (): ((body: unknown) => CheckedBody) => {
  const types = bodyTypes();
  const fault = (reason: string): CheckedBody => ({ status: 'fault', reason });
  return (given) => {
    if (!isObject(given)) return fault('body must be an object, or its JSON as a text');
    const type = types.get(String(given.type));
    if (type === undefined) return fault(`body.type is none of ${[...types.keys()].join(', ')}`);
    const body = { ...type.unknowns, ...given };
    const reason = type.check(body, 'body') ?? lackingName(body);
    return reason === null ? { status: 'body', body: body as unknown as EventBody } : fault(reason);
  };
};

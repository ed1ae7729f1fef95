/**
 * Completes the OpenAPI document that @fastify/swagger makes of the routes' schemas: who may call each operation, what it
 * answers when it fails, and examples of requests with their replies.
 */
import { ROLES, type Role } from '../auth.ts';
import { splitNames } from '../name-lists.ts';
import { PROBLEM_TYPE, PROBLEMS, type ProblemCode, problem } from '../problems.ts';
import { type Example, type RecordedReply, replyTo } from './examples.ts';
import { OPERATIONS, type Operation } from './operations.ts';

interface Media {
  schema?: unknown;
  example?: unknown;
  examples?: Record<string, object>;
}
interface Response {
  description: string;
  headers?: Record<string, object>;
  content?: Record<string, Media>;
}
interface Parameter {
  readonly name: string;
  readonly in: string;
  schema: { type?: string; examples?: unknown };
  example?: unknown;
  examples?: unknown;
}
interface DocumentedOperation {
  operationId?: string;
  tags?: string[];
  description?: string;
  security?: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, Response>;
}
/** What of the document is read or changed here. */
export interface ApiDocument {
  readonly paths: Record<string, Record<string, DocumentedOperation>>;
}

const errors = {
  type: 'array',
  description: 'Each faulty field of the request.',
  items: {
    type: 'object',
    required: ['path', 'message'],
    properties: {
      path: { type: 'string', description: 'Its name, as the client wrote it.' },
      message: { type: 'string' },
    },
  },
};
/** RFC 9457, as problems.ts writes it. */
export const PROBLEM_SCHEMA = {
  type: 'object',
  required: ['type', 'title', 'status'],
  properties: {
    type: { type: 'string', description: 'Says what kind it is: /docs#code.' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What, where, and what to do.' },
    errors,
    request_id: { type: 'string', description: 'Finds a fault of Busyhour’s own in its log.' },
  },
  additionalProperties: false,
} as const;
const PROBLEM_REF = { $ref: '#/components/schemas/Problem' };

const roleOf = (hooks: unknown): Role | null => {
  const roles = [hooks]
    .flat()
    .map((hook) => (typeof hook === 'function' && 'role' in hook ? hook.role : null));
  return ROLES.find((role) => roles.includes(role)) ?? null;
};

/** The role that a route's hooks ask for, as OpenAPI 3.1 has it: roles of a scheme are listed with it. */
export const securityOf = (onRequest: unknown): Record<string, string[]>[] => {
  const role = roleOf(onRequest);
  return role === null ? [] : [{ token: [role] }];
};

/** The socket's handshake asks for what its route does not: the route only says that it is a socket. */
const HANDSHAKE = { path: '/v1/live', security: [{ token: ['wallboard' satisfies Role] }] };

const problemsOf = (documented: DocumentedOperation, { problems = [] }: Operation): ProblemCode[] => {
  const { security = [], parameters = [], requestBody } = documented;
  const codes: ProblemCode[] = [...problems];
  if (parameters.length > 0 || requestBody !== undefined) codes.push('bad_request');
  if (requestBody !== undefined) codes.push('too_large', 'unsupported_media_type');
  if (security.length > 0) codes.push('unauthorized', 'forbidden', 'too_many_requests');
  return codes;
};

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds until it is worth asking again.', schema: { type: 'integer' } },
};
/** Of problems that have their status in common. */
const problemResponse = (code: ProblemCode, ...others: readonly ProblemCode[]): Response => {
  const { status } = PROBLEMS[code];
  return {
    description: [code, ...others].map((each) => `${PROBLEMS[each].title}.`).join(' '),
    ...(status === 429 || status === 503 ? { headers: RETRY_AFTER } : {}),
    content: { [PROBLEM_TYPE]: { schema: PROBLEM_REF, example: problem(code) } },
  };
};

const addProblems = (documented: DocumentedOperation, operation: Operation): void => {
  const byStatus = Map.groupBy(problemsOf(documented, operation), (code) => PROBLEMS[code].status);
  for (const [status, [code, ...others]] of byStatus) {
    if (code !== undefined) documented.responses[status] ??= problemResponse(code, ...others);
  }
  documented.responses.default = {
    ...problemResponse('internal'),
    description: 'Any other fault, such as one of Busyhour’s own.',
  };
};

/** Replies that are text have a schema; of bytes OpenAPI says nothing but their type. */
const kindOf = (type: string): Media => (/json|text/.test(type) ? { schema: { type: 'string' } } : {});

const describeReply = (documented: DocumentedOperation, { id, reply, body, kinds = [] }: Operation): void => {
  if (id === 'live') {
    documented.responses = { 101: { description: reply } };
    return;
  }
  const [status = '200', success] = Object.entries(documented.responses)[0] ?? [];
  const own = body === undefined ? success?.content : { [body[0]]: { schema: body[1] } };
  const others = Object.fromEntries(kinds.map((kind) => [kind, kindOf(kind)]));
  documented.responses[status] = { description: reply, content: { ...own, ...others } };
};

const mediaOf = (response: Response | undefined, type: string): Media | undefined =>
  response?.content?.[type];

const addExample = (media: Media, name: string, example: object): void => {
  delete media.example;
  media.examples = { ...media.examples, [name]: example };
};

const showReply = (
  documented: DocumentedOperation,
  method: string,
  example: Example,
  { status, type, value }: RecordedReply,
): void => {
  const response = documented.responses[status] ?? documented.responses.default;
  const media = mediaOf(response, type);
  if (media === undefined) return;
  const { name, summary, url } = example;
  const line = `${method.toUpperCase()} ${url}`;
  addExample(media, name, { summary, description: `\`${line}\``, value, 'x-request': line });
};

/** A parameter's value, as its schema has it. */
const parameterValue = ({ schema }: Parameter, texts: readonly string[]): unknown => {
  const [text = ''] = texts;
  if (schema.type === 'array') return splitNames(texts);
  if (schema.type === 'number' || schema.type === 'integer') return Number(text);
  return schema.type === 'boolean' ? text === 'true' : text;
};

/** What the path of an example has in place of the parameters. */
const pathValues = (pattern: string, pathname: string): ReadonlyMap<string, string> => {
  const parts = pathname.split('/');
  const names = pattern.split('/').map((part) => /^\{(\w+)\}$/.exec(part)?.[1]);
  return new Map(
    names.flatMap((name, i) => (name === undefined ? [] : [[name, decodeURIComponent(parts[i] ?? '')]])),
  );
};

/** Tools fill in a parameter's `example`: only those of the first request are, so that together they make sense. */
const showParameters = (
  documented: DocumentedOperation,
  path: string,
  example: Example | undefined,
): void => {
  const { pathname, searchParams } = new URL(example?.url ?? '/', 'http://localhost');
  const inPath = pathValues(path, pathname);
  for (const parameter of documented.parameters ?? []) {
    if (parameter.example !== undefined) parameter.schema.examples = [parameter.example];
    delete parameter.example;
    delete parameter.examples;
    const given = inPath.get(parameter.name);
    const texts = given === undefined ? searchParams.getAll(parameter.name) : [given];
    if (texts.length > 0) parameter.example = parameterValue(parameter, texts);
  }
};

const complete = (
  documented: DocumentedOperation,
  operation: Operation,
  method: string,
  path: string,
): void => {
  documented.operationId = operation.id;
  documented.tags = [operation.tag];
  if (path === HANDSHAKE.path) documented.security = HANDSHAKE.security;
  const [role] = documented.security?.[0]?.token ?? [];
  const who = role === undefined ? 'No token is needed.' : `Needs the role \`${role}\` or one above it.`;
  documented.description = [documented.description, who].filter((text) => text !== undefined).join('\n\n');
  describeReply(documented, operation);
  addProblems(documented, operation);
  showParameters(documented, path, operation.examples[0]);
  for (const example of operation.examples) {
    const { name, summary, body } = example;
    const media = body === undefined ? undefined : documented.requestBody?.content[body.type];
    if (media !== undefined) addExample(media, name, { summary, value: body?.value });
    const recorded = replyTo(operation.id, name);
    if (recorded !== null) showReply(documented, method, example, recorded);
  }
};

/** Changes the document in place; what operations.ts does not know stays as it is, which a test tells of. */
export const completeDocument = <Document extends ApiDocument>(document: Document): Document => {
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, documented] of Object.entries(methods)) {
      const operation = OPERATIONS.get(`${method.toUpperCase()} ${path}`);
      if (operation !== undefined) complete(documented, operation, method, path);
    }
  }
  return document;
};

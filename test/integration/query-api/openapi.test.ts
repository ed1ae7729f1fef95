/** `/openapi.json` told true: its structure, its routes, and every example sent to a real server over a real queue_log. */
import { execFile } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROLES } from '../../../query-api/auth.ts';
import { EXAMPLES, type RecordedReply, replyTo } from '../../../query-api/openapi/examples.ts';
import { OPERATIONS } from '../../../query-api/openapi/operations.ts';
import { PROBLEM_TYPE } from '../../../query-api/problems.ts';
import {
  type ApiDocument,
  type NamedOperation,
  operationsOf,
  schemaCompiler,
} from '../../support/api-document.ts';
import { OPENAPI_STRUCTURE } from '../../support/openapi-structure.ts';
import { type DocumentedApi, startDocumentedApi } from './documented-api.ts';

const ROOT = join(import.meta.dirname, '../../..');
const REPLIES = join(ROOT, 'query-api/openapi/replies.json');
/** Pages and documents: they are read, not called. */
const NOT_CALLED = /^\/(intervals|sql|icon\.svg|assets\/.*|docs(\/.*)?|(openapi|asyncapi)\.json)?$/;
/** Differ from run to run. */
const VARYING: ReadonlySet<string> = new Set(['elapsed', 'rows_read', 'bytes_read', 'seq']);
const SHOWN = { entries: 2, lines: 4 } as const;

let api: DocumentedApi;
let document: ApiDocument;
let operations: readonly NamedOperation[];
let compile: ReturnType<typeof schemaCompiler>;
const routes: string[] = [];

beforeAll(async () => {
  const watch = (message: unknown): void => {
    const { fastify } = message as { fastify: FastifyInstance };
    fastify.addHook('onRoute', ({ method, url }: RouteOptions) => {
      for (const one of [method].flat()) {
        if (one !== 'HEAD' && one !== 'OPTIONS') routes.push(`${one} ${url.replace(/:(\w+)/g, '{$1}')}`);
      }
    });
  };
  subscribe('fastify.initialization', watch);
  api = await startDocumentedApi();
  unsubscribe('fastify.initialization', watch);
  document = (await (await fetch(`${api.url}/openapi.json`)).json()) as ApiDocument;
  operations = operationsOf(document);
  compile = schemaCompiler(document);
});
afterAll(() => api?.close());

const nameOf = ({ method, path }: NamedOperation): string => `${method} ${path}`;
const mediaType = (response: Response): string =>
  (response.headers.get('content-type') ?? '').split(';')[0] ?? '';

/** Faults of a reply, or of an example of one, by the schema of its status and type. */
const faultsOf = (operation: NamedOperation, { status, type, value }: RecordedReply): string[] => {
  const { responses } = operation;
  const media = responses[status]?.content?.[type];
  const where = `${nameOf(operation)} ${status} ${type}`;
  if (media === undefined) return [`${where}: not documented`];
  if (media.schema === undefined) return [];
  const valid = compile(media.schema);
  if (valid(value)) return [];
  return (valid.errors ?? []).map(
    ({ instancePath, message, params }) => `${where}${instancePath} ${message} ${JSON.stringify(params)}`,
  );
};

const ask = async (
  method: string,
  url: string,
  secret: string | null,
  body?: { readonly type: string; readonly value: unknown },
): Promise<RecordedReply> => {
  const response = await fetch(api.url + url, {
    method,
    headers: {
      ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
      ...(body === undefined ? {} : { 'content-type': body.type }),
    },
    ...(body === undefined
      ? {}
      : { body: typeof body.value === 'string' ? body.value : JSON.stringify(body.value) }),
  });
  const type = mediaType(response);
  const text = await response.text();
  const value: unknown = /[/+]json$/.test(type) ? JSON.parse(text) : text;
  return { status: response.status, type, value };
};

/** As much of a reply as the document shows. */
const shorten = (value: unknown): unknown => {
  if (typeof value === 'string') return value.split('\n').slice(0, SHOWN.lines).join('\n');
  if (Array.isArray(value)) return value.slice(0, SHOWN.entries).map(shorten);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, shorten(of)]));
};
const steady = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, of) => (VARYING.has(key) ? 0 : of)));

interface SentExample {
  readonly operation: NamedOperation;
  readonly key: string;
  readonly reply: RecordedReply;
}
const sendExamples = async (): Promise<SentExample[]> => {
  const sent: SentExample[] = [];
  for (const operation of operations) {
    for (const { name, url, body } of EXAMPLES[operation.operationId] ?? []) {
      const reply = await ask(operation.method, url, 'admin', body);
      sent.push({ operation, key: `${operation.operationId}.${name}`, reply });
    }
  }
  return sent;
};

describe('the document', () => {
  test('is OpenAPI 3.1', () => {
    const valid = new Ajv2020({ allErrors: true, strict: false }).compile(OPENAPI_STRUCTURE);
    valid(document);
    expect(valid.errors ?? []).toEqual([]);
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const tags = document.tags.map(({ name }) => name);
    expect(new Set(operations.flatMap((operation) => operation.tags))).toEqual(new Set(tags));
    for (const operation of operations) {
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => `{${name}}`)).toEqual(operation.path.match(/\{\w+\}/g) ?? []);
    }
  });

  test('has schemas that are JSON Schema of 2020-12, and examples of parameters that fit them', () => {
    for (const operation of operations) {
      const { parameters = [], requestBody, responses } = operation;
      const contents = [requestBody?.content, ...Object.values(responses).map(({ content }) => content)];
      for (const { schema } of contents.flatMap((content) => Object.values(content ?? {}))) {
        if (schema !== undefined) compile(schema);
      }
      for (const { name, schema, example } of parameters) {
        const valid = compile(schema);
        if (example !== undefined) expect(valid(example), `${nameOf(operation)} ${name}`).toBe(true);
      }
    }
  });

  test('has every route of the app, and no other', () => {
    const called = routes.filter((route) => !NOT_CALLED.test(route.replace(/^\w+ /, '')));
    expect([...new Set(called)].sort()).toEqual(operations.map(nameOf).sort());
    expect([...OPERATIONS.keys()].sort()).toEqual(operations.map(nameOf).sort());
    expect(Object.keys(EXAMPLES).sort()).toEqual(operations.map(({ operationId }) => operationId).sort());
  });

  test('says what every status means, and which role it takes', () => {
    for (const operation of operations) {
      const name = nameOf(operation);
      const { responses, security } = operation;
      for (const [status, { description, content }] of Object.entries(responses)) {
        expect(description, `${name} ${status}`).not.toBe('Default Response');
        const isFault = status === 'default' || Number(status) >= 400;
        if (isFault && operation.path !== '/readyz') {
          expect(Object.keys(content ?? {}), `${name} ${status}`).toEqual([PROBLEM_TYPE]);
        }
      }
      const [role] = security[0]?.token ?? [];
      if (role !== undefined) expect(ROLES, name).toContain(role);
      const refused = ['401', '403', '429'].filter((status) => status in responses);
      expect(refused, name).toEqual(role === undefined ? [] : ['401', '403', '429']);
    }
  });
});

describe('examples', () => {
  test('show the replies that a server gives, which are what the schemas say', async () => {
    const sent = await sendExamples();
    expect(sent.flatMap(({ operation, reply }) => faultsOf(operation, reply))).toEqual([]);
    const shown = sent.map(({ key, reply }) => [key, { ...reply, value: shorten(reply.value) }] as const);
    if (process.env.BUSYHOUR_RECORD_EXAMPLES !== undefined) {
      writeFileSync(REPLIES, `${JSON.stringify(Object.fromEntries(shown), null, 2)}\n`);
      return;
    }
    expect(steady(Object.fromEntries(shown))).toEqual(steady(JSON.parse(readFileSync(REPLIES, 'utf8'))));
  });

  test('are in the document: each request with its reply, the first of each one that succeeds', () => {
    for (const operation of operations) {
      const { operationId, responses, requestBody } = operation;
      const replies = Object.values(responses).flatMap(({ content }) => Object.values(content ?? {}));
      const shown = new Map(replies.flatMap(({ examples }) => Object.entries(examples ?? {})));
      const examples = EXAMPLES[operationId] ?? [];
      expect(examples.length, operationId).toBeGreaterThan(0);
      expect([...shown.keys()].sort(), operationId).toEqual(examples.map(({ name }) => name).sort());
      for (const { name, url, body } of examples) {
        const recorded = replyTo(operationId, name);
        expect(recorded, `${operationId}.${name}`).not.toBeNull();
        expect(shown.get(name)?.['x-request']).toBe(`${operation.method} ${url}`);
        if (recorded !== null) expect(faultsOf(operation, recorded)).toEqual([]);
        if (body === undefined) continue;
        const media = requestBody?.content[body.type];
        expect(media?.examples?.[name]?.value).toEqual(body.value);
        expect(compile(media?.schema ?? {})(body.value), `${operationId}.${name}`).toBe(true);
      }
      const first = replyTo(operationId, examples[0]?.name ?? '');
      expect(first?.status, operationId).toBe(
        operationId === 'live' ? 426 : Number(Object.keys(responses)[0]),
      );
    }
  });

  test('of parameters are those of the first request', () => {
    for (const operation of operations) {
      const { pathname, searchParams } = new URL(EXAMPLES[operation.operationId]?.[0]?.url ?? '', api.url);
      const parameters = operation.parameters ?? [];
      const path = parameters
        .filter((parameter) => parameter.in === 'path')
        .reduce(
          (so, { name, example }) => so.replace(`{${name}}`, encodeURIComponent(String(example))),
          operation.path,
        );
      expect(path).toBe(pathname);
      const inQuery = parameters.filter(
        (parameter) => parameter.in === 'query' && parameter.example !== undefined,
      );
      const given = Object.fromEntries(inQuery.map(({ name, example }) => [name, String(example)]));
      expect(given, nameOf(operation)).toEqual(Object.fromEntries(searchParams));
    }
  });
});

describe('refusals', () => {
  test('are as documented, without a token and below the role', async () => {
    for (const operation of operations) {
      const [example] = EXAMPLES[operation.operationId] ?? [];
      const role = ROLES.find((known) => known === operation.security[0]?.token?.[0]);
      // The socket's own route answers before anybody asks for a token.
      if (role === undefined || example === undefined || operation.operationId === 'live') continue;
      const { method } = operation;
      const anonymous = await ask(method, example.url, null, example.body);
      expect(anonymous.status, nameOf(operation)).toBe(401);
      expect(faultsOf(operation, anonymous)).toEqual([]);
      const least = await ask(method, example.url, 'wall', example.body);
      expect(least.status === 403, nameOf(operation)).toBe(role !== 'wallboard');
      expect(faultsOf(operation, least)).toEqual([]);
    }
  });
});

describe('docs/api.md', () => {
  const text = readFileSync(join(ROOT, 'docs/api.md'), 'utf8');
  /** What is indented further belongs to the line before. */
  const commands = [...text.matchAll(/^ {4}(curl .*(?:\n {6,}.*)*)/gm)].map(([, command = '']) => command);

  test('has examples with curl', () => expect(commands.length).toBeGreaterThan(5));

  test('has commands that work', async () => {
    for (const command of commands) {
      const line = `${command.replaceAll('http://127.0.0.1:8080', api.url)} --silent --show-error --write-out '\n%{http_code}'`;
      const env = { ...process.env, TOKEN: 'admin' };
      const { stdout } = await promisify(execFile)('sh', ['-c', line], { env });
      const status = stdout.trim().split('\n').at(-1);
      expect([status, command]).toEqual([
        command.includes('Atlantis') ? '400' : expect.stringMatching(/^20/),
        command,
      ]);
    }
  });
});

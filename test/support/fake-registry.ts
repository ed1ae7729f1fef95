/** A schema registry in this process that speaks the parts of Confluent's REST API that Busyhour uses, over real HTTP. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import avro from 'avsc';

export interface FakeRegistry {
  readonly url: string;
  /** `METHOD /path` of every request that came in. */
  readonly requests: readonly string[];
  /** Answers so many of the next requests with this status and text instead. */
  readonly breakNext: (count: number, status: number, body: string) => void;
  readonly close: () => Promise<void>;
}
interface Reply {
  readonly status: number;
  readonly body: object;
}

const fault = (status: number, error_code: number, message: string): Reply => ({
  status,
  body: { error_code, message },
});

const canRead = (newer: string, older: string): boolean => {
  try {
    avro.Type.forSchema(JSON.parse(newer)).createResolver(avro.Type.forSchema(JSON.parse(older)));
    return true;
  } catch {
    return false;
  }
};

/** The answers, over what has been registered. */
const openSubjects = () => {
  const schemas: string[] = [];
  const subjects = new Map<string, number[]>();

  const register = (subject: string, schema: string): Reply => {
    const versions = subjects.get(subject) ?? [];
    const newest = schemas[(versions.at(-1) ?? 0) - 1];
    if (newest !== undefined && !canRead(schema, newest)) return fault(409, 409, 'incompatible');
    const id = schemas.includes(schema) ? schemas.indexOf(schema) + 1 : schemas.push(schema);
    if (!versions.includes(id)) subjects.set(subject, [...versions, id]);
    return { status: 200, body: { id } };
  };
  const lookUp = (subject: string, schema: string): Reply => {
    const versions = subjects.get(subject);
    if (versions === undefined) return fault(404, 40401, 'Subject not found');
    const id = versions.find((each) => schemas[each - 1] === schema);
    return id === undefined
      ? fault(404, 40403, 'Schema not found')
      : { status: 200, body: { id, subject, schema } };
  };
  const latest = (subject: string): Reply => {
    const versions = subjects.get(subject);
    const id = versions?.at(-1);
    if (versions === undefined || id === undefined) return fault(404, 40401, 'Subject not found');
    return { status: 200, body: { subject, id, version: versions.length, schema: schemas[id - 1] } };
  };
  const compatible = (subject: string, schema: string): Reply => {
    const newest = schemas[(subjects.get(subject)?.at(-1) ?? 0) - 1];
    if (newest === undefined) return fault(404, 40402, 'Version not found');
    const is_compatible = canRead(schema, newest);
    return {
      status: 200,
      body: { is_compatible, messages: is_compatible ? [] : ['READER_FIELD_MISSING_DEFAULT_VALUE'] },
    };
  };
  const byId = (id: number): Reply => {
    const schema = schemas[id - 1];
    return schema === undefined ? fault(404, 40403, 'Schema not found') : { status: 200, body: { schema } };
  };

  return (request: string, schema: string): Reply => {
    const subject = decodeURIComponent(/\/subjects\/([^/?]+)/.exec(request)?.[1] ?? '');
    if (/^POST \/subjects\/[^/]+\/versions$/.test(request)) return register(subject, schema);
    if (/^POST \/subjects\/[^/]+$/.test(request)) return lookUp(subject, schema);
    if (/^GET \/subjects\/[^/]+\/versions\/latest$/.test(request)) return latest(subject);
    if (request.startsWith('POST /compatibility/')) return compatible(subject, schema);
    if (request.startsWith('GET /schemas/ids/')) return byId(Number(request.split('/').at(-1)));
    return fault(404, 404, 'HTTP 404 Not Found');
  };
};

const textOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
};

export const startFakeRegistry = async (credentials: string | null = null): Promise<FakeRegistry> => {
  const requests: string[] = [];
  const broken: { status: number; body: string }[] = [];
  const answer = openSubjects();
  const wanted = credentials === null ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const line = `${request.method} ${request.url}`;
    const text = await textOf(request);
    requests.push(line);
    const breakage = broken.shift();
    if (breakage !== undefined) return void response.writeHead(breakage.status).end(breakage.body);
    const { schema = '' } = text === '' ? {} : (JSON.parse(text) as { schema?: string });
    const { status, body } =
      request.headers.authorization === wanted ? answer(line, schema) : fault(401, 40101, 'Unauthorized');
    response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' });
    response.end(JSON.stringify(body));
  };

  const server = createServer((request, response) => void handle(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return {
    url: `http://${credentials === null ? '' : `${credentials}@`}127.0.0.1:${port}`,
    requests,
    breakNext: (count, status, body) => {
      broken.push(...Array.from({ length: count }, () => ({ status, body })));
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

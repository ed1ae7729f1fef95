/**
 * A schema registry that speaks Confluent's REST API (https://docs.confluent.io/platform/current/schema-registry/develop/api.html), for logs that
 * others read and write too. Compatibility is asked for before registering: the answer says why.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { incompatibilities } from '../../schemas/compatibility.ts';
import type { SchemaRegistry } from '../../schemas/schema-registry.ts';
import { IncompatibleSchemaError } from './embedded-registry.ts';

export const REGISTRY_ERROR_CODES = [
  /** It does not answer, or only with faults of its own. */
  'REGISTRY_UNREACHABLE',
  /** Credentials are missing or not enough. */
  'REGISTRY_DENIED',
  /** It refused the request, or answered with something else than the API says. */
  'REGISTRY_REFUSED',
] as const;
export type RegistryErrorCode = (typeof REGISTRY_ERROR_CODES)[number];

export class RegistryError extends Error {
  readonly code: RegistryErrorCode;

  constructor(code: RegistryErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'RegistryError';
    this.code = code;
  }
}

export interface ConfluentRegistryOptions {
  /** `http(s)://[user:password@]host[:port][/path]`. */
  readonly url: string;
  readonly requestLimitMs?: number;
}

const REQUEST_LIMIT_MS = 10_000;
const TRIES = 4;
const FIRST_PAUSE_MS = 200;
const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json';
/** The API's own codes. */
const UNKNOWN_SUBJECT = 40401;
const UNKNOWN_VERSION = 40402;
const UNKNOWN_SCHEMA = 40403;
const INCOMPATIBLE = 409;

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Rejects with RegistryError, or IncompatibleSchemaError for a version that may not follow the one before. */
export const openConfluentRegistry = (options: ConfluentRegistryOptions): SchemaRegistry => {
  const ask = requester(options);

  const newestOf = async (subject: string): Promise<string | null> => {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/latest`;
    const answer = await ask('GET', path, null, [UNKNOWN_SUBJECT, UNKNOWN_VERSION]);
    return typeof answer.body.schema === 'string' ? answer.body.schema : null;
  };
  const checkCompatible = async (subject: string, schema: string): Promise<void> => {
    const newest = await newestOf(subject);
    if (newest === null) return;
    // The registry's own level may be laxer than what reading old events takes.
    const own = incompatibilities(newest, schema);
    if (own.length > 0) throw new IncompatibleSchemaError(subject, own);
    const path = `/compatibility/subjects/${encodeURIComponent(subject)}/versions/latest?verbose=true`;
    const { body } = await ask('POST', path, { schema }, [UNKNOWN_SUBJECT, UNKNOWN_VERSION]);
    if (body.is_compatible === false) throw new IncompatibleSchemaError(subject, reasonsOf(body));
  };

  return {
    register: async (subject, schemaJson) => {
      const schema = JSON.stringify(JSON.parse(schemaJson));
      const path = `/subjects/${encodeURIComponent(subject)}`;
      const known = await ask('POST', path, { schema }, [UNKNOWN_SUBJECT, UNKNOWN_SCHEMA]);
      if (known.status === 200) return idOf(known, path);
      await checkCompatible(subject, schema);
      const registered = await ask('POST', `${path}/versions`, { schema }, [INCOMPATIBLE]);
      // Another process may have registered a version since it was checked.
      if (registered.status === INCOMPATIBLE)
        throw new IncompatibleSchemaError(subject, reasonsOf(registered.body));
      return idOf(registered, path);
    },
    schemaById: async (id) => {
      const answer = await ask('GET', `/schemas/ids/${id}`, null, [UNKNOWN_SCHEMA]);
      return typeof answer.body.schema === 'string' ? answer.body.schema : null;
    },
  };
};

const reasonsOf = ({ messages }: Answer['body']): readonly string[] =>
  Array.isArray(messages) && messages.length > 0
    ? messages.map(String)
    : ['the registry calls it incompatible'];

const idOf = ({ body }: Answer, path: string): number => {
  if (Number.isInteger(body.id)) return Number(body.id);
  throw new RegistryError('REGISTRY_REFUSED', `schema registry: POST ${path} was answered without an id`);
};

/** `accepted`: error codes that are answers too. */
type Ask = (
  method: 'GET' | 'POST',
  path: string,
  body: object | null,
  accepted?: readonly number[],
) => Promise<Answer>;

const requester = ({ url, requestLimitMs = REQUEST_LIMIT_MS }: ConfluentRegistryOptions): Ask => {
  const { origin, pathname, username, password } = new URL(url);
  const base = `${origin}${pathname.replace(/\/$/, '')}`;
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const headers = {
    accept: CONTENT_TYPE,
    'content-type': CONTENT_TYPE,
    ...(username ? { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` } : {}),
  };
  const once = async (method: string, path: string, body: object | null): Promise<Answer> => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers,
      body: body === null ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(requestLimitMs),
    });
    return { status: response.status, body: objectOf(await response.text()) };
  };

  return async (method, path, body, accepted = []) => {
    const what = `schema registry ${base}: ${method} ${path}`;
    let cause: unknown;
    for (let tried = 0; tried < TRIES; tried += 1) {
      // Every one of these requests may be repeated: registering the same schema again gives the same id.
      if (tried > 0) await sleep(FIRST_PAUSE_MS * 2 ** tried);
      try {
        const answer = await once(method, path, body);
        if (answer.status < 500 && answer.status !== 429) return settled(answer, accepted, what);
        cause = `HTTP ${answer.status}`;
      } catch (error) {
        if (error instanceof RegistryError) throw error;
        cause = error;
      }
    }
    throw new RegistryError(
      'REGISTRY_UNREACHABLE',
      `${what} failed ${TRIES} times: ${reasonOf(cause)}; check schema_registry_url and that it runs`,
      cause,
    );
  };
};

const settled = (answer: Answer, accepted: readonly number[], what: string): Answer => {
  const { status, body } = answer;
  if (status === 200 || accepted.includes(Number(body.error_code))) return answer;
  const code = status === 401 || status === 403 ? 'REGISTRY_DENIED' : 'REGISTRY_REFUSED';
  throw new RegistryError(
    code,
    `${what} was refused: HTTP ${status} ${typeof body.message === 'string' ? body.message : ''}`.trim(),
  );
};

const objectOf = (text: string): Answer['body'] => {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Answer['body']) : {};
  } catch {
    // A proxy's error page: its HTTP status says what there is to say.
    return {};
  }
};

/** `fetch` says only "fetch failed" and why in its cause. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
};

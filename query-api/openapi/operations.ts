/** What the routes' own schemas leave open, by operation: names, tags, what can go wrong, further kinds of reply, examples. */
import { EXPORT_FORMATS } from '../export/formats.ts';
import type { ProblemCode } from '../problems.ts';
import { SQL_FORMATS } from '../sql/formats.ts';
import { EXAMPLES, type Example } from './examples.ts';

export const TAGS = {
  figures: 'Figures of queues by interval, and what they mean',
  planning: 'Agents needed, and calls to expect',
  agents: 'Where agents are and what they did',
  contacts: 'Single contacts, step by step',
  live: 'What happens now; the socket is described in /asyncapi.json',
  sql: 'Ad-hoc SQL',
  events: 'Events from anywhere, into the log',
  access: 'Who asked for what',
  running: 'How Busyhour itself is doing',
} as const;
export type TagName = keyof typeof TAGS;

export interface Operation {
  readonly id: string;
  readonly tag: TagName;
  /** What the reply is, in a sentence. */
  readonly reply: string;
  /** Beside those that follow from the route's role and what it takes. */
  readonly problems?: readonly ProblemCode[];
  /** Its own kind of body, where the route's schema gives none: a type, and its JSON Schema. */
  readonly body?: readonly [type: string, schema: object];
  /** Content types of further kinds of reply. */
  readonly kinds?: readonly string[];
  readonly examples: readonly Example[];
}

const mediaType = (contentType: string): string => contentType.split(';')[0] ?? contentType;
const kindsOf = (formats: Readonly<Record<string, { readonly contentType: string }>>): readonly string[] => {
  const kinds = Object.values(formats).map(({ contentType }) => mediaType(contentType));
  return [...new Set(kinds)].filter((kind) => kind !== 'application/json');
};
const EXPORT_KINDS = kindsOf(EXPORT_FORMATS);

const SQL_REPLY = {
  type: 'object',
  required: ['meta', 'data', 'rows'],
  properties: {
    meta: {
      type: 'array',
      description: 'The columns.',
      items: {
        type: 'object',
        required: ['name', 'type'],
        properties: {
          name: { type: 'string' },
          type: { type: 'string', description: 'ClickHouse’s type.' },
        },
      },
    },
    data: {
      type: 'array',
      description: 'The rows: objects by column with JSON, lists in the order of meta with JSONCompact.',
      items: { anyOf: [{ type: 'object' }, { type: 'array' }] },
    },
    rows: { type: 'integer' },
    statistics: {
      type: 'object',
      description: 'What the query cost: seconds, rows and bytes read.',
      properties: {
        elapsed: { type: 'number' },
        rows_read: { type: 'integer' },
        bytes_read: { type: 'integer' },
      },
    },
  },
} as const;

type OperationName = `${'GET' | 'POST'} /${string}`;
type Described = Omit<Operation, 'examples'>;

const DESCRIBED: Readonly<Record<OperationName, Described>> = {
  'GET /v1/about': { id: 'about', tag: 'running', reply: 'Name, version, and where days begin.' },
  'GET /healthz': { id: 'alive', tag: 'running', reply: 'It is alive.' },
  'GET /readyz': { id: 'ready', tag: 'running', reply: 'It is ready.' },
  'GET /metrics': {
    id: 'metrics',
    tag: 'running',
    reply: 'Metrics in Prometheus’s text format; docs/operations.md names them.',
    body: ['text/plain', { type: 'string' }],
  },
  'GET /v1/queues': {
    id: 'queues',
    tag: 'figures',
    reply: 'The queues, in the order of their names.',
    problems: ['unavailable'],
  },
  'GET /v1/intervals': {
    id: 'intervals',
    tag: 'figures',
    reply: 'The figures and the definition they were computed by; other formats carry it in a header.',
    problems: ['unavailable'],
    kinds: EXPORT_KINDS,
  },
  'GET /v1/quality': {
    id: 'quality',
    tag: 'figures',
    reply: 'The figures and the definition they were computed by; other formats carry it in a header.',
    problems: ['unavailable'],
    kinds: EXPORT_KINDS,
  },
  'GET /v1/definitions': { id: 'definitions', tag: 'figures', reply: 'Every figure, formula and format.' },
  'GET /v1/staffing': { id: 'staffing', tag: 'planning', reply: 'The agents, and how they would do.' },
  'POST /v1/staffing': {
    id: 'staffingOfMany',
    tag: 'planning',
    reply: 'A row for each interval, in the order they came.',
  },
  'GET /v1/forecast': {
    id: 'forecast',
    tag: 'planning',
    reply: 'Rows to come, what each queue’s forecast rests on, and the queues that were skipped.',
    problems: ['too_little_history', 'unavailable'],
    kinds: EXPORT_KINDS,
  },
  'GET /v1/agents': {
    id: 'agentsNow',
    tag: 'agents',
    reply: 'The agents, in the order of their names.',
    kinds: EXPORT_KINDS,
  },
  'GET /v1/agents/{agent}/states': {
    id: 'agentStates',
    tag: 'agents',
    reply: 'The stretches, in the order they began.',
    problems: ['not_found', 'unavailable'],
    kinds: EXPORT_KINDS,
  },
  'GET /v1/agents/{agent}/intervals': {
    id: 'agentIntervals',
    tag: 'agents',
    reply: 'The figures and the definition they were computed by.',
    problems: ['not_found', 'unavailable'],
    kinds: EXPORT_KINDS,
  },
  'GET /v1/contacts': {
    id: 'contacts',
    tag: 'contacts',
    reply: 'A page of legs, and where the next one begins.',
    problems: ['unavailable'],
    kinds: EXPORT_KINDS,
  },
  'GET /v1/contacts/{id}': {
    id: 'contact',
    tag: 'contacts',
    reply: 'Its legs and its events.',
    problems: ['not_found', 'unavailable'],
  },
  'GET /v1/live/snapshot': { id: 'liveSnapshot', tag: 'live', reply: 'The queues this token may see.' },
  'GET /v1/live': {
    id: 'live',
    tag: 'live',
    reply: 'The socket is open.',
    problems: ['upgrade_required', 'origin_refused', 'unavailable'],
  },
  'GET /v1/alerts': {
    id: 'alerts',
    tag: 'live',
    reply: 'The alerts, newest first.',
    problems: ['unavailable'],
  },
  'POST /v1/sql': {
    id: 'sql',
    tag: 'sql',
    reply: 'The result, as ClickHouse writes it.',
    problems: ['limit_exceeded', 'unavailable'],
    body: ['application/json', SQL_REPLY],
    kinds: kindsOf(SQL_FORMATS),
  },
  'POST /v1/events': {
    id: 'takeEvents',
    tag: 'events',
    reply: 'What became of the events; those that were taken are safe in the log.',
    problems: ['unavailable'],
  },
  'GET /v1/audit': {
    id: 'audit',
    tag: 'access',
    reply: 'The entries, newest first.',
    problems: ['unavailable'],
  },
};

/** By method and path as the document has them, such as `GET /v1/contacts/{id}`. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  Object.entries(DESCRIBED).map(([name, described]) => [
    name,
    { ...described, examples: EXAMPLES[described.id] ?? [] },
  ]),
);

/**
 * The requests that the document shows. Their replies are in replies.json, as a real server gave them over the queue_log
 * of test/fixtures: test/integration/query-api/openapi.test.ts sends each request and compares, and writes the file anew
 * when BUSYHOUR_RECORD_EXAMPLES is set.
 */
import replies from './replies.json' with { type: 'json' };

export interface Example {
  readonly name: string;
  readonly summary: string;
  /** Path and query. */
  readonly url: string;
  readonly body?: { readonly type: 'application/json' | 'application/x-ndjson'; readonly value: unknown };
}
/** What the server answered; of lists the first entries, of text the first lines. */
export interface RecordedReply {
  readonly status: number;
  readonly type: string;
  readonly value: unknown;
}

const DAY = 'from=2026-11-24&to=2026-11-25';
const json = (value: unknown): Pick<Example, 'body'> => ({ body: { type: 'application/json', value } });

const event = (seq: string, body: Readonly<Record<string, string>>) => ({
  source: 'pbx1',
  seq,
  event_time: '2026-03-01T08:00:00Z',
  body,
});
const OFFERED = event('2026-03-01/000001', {
  type: 'contact_offered',
  contact_id: 'c1',
  queue: 'sales',
  channel: 'voice',
  direction: 'inbound',
  caller: '+27 82 555 0001',
});
const ANSWERED = event('2026-03-01/000002', {
  type: 'contact_answered',
  contact_id: 'c1',
  queue: 'sales',
  agent: 'Ann',
});
const LINES = [JSON.stringify(OFFERED), JSON.stringify(ANSWERED), '{"source":"pbx1"}'].join('\n');

const BY_QUEUE =
  'SELECT queue, sum(offered) AS offered FROM queue_intervals WHERE queue = {q:String} GROUP BY queue';

/** By the operation's id. Of each, the first is the one that tools offer to try. */
export const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  about: [{ name: 'here', summary: 'What is running here', url: '/v1/about' }],
  alive: [{ name: 'alive', summary: 'The process is alive', url: '/healthz' }],
  ready: [{ name: 'ready', summary: 'Store and live hub are there', url: '/readyz' }],
  metrics: [{ name: 'metrics', summary: 'The first lines', url: '/metrics' }],
  queues: [{ name: 'queues', summary: 'All queues', url: '/v1/queues' }],
  intervals: [
    {
      name: 'day',
      summary: 'One queue’s day',
      url: `/v1/intervals?${DAY}&interval=1d&tz=UTC&queue=sales&sl_threshold=20s`,
    },
    {
      name: 'wfm',
      summary: 'Half hours for a planner’s tool, as CSV',
      url: '/v1/intervals?from=2026-11-24T10:00:00Z&to=2026-11-24T11:00:00Z&interval=30m&layout=wfm',
    },
    {
      name: 'lines',
      summary: 'All queues together by a vendor’s definition, a JSON object a line',
      url: `/v1/intervals?${DAY}&interval=total&group_by=&profile=queuemetrics&format=ndjson`,
    },
    {
      name: 'no_such_zone',
      summary: 'A time zone there is not',
      url: `/v1/intervals?${DAY}&tz=Europe/Atlantis`,
    },
  ],
  quality: [
    {
      name: 'day',
      summary: 'Who had to come back, by queue',
      url: `/v1/quality?${DAY}&tz=UTC&fcr_window=7d`,
    },
  ],
  definitions: [{ name: 'all', summary: 'All of them', url: '/v1/definitions' }],
  staffing: [
    {
      name: 'half_hour',
      summary: '100 calls in half an hour, 90 % within 20 s',
      url: '/v1/staffing?calls=100&period=30m&aht=180s&sl_threshold=20s&sl_target=0.9&shrinkage=0.3',
    },
    {
      name: 'impatient',
      summary: 'Callers who give up after three minutes: Erlang A',
      url: '/v1/staffing?calls=100&patience=3m&abandonment_target=0.05',
    },
    { name: 'no_duration', summary: 'A duration that is none', url: '/v1/staffing?calls=100&aht=long' },
  ],
  staffingOfMany: [
    {
      name: 'two',
      summary: 'Two half hours',
      url: '/v1/staffing',
      ...json({
        aht: '180s',
        sl_target: 0.9,
        intervals: [
          { interval_start: '09:00', calls: 100 },
          { interval_start: '09:30', calls: 60, aht: '200s' },
        ],
      }),
    },
  ],
  forecast: [
    {
      name: 'tomorrow',
      summary: 'Tomorrow by the hour, and the agents it takes',
      url: '/v1/forecast?queue=orders&interval=1h&sl_target=0.8',
    },
    { name: 'too_new', summary: 'A queue that is too new', url: '/v1/forecast?queue=sales' },
  ],
  agentsNow: [{ name: 'of_a_queue', summary: 'The agents of a queue', url: '/v1/agents?queue=sales' }],
  agentStates: [
    { name: 'day', summary: 'One agent’s day', url: `/v1/agents/Agent%202/states?${DAY}&tz=UTC` },
    {
      name: 'nobody',
      summary: 'An agent there is not',
      url: `/v1/agents/Nobody/states?${DAY}`,
    },
  ],
  agentIntervals: [
    {
      name: 'day',
      summary: 'One agent’s day by the hour',
      url: '/v1/agents/Agent%202/intervals?from=2026-11-24T10:00:00Z&to=2026-11-24T11:00:00Z&interval=1h',
    },
  ],
  contacts: [
    {
      name: 'abandoned',
      summary: 'The last who gave up after 2 s or more',
      url: `/v1/contacts?${DAY}&queue=sales&outcome=abandoned&min_wait=2s&limit=1`,
    },
    { name: 'csv', summary: 'A day as CSV', url: `/v1/contacts?${DAY}&format=csv` },
    { name: 'no_such_outcome', summary: 'An outcome there is not', url: '/v1/contacts?outcome=lost' },
  ],
  contact: [
    { name: 'timeline', summary: 'From first to last', url: '/v1/contacts/1795514999.1' },
    { name: 'unknown', summary: 'A contact there is not', url: '/v1/contacts/none' },
  ],
  liveSnapshot: [{ name: 'now', summary: 'Every queue as it stands', url: '/v1/live/snapshot' }],
  live: [{ name: 'no_socket', summary: 'Asked for as a page', url: '/v1/live' }],
  alerts: [
    { name: 'raised', summary: 'Raised now', url: '/v1/alerts' },
    { name: 'history', summary: 'Those of a day', url: `/v1/alerts?${DAY}&status=cleared` },
  ],
  sql: [
    {
      name: 'by_queue',
      summary: 'Offered contacts of a queue',
      url: '/v1/sql',
      ...json({ query: BY_QUEUE, params: { q: 'sales' }, format: 'JSON' }),
    },
    {
      name: 'csv',
      summary: 'Outcomes, as CSV',
      url: '/v1/sql',
      ...json({
        query:
          'SELECT outcome, count() AS legs FROM contact_legs GROUP BY outcome ORDER BY legs DESC, outcome',
        format: 'CSV',
      }),
    },
    {
      name: 'writes',
      summary: 'Not only reading',
      url: '/v1/sql',
      ...json({ query: 'DROP TABLE contact_legs' }),
    },
    {
      name: 'no_such_format',
      summary: 'A format there is not',
      url: '/v1/sql',
      ...json({ query: 'SELECT 1', format: 'Excel' }),
    },
  ],
  takeEvents: [
    { name: 'one', summary: 'One event', url: '/v1/events', ...json(OFFERED) },
    {
      name: 'lines',
      summary: 'An event a line: one known, one new, one that is none',
      url: '/v1/events',
      body: { type: 'application/x-ndjson', value: LINES },
    },
  ],
  audit: [
    {
      name: 'queries',
      summary: 'Queries of one token',
      url: '/v1/audit?from=2026-11-24&to=2026-11-25&action=sql&principal=nightly-report',
    },
  ],
};

/** The reply to an example; null before it was recorded. */
export const replyTo = (operationId: string, example: string): RecordedReply | null => {
  const recorded: Readonly<Record<string, RecordedReply>> = replies;
  return recorded[`${operationId}.${example}`] ?? null;
};

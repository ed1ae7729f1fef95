/** `GET /v1/agents`: where agents are now; and of one agent, or all (`*`): stretches and figures by interval. All can be exported. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import { type Principal, principalOf, queuesInScope, requireRole } from '../auth.ts';
import {
  AGENT_INTERVALS_COLUMNS,
  AGENT_STATES_COLUMNS,
  AGENTS_NOW_COLUMNS,
} from '../export/agent-columns.ts';
import { describeDefinition, sendRows } from '../export/send-export.ts';
import { AWAY_ACTIVITIES, WORKING_STATES } from '../metrics/adherence.ts';
import { AGENT_METRICS } from '../metrics/agent-metrics.ts';
import { agentRows } from '../metrics/agent-rows.ts';
import {
  bucketStarts,
  formatLocal,
  INTERVALS,
  type IntervalName,
  isIntervalName,
  widenToGrain,
} from '../metrics/buckets.ts';
import { badRequest, type Fault, problem, sendProblem } from '../problems.ts';
import {
  AGENTS_LIMITS,
  type AgentsOptions,
  type AgentsQuestion,
  type Answered,
  answerAgents,
  answerStates,
  hiderOf,
  liveIn,
} from './agents-answer.ts';
import {
  AgentIntervals,
  AgentNow,
  AgentParams,
  AgentStates,
  IntervalsQuerystring,
  NowQuerystring,
  StatesQuerystring,
} from './agents-schema.ts';
import { formatOf, namesOf, type SpanQuery, spanOf } from './request-parts.ts';

/** Stands for all agents in an address. */
const ALL = '*';
const agentsOf = (agent: string): readonly string[] | null => (agent === ALL ? null : [agent]);

const currentRoute =
  (options: AgentsOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/v1/agents',
      {
        onRequest: requireRole('planner'),
        schema: {
          summary: 'Where agents are now',
          description:
            'As far as each agent’s source has told; an agent shows where he works a queue of the token.',
          querystring: NowQuerystring,
          response: { 200: AgentNow },
        },
      },
      async (request, reply) => {
        const faults: Fault[] = [];
        const format = formatOf(request.query.format, faults);
        if (faults.length > 0) return sendProblem(reply, badRequest(faults));
        const principal = principalOf(request);
        const asked = namesOf(request.query.queue);
        const { queues, refused } = queuesInScope(principal, asked);
        if (refused.length > 0) return sendBeyond(reply, refused);
        const scope = { tenant: principal.tenant, sources: namesOf(request.query.source), agents: null };
        const agents = agentsNow(options, principal, scope, queues);
        if (format === 'json') return { agents };
        const rows = agents.map((agent) => ({ stale: false, ...agent }));
        const { store } = options;
        return sendRows(request, reply, 'agents', { store, columns: AGENTS_NOW_COLUMNS, rows, format });
      },
    );
  };

const sendBeyond = (reply: FastifyReply, queues: readonly string[]): FastifyReply =>
  sendProblem(reply, problem('forbidden', `this token does not cover queue ${queues.join(', ')}`));

const agentsNow = (
  options: AgentsOptions,
  principal: Principal,
  scope: Parameters<typeof liveIn>[1],
  queues: readonly string[] | null,
) => {
  const hide = hiderOf(principal);
  const mayShow = (queue: string): boolean => principal.queues === '*' || principal.queues.includes(queue);
  return liveIn(options, scope)
    .filter(({ record }) => queues === null || record.queues.some((queue) => queues.includes(queue)))
    .sort((a, b) => (a.record.agent < b.record.agent ? -1 : Number(a.record.agent > b.record.agent)))
    .map(({ record, asOfMs, stale }) => ({
      agent: record.agent,
      source: record.source,
      state: record.state,
      reason: record.reason,
      // An agent is offline from 1970 on until he is first heard of.
      since: record.since === 0 ? null : new Date(record.since).toISOString(),
      ...hide(record),
      queues: record.queues.filter(mayShow),
      as_of: new Date(asOfMs).toISOString(),
      ...(stale ? { stale: true as const } : {}),
    }));
};

/** Sends why there is no answer. */
const sendUnanswered = (
  reply: FastifyReply,
  answered: Exclude<Answered<unknown>, { status: 'answer' }>,
): FastifyReply => {
  if (answered.status === 'unknown') {
    return sendProblem(reply, problem('not_found', 'no such agent, or none this token may see'));
  }
  return sendProblem(reply, badRequest([{ path: 'from', message: answered.message }]));
};

const statesRoute =
  (options: AgentsOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/v1/agents/:agent/states',
      {
        onRequest: requireRole('planner'),
        schema: {
          summary: 'What an agent, or all (*), did, stretch by stretch',
          description:
            'Stretches that reach into the range, whole and in order; those that go on come last. Offline is where there is none.',
          params: AgentParams,
          querystring: StatesQuerystring,
          response: { 200: AgentStates },
        },
      },
      async (request, reply) => {
        const faults: Fault[] = [];
        const { agent } = request.params;
        const context = { timeZone: options.timeZone, nowMs: options.nowMs() };
        const range = spanOf(request.query, context, faults);
        const format = formatOf(request.query.format, faults);
        if (faults.length > 0) return sendProblem(reply, badRequest(faults));
        const principal = principalOf(request);
        const scope = {
          tenant: principal.tenant,
          sources: namesOf(request.query.source),
          agents: agentsOf(agent),
        };
        const answered = await answerStates(options, { principal, scope, range });
        if (answered.status !== 'answer') return sendUnanswered(reply, answered);
        const rows = answered.answer;
        if (format === 'json') return { agent, rows: [...rows] };
        const { store } = options;
        return sendRows(request, reply, 'agent-states', {
          store,
          columns: AGENT_STATES_COLUMNS,
          rows,
          format,
        });
      },
    );
  };

interface IntervalsAsked extends SpanQuery {
  readonly interval?: string;
  readonly source?: readonly string[];
  readonly away?: readonly string[];
}
type Asked = Omit<AgentsQuestion, 'principal' | 'scope'> & {
  readonly interval: IntervalName;
  readonly tz: string;
};

const readAsked = (query: IntervalsAsked, options: AgentsOptions, faults: Fault[]): Asked => {
  const context = { timeZone: options.timeZone, nowMs: options.nowMs() };
  const span = spanOf(query, context, faults);
  const { interval = '15m' } = query;
  if (!isIntervalName(interval)) {
    faults.push({ path: 'interval', message: `${interval} is none of ${INTERVALS.join(', ')}` });
  }
  const name = isIntervalName(interval) ? interval : '15m';
  const range = widenToGrain(span);
  const { timeZone } = span;
  const starts = bucketStarts({ range, interval: name, timeZone, limit: AGENTS_LIMITS.buckets });
  if (starts === null) {
    const message = `more than ${AGENTS_LIMITS.buckets} intervals; give a nearer from and to, or a longer interval`;
    faults.push({ path: 'from', message });
  }
  const away = [...AWAY_ACTIVITIES, ...(namesOf(query.away) ?? []).map((activity) => activity.toLowerCase())];
  return { range, starts: starts ?? [], timeZone, away, interval: name, tz: query.tz ?? timeZone };
};

/** What the figures mean, sent along with them. */
const definitionOf = ({ range, timeZone, away, interval, tz }: Asked) => ({
  interval,
  tz,
  from: formatLocal(timeZone, range.fromMs),
  to: formatLocal(timeZone, range.toMs),
  ...Object.fromEntries(
    AGENT_METRICS.filter(({ unit }) => unit === 'fraction').map(({ name, formula }) => [name, formula]),
  ),
  working_states: WORKING_STATES,
  away_activities: away,
});

const intervalsRoute =
  (options: AgentsOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/v1/agents/:agent/intervals',
      {
        onRequest: requireRole('planner'),
        schema: {
          summary: 'Figures of an agent, or of all (*), by interval',
          description: 'Gaps are filled with empty intervals. Adherence needs an imported schedule.',
          params: AgentParams,
          querystring: IntervalsQuerystring,
          response: { 200: AgentIntervals },
        },
      },
      async (request, reply) => {
        const faults: Fault[] = [];
        const asked = readAsked(request.query, options, faults);
        const format = formatOf(request.query.format, faults);
        if (faults.length > 0) return sendProblem(reply, badRequest(faults));
        const { agent } = request.params;
        const principal = principalOf(request);
        const scope = {
          tenant: principal.tenant,
          sources: namesOf(request.query.source),
          agents: agentsOf(agent),
        };
        const answered = await answerAgents(options, { ...asked, principal, scope });
        if (answered.status !== 'answer') return sendUnanswered(reply, answered);
        const definition = definitionOf(asked);
        const rows = agentRows(answered.answer);
        if (format === 'json') return { definition, rows };
        describeDefinition(reply, definition);
        const { store } = options;
        return sendRows(request, reply, 'agent-intervals', {
          store,
          columns: AGENT_INTERVALS_COLUMNS,
          rows,
          format,
        });
      },
    );
  };

export const agentsRoutes =
  (options: AgentsOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    await app.register(currentRoute(options));
    await app.register(statesRoute(options));
    await app.register(intervalsRoute(options));
  };

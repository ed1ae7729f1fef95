/** Puts agents' figures together: time from the store, schedules from the log, and what goes on now from the hub. */
import type { Store } from '../../infra/clickhouse/store.ts';
import { type Principal, queuesInScope } from '../auth.ts';
import { knownUpTo, type LiveAgent, type LiveAgents, liveAgentsOf } from '../live/live-agents.ts';
import {
  type Adherence,
  adherenceOf,
  inOrder,
  type Planned,
  type Stretch,
  WORKING_STATES,
} from '../metrics/adherence.ts';
import { type AgentsAnswer, agentKey, distinctAgents } from '../metrics/agent-rows.ts';
import type { TimeRange } from '../metrics/buckets.ts';
import {
  type AgentName,
  type AgentStretchRow,
  type AgentsScope,
  type AgentTimeRow,
  agentStatesQuery,
  agentsOfQueuesQuery,
  agentTimesQuery,
  knownAgentsQuery,
} from '../queries/agents.ts';
import type { BoundQuery } from '../queries/intervals.ts';
import { type DayPlanRow, readActivities, schedulesQuery } from '../queries/schedules.ts';

export const AGENTS_LIMITS = {
  /** Rows of one reply, of figures or of stretches: it is held in memory. */
  rows: 100_000,
  /** Intervals of one reply. */
  buckets: 40_000,
  /** Stretches that adherence is worked out from at once. */
  workingStretches: 500_000,
} as const;

export interface AgentsOptions {
  readonly store: Store;
  readonly live: LiveAgents;
  readonly nowMs: () => number;
  readonly timeZone: string;
}
export interface AgentsQuestion {
  readonly principal: Principal;
  readonly scope: AgentsScope;
  readonly range: TimeRange;
  readonly starts: readonly number[];
  readonly timeZone: string;
  /** Activities during which agents are to be away, in lower case. */
  readonly away: readonly string[];
}
export type Answered<Value> =
  | { readonly status: 'answer'; readonly answer: Value }
  | { readonly status: 'too_much'; readonly message: string }
  | { readonly status: 'unknown' };

const run = <Row>({ store }: AgentsOptions, { sql, params }: BoundQuery): Promise<Row[]> =>
  store.query<Row>(sql, params);

/** Which agents a token may see: those who work a queue it covers. null = every one. */
export const visibleAgents = async (
  options: AgentsOptions,
  principal: Principal,
  scope: AgentsScope,
  range: TimeRange,
): Promise<ReadonlySet<string> | null> => {
  const { queues } = queuesInScope(principal, null);
  if (queues === null) return null;
  const found = await run<AgentName>(options, agentsOfQueuesQuery(scope, queues, range));
  const now = liveAgentsOf(options.live, principal.tenant, options.nowMs())
    .map(({ record }) => record)
    .filter((record) => record.queues.some((queue) => queues.includes(queue)));
  return new Set([...found, ...now].map(agentKey));
};

/** What goes on now: the hub's word reaches further than the stretches that are over. */
export const liveIn = (
  { live, nowMs }: AgentsOptions,
  { tenant, sources, agents }: AgentsScope,
): readonly LiveAgent[] =>
  liveAgentsOf(live, tenant, nowMs()).filter(
    ({ record }) =>
      (sources === null || sources.includes(record.source)) &&
      (agents === null || agents.includes(record.agent)),
  );

const isWorking = (state: string): boolean => WORKING_STATES.some((working) => working === state);

const pushTo = <Value>(lists: Map<string, Value[]>, key: string, value: Value): void => {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
};

/** When agents were in working states, by agent; null when there is more of it than can be worked with. */
const workingStretches = async (
  options: AgentsOptions,
  scope: AgentsScope,
  range: TimeRange,
): Promise<ReadonlyMap<string, readonly Stretch[]> | null> => {
  const limit = AGENTS_LIMITS.workingStretches + 1;
  const rows = await run<AgentStretchRow>(
    options,
    agentStatesQuery(scope, range, { states: WORKING_STATES, limit }),
  );
  if (rows.length === limit) return null;
  const byAgent = new Map<string, Stretch[]>();
  for (const row of rows) pushTo(byAgent, agentKey(row), { fromMs: row.from_ms, toMs: row.to_ms });
  for (const { record, asOfMs } of liveIn(options, scope)) {
    if (isWorking(record.state)) pushTo(byAgent, agentKey(record), { fromMs: record.since, toMs: asOfMs });
  }
  return new Map([...byAgent].map(([key, stretches]) => [key, inOrder(stretches)]));
};

const adherenceByAgent = async (
  options: AgentsOptions,
  question: AgentsQuestion,
  plans: readonly DayPlanRow[],
): Promise<ReadonlyMap<string, ReadonlyMap<number, Adherence>> | null> => {
  if (plans.length === 0) return new Map();
  const { scope, range, starts, away } = question;
  const agents = [...new Set(plans.map(({ agent }) => agent))];
  const working = await workingStretches(options, { ...scope, agents }, range);
  if (working === null) return null;
  const planned = new Map<string, Planned[]>();
  for (const plan of plans) {
    for (const { activity, starts_at, ends_at } of readActivities(plan)) {
      pushTo(planned, agentKey(plan), { activity, fromMs: starts_at, toMs: ends_at });
    }
  }
  return new Map(
    plans.map((plan) => {
      const key = agentKey(plan);
      const knownMs = knownUpTo(options.live, scope.tenant, plan.source) ?? options.nowMs();
      const endMs = Math.min(range.toMs, knownMs);
      return [
        key,
        adherenceOf({
          starts,
          endMs,
          planned: planned.get(key) ?? [],
          working: working.get(key) ?? [],
          away,
        }),
      ];
    }),
  );
};

/** Agents' figures. Unknown: the one agent asked for was never seen, or may not be. */
export const answerAgents = async (
  options: AgentsOptions,
  question: AgentsQuestion,
): Promise<Answered<AgentsAnswer>> => {
  const { principal, scope, range, starts, timeZone } = question;
  const isOne = scope.agents !== null;
  const [visible, times, plans, known] = await Promise.all([
    visibleAgents(options, principal, scope, range),
    run<AgentTimeRow>(options, agentTimesQuery(scope, range, starts)),
    run<DayPlanRow>(options, schedulesQuery({ ...scope, range })),
    isOne ? run<AgentName>(options, knownAgentsQuery(scope)) : [],
  ]);
  const isVisible = (name: AgentName): boolean => visible === null || visible.has(agentKey(name));
  const agents = distinctAgents([...times, ...plans, ...known].filter(isVisible));
  if (isOne && agents.length === 0) return { status: 'unknown' };
  const rows = agents.length * starts.length;
  const nearer = 'give a nearer from and to, or fewer agents';
  if (rows > AGENTS_LIMITS.rows) {
    return { status: 'too_much', message: `${rows} rows, more than ${AGENTS_LIMITS.rows}; ${nearer}` };
  }
  const adherence = await adherenceByAgent(options, question, plans.filter(isVisible));
  if (adherence === null) {
    const message = `more than ${AGENTS_LIMITS.workingStretches} stretches to work adherence out from; ${nearer}`;
    return { status: 'too_much', message };
  }
  return { status: 'answer', answer: { starts, timeZone, agents, times, adherence } };
};

export type ShownStretch = {
  readonly source: string;
  readonly agent: string;
  readonly state: string;
  readonly reason: string;
  readonly started_at: string;
  /** null: it still goes on. */
  readonly ended_at: string | null;
  /** Up to what is known, where it still goes on. */
  readonly duration_ms: number;
  readonly contact_id: string;
  readonly queue: string;
};

/** What goes on now and reaches into the range; offline is where there is no stretch. */
const stretchesOf = (now: readonly LiveAgent[], range: TimeRange) =>
  now
    .filter(({ record, asOfMs }) => record.since < range.toMs && asOfMs >= range.fromMs)
    .filter(({ record }) => record.state !== 'offline')
    .map(({ record, asOfMs }) => ({
      ...record,
      from_ms: record.since,
      to_ms: asOfMs,
      duration_ms: asOfMs - record.since,
      open: true,
    }));

/** Agents' stretches that reach into a range: those that are over by their beginning, then those that go on now. */
export const answerStates = async (
  options: AgentsOptions,
  { principal, scope, range }: Pick<AgentsQuestion, 'principal' | 'scope' | 'range'>,
): Promise<Answered<readonly ShownStretch[]>> => {
  const limit = AGENTS_LIMITS.rows + 1;
  const isOne = scope.agents !== null;
  const [visible, rows, known] = await Promise.all([
    visibleAgents(options, principal, scope, range),
    run<AgentStretchRow>(options, agentStatesQuery(scope, range, { states: null, limit })),
    isOne ? run<AgentName>(options, knownAgentsQuery(scope)) : [],
  ]);
  if (rows.length === limit) {
    const message = `more than ${AGENTS_LIMITS.rows} stretches; give a nearer from and to`;
    return { status: 'too_much', message };
  }
  const isVisible = (name: AgentName): boolean => visible === null || visible.has(agentKey(name));
  const now = liveIn(options, scope).filter(({ record }) => isVisible(record));
  if (isOne && now.length === 0 && !known.some(isVisible)) return { status: 'unknown' };
  const over = rows.filter(isVisible).map((row) => ({ ...row, open: false }));
  const hide = hiderOf(principal);
  return {
    status: 'answer',
    answer: [...over, ...stretchesOf(now, range)].map((row) => ({
      source: row.source,
      agent: row.agent,
      state: row.state,
      reason: row.reason,
      started_at: new Date(row.from_ms).toISOString(),
      ended_at: row.open ? null : new Date(row.to_ms).toISOString(),
      duration_ms: row.duration_ms,
      ...hide(row),
    })),
  };
};

interface Bound {
  readonly contact_id: string;
  readonly queue: string;
}
/** A stretch spent for a queue beyond the token is shown, and whose it was is not. */
export const hiderOf =
  (principal: Principal) =>
  ({ contact_id, queue }: Bound): Bound =>
    queue === '' || principal.queues === '*' || principal.queues.includes(queue)
      ? { contact_id, queue }
      : { contact_id: '', queue: '' };

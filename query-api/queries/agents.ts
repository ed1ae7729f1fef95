/** The SQL behind `/v1/agents`: agents' time by interval, their stretches, and which agents work which queues. */
import type { AgentStateRow } from '../../schemas/rows.ts';
import { AGENT_TIMES, type AgentTimes } from '../metrics/agent-metrics.ts';
import type { TimeRange } from '../metrics/buckets.ts';
import { type BoundQuery, bucketSql, within } from './intervals.ts';

/** One agent is told from another by his source and his name. */
export interface AgentName {
  readonly source: string;
  readonly agent: string;
}
/** `null` = no restriction. */
export interface AgentsScope {
  readonly tenant: string;
  readonly sources: readonly string[] | null;
  readonly agents: readonly string[] | null;
}

const SCOPED_AGENTS = `tenant = {tenant:String}
  AND ({any_source:Bool} OR source IN {sources:Array(String)})
  AND ({any_agent:Bool} OR agent IN {agents:Array(String)})`;
const scopeParams = ({ tenant, sources, agents }: AgentsScope): BoundQuery['params'] => ({
  tenant,
  any_source: sources === null,
  sources: sources ?? [],
  any_agent: agents === null,
  agents: agents ?? [],
});
const rangeParams = ({ fromMs, toMs }: TimeRange): BoundQuery['params'] => ({ from_ms: fromMs, to_ms: toMs });

export type AgentTimeRow = AgentName &
  AgentTimes & { readonly bucket: number; readonly reasons: Readonly<Record<string, number>> };

/** Time of agents by interval; `starts` are the intervals', the first being the range's. */
export const agentTimesQuery = (
  scope: AgentsScope,
  range: TimeRange,
  starts: readonly number[],
): BoundQuery => ({
  sql: `SELECT ${bucketSql(starts).of('interval_start')}, source, agent,
  ${AGENT_TIMES.map((name) => `sum(t.${name}) AS ${name}`).join(',\n  ')},
  sumMap(t.reasons) AS reasons
FROM acd.agent_intervals AS t
WHERE ${SCOPED_AGENTS} AND ${within('interval_start')}
GROUP BY bucket, source, agent
ORDER BY bucket, source, agent`,
  params: { ...scopeParams(scope), ...rangeParams(range), ...bucketSql(starts).params },
});

/** A stretch is looked for this long before the range at most: a longer one is nobody's working day. */
const LONGEST_STRETCH_MS = 7 * 86_400_000;
const OVERLAPPING = `started_at >= fromUnixTimestamp64Milli({earliest_ms:Int64}, 'UTC')
  AND started_at < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC') AND ended_at > fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')`;
const overlapParams = (range: TimeRange): BoundQuery['params'] => ({
  ...rangeParams(range),
  earliest_ms: range.fromMs - LONGEST_STRETCH_MS,
});

export type AgentStretchRow = Pick<
  AgentStateRow,
  'source' | 'agent' | 'state' | 'reason' | 'duration_ms' | 'contact_id' | 'queue'
> & { readonly from_ms: number; readonly to_ms: number };

/** The stretches that reach into the range, whole, in order. */
export const agentStatesQuery = (
  scope: AgentsScope,
  range: TimeRange,
  { states, limit }: { readonly states: readonly string[] | null; readonly limit: number },
): BoundQuery => ({
  sql: `SELECT source, agent, state, reason, duration_ms, contact_id, queue,
  toUnixTimestamp64Milli(started_at) AS from_ms, toUnixTimestamp64Milli(ended_at) AS to_ms
FROM acd.agent_states
WHERE ${SCOPED_AGENTS} AND ({any_state:Bool} OR state IN {states:Array(String)})
  AND ${OVERLAPPING}
ORDER BY started_at, source, agent
LIMIT {limit:UInt32}`,
  params: {
    ...scopeParams(scope),
    ...overlapParams(range),
    any_state: states === null,
    states: states ?? [],
    limit,
  },
});

/** Every source in which an agent of the scope ever worked. */
export const knownAgentsQuery = (scope: AgentsScope): BoundQuery => ({
  sql: `SELECT DISTINCT source, agent FROM acd.agent_intervals_rows WHERE ${SCOPED_AGENTS} ORDER BY source, agent`,
  params: scopeParams(scope),
});

/** An agent works a queue when an event names them together in the range, or in this long before it. */
export const MEMBERSHIP_LOOKBACK_MS = 31 * 86_400_000;

export const agentsOfQueuesQuery = (
  scope: AgentsScope,
  queues: readonly string[],
  range: TimeRange,
): BoundQuery => ({
  sql: `SELECT DISTINCT source, agent FROM acd.events_rows
WHERE ${SCOPED_AGENTS} AND agent != '' AND queue IN {queues:Array(String)} AND ${within('at')}`,
  params: {
    ...scopeParams(scope),
    ...rangeParams({ ...range, fromMs: range.fromMs - MEMBERSHIP_LOOKBACK_MS }),
    queues,
  },
});

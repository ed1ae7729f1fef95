/** The SQL of schedules: the newest plan of each agent's day, as the log has it. */
import type { ScheduledActivity } from '../../schemas/events.ts';
import type { TimeRange } from '../metrics/buckets.ts';
import type { BoundQuery } from './intervals.ts';

export interface DayPlanRow {
  readonly source: string;
  readonly agent: string;
  /** The local date, `2026-03-01`. */
  readonly day: string;
  readonly seq: string;
  /** JSON of `ScheduledActivity[]`. */
  readonly activities: string;
}

/** An event stands at the beginning of its day, which may be of 25 hours; what begins then may go on for a day. */
const LONGEST_PLAN_MS = 49 * 3_600_000;

export interface SchedulesQuestion {
  readonly tenant: string;
  /** null = all. */
  readonly sources: readonly string[] | null;
  readonly agents: readonly string[] | null;
  readonly range: TimeRange;
}

/** Every day's newest plan that may reach into the range: of one source, the one further on in the log. */
export const schedulesQuery = ({ tenant, sources, agents, range }: SchedulesQuestion): BoundQuery => ({
  sql: `SELECT source, agent, day, argMax(e.seq, e.log_offset) AS seq,
  argMax(JSONExtractRaw(e.body, 'activities'), e.log_offset) AS activities
FROM (
  SELECT source, agent, seq, body, log_offset, JSONExtractString(body, 'day') AS day
  FROM acd.events
  WHERE tenant = {tenant:String} AND kind = 'agent_scheduled'
    AND ({any_source:Bool} OR source IN {sources:Array(String)})
    AND ({any_agent:Bool} OR agent IN {agents:Array(String)})
    AND at >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') AND at < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')
) AS e
GROUP BY source, agent, day
ORDER BY source, agent, day`,
  params: {
    tenant,
    any_source: sources === null,
    sources: sources ?? [],
    any_agent: agents === null,
    agents: agents ?? [],
    from_ms: range.fromMs - LONGEST_PLAN_MS,
    to_ms: range.toMs,
  },
});

export const readActivities = ({ activities }: DayPlanRow): readonly ScheduledActivity[] =>
  JSON.parse(activities) as readonly ScheduledActivity[];

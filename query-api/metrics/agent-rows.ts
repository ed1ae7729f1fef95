/** Makes rows of agents' figures out of what the store counted: gaps filled, by interval, source and agent. Pure. */
import type { AgentName, AgentTimeRow } from '../queries/agents.ts';
import { type Adherence, NOT_SCHEDULED } from './adherence.ts';
import { AGENT_TIMES, type AgentTimes, agentFiguresOf } from './agent-metrics.ts';
import { formatLocal } from './buckets.ts';

export type AgentFigures = Readonly<Record<string, number | null>>;
export type AgentFigureRow = { readonly interval_start: string } & AgentName & {
    readonly reasons: Readonly<Record<string, number>>;
  } & AgentFigures;

export interface AgentsAnswer {
  /** Starts of the intervals, in order. */
  readonly starts: readonly number[];
  readonly timeZone: string;
  readonly agents: readonly AgentName[];
  readonly times: readonly AgentTimeRow[];
  /** By `agentKey`, then by interval. */
  readonly adherence: ReadonlyMap<string, ReadonlyMap<number, Adherence>>;
}

export const agentKey = ({ source, agent }: AgentName): string => JSON.stringify([source, agent]);

/** Each agent once, by name and source. */
export const distinctAgents = (names: Iterable<AgentName>): readonly AgentName[] => {
  const byKey = new Map<string, AgentName>();
  for (const { source, agent } of names) byKey.set(agentKey({ source, agent }), { source, agent });
  const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
  return [...byKey.values()].sort((a, b) => compare(a.agent, b.agent) || compare(a.source, b.source));
};

const NO_TIMES = Object.fromEntries(AGENT_TIMES.map((name) => [name, 0])) as AgentTimes;

export const agentRows = ({ starts, timeZone, agents, times, adherence }: AgentsAnswer): AgentFigureRow[] => {
  const cells = new Map(times.map((row) => [`${row.bucket} ${agentKey(row)}`, row]));
  return starts.flatMap((startMs) => {
    const interval_start = formatLocal(timeZone, startMs);
    return agents.map((name) => {
      const key = agentKey(name);
      const row = cells.get(`${startMs} ${key}`);
      const { scheduledMs, adherentMs } = adherence.get(key)?.get(startMs) ?? NOT_SCHEDULED;
      const cell = { ...(row ?? NO_TIMES), scheduled_ms: scheduledMs, adherent_ms: adherentMs };
      return {
        interval_start,
        ...name,
        reasons: row?.reasons ?? {},
        ...agentFiguresOf(cell),
      } as AgentFigureRow;
    });
  });
};

/** What a run of events changed: collected while folding, turned into rows when the run lands. */
import type { AlertRow } from '../../schemas/alerts.ts';
import type { CanonicalEvent } from '../../schemas/events.ts';
import type {
  AgentIntervalRow,
  AgentStateRow,
  AnomalyRow,
  ContactLegRow,
  EventRow,
  QueueIntervalRow,
} from '../../schemas/rows.ts';
import type { Agent } from './agent.ts';
import type { AgentTotals, QueueTotals } from './interval.ts';
import { legRow, type RowLeg } from './leg-row.ts';
import type { QueueState, SourceState } from './source-state.ts';

/** The changes of one source since the last landing. */
export interface SourceChanges {
  readonly state: SourceState;
  /** A leg's key → the leg as it is now. One that has no row yet is not here, as its next step would only replace it. */
  readonly legs: Map<string, { leg: RowLeg; version: number }>;
  readonly queueTotals: Set<QueueTotals>;
  readonly agentTotals: Set<AgentTotals>;
  readonly agentStates: AgentStateRow[];
  readonly anomalies: AnomalyRow[];
  /** Alerts raised and cleared, one after the other. */
  readonly alerts: AlertRow[];
  readonly events: { event: CanonicalEvent; partition: number; offset: number }[];
  /** Queues whose live picture changed. */
  readonly liveQueues: Set<QueueState>;
  /** Agents whose state changed: every queue they are in looks different. */
  readonly liveAgents: Set<Agent>;
  duplicates: number;
}

export const newSourceChanges = (state: SourceState): SourceChanges => ({
  state,
  legs: new Map(),
  queueTotals: new Set(),
  agentTotals: new Set(),
  agentStates: [],
  anomalies: [],
  alerts: [],
  events: [],
  liveQueues: new Set(),
  liveAgents: new Set(),
  duplicates: 0,
});

/** Marks every queue an agent is seen in as looking different. */
export const markQueuesOf = ({ state, liveQueues }: SourceChanges, agent: Agent): void => {
  const mark = (queue: string): void => {
    const channels = state.queues.get(queue);
    if (channels !== undefined) for (const of of channels.values()) liveQueues.add(of);
  };
  for (const queue of agent.queues.keys()) mark(queue);
  for (const activity of agent.activities) if (!agent.queues.has(activity.queue)) mark(activity.queue);
};

/** Hands out the queues whose live picture changed, and forgets them. */
export const takeLiveQueues = (changes: SourceChanges): readonly QueueState[] => {
  for (const agent of changes.liveAgents) markQueuesOf(changes, agent);
  const queues = [...changes.liveQueues];
  changes.liveAgents.clear();
  changes.liveQueues.clear();
  return queues;
};

/** The rows a run of events lands, a table each. */
export type FoldRows = {
  readonly contact_legs_rows: readonly ContactLegRow[];
  readonly queue_intervals_rows: readonly QueueIntervalRow[];
  readonly agent_states_rows: readonly AgentStateRow[];
  readonly agent_intervals_rows: readonly AgentIntervalRow[];
  readonly events_rows: readonly EventRow[];
  readonly anomalies_rows: readonly AnomalyRow[];
  readonly alerts_rows: readonly AlertRow[];
};

/** What a body may say of whom it speaks. */
interface Named {
  readonly contact_id?: string;
  readonly queue?: string;
  readonly agent?: string;
}

/** An event as the row auditors read. */
export const eventRow = (event: CanonicalEvent, partition: number, offset: number): EventRow => {
  const { body } = event;
  const { contact_id = '', queue = '', agent = '' }: Named = body as Named;
  return {
    tenant: event.tenant,
    source: event.source,
    seq: event.seq,
    at: event.event_time,
    kind: body.type,
    contact_id,
    queue,
    agent,
    body: JSON.stringify(body),
    log_partition: partition,
    log_offset: offset,
  };
};

export const queueIntervalRow = (
  tenant: string,
  source: string,
  { touchedAtMs: _, ...totals }: QueueTotals,
): QueueIntervalRow => ({
  tenant,
  source,
  ...totals,
  // Folding goes on while a row lands or is sent again: what it counts meanwhile belongs to later versions.
  wait_answered: new Map(totals.wait_answered),
  wait_abandoned: new Map(totals.wait_abandoned),
  wait_exited: new Map(totals.wait_exited),
});

const agentIntervalRow = (
  tenant: string,
  source: string,
  { touchedAtMs: _, ...totals }: AgentTotals,
): AgentIntervalRow => ({ tenant, source, ...totals, reasons: new Map(totals.reasons) });

/** One event may both raise and clear an alert: two writes of one version, of which the last is the row. */
const newestAlerts = (alerts: readonly AlertRow[]): Iterable<AlertRow> =>
  new Map(
    alerts.map((alert) => [JSON.stringify([alert.rule, alert.queue, alert.raised_at]), alert]),
  ).values();

/** Where rows go that never change: a table's block, or a list. */
export interface History {
  readonly events_rows: { add(row: EventRow): void };
  readonly agent_states_rows: { add(row: AgentStateRow): void };
}

/** Hands out what later events cannot change, so that it need not be kept until the rest lands. */
export const takeHistory = (changes: SourceChanges, { events_rows, agent_states_rows }: History): void => {
  for (const { event, partition, offset } of changes.events) {
    events_rows.add(eventRow(event, partition, offset));
  }
  for (const row of changes.agentStates) agent_states_rows.add(row);
  changes.events.length = 0;
  changes.agentStates.length = 0;
};

/** All rows of a run. */
export const rowsOf = (changes: Iterable<SourceChanges>): FoldRows => {
  const rows = {
    contact_legs_rows: [] as ContactLegRow[],
    queue_intervals_rows: [] as QueueIntervalRow[],
    agent_states_rows: [] as AgentStateRow[],
    agent_intervals_rows: [] as AgentIntervalRow[],
    events_rows: [] as EventRow[],
    anomalies_rows: [] as AnomalyRow[],
    alerts_rows: [] as AlertRow[],
  };
  for (const of of changes) {
    const { tenant, source } = of.state;
    for (const { leg, version } of of.legs.values()) {
      rows.contact_legs_rows.push(legRow(tenant, source, leg, version));
    }
    for (const totals of of.queueTotals) {
      rows.queue_intervals_rows.push(queueIntervalRow(tenant, source, totals));
    }
    for (const totals of of.agentTotals) {
      rows.agent_intervals_rows.push(agentIntervalRow(tenant, source, totals));
    }
    for (const row of of.agentStates) rows.agent_states_rows.push(row);
    for (const row of of.anomalies) rows.anomalies_rows.push(row);
    for (const row of newestAlerts(of.alerts)) rows.alerts_rows.push(row);
    for (const { event, partition, offset } of of.events) {
      rows.events_rows.push(eventRow(event, partition, offset));
    }
  }
  return rows;
};

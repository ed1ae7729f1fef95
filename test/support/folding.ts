/**
 * Runs the fold over a log as a worker would (in batches, with snapshots and crashes) against tables that keep what
 * ClickHouse's views show: per key the newest version, and interval generations summed.
 */
import { type FoldRows, rowsOf } from '../../processors/domain/changes.ts';
import { type Changes, foldRecord } from '../../processors/domain/fold.ts';
import { decodeSnapshot, encodeSnapshot } from '../../processors/domain/snapshot.ts';
import type { PartitionState } from '../../processors/domain/source-state.ts';
import { mergeHistograms } from '../../processors/domain/wait-histogram.ts';
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

export interface Tables {
  readonly legs: Map<string, ContactLegRow>;
  readonly queueIntervals: Map<string, QueueIntervalRow>;
  readonly agentStates: Map<string, AgentStateRow>;
  readonly agentIntervals: Map<string, AgentIntervalRow>;
  readonly anomalies: Map<string, AnomalyRow>;
  readonly events: Map<string, EventRow>;
  readonly alerts: Map<string, AlertRow>;
}

export const emptyTables = (): Tables => ({
  legs: new Map(),
  queueIntervals: new Map(),
  agentStates: new Map(),
  agentIntervals: new Map(),
  anomalies: new Map(),
  events: new Map(),
  alerts: new Map(),
});

const put = <Row extends { readonly version: number }>(
  table: Map<string, Row>,
  key: string,
  row: Row,
): void => {
  const known = table.get(key);
  if (known === undefined || known.version <= row.version) table.set(key, row);
};

export const landInto = (tables: Tables, rows: FoldRows): void => {
  for (const row of rows.contact_legs_rows) {
    const key = [row.tenant, row.queue, row.offered_at, row.source, row.contact_id, row.leg].join('|');
    put(tables.legs, key, row);
  }
  for (const row of rows.queue_intervals_rows) {
    const key = [row.tenant, row.source, row.queue, row.channel, row.interval_start, row.generation].join(
      '|',
    );
    put(tables.queueIntervals, key, row);
  }
  for (const row of rows.agent_states_rows) {
    put(tables.agentStates, [row.tenant, row.source, row.agent, row.started_at].join('|'), row);
  }
  for (const row of rows.agent_intervals_rows) {
    const key = [row.tenant, row.source, row.agent, row.interval_start, row.generation].join('|');
    put(tables.agentIntervals, key, row);
  }
  for (const row of rows.anomalies_rows) {
    tables.anomalies.set([row.tenant, row.source, row.at, row.seq, row.kind].join('|'), row);
  }
  for (const row of rows.alerts_rows) {
    put(tables.alerts, [row.tenant, row.source, row.rule, row.queue, row.raised_at].join('|'), row);
  }
  for (const row of rows.events_rows) {
    tables.events.set([row.tenant, row.source, row.at, row.seq].join('|'), row);
  }
};

export interface Run {
  /** Sizes of the batches the log is read in, used in turn; default: all at once. */
  readonly batches?: readonly number[];
  /** After which batches the worker dies after landing but before its snapshot (so it folds the batch again). */
  readonly crashAfterBatch?: (batch: number) => boolean;
}

/** Folds a log and lands it. */
export const run = (
  log: readonly CanonicalEvent[],
  { batches = [log.length], crashAfterBatch }: Run = {},
): Tables => {
  const tables = emptyTables();
  let state: PartitionState = new Map();
  let snapshot = { text: encodeSnapshot(state), offset: 0 };
  for (let offset = 0, batch = 0; offset < log.length; batch++) {
    const end = Math.min(offset + Math.max(batches[batch % batches.length] ?? log.length, 1), log.length);
    const changes: Changes = new Map();
    for (let at = offset; at < end; at++) {
      const event = log[at];
      if (event !== undefined) foldRecord(state, event, { partition: 0, offset: at }, changes);
    }
    landInto(tables, rowsOf(changes.values()));
    if (crashAfterBatch?.(batch) === true) {
      state = decodeSnapshot(snapshot.text);
      offset = snapshot.offset;
    } else {
      snapshot = { text: encodeSnapshot(state), offset: end };
      offset = end;
    }
  }
  return tables;
};

const sorted = <Row>(rows: Iterable<Row>): Row[] =>
  [...rows]
    .map((row) => ({ row, text: JSON.stringify(row) }))
    .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .map(({ row }) => row);

type PublicLeg = Omit<ContactLegRow, 'version' | 'revision'> & { readonly version: number };
/** What `acd.contact_legs` shows. */
export const publicLegs = (tables: Tables): PublicLeg[] =>
  sorted(
    [...tables.legs.values()].map(({ revision, version: _, ...leg }) => ({ ...leg, version: revision })),
  );

type Sums = Record<string, number | string | Map<number, number> | Map<string, number>>;
const addInto = (sum: Sums, row: object): void => {
  for (const [name, value] of Object.entries(row)) {
    const before = sum[name];
    if (name === 'interval_start' || typeof value === 'string') sum[name] = value;
    else if (name === 'max_wait_ms') sum[name] = Math.max(Number(before ?? 0), Number(value));
    else if (value instanceof Map)
      sum[name] = mergeHistograms(before instanceof Map ? (before as Map<number, number>) : new Map(), value);
    else sum[name] = Number(before ?? 0) + Number(value);
  }
};
const publicSums = (rows: Iterable<object>, keyOf: (row: Sums) => string): Sums[] => {
  const sums = new Map<string, Sums>();
  for (const row of rows) {
    const { generation: _g, version: _v, ...counters } = row as Sums;
    const key = keyOf(counters);
    const sum: Sums = sums.get(key) ?? {};
    addInto(sum, counters);
    sums.set(key, sum);
  }
  return sorted(
    [...sums.values()].map((sum) =>
      Object.fromEntries(
        Object.entries(sum).map(([name, value]) => [
          name,
          value instanceof Map
            ? new Map(([...value] as [number, number][]).sort((a, b) => a[0] - b[0]))
            : value,
        ]),
      ),
    ),
  );
};

/** What `acd.queue_intervals` shows: generations summed. */
export const publicQueueIntervals = (tables: Tables): Sums[] =>
  publicSums(tables.queueIntervals.values(), (row) =>
    JSON.stringify([row.tenant, row.source, row.queue, row.channel, row.interval_start]),
  );
export const publicAgentIntervals = (tables: Tables): Sums[] =>
  publicSums(tables.agentIntervals.values(), (row) =>
    JSON.stringify([row.tenant, row.source, row.agent, row.interval_start]),
  );
export const publicAgentStates = (tables: Tables): Omit<AgentStateRow, 'version'>[] =>
  sorted([...tables.agentStates.values()].map(({ version: _, ...row }) => row));

/** What `acd.alerts` shows, but for the log position. */
export const publicAlerts = (tables: Tables): Omit<AlertRow, 'version'>[] =>
  sorted([...tables.alerts.values()].map(({ version: _, ...row }) => row));

/** Everything a reader can see, to compare runs with. */
export const publicTables = (tables: Tables) => ({
  legs: publicLegs(tables),
  queueIntervals: publicQueueIntervals(tables),
  agentStates: publicAgentStates(tables),
  agentIntervals: publicAgentIntervals(tables),
  alerts: publicAlerts(tables),
});

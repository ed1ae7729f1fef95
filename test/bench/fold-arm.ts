/**
 * The fold alone, as the worker does it: `node test/bench/fold-arm.ts EVENTS`. Prints one line of JSON. Few events at a time
 * are decoded and folded and their history handed out, so that no collecting of objects a worker never keeps is counted.
 * Making rows is timed by itself: the history's, and those of what changed when so many events have been folded.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBlocks } from '../../infra/clickhouse/native-block.ts';
import { openEmbeddedRegistry } from '../../infra/schema-registry/embedded-registry.ts';
import { rowsOf, takeHistory, takeLiveQueues } from '../../processors/domain/changes.ts';
import { type Changes, foldRecord } from '../../processors/domain/fold.ts';
import type { PartitionState } from '../../processors/domain/source-state.ts';
import { FOLDED_AT_ONCE, WORKER_LIMITS } from '../../processors/runtime/worker.ts';
import { type EventCodec, openEventCodec } from '../../schemas/codec.ts';
import type { CanonicalEvent } from '../../schemas/events.ts';
import { centresOf, chunksOf } from './centres.ts';

const COUNT = Number(process.argv[2]);

export interface FoldResult {
  readonly events: number;
  readonly foldMs: number;
  readonly foldCpuMs: number;
  readonly rowsMs: number;
  /** How many different rows a table gets. */
  readonly keys: Readonly<Record<'events' | 'legs' | 'agent_states' | 'queue_intervals', number>>;
  readonly rssMb: number;
}

const openCodec = async (): Promise<EventCodec> => {
  const dir = mkdtempSync(join(tmpdir(), 'busyhour-fold-'));
  const registry = openEmbeddedRegistry({ file: join(dir, 'registry.sqlite') });
  const codec = await openEventCodec(registry);
  await registry.close();
  rmSync(dir, { recursive: true });
  return codec;
};

interface Lane {
  readonly state: PartitionState;
  readonly changes: Changes;
  history: ReturnType<typeof newHistory>;
  nextOffset: number;
  unlanded: number;
}

const eventsBlock = createBlocks('events_rows');
const agentStatesBlock = createBlocks('agent_states_rows');
const newHistory = () => ({ events_rows: eventsBlock(), agent_states_rows: agentStatesBlock() });

const codec = await openCodec();
const lanes = new Map<number, Lane>();
const legs = new Set<string>();
const queueIntervals = new Set<string>();
let [events, agentStates, foldMs, foldCpuMs, rowsMs] = [0, 0, 0, 0, 0];

const laneOf = (partition: number): Lane => {
  const lane = lanes.get(partition) ?? {
    state: new Map(),
    changes: new Map(),
    history: newHistory(),
    nextOffset: 0,
    unlanded: 0,
  };
  lanes.set(partition, lane);
  return lane;
};
const fold = (lane: Lane, partition: number, decoded: readonly CanonicalEvent[]): void => {
  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  for (const event of decoded) {
    foldRecord(lane.state, event, { partition, offset: lane.nextOffset++ }, lane.changes);
  }
  const { user, system } = process.cpuUsage(startedCpu);
  foldCpuMs += (user + system) / 1_000;
  foldMs += performance.now() - startedMs;
};
const handOut = (lane: Lane): void => {
  const startedMs = performance.now();
  for (const changes of lane.changes.values()) {
    takeLiveQueues(changes);
    takeHistory(changes, lane.history);
  }
  rowsMs += performance.now() - startedMs;
};
const makeRows = (lane: Lane): void => {
  const startedMs = performance.now();
  const rows = rowsOf(lane.changes.values());
  rowsMs += performance.now() - startedMs;
  agentStates += lane.history.agent_states_rows.rows();
  for (const row of rows.contact_legs_rows) legs.add(`${row.source} ${row.contact_id} ${row.leg}`);
  for (const row of rows.queue_intervals_rows)
    queueIntervals.add(`${row.source} ${row.queue} ${row.interval_start} ${row.generation}`);
  lane.changes.clear();
  for (const block of Object.values(lane.history)) block.release();
  lane.history = newHistory();
  lane.unlanded = 0;
};

for (const { partition, events: chunk } of chunksOf(centresOf(COUNT))) {
  const lane = laneOf(partition);
  const records = chunk.map((event) => codec.encode(event));
  for (let from = 0; from < records.length; from += FOLDED_AT_ONCE) {
    const slice = records.slice(from, from + FOLDED_AT_ONCE);
    fold(
      lane,
      partition,
      slice.map((record) => codec.decode(record)),
    );
    handOut(lane);
  }
  events += chunk.length;
  lane.unlanded += chunk.length;
  if (lane.unlanded >= WORKER_LIMITS.maxUnlandedEvents) makeRows(lane);
}
for (const lane of lanes.values()) makeRows(lane);
const result: FoldResult = {
  events,
  foldMs,
  foldCpuMs,
  rowsMs,
  keys: { events, legs: legs.size, agent_states: agentStates, queue_intervals: queueIntervals.size },
  rssMb: Math.round(process.memoryUsage.rss() / 2 ** 20),
};
process.stdout.write(`${JSON.stringify(result)}\n`);

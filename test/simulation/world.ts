/**
 * One seed's world: sources, a log, a store and worker processes under virtual time, with trouble for a while and then
 * rest. At rest the store must hold what a fold without any trouble gives, row for row.
 */
import { createRandom, type Random } from '../../ingest/feeds/simulator/random.ts';
import { DEAD_LETTERS_GROUP } from '../../processors/runtime/dead-letter-lander.ts';
import { LANDED_GROUP, PROCESSORS_GROUP, type WorkerLimits } from '../../processors/runtime/worker.ts';
import type { EventCodec } from '../../schemas/codec.ts';
import type { CanonicalEvent } from '../../schemas/events.ts';
import { ALERTS, DEAD_LETTERS, EVENTS } from '../../schemas/topics.ts';
import { type FaultPlan, NO_FAULTS, planFaults } from './fault-plan.ts';
import { feed } from './feeding.ts';
import { sourceInput } from './inputs.ts';
import { createNetwork, type Network, STRAY_MS } from './network.ts';
import { type Nodes, type Runtime, startNodes } from './nodes.ts';
import { type LandingWatch, watchLanding } from './reference.ts';
import { createSimulatedLog, type SimulatedLog } from './simulated-log.ts';
import { createSimulatedStore, type SimulatedStore } from './simulated-store.ts';
import { alertsUntold, differences, lettersLacking } from './verdict.ts';
import { createVirtualTime } from './virtual-time.ts';

const START_MS = Date.parse('2026-03-02T18:00:00Z');
/** Sources report, and things go wrong, in this time. */
const TROUBLE_MS = 10_000;
/** A store that was away longest, the longest pause of a retry, a restart and a snapshot fit many times over. */
const REST_LIMIT_MS = 300_000;
const LONGEST_PAUSE_MS = 8_000;
const LONGEST_ABSENCE_MS = 5_000;

export interface Given {
  readonly codec: EventCodec;
  readonly runtime: Runtime;
  readonly centre: (random: Random) => readonly CanonicalEvent[];
}
export interface Outcome {
  readonly seed: number;
  /** Which laws were broken; empty for a good world. */
  readonly broken: readonly string[];
  readonly steps: number;
  readonly events: number;
}

const planLimits = (random: Random): WorkerLimits => ({
  flushIntervalMs: random.integer(100, 1_500),
  maxUnlandedEvents: random.integer(5, 80),
  snapshotIntervalMs: random.integer(1_000, 5_000),
  tellLandedIntervalMs: random.integer(1_000, 5_000),
  fetch: { maxRecords: random.integer(1, 60), maxBytes: 1_000_000 },
});

interface Trouble {
  readonly plan: FaultPlan;
  readonly network: Network;
  readonly nodes: Nodes;
  readonly log: SimulatedLog;
  readonly store: SimulatedStore;
}

const planTrouble = ({ plan, network, nodes, log, store }: Trouble): void => {
  const { random, time } = network;
  const sometimes = (times: number, happen: () => void): void => {
    for (let i = 0; i < times; i++) time.after(null, random.integer(0, TROUBLE_MS), happen);
  };
  const anyNode = () => {
    const alive = nodes.alive();
    return alive[random.integer(0, alive.length - 1)];
  };
  sometimes(plan.kills, () => {
    const node = anyNode();
    if (node !== undefined) nodes.kill(node);
  });
  sometimes(plan.closes, () => {
    const node = anyNode();
    if (node !== undefined) nodes.close(node);
  });
  sometimes(plan.pauses, () => {
    const node = anyNode();
    if (node === undefined) return;
    node.process.pausedUntilMs = time.nowMs() + random.integer(100, LONGEST_PAUSE_MS);
    log.groups.expel(node.process, random.integer(0, 3_000));
  });
  sometimes(plan.gracefulMoves, () => log.groups.move('drained'));
  sometimes(plan.overlaps, () => log.groups.move({ blindForMs: random.integer(0, LONGEST_PAUSE_MS) }));
  sometimes(plan.storeAbsences, () => store.goAway(time.nowMs() + random.integer(100, LONGEST_ABSENCE_MS)));
};

interface CommitWatch extends Pick<LandingWatch, 'landedSaid'> {
  readonly log: SimulatedLog;
  readonly store: SimulatedStore;
  readonly broken: (law: string) => void;
}

/** Law 3: nobody commits what is not stored. */
const createCommitWatch =
  ({ log, store, landedSaid, broken }: CommitWatch) =>
  (group: string, partition: number, offset: number): void => {
    if (group === LANDED_GROUP) landedSaid(partition, offset);
    if (group === PROCESSORS_GROUP && (store.snapshotOf(partition)?.next_offset ?? 0) < offset) {
      broken(`law 3: ${offset} of partition ${partition} is committed before its snapshot is stored`);
    }
    if (group !== DEAD_LETTERS_GROUP) return;
    const stored = new Set([...store.deadLetters.values()].map(({ seq }) => seq));
    for (const letter of log.records(DEAD_LETTERS.name, 0)) {
      if (letter.offset >= offset || stored.has(letter.key)) continue;
      broken(`law 3: dead letter ${letter.key} is committed before it is stored`);
    }
  };

const openWorld = (seed: number, { codec, runtime, centre }: Given) => {
  const random = createRandom(seed, 'world');
  const inputs = Array.from({ length: random.integer(1, 2) }, (_, i) =>
    sourceInput(random, `source-${i + 1}`, centre),
  );
  const partitions = random.integer(1, 2);
  const plan = planFaults(random);
  const limits = planLimits(random);
  const time = createVirtualTime(random, START_MS);
  const troubleEndsMs = START_MS + TROUBLE_MS;
  const network = createNetwork(time, random, () => (time.nowMs() < troubleEndsMs ? plan : NO_FAULTS));
  const broken: string[] = [];
  const note = (law: string): void => {
    broken.push(law);
  };
  const log = createSimulatedLog(network, partitions, (...said) => commitSaid(...said));
  const watch = watchLanding({
    codec,
    events: (partition) => log.records(EVENTS.name, partition),
    letters: () => log.records(DEAD_LETTERS.name, 0),
    stored: () => store.tables,
    broken: note,
  });
  const { decoded } = watch;
  const store = createSimulatedStore(network, { snapshotLanded: watch.snapshotLanded, broken: note });
  const commitSaid = createCommitWatch({ log, store, landedSaid: watch.landedSaid, broken: note });
  for (const [i, input] of inputs.entries()) {
    feed({ random, time, log, codec, withinMs: TROUBLE_MS }, input, i % partitions);
  }
  const wanted = random.integer(1, 3);
  const nodes = startNodes({
    runtime,
    network,
    log,
    store,
    codec,
    limits,
    partitions,
    wanted,
    broken: note,
  });
  planTrouble({ plan, network, nodes, log, store });
  return { inputs, partitions, time, troubleEndsMs, broken, note, log, decoded, store };
};

/** Runs a seed's world to its end. */
export const simulate = async (seed: number, given: Given): Promise<Outcome> => {
  const world = openWorld(seed, given);
  const { inputs, partitions, time, troubleEndsMs, broken, note, log, decoded, store } = world;
  const places = Array.from({ length: partitions }, (_, partition) => partition);
  const ends = (): number[] => places.map((partition) => log.end(EVENTS.name, partition));
  const isAtRest = (): boolean =>
    broken.length > 0 ||
    (time.nowMs() > troubleEndsMs &&
      ends().every((end, partition) => (store.snapshotOf(partition)?.next_offset ?? 0) >= end) &&
      lettersLacking(places.map(decoded), store.deadLetters).length === 0);
  if (!(await time.run(isAtRest, troubleEndsMs + REST_LIMIT_MS))) note('it does not come to rest');
  // What is still on its way, from zombies too, must change nothing.
  await time.run(() => broken.length > 0, time.nowMs() + STRAY_MS + LONGEST_PAUSE_MS);
  const all = places.map(decoded);
  if (broken.length === 0) {
    const told = Array.from({ length: ALERTS.partitions }, (_, i) => log.records(ALERTS.name, i)).flat();
    broken.push(...differences(store.tables, all, inputs), ...lettersLacking(all, store.deadLetters));
    broken.push(...alertsUntold(all, told));
    for (const [partition, end] of ends().entries()) {
      const landed = log.committed(LANDED_GROUP, EVENTS.name, partition) ?? 0;
      if (landed < end)
        note(`partition ${partition} has landed to ${end} and says ${landed}: imports wait for ever`);
    }
  }
  const events = all.reduce((sum, records) => sum + records.length, 0);
  return { seed, broken, steps: time.steps(), events };
};

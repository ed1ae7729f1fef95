/**
 * The benchmarks' input: eight simulated centres, one a partition, told side by side as a log would hold them, and
 * what is true of them.
 */
import { type SimulationOptions, simulationDefaults } from '../../ingest/feeds/simulator/centre-plan.ts';
import { simulateCentre } from '../../ingest/feeds/simulator/simulate-centre.ts';
import { truthUntil } from '../../ingest/feeds/simulator/truth.ts';
import type { CanonicalEvent } from '../../schemas/events.ts';
import { EVENTS, partitionOf } from '../../schemas/topics.ts';

const TENANT = 'bench';
const START_MS = Date.parse('2026-03-02T00:00:00Z');
const AGENTS = 80;
const QUEUES = 6;
/** As large as the batches ingest publishes. */
export const CHUNK_EVENTS = 2_000;

export interface Chunk {
  readonly partition: number;
  readonly source: string;
  readonly events: readonly CanonicalEvent[];
}
/** Contacts of one source. */
export interface Sums {
  readonly offered: number;
  readonly answered: number;
  readonly abandoned: number;
}

/** The first source name that falls on each partition. */
const sourceNames = (): readonly string[] => {
  const names: string[] = [];
  for (let i = 1, found = 0; found < EVENTS.partitions; i++) {
    const name = `centre-${i}`;
    const partition = partitionOf(TENANT, name);
    if (names[partition] !== undefined) continue;
    names[partition] = name;
    found += 1;
  }
  return names;
};

/** Eight centres that together tell about `count` events: all end at the moment the first has told its eighth. */
export const centresOf = (count: number): readonly SimulationOptions[] => {
  const options = sourceNames().map((source, seed) =>
    simulationDefaults({ seed, tenant: TENANT, source, startMs: START_MS, agents: AGENTS, queues: QUEUES }),
  );
  const [first] = options;
  if (first === undefined) return [];
  let left = count / options.length;
  let untilMs = START_MS;
  for (const event of simulateCentre(first)) {
    untilMs = event.event_time;
    left -= 1;
    if (left <= 0) break;
  }
  return options.map((each) => ({ ...each, untilMs }));
};

/** The centres' events, chunk by chunk in turn. */
export function* chunksOf(centres: readonly SimulationOptions[]): Generator<Chunk, void, undefined> {
  const running = new Map(centres.map((options) => [options.source, simulateCentre(options)]));
  while (running.size > 0) {
    for (const [source, events] of running) {
      const chunk: CanonicalEvent[] = [];
      while (chunk.length < CHUNK_EVENTS) {
        const { value, done } = events.next();
        if (done === true) break;
        chunk.push(value);
      }
      if (chunk.length < CHUNK_EVENTS) running.delete(source);
      if (chunk.length > 0) yield { partition: partitionOf(TENANT, source), source, events: chunk };
    }
  }
}

/** What happened in a centre, from what it knows itself. */
export const trueSums = (options: SimulationOptions): Sums => {
  let [offered, answered, abandoned] = [0, 0, 0];
  for (const { outcome } of truthUntil(options, options.untilMs ?? START_MS).legs) {
    if (outcome?.startsWith('refused_') === true) continue;
    offered += 1;
    if (outcome === 'answered') answered += 1;
    if (outcome === 'abandoned') abandoned += 1;
  }
  return { offered, answered, abandoned };
};

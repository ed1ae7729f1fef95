/** Traffic of several simulated centres, each of its own partition, published for as long as a test makes trouble. */
import { setTimeout as sleep } from 'node:timers/promises';
import { simulationDefaults } from '../../ingest/feeds/simulator/centre-plan.ts';
import { simulateCentre } from '../../ingest/feeds/simulator/simulate-centre.ts';
import type { CanonicalEvent } from '../../schemas/events.ts';
import { EVENTS, partitionOf, sourceKey } from '../../schemas/topics.ts';
import type { Cluster } from './cluster.ts';

const TENANT = 'default';
const SOURCES = 5;
const MORNING = Date.parse('2026-03-02T08:00:00Z');
/** Busy enough for contacts to be open across every fault, short of what would take the oracle minutes. */
const CENTRE = { queues: 3, agents: 60 } as const;
/** What each source publishes at a time. */
export interface Pace {
  readonly events: number;
  readonly pauseMs: number;
}
const PACE: Pace = { events: 25, pauseMs: 100 };

/** What one source has published: what the oracle is told. */
export interface SourceLoad {
  readonly source: string;
  readonly partition: number;
  readonly events: readonly CanonicalEvent[];
}
export interface Load {
  readonly sources: readonly SourceLoad[];
  /** Appends what is no event to the first source's partition; tells where it is: `topic[partition]@offset`. */
  readonly poison: (value: string) => Promise<string>;
  /** Ends each centre with a heartbeat, by which all that is still open counts. Rejects if anything could not be published. */
  readonly stop: () => Promise<readonly SourceLoad[]>;
}

/** Names of sources on partitions that differ, so that a rebalance moves some and leaves others. */
const namesOf = (name: string): string[] => {
  const names: string[] = [];
  const taken = new Set<number>();
  for (let i = 0; names.length < SOURCES; i += 1) {
    const candidate = `${name}-${i}`;
    const partition = partitionOf(TENANT, candidate);
    if (taken.has(partition)) continue;
    taken.add(partition);
    names.push(candidate);
  }
  return names;
};

/** Starts publishing; `name` sets this load apart from others on the same log. */
export const startLoad = ({ log, codec }: Cluster, name: string, pace: Pace = PACE): Load => {
  let stopping = false;
  const loads = namesOf(name).map((source, seed) => ({
    source,
    partition: partitionOf(TENANT, source),
    events: [] as CanonicalEvent[],
    coming: simulateCentre(simulationDefaults({ seed, tenant: TENANT, source, startMs: MORNING, ...CENTRE }))[
      Symbol.iterator
    ](),
  }));
  type Running = (typeof loads)[number];

  const append = async ({ source, partition, events }: Running, fresh: readonly CanonicalEvent[]) => {
    const key = sourceKey(TENANT, source);
    await log.append(
      EVENTS.name,
      partition,
      fresh.map((event) => ({ key, value: codec.encode(event) })),
    );
    events.push(...fresh);
  };
  const run = async (load: Running): Promise<void> => {
    while (!stopping) {
      const fresh = Array.from({ length: pace.events }, () => load.coming.next().value);
      await append(
        load,
        fresh.filter((event) => event !== undefined),
      );
      await sleep(pace.pauseMs);
    }
    const last = load.events.at(-1);
    if (last === undefined) throw new Error(`${load.source} has published nothing`);
    const body = { type: 'source_progressed' } as const;
    await append(load, [{ ...last, seq: `${last.seq}-end`, event_time: last.event_time + 1, body }]);
  };
  const running = Promise.all(loads.map(run));
  // Told by `stop`; until then nobody listens.
  running.catch(() => {});
  return {
    sources: loads,
    poison: async (value) => {
      const [first] = loads;
      if (first === undefined) throw new Error('a load has sources');
      const key = sourceKey(TENANT, first.source);
      const records = [{ key, value: Buffer.from(value) }];
      const offset = await log.append(EVENTS.name, first.partition, records);
      return `${EVENTS.name}[${first.partition}]@${offset}`;
    },
    stop: async () => {
      stopping = true;
      await running;
      return loads;
    },
  };
};

/**
 * The log of a simulated world: records and commits, with a connection for each process. Commits are taken from
 * whoever sends them, as Kafka takes those of a group without members: the last one stands.
 */
import type { EventLog, LogRecord, ReadLimits, StoredRecord } from '../../infra/log/event-log.ts';
import { LogError } from '../../infra/log/log-error.ts';
import { ALERTS, DEAD_LETTERS, EVENTS, LIVE } from '../../schemas/topics.ts';
import { createGroups, type Groups } from './groups.ts';
import type { Network } from './network.ts';
import type { Process } from './virtual-time.ts';

export interface SimulatedLog {
  readonly groups: Groups;
  readonly append: (topic: string, partition: number, records: readonly LogRecord[]) => number;
  readonly records: (topic: string, partition: number) => readonly StoredRecord[];
  readonly end: (topic: string, partition: number) => number;
  readonly committed: (group: string, topic: string, partition: number) => number | null;
  readonly connect: (process: Process) => EventLog;
}

interface Partition {
  readonly records: StoredRecord[];
  end: number;
}

const unsupported = (): never => {
  throw new Error('not part of the simulation');
};

export const createSimulatedLog = (
  network: Network,
  eventPartitions: number,
  commitSaid: (group: string, partition: number, offset: number) => void,
): SimulatedLog => {
  const { random, call, faults } = network;
  const empty = (): Partition => ({ records: [], end: 0 });
  const topics = new Map<string, readonly Partition[]>([
    [EVENTS.name, Array.from({ length: eventPartitions }, empty)],
    [DEAD_LETTERS.name, [empty()]],
    [LIVE.name, [empty()]],
    [ALERTS.name, Array.from({ length: ALERTS.partitions }, empty)],
  ]);
  const commits = new Map<string, number>();
  const placeOf = (group: string, topic: string, partition: number): string =>
    [group, topic, partition].join('|');
  const partitionsOf = (topic: string): readonly Partition[] => topics.get(topic) ?? unsupported();
  const partitionOf = (topic: string, partition: number): Partition =>
    partitionsOf(topic)[partition] ?? unsupported();

  const append: SimulatedLog['append'] = (topic, partition, records) => {
    const to = partitionOf(topic, partition);
    for (const { key, value } of records) {
      // Offsets need not be dense: Kafka's have gaps.
      const offset = to.end + (random.chance(0.05) ? random.integer(1, 3) : 0);
      if (topic !== LIVE.name) to.records.push({ key, value, offset });
      to.end = offset + 1;
    }
    groups.appended(topic, partition);
    return to.end - 1;
  };
  const read = (
    topic: string,
    partition: number,
    from: number,
    { maxRecords }: ReadLimits,
  ): StoredRecord[] => {
    const { records } = partitionOf(topic, partition);
    const start = records.findIndex(({ offset }) => offset >= from);
    return start < 0 ? [] : records.slice(start, start + random.integer(1, maxRecords));
  };
  const end = (topic: string, partition: number): number => partitionOf(topic, partition).end;
  const groups = createGroups(network, { partitions: (topic) => partitionsOf(topic).length, read, end });

  const faulty = (what: string): void => {
    if (random.chance(faults().logFaults)) throw new LogError('LOG_UNREACHABLE', `${what}: simulated fault`);
  };
  return {
    groups,
    append,
    end,
    records: (topic, partition) => partitionOf(topic, partition).records,
    committed: (...place) => commits.get(placeOf(...place)) ?? null,
    connect: (process) => ({
      ensureTopics: unsupported,
      append: (topic, partition, records) =>
        call(process, () => {
          if (random.chance(0.5)) faulty('append');
          const last = append(topic, partition, records);
          // Appended, and the answer lost.
          faulty('append');
          return last;
        }),
      read: (topic, partition, from, limits) => call(process, () => read(topic, partition, from, limits)),
      consume: async (options, handlers) => groups.join(process, options, handlers),
      endOffset: (topic, partition) => call(process, () => end(topic, partition)),
      commit: (group, topic, partition, offset) =>
        call(process, () => {
          commits.set(placeOf(group, topic, partition), offset);
          commitSaid(group, partition, offset);
          faulty('commit');
        }),
      committed: (group, topic, partition) =>
        call(process, () => commits.get(placeOf(group, topic, partition)) ?? null),
      close: unsupported,
    }),
  };
};

/** What the tests of consuming from Kafka share: members that write down what they were given, and appended numbers. */
import { randomUUID } from 'node:crypto';
import { vi } from 'vitest';
import type { Consumer, ConsumerHandlers, EventLog, LogRecord } from '../../../infra/log/event-log.ts';

export const until = (condition: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(condition, { timeout: 90_000, interval: 20 });

export const numbersFrom = (first: number, count: number): readonly LogRecord[] =>
  Array.from({ length: count }, (_, index) => ({
    key: 'k',
    value: new Uint8Array(Buffer.from(String(first + index))),
  }));

export const newTopic = async (log: EventLog, partitions: number): Promise<string> => {
  const topic = `consuming-${randomUUID()}`;
  await log.ensureTopics([{ name: topic, partitions, compacted: false }]);
  return topic;
};

/** How far each partition's owner has come, as snapshots in a store would say. */
export type Snapshots = Map<number, number>;
/** `[what, member, partition]` in the order it happened, over all members. */
export type Story = (readonly [
  what: 'assigned' | 'batch' | 'revoked' | 'failed',
  member: string,
  partition: number,
])[];

export interface Member {
  readonly name: string;
  readonly consumer: Consumer;
  /** The partitions it has now. */
  readonly has: ReadonlySet<number>;
  /** The numbers it was given, by partition, in order. */
  readonly given: ReadonlyMap<number, readonly number[]>;
}
export interface Group {
  readonly log: EventLog;
  readonly topic: string;
  readonly group: string;
  readonly snapshots: Snapshots;
  readonly story: Story;
}

/** As a worker joins: in a thread of its own. */
export const joinAs = async (
  name: string,
  { log, topic, group, snapshots, story }: Group,
  onBatch: ConsumerHandlers['onBatch'] = async () => {},
): Promise<Member> => {
  const has = new Set<number>();
  const given = new Map<number, number[]>();
  const consumer = await log.consume(
    { topic, group, ownThread: true, maxRecords: 100, maxBytes: 1_000_000 },
    {
      onAssigned: async (partition) => {
        story.push(['assigned', name, partition]);
        has.add(partition);
        return snapshots.get(partition) ?? 0;
      },
      onBatch: async (partition, records, endOffset) => {
        story.push(['batch', name, partition]);
        await onBatch(partition, records, endOffset);
        const numbers = given.get(partition) ?? [];
        given.set(partition, numbers);
        numbers.push(...records.map(({ value }) => Number(Buffer.from(value))));
        snapshots.set(partition, (records.at(-1)?.offset ?? 0) + 1);
        await log.commit(group, topic, partition, snapshots.get(partition) ?? 0);
      },
      onRevoked: async (partition) => {
        has.delete(partition);
        story.push(['revoked', name, partition]);
      },
      onFailed: (partition) => story.push(['failed', name, partition]),
    },
  );
  return { name, consumer, has, given };
};

/** What all members were given of a partition, in the order of the numbers. */
export const givenTo = (members: readonly Member[], partition: number): readonly number[] =>
  members.flatMap(({ given }) => given.get(partition) ?? []).toSorted((a, b) => a - b);

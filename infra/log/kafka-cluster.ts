/**
 * What kafkajs' own clients do not offer, or not without harm: reading a stretch of a partition without joining a group,
 * committing for a group without being its member, finding the ends of a partition while other topics are asked about.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker, Cluster, Kafka, KafkaMessage } from 'kafkajs';
import type { ReadLimits, StoredRecord } from './event-log.ts';
import { brokenConnection, isRetriable, kafkaErrorType } from './kafka-fault.ts';

/** About a minute in all, like kafka-connection.ts. */
const TRIES = 16;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** Small reads ask for this much all the same: compaction can leave only gaps in less. */
const LEAST_FETCH_BYTES = 1024 * 1024;
/** Kafka's name for "a commit from outside the group". */
const NO_GENERATION = -1;

export interface KafkaCluster {
  /** Records at or after `from`; null where `from` is outside of what the partition holds. */
  fetch(
    topic: string,
    partition: number,
    from: number,
    limits: ReadLimits,
  ): Promise<readonly StoredRecord[] | null>;
  /** The first offset that is there and the one after the last. */
  bounds(topic: string, partition: number): Promise<{ low: number; high: number }>;
  commit(group: string, topic: string, partition: number, offset: number): Promise<void>;
  committed(group: string, topic: string, partition: number): Promise<number | null>;
  close(): Promise<void>;
}

interface FetchedPartition {
  readonly highWatermark: string;
  readonly messages: readonly (KafkaMessage & { readonly isControlRecord?: boolean })[];
}
interface FetchResponse {
  readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[];
}

/** kafkajs gives its cluster to partition assigners only, and makes those with the consumer, before anything connects. */
const clusterOf = (kafka: Kafka): { cluster: Cluster; disconnect: () => Promise<void> } => {
  const captured: Cluster[] = [];
  const consumer = kafka.consumer({
    groupId: 'busyhour-without-group',
    allowAutoTopicCreation: false,
    partitionAssigners: [
      ({ cluster }) => {
        captured.push(cluster);
        return {
          name: 'none',
          version: 0,
          assign: async () => [],
          protocol: () => ({ name: '', metadata: Buffer.alloc(0) }),
        };
      },
    ],
  });
  const [cluster] = captured;
  if (cluster === undefined) throw new Error('kafkajs made a consumer without making its assigner');
  return { cluster, disconnect: () => consumer.disconnect() };
};

export const openKafkaCluster = (kafka: Kafka): KafkaCluster => {
  const { cluster, disconnect } = clusterOf(kafka);

  // kafkajs calls a broker connected before it can be asked anything: whoever comes meanwhile waits too.
  let connecting: Promise<void> | null = null;
  const connect = async (): Promise<void> => {
    if (connecting === null && !cluster.isConnected()) {
      connecting = cluster.connect().finally(() => {
        connecting = null;
      });
    }
    await connecting;
  };
  const recover = async (error: unknown): Promise<void> => {
    const broken = brokenConnection(error);
    if (broken !== null) cluster.removeBroker(broken);
    await cluster.refreshMetadata();
  };
  const retrying = async <T>(run: () => Promise<T>): Promise<T> => {
    for (let tried = 1; ; tried += 1) {
      try {
        await connect();
        return await run();
      } catch (error) {
        if (!isRetriable(error) || tried === TRIES) throw error;
        await sleep(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tried));
        // The next try says itself what is still wrong.
        await recover(error).catch(() => {});
      }
    }
  };

  const leaderOf = async (topic: string, partition: number): Promise<Broker> => {
    await cluster.addTargetTopic(topic);
    await cluster.refreshMetadataIfNecessary();
    const [leader = ''] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]));
    return cluster.findBroker({ nodeId: leader });
  };

  const fetchOnce = async (
    topic: string,
    partition: number,
    from: number,
    bytes: number,
  ): Promise<FetchedPartition> => {
    const broker = await leaderOf(topic, partition);
    const response: FetchResponse = await broker.fetch({
      maxWaitTime: 0,
      minBytes: 0,
      maxBytes: bytes,
      topics: [{ topic, partitions: [{ partition, fetchOffset: String(from), maxBytes: bytes }] }],
    });
    return response.responses[0]?.partitions[0] ?? { highWatermark: '0', messages: [] };
  };

  const fetch: KafkaCluster['fetch'] = async (topic, partition, from, limits) => {
    const bytes = Math.max(limits.maxBytes, LEAST_FETCH_BYTES);
    try {
      for (let next = from; ; ) {
        const { highWatermark, messages } = await retrying(() => fetchOnce(topic, partition, next, bytes));
        const records = within(messages, next, limits);
        if (records.length > 0 || next >= Number(highWatermark)) return records;
        // Only gaps and control records up to here.
        next = Math.max(next, Number(messages.at(-1)?.offset ?? next)) + 1;
      }
    } catch (error) {
      if (kafkaErrorType(error) === 'OFFSET_OUT_OF_RANGE') return null;
      throw error;
    }
  };

  const endOf = async (topic: string, partition: number, fromBeginning: boolean): Promise<number> => {
    await leaderOf(topic, partition);
    const [found] = await cluster.fetchTopicsOffset([{ topic, partitions: [{ partition }], fromBeginning }]);
    const offset = found?.partitions[0]?.offset;
    if (offset === undefined) throw Object.assign(new Error('no offset was told'), { retriable: true });
    return Number(offset);
  };

  return {
    fetch,
    // Not by kafkajs' admin, which keeps what it knows of one topic only while nobody asks it about another.
    bounds: (topic, partition) =>
      retrying(async () => ({
        low: await endOf(topic, partition, true),
        high: await endOf(topic, partition, false),
      })),
    commit: async (group, topic, partition, offset) => {
      await retrying(async () => {
        const coordinator = await cluster.findGroupCoordinator({ groupId: group });
        await coordinator.offsetCommit({
          groupId: group,
          groupGenerationId: NO_GENERATION,
          memberId: '',
          topics: [{ topic, partitions: [{ partition, offset: String(offset) }] }],
        });
      });
    },
    // Not by kafkajs' admin, which does not look for the coordinator again when that has moved.
    committed: (group, topic, partition) =>
      retrying(async () => {
        const coordinator = await cluster.findGroupCoordinator({ groupId: group });
        const wanted = { partition, offset: '' };
        const { responses } = await coordinator.offsetFetch({
          groupId: group,
          topics: [{ topic, partitions: [wanted] }],
        });
        const offset = Number(responses[0]?.partitions[0]?.offset ?? -1);
        return offset < 0 ? null : offset;
      }),
    close: disconnect,
  };
};

const storedRecord = ({ offset, key, value }: KafkaMessage): StoredRecord => ({
  offset: Number(offset),
  key: key === null ? '' : key.toString('utf8'),
  value: value ?? Buffer.alloc(0),
});

const within = (
  messages: FetchedPartition['messages'],
  from: number,
  limits: ReadLimits,
): readonly StoredRecord[] => {
  const records: StoredRecord[] = [];
  let bytes = 0;
  for (const message of messages) {
    // Kafka sends whole batches, which may begin before the offset asked for.
    if (Number(message.offset) < from || message.isControlRecord === true) continue;
    const record = storedRecord(message);
    bytes += sizeOf(record);
    if (records.length >= Math.max(1, limits.maxRecords)) break;
    if (records.length > 0 && bytes > limits.maxBytes) break;
    records.push(record);
  }
  return records;
};

const sizeOf = ({ key, value }: StoredRecord): number => key.length + value.byteLength;

/**
 * The event log on Apache Kafka. One append is one record batch, idempotent and acknowledged by all replicas in sync;
 * partitions are always chosen by the caller; where a member begins is its handlers' word, never a committed offset.
 */
import { randomUUID } from 'node:crypto';
import { CompressionTypes, Kafka } from 'kafkajs';
import type { ConsumeOptions, Consumer, ConsumerHandlers, EventLog } from './event-log.ts';
import { openKafkaAppender } from './kafka-appender.ts';
import { openKafkaCluster } from './kafka-cluster.ts';
import { type KafkaConnection, kafkaConfigOf } from './kafka-connection.ts';
import { toLogError } from './kafka-fault.ts';
import { type GroupMember, joinGroup, MEMBER_TIMING, type MemberTiming } from './kafka-member.ts';
import { recordsOf } from './kafka-packed.ts';
import type { PackedHandlers } from './kafka-partition.ts';
import { joinGroupInThread } from './kafka-threaded-member.ts';
import { ensureKafkaTopics, kafkaTopicFaults, type WantedTopic } from './kafka-topics.ts';
import { provideZstd } from './kafka-zstd.ts';
import { LogError } from './log-error.ts';

export interface KafkaLogOptions extends KafkaConnection {
  readonly timing?: MemberTiming;
}
export interface KafkaLog extends EventLog {
  /** What is wrong with the topics' settings, one line each; for `doctor`. */
  topicFaults(topics: readonly WantedTopic[]): Promise<readonly string[]>;
}

/** What runs waits a minute for a broker to come back; what starts is to say sooner that none is there: about 3 s. */
const KNOCK_RETRY = { initialRetryTime: 100, retries: 4 } as const;
const PRIVATE_GROUP_PREFIX = 'busyhour-private-';

/** Connects, or rejects with LogError LOG_UNREACHABLE or LOG_DENIED. Members of one group must read one and the same topic. */
export const openKafkaLog = async (options: KafkaLogOptions): Promise<KafkaLog> => {
  provideZstd();
  const config = kafkaConfigOf(options);
  const kafka = new Kafka(config);
  const admin = kafka.admin();
  const cluster = openKafkaCluster(kafka);
  const appender = openKafkaAppender(kafka, CompressionTypes.ZSTD);
  const counts = new Map<string, number>();
  const members = new Map<string, Set<GroupMember>>();
  const consumers = new Set<Consumer>();
  let closing: Promise<void> | undefined;

  const tried = async <T>(what: string, run: () => Promise<T>): Promise<T> => {
    if (closing !== undefined) throw new LogError('LOG_CLOSED', `log: cannot ${what}: it is being closed`);
    try {
      return await run();
    } catch (error) {
      throw toLogError(what, error);
    }
  };
  /** Of a topic that is there, its partition count never changes. */
  const countOf = async (topic: string): Promise<number> => {
    const known = counts.get(topic);
    if (known !== undefined) return known;
    if (!(await admin.listTopics()).includes(topic))
      throw new LogError('UNKNOWN_TOPIC', `log: no topic ${topic}`);
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const count = topics[0]?.partitions.length ?? 0;
    counts.set(topic, count);
    return count;
  };
  const checkPartition = async (topic: string, partition: number): Promise<void> => {
    const count = await countOf(topic);
    if (partition >= 0 && partition < count) return;
    throw new LogError(
      'UNKNOWN_TOPIC',
      `log: topic ${topic} has ${count} partitions, no partition ${partition}`,
    );
  };
  const boundsOf = async (topic: string, partition: number): Promise<{ low: number; high: number }> => {
    await checkPartition(topic, partition);
    return cluster.bounds(topic, partition);
  };
  const startAt = async (topic: string, partition: number, offset: number): Promise<number> => {
    const { low, high } = await boundsOf(topic, partition);
    if (offset <= high) return Math.max(low, offset);
    throw new LogError(
      'LOG_REWOUND',
      `log: ${topic}/${partition} ends at offset ${high}, before ${offset} where it is to be read on: it was shortened or made anew`,
    );
  };

  const join = async (consume: ConsumeOptions, handlers: ConsumerHandlers): Promise<Consumer> => {
    const { topic, group } = consume;
    await countOf(topic);
    const groupId = group ?? `${PRIVATE_GROUP_PREFIX}${randomUUID()}`;
    const membership = {
      groupId,
      consume,
      timing: options.timing ?? MEMBER_TIMING,
      startAt: (partition: number, offset: number) => startAt(topic, partition, offset),
    };
    const member =
      consume.ownThread === true
        ? await joinGroupInThread({ ...membership, connection: options }, handlers)
        : await joinGroup({ ...membership, kafka }, unpacking(handlers));
    const reading = JSON.stringify([groupId, topic]);
    const fellows = members.get(reading) ?? new Set();
    members.set(reading, fellows.add(member));
    const leave = async (): Promise<void> => {
      await member.close();
      fellows.delete(member);
      consumers.delete(consumer);
      // Best effort: Kafka forgets by itself a group that has neither members nor offsets.
      if (group === null) await admin.deleteGroups([groupId]).catch(() => {});
    };
    let left: Promise<void> | undefined;
    const consumer: Consumer = {
      close: () => {
        left ??= leave();
        return left;
      },
    };
    consumers.add(consumer);
    return consumer;
  };

  const commit = async (group: string, topic: string, partition: number, offset: number): Promise<void> => {
    await checkPartition(topic, partition);
    // While a group has members Kafka takes commits from them only.
    const [member] = members.get(JSON.stringify([group, topic])) ?? [];
    await (member ?? memberless(group, topic)).commit(partition, offset);
  };
  const memberless = (group: string, topic: string): Pick<GroupMember, 'commit'> => ({
    commit: (partition, offset) => cluster.commit(group, topic, partition, offset),
  });

  const close = async (): Promise<void> => {
    await Promise.all([...consumers].map((consumer) => consumer.close()));
    await Promise.all([appender.close(), cluster.close(), admin.disconnect()]);
  };

  await tried(`connect to ${options.brokers.join(', ')}`, async () => {
    const knock = new Kafka({ ...config, retry: KNOCK_RETRY }).admin();
    await knock.connect();
    await knock.disconnect();
    await admin.connect();
  });
  return {
    ensureTopics: (topics) => tried('make the topics', () => ensureKafkaTopics(admin, topics)),
    topicFaults: (topics) => tried('look at the topics', () => kafkaTopicFaults(admin, topics)),
    append: (topic, partition, records) =>
      tried(`append to ${topic}/${partition}`, async () => {
        if (records.length === 0) return (await boundsOf(topic, partition)).high - 1;
        await checkPartition(topic, partition);
        return appender.append(topic, partition, records);
      }),
    read: (topic, partition, from, limits) =>
      tried(`read ${topic}/${partition}`, async () => {
        await checkPartition(topic, partition);
        const records = await cluster.fetch(topic, partition, from, limits);
        if (records !== null) return records;
        const { low } = await boundsOf(topic, partition);
        return from < low ? ((await cluster.fetch(topic, partition, low, limits)) ?? []) : [];
      }),
    consume: (wanted, handlers) =>
      tried(`read ${wanted.topic} in group ${wanted.group ?? 'of its own'}`, () => join(wanted, handlers)),
    endOffset: (topic, partition) =>
      tried(`find the end of ${topic}/${partition}`, async () => (await boundsOf(topic, partition)).high),
    commit: (group, topic, partition, offset) =>
      tried(`commit for group ${group}`, () => commit(group, topic, partition, offset)),
    committed: (group, topic, partition) =>
      tried(`find what group ${group} has committed`, async () => {
        await checkPartition(topic, partition);
        return cluster.committed(group, topic, partition);
      }),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
};

const unpacking = (handlers: ConsumerHandlers): PackedHandlers => ({
  ...handlers,
  onBatch: (partition, records, endOffset) => handlers.onBatch(partition, recordsOf(records), endOffset),
});

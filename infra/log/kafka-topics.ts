/** The topics of a Kafka log: making them with the settings Busyhour rests on, and checking those that are there. */
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';
import type { EventLog } from './event-log.ts';
import { LogError } from './log-error.ts';

export type WantedTopic = Parameters<EventLog['ensureTopics']>[0][number];

/** An append is one batch, which Kafka takes whole or not at all: this is the largest. */
export const MAX_BATCH_BYTES = 8 * 1024 * 1024;
const WANTED_REPLICAS = 3;
const REPLICAS_IN_SYNC = 2;
/** Kafka compacts only closed segments; small ones keep short what a reader of a compacted topic begins with. */
const COMPACTED_SEGMENT_BYTES = 16 * 1024 * 1024;
const COMPACTED_SEGMENT_MS = 3_600_000;

const settingsOf = (
  { compacted, retentionMs = -1, replacedGoneWithinMs }: WantedTopic,
  replicas: number,
): Readonly<Record<string, string>> => ({
  'max.message.bytes': String(MAX_BATCH_BYTES),
  'min.insync.replicas': String(Math.min(REPLICAS_IN_SYNC, replicas)),
  ...(compacted
    ? {
        'cleanup.policy': 'compact',
        'segment.bytes': String(COMPACTED_SEGMENT_BYTES),
        'segment.ms': String(COMPACTED_SEGMENT_MS),
        ...(replacedGoneWithinMs === undefined ? {} : goneWithin(replacedGoneWithinMs)),
      }
    : // The log is the only truth: nothing of it runs out unless it is kept elsewhere too.
      { 'cleanup.policy': 'delete', 'retention.ms': String(retentionMs), 'retention.bytes': '-1' }),
});

/** Kafka closes the segment in time and cleans it however little there is to gain (KIP-354). */
const goneWithin = (ms: number): Readonly<Record<string, string>> => ({
  'max.compaction.lag.ms': String(ms),
  'min.cleanable.dirty.ratio': '0.01',
});

/** Makes what is missing. Throws LogError TOPIC_MISMATCH for a topic of another partition count or kind. */
export const ensureKafkaTopics = async (admin: Admin, wanted: readonly WantedTopic[]): Promise<void> => {
  const existing = new Set(await admin.listTopics());
  const brokers = (await admin.describeCluster()).brokers.length;
  const replicas = Math.min(WANTED_REPLICAS, brokers);
  for (const topic of wanted) {
    // Another process may have made it since: then it is checked like one that was there before.
    const made = !existing.has(topic.name) && (await onceKnown(() => createTopic(admin, topic, replicas)));
    if (!made) await onceKnown(() => refuseMismatch(admin, topic));
  }
};

const SPREADS_WITHIN_MS = 10_000;
const ASK_AGAIN_MS = 200;

/** A topic that has just been made, by us or by a process that starts beside us, is not known to every broker at once. */
const onceKnown = async <T>(run: () => Promise<T>): Promise<T> => {
  const deadlineMs = Date.now() + SPREADS_WITHIN_MS;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      const spreading =
        error instanceof Error && 'type' in error && error.type === 'UNKNOWN_TOPIC_OR_PARTITION';
      if (!spreading || Date.now() > deadlineMs) throw error;
    }
    await sleep(ASK_AGAIN_MS);
  }
};

const createTopic = (admin: Admin, topic: WantedTopic, replicas: number): Promise<boolean> =>
  admin.createTopics({
    waitForLeaders: true,
    topics: [
      {
        topic: topic.name,
        numPartitions: topic.partitions,
        replicationFactor: replicas,
        configEntries: Object.entries(settingsOf(topic, replicas)).map(([setting, value]) => ({
          name: setting,
          value,
        })),
      },
    ],
  });

interface FoundTopic {
  readonly partitions: number;
  readonly replicas: number;
  readonly settings: ReadonlyMap<string, string>;
}

const findTopic = async (admin: Admin, name: string): Promise<FoundTopic> => {
  const [metadata, described] = await Promise.all([
    admin.fetchTopicMetadata({ topics: [name] }),
    admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name }],
    }),
  ]);
  const partitions = metadata.topics[0]?.partitions ?? [];
  const entries = described.resources[0]?.configEntries ?? [];
  return {
    partitions: partitions.length,
    replicas: Math.min(...partitions.map(({ replicas }) => replicas.length)),
    settings: new Map(entries.map(({ configName, configValue }) => [configName, configValue])),
  };
};

const mismatch = ({ name, partitions, compacted }: WantedTopic, found: FoundTopic): string | null => {
  if (found.partitions !== partitions) {
    return `topic ${name} has ${found.partitions} partitions, not ${partitions}: which partition a source is in depends on that, so it cannot change`;
  }
  const isCompacted = found.settings.get('cleanup.policy')?.includes('compact') === true;
  if (isCompacted === compacted) return null;
  return `topic ${name} is ${isCompacted ? '' : 'not '}compacted and should ${compacted ? '' : 'not '}be: set cleanup.policy=${compacted ? 'compact' : 'delete'}`;
};

const refuseMismatch = async (admin: Admin, topic: WantedTopic): Promise<void> => {
  const fault = mismatch(topic, await findTopic(admin, topic.name));
  if (fault !== null) throw new LogError('TOPIC_MISMATCH', fault);
};

/** What is wrong with the topics' settings, one line each with what to do; for `doctor`. */
export const kafkaTopicFaults = async (
  admin: Admin,
  wanted: readonly WantedTopic[],
): Promise<readonly string[]> => {
  const existing = new Set(await admin.listTopics());
  const faults = await Promise.all(
    wanted.map(async (topic) =>
      existing.has(topic.name)
        ? settingFaults(topic, await findTopic(admin, topic.name))
        : [`topic ${topic.name} is missing: busyhour start, process or ingest makes it`],
    ),
  );
  return faults.flat();
};

const settingFaults = (topic: WantedTopic, found: FoundTopic): readonly string[] => {
  const unlike = mismatch(topic, found);
  const wanted = Object.entries(settingsOf(topic, found.replicas));
  const settings = wanted.flatMap(([setting, value]) => {
    if (setting === 'cleanup.policy') return [];
    const actual = found.settings.get(setting);
    const enough = setting.startsWith('segment.') || isEnough(setting, actual, value);
    return enough ? [] : [`topic ${topic.name} has ${setting}=${actual ?? 'unset'}: set it to ${value}`];
  });
  return unlike === null ? settings : [unlike, ...settings];
};

const AT_MOST = /^max\.compaction\.|^min\.cleanable\./;
const isEnough = (setting: string, actual: string | undefined, wanted: string): boolean => {
  if (setting.startsWith('retention.')) return actual === wanted;
  return AT_MOST.test(setting) ? Number(actual) <= Number(wanted) : Number(actual) >= Number(wanted);
};

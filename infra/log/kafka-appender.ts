/**
 * Appends to Kafka: one append is one record batch of one partition, which Kafka takes whole or not at all.
 */
import type { CompressionTypes, Kafka, Producer } from 'kafkajs';
import type { LogRecord } from './event-log.ts';

export interface KafkaAppender {
  /** Resolves with the offset of the last record when all replicas in sync have the batch. */
  append(topic: string, partition: number, records: readonly LogRecord[]): Promise<number>;
  close(): Promise<void>;
}

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

export const openKafkaAppender = (kafka: Kafka, compression: CompressionTypes): KafkaAppender => {
  const queues = new Map<string, Promise<unknown>>();
  const opened = new Set<Producer>();
  let current: Promise<Producer> | null = null;

  const connect = async (): Promise<Producer> => {
    const producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition ?? 0,
    });
    await producer.connect();
    opened.add(producer);
    return producer;
  };
  const producerOf = (): Promise<Producer> => {
    current ??= connect();
    return current;
  };
  /**
   * After a failed append nobody knows whether the broker has the batch. kafkajs has taken its sequence numbers back,
   * and the broker would take the next batch under them for a repetition and drop it: the next append needs a
   * producer with an identity of its own.
   */
  const retire = (used: Promise<Producer>): void => {
    if (current === used) current = null;
  };

  const send = async (topic: string, partition: number, records: readonly LogRecord[]): Promise<number> => {
    const used = producerOf();
    try {
      const producer = await used;
      const [metadata] = await producer.send({
        topic,
        acks: -1,
        compression,
        messages: records.map(({ key, value }) => ({
          partition,
          key: Buffer.from(key, 'utf8'),
          value: bufferOf(value),
        })),
      });
      return Number(metadata?.baseOffset) + records.length - 1;
    } catch (error) {
      retire(used);
      throw error;
    }
  };

  return {
    // One after the other within a partition: a failing send and its retries must not share sequence numbers with another.
    append: (topic, partition, records) => {
      const queue = `${topic}/${partition}`;
      const before = queues.get(queue) ?? Promise.resolve();
      const sent = before.then(() => send(topic, partition, records));
      const settled = sent.catch(() => {});
      queues.set(queue, settled);
      return sent;
    },
    close: async () => {
      await Promise.all(queues.values());
      await Promise.all([...opened].map((producer) => producer.disconnect()));
    },
  };
};

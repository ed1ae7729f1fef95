/** Delivers one partition to its handlers in order, one batch at a time, until it is told to stop. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ConsumerHandlers, StoredRecord } from './event-log.ts';

export interface PartitionSource {
  readonly partition: number;
  readonly read: (from: number) => readonly StoredRecord[];
  readonly endOffset: () => number;
  /** Resolves when there may be more to read, or when it is time to stop. */
  readonly appended: () => Promise<void>;
  readonly stopping: () => boolean;
}

const deliver = async (source: PartitionSource, handlers: ConsumerHandlers): Promise<void> => {
  const { partition } = source;
  let next = await handlers.onAssigned(partition);
  while (!source.stopping()) {
    const records = source.read(next);
    const last = records.at(-1);
    if (last === undefined) {
      await source.appended();
      continue;
    }
    await handlers.onBatch(partition, records, source.endOffset());
    next = last.offset + 1;
    // Reading SQLite is synchronous: without this a partition with a long backlog would keep out all timers and sockets.
    await nextTurn();
  }
  await handlers.onRevoked(partition);
};

/**
 * Resolves when the partition was revoked or has failed. After `onFailed` nothing more is called for it, not
 * even `onRevoked`: whoever failed half-way through a batch has nothing whole to hand over.
 */
export const readPartition = async (source: PartitionSource, handlers: ConsumerHandlers): Promise<void> => {
  try {
    await deliver(source, handlers);
  } catch (error) {
    handlers.onFailed(source.partition, error instanceof Error ? error : new Error(String(error)));
  }
};

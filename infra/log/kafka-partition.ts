/**
 * One partition in a member's hands: keeps what was fetched until the handlers have dealt with what came before, and
 * says when fetching has to pause.
 */
import type { ConsumerHandlers, ReadLimits } from './event-log.ts';
import { batchesOf, bytesOf, type PackedRecords } from './kafka-packed.ts';
import { LogError } from './log-error.ts';

/** So much of a partition is fetched ahead of its handler, beside the batch that is being fetched. */
export const PREFETCH_BYTES = 1024 * 1024;

export interface PartitionFlow {
  readonly topic: string;
  readonly partition: number;
  readonly limits: ReadLimits;
  /** Begins fetching at the offset, or throws LogError where the partition cannot be read from there. */
  readonly begin: (offset: number) => Promise<number>;
  readonly pause: () => void;
  readonly resume: () => void;
}
export interface HeldPartition {
  /** What was fetched, in order. */
  push(records: PackedRecords, endOffset: number): void;
  /** Drains: resolves when the batch in hand is dealt with and `onRevoked` is through. */
  revoke(): Promise<void>;
  /** Stops and reports it, as when a handler fails. */
  fail(error: Error): void;
  /** Resolves when the partition was revoked (`true`) or has failed (`false`). Never rejects. */
  readonly ended: Promise<boolean>;
}
/** As a consumer's handlers, but records come packed, in memory that is theirs to give away. */
export interface PackedHandlers extends Omit<ConsumerHandlers, 'onBatch'> {
  readonly onBatch: (partition: number, records: PackedRecords, endOffset: number) => Promise<void>;
}
interface Fetched {
  readonly records: PackedRecords;
  readonly bytes: number;
  readonly endOffset: number;
}

/** `before` is the end of the same partition's earlier holding: this one begins after it, and never where that failed. */
export const holdPartition = (
  flow: PartitionFlow,
  handlers: PackedHandlers,
  before: Promise<boolean>,
): HeldPartition => {
  const { partition } = flow;
  const queue: Fetched[] = [];
  let waiting = Promise.withResolvers<void>();
  let queuedBytes = 0;
  let paused = true;
  let stopping = false;
  let failure: Error | null = null;
  let expected = 0;

  const wake = (): void => {
    waiting.resolve();
    waiting = Promise.withResolvers<void>();
  };
  const makeRoom = (bytes: number): void => {
    queuedBytes -= bytes;
    // Half empty: Kafka answers a fetch that leaves this partition out before the next one can ask for it again.
    if (!paused || stopping || queuedBytes > PREFETCH_BYTES / 2) return;
    paused = false;
    flow.resume();
  };
  const deliver = async (): Promise<void> => {
    const fetched = queue.splice(0);
    const last = fetched.at(-1);
    if (last === undefined) return;
    // Together: a handler that is slower than fetching would fall behind for good in many small batches.
    const records = fetched.map((each) => each.records);
    for (const batch of batchesOf(records, flow.limits)) {
      if (stopping) return;
      await handlers.onBatch(partition, batch, last.endOffset);
    }
    makeRoom(fetched.reduce((sum, { bytes }) => sum + bytes, 0));
  };
  const run = async (): Promise<void> => {
    if (!(await before) || stopping) return;
    const from = await handlers.onAssigned(partition);
    if (!stopping) expected = await flow.begin(from);
    makeRoom(0);
    while (!stopping) {
      if (queue.length === 0) await waiting.promise;
      await deliver();
    }
    if (failure !== null) throw failure;
    await handlers.onRevoked(partition);
  };
  const end = async (): Promise<boolean> => {
    try {
      await run();
      return true;
    } catch (error) {
      handlers.onFailed(partition, error instanceof Error ? error : new Error(String(error)));
      return false;
    } finally {
      stopping = true;
      queue.length = 0;
      flow.pause();
    }
  };
  const stop = (cause: Error | null): void => {
    if (stopping) return;
    stopping = true;
    failure = cause;
    flow.pause();
    wake();
  };

  const ended = end();
  return {
    ended,
    fail: stop,
    revoke: async () => {
      stop(null);
      await ended;
    },
    push: (records, endOffset) => {
      const first = records.offsets.at(0);
      if (stopping || first === undefined) return;
      // kafkajs begins again at the log's start when the offset it wants is gone.
      if (first < expected) return stop(rewound(flow, expected, first));
      expected = (records.offsets.at(-1) ?? first) + 1;
      const bytes = bytesOf(records);
      queue.push({ records, bytes, endOffset });
      queuedBytes += bytes;
      if (queuedBytes >= PREFETCH_BYTES && !paused) {
        paused = true;
        flow.pause();
      }
      wake();
    },
  };
};

const rewound = ({ topic, partition }: PartitionFlow, expected: number, got: number): LogError =>
  new LogError(
    'LOG_REWOUND',
    `log: ${topic}/${partition} went back from offset ${expected} to ${got}: it was shortened or made anew`,
  );

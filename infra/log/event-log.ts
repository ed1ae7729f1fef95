/**
 * The log as the rest of Busyhour sees it. Two adapters (SQLite, Kafka) are held to one contract suite
 * (test/contract/event-log.contract.ts); nothing else knows which one runs.
 */

export interface LogRecord {
  readonly key: string;
  readonly value: Uint8Array;
}
export interface StoredRecord extends LogRecord {
  /** Position in the partition: strictly rising, not necessarily dense. */
  readonly offset: number;
}

export interface ReadLimits {
  readonly maxRecords: number;
  readonly maxBytes: number;
}

/**
 * What a group member does. Calls for one partition never overlap: assigned → batches in order → revoked.
 * `onBatch` is awaited before the next batch of that partition is fetched: that is the backpressure.
 */
export interface ConsumerHandlers {
  /** Returns the offset to start at: the member's own snapshot decides, not the committed offset (law 3). */
  readonly onAssigned: (partition: number) => Promise<number>;
  /** `endOffset` is where the partition ended when the batch was fetched, so a member knows when it has caught up. */
  readonly onBatch: (partition: number, records: readonly StoredRecord[], endOffset: number) => Promise<void>;
  /** Drain: after it resolves nothing more of this partition is delivered to this member. */
  readonly onRevoked: (partition: number) => Promise<void>;
  /** A handler threw, or the log broke: the partition has stopped and says so. */
  readonly onFailed: (partition: number, error: Error) => void;
}
export interface ConsumeOptions extends ReadLimits {
  readonly topic: string;
  /** Members of one group share the partitions; null = a private reader of all of them. */
  readonly group: string | null;
  /** For much traffic: what can be read in a thread of its own is, so that its handlers have theirs to themselves. */
  readonly ownThread?: boolean;
}
export interface Consumer {
  /** Revokes all partitions (draining) and stops. Idempotent. */
  close(): Promise<void>;
}

export interface EventLog {
  /** Makes the topics that are missing. Errors when one exists with another partition count. */
  ensureTopics(
    topics: readonly {
      name: string;
      partitions: number;
      compacted: boolean;
      retentionMs?: number;
      replacedGoneWithinMs?: number;
    }[],
  ): Promise<void>;
  /** Appends all records or none, in order; durable when it resolves. Returns the offset of the last one. */
  append(topic: string, partition: number, records: readonly LogRecord[]): Promise<number>;
  /** Up to `limits` records with offset ≥ `from`, in order; empty at the end. At least one record if there is one, however large. */
  read(topic: string, partition: number, from: number, limits: ReadLimits): Promise<readonly StoredRecord[]>;
  /** Reads from each partition's assigned offset on, and goes on as records arrive. */
  consume(options: ConsumeOptions, handlers: ConsumerHandlers): Promise<Consumer>;
  /** The offset the next record will be at or after. 0 for an empty partition. */
  endOffset(topic: string, partition: number): Promise<number>;
  /** Tells lag monitors that the group has dealt with everything before `offset`. */
  commit(group: string, topic: string, partition: number, offset: number): Promise<void>;
  committed(group: string, topic: string, partition: number): Promise<number | null>;
  close(): Promise<void>;
}

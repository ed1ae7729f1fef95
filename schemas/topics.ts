import { partitionOfKey } from './partition.ts';

/** Names and shapes of the log's topics (interfaces.md). */
export interface Topic {
  readonly name: string;
  readonly partitions: number;
  /** Compacted: only the newest record of a key is kept for sure. */
  readonly compacted: boolean;
  /** How long Kafka keeps a record; left out: for good. The embedded log keeps everything. */
  readonly retentionMs?: number;
  /** Compacted: when a record that was replaced is gone for sure; left out: some time. */
  readonly replacedGoneWithinMs?: number;
}

/** The partition count of a generation never changes, since a key's partition depends on it; a new count is a new generation. */
export const EVENTS: Topic = { name: 'acd.events.g1', partitions: 8, compacted: false };
export const LIVE: Topic = { name: 'acd.live', partitions: 1, compacted: true };
export const DEAD_LETTERS: Topic = { name: 'acd.dead-letters', partitions: 1, compacted: false };

/** Whoever is told of alerts reads them here; the table has them all for good. A webhook gives up long before this. */
const ALERTS_KEPT_MS = 30 * 86_400_000;
/** Alerts raised and cleared. A source's partition is the one of its events, so they come in order. */
export const ALERTS: Topic = {
  name: 'acd.alerts',
  partitions: EVENTS.partitions,
  compacted: false,
  retentionMs: ALERTS_KEPT_MS,
};

/** Whose callers are forgotten (docs/decisions/0011): in every partition, beside the events it is about. */
export const ERASURES: Topic = { name: 'acd.erasures', partitions: EVENTS.partitions, compacted: false };

/** How long Kafka may keep a replaced record of a topic whose old records must not be read again. */
const REPLACED_GONE_WITHIN_MS = 3_600_000;
/** What pseudonyms are made with beside the key that is given, sealed with that one. Replacing a record is the erasing. */
export const SUBJECT_KEYS: Topic = {
  name: 'acd.subject-keys',
  partitions: 1,
  compacted: true,
  replacedGoneWithinMs: REPLACED_GONE_WITHIN_MS,
};

/** The log's key: one ACD source, one partition (law 5). */
export const sourceKey = (tenant: string, source: string): string => `${tenant}/${source}`;

export const partitionOf = (tenant: string, source: string): number =>
  partitionOfKey(sourceKey(tenant, source), EVENTS.partitions);

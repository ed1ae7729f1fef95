/**
 * Remembers what has been published, so that importing or tailing the same input again publishes nothing twice.
 * It is written after the log acknowledged, so a crash between the two publishes one batch again: the fold drops
 * those (its window of recent `seq`s is larger than a batch).
 */
export interface PublishedLedger {
  /** For each id of a source whether it has been published before. */
  known(source: string, ids: readonly string[]): Promise<readonly boolean[]>;
  /** Records ids as published; known ones are ignored. Durable when it resolves. */
  remember(source: string, ids: readonly string[]): Promise<void>;
  /** A connector's place in its input (any JSON), or null. */
  cursor(name: string): Promise<unknown>;
  saveCursor(name: string, place: unknown): Promise<void>;
}

/** Fakes of ingest's ports: a publisher that keeps what it was given, once each. */
import type { IngestRecord, Publisher } from '../../ingest/publish.ts';

export interface KeptPublisher extends Publisher {
  /** New records in the order of publishing. */
  readonly kept: IngestRecord[];
  readonly progressed: number[];
}

export const keepingPublisher = (): KeptPublisher => {
  const known = new Set<string>();
  const kept: IngestRecord[] = [];
  const progressed: number[] = [];
  return {
    kept,
    progressed,
    publish: async (batch) => {
      const fresh = batch.filter(({ id }) => !known.has(id));
      for (const record of fresh) {
        known.add(record.id);
        kept.push(record);
      }
      const rejected = fresh.filter(({ status }) => status === 'rejected').length;
      return { published: fresh.length - rejected, duplicates: batch.length - fresh.length, rejected };
    },
    declare: async () => {},
    progress: async (atMs) => {
      progressed.push(atMs);
    },
  };
};

/** The right half of the picture as one thing: fold, land, publish live states, land dead letters. */
import type { Store } from '../../infra/clickhouse/store.ts';
import type { EventLog } from '../../infra/log/event-log.ts';
import type { ProcessingMetrics } from '../../infra/telemetry.ts';
import type { EventCodec } from '../../schemas/codec.ts';
import { startDeadLetterLander } from './dead-letter-lander.ts';
import { startWorker, type WorkerLogger } from './worker.ts';

export interface ProcessingOptions {
  readonly log: EventLog;
  readonly store: Store;
  readonly codec: EventCodec;
  readonly metrics: ProcessingMetrics;
  readonly logger: WorkerLogger;
  readonly nowMs: () => number;
  /** Resolves if the store's own process ends. */
  readonly storeExited: Promise<{ readonly expected: boolean; readonly reason: string }>;
}
/** The store has taken nothing since `sinceMs`; `code` is its last refusal. */
export interface Stall {
  readonly sinceMs: number;
  readonly code: string;
}
export interface Processing {
  /** null while the store takes rows. */
  readonly stalled: () => Stall | null;
  /** Resolves with the reason when processing cannot go on. */
  readonly broken: Promise<Error>;
  /** Drains. Waits for a store that is away, so not for one that is broken. */
  readonly close: () => Promise<void>;
}

export const startProcessing = async (options: ProcessingOptions): Promise<Processing> => {
  const { log, store, codec, nowMs, logger } = options;
  const { promise: broken, resolve: onFatal } = Promise.withResolvers<Error>();
  void options.storeExited.then(({ expected, reason }) => {
    if (!expected) onFatal(new Error(reason));
  });
  let stalled: Stall | null = null;
  const metrics: ProcessingMetrics = {
    ...options.metrics,
    retried: (code) => {
      options.metrics.retried(code);
      stalled ??= { sinceMs: nowMs(), code };
    },
    landed: (...landed) => {
      options.metrics.landed(...landed);
      stalled = null;
    },
  };
  const stopping = new AbortController();
  const worker = await startWorker({
    log,
    store,
    codec,
    nowMs,
    metrics,
    logger,
    onFatal,
    heedsErasures: true,
  });
  const lander = await startDeadLetterLander({
    log,
    landing: { store, signal: stopping.signal, onRetry: ({ code }) => metrics.retried(code) },
    heedsErasures: true,
    fromBeginning: (await store.query('SELECT 1 FROM acd.dead_letters_rows LIMIT 1')).length === 0,
    onLanded: (rows) => metrics.deadLetters(rows.length),
    onFatal,
  });
  return {
    stalled: () => stalled,
    broken,
    close: async () => {
      await worker.close();
      await lander.close();
      stopping.abort();
    },
  };
};

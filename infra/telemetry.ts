/** Every metric Busyhour exposes, declared once. Labels are bounded: partitions, tables, reasons; never contacts or agents. */
import { statfs } from 'node:fs/promises';
import { Counter, Gauge, Registry } from 'prom-client';

export interface FoldedBatch {
  readonly partition: number;
  readonly records: number;
  readonly poisoned: number;
  readonly endOffset: number;
}
type RowCounts = Readonly<Record<string, { readonly length: number } | undefined>>;

/**
 * What the processors report. Conservation: received = landed + duplicates + dead letters + in flight, at every moment.
 * An event that is held back for its source's lateness has landed: its row is in `events`.
 */
export interface ProcessingMetrics {
  readonly folded: (batch: FoldedBatch) => void;
  readonly position: (
    partition: number,
    nextOffset: number,
    endOffset: number,
    watermarkMs: number | null,
  ) => void;
  /** Another worker tells of the partition from now on. */
  readonly released: (partition: number) => void;
  readonly landed: (
    rows: RowCounts,
    changes: Iterable<{
      duplicates: number;
      anomalies: readonly { kind: string }[];
      state: { readonly watermarkMs: number };
    }>,
    /** How many events these rows and changes came of, as the worker has counted them. */
    events: number,
  ) => void;
  readonly deadLetters: (count: number) => void;
  readonly retried: (code: string) => void;
}

/** What telling webhooks of alerts reports; `webhook` is its configured name. */
export interface WebhookMetrics {
  readonly retried: (webhook: string) => void;
  readonly settled: (webhook: string, result: 'delivered' | 'failed' | 'expired') => void;
}

export interface Telemetry {
  readonly registry: Registry;
  readonly processing: ProcessingMetrics;
  readonly webhooks: WebhookMetrics;
}

export const createTelemetry = (nowMs: () => number): Telemetry => {
  const registry = new Registry();
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter<L>({ name, help, labelNames: [...labelNames], registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge<L>({ name, help, labelNames: [...labelNames], registers });

  const received = counter('acd_events_received_total', 'Records read from the log', ['partition']);
  const landedEvents = counter('acd_events_landed_total', 'Events whose rows ClickHouse acknowledged');
  const duplicates = counter(
    'acd_events_duplicate_total',
    'Events dropped because their seq was seen before',
  );
  const poisoned = counter('acd_events_dead_lettered_total', 'Records of the log that were no events');
  const inFlight = gauge('acd_events_in_flight', 'Events folded whose landing is not acknowledged');
  const rowsLanded = counter('acd_rows_landed_total', 'Rows acknowledged by ClickHouse', ['table']);
  const anomalies = counter('acd_anomalies_total', 'Events that did not fit', ['kind']);
  const deadLetters = counter('acd_dead_letters_landed_total', 'Rejected inputs landed for inspection');
  const retries = counter('acd_store_retries_total', 'Inserts sent again after a fault', ['code']);
  const told = counter('acd_webhook_messages_total', 'Alerts that webhooks were to be told of', [
    'webhook',
    'result',
  ]);
  const tellRetries = counter('acd_webhook_retries_total', 'Messages sent again', ['webhook']);
  const lag = gauge('acd_lag_offsets', 'Records of the log not yet folded', ['partition']);
  const watermarks = new Map<number, number>();
  // Measured when asked: a source that has gone silent folds nothing, and its lag has to grow all the same.
  new Gauge({
    name: 'acd_watermark_lag_seconds',
    help: 'How far stream time is behind the clock',
    labelNames: ['partition'],
    registers,
    collect() {
      this.reset();
      for (const [partition, watermarkMs] of watermarks)
        this.set({ partition: String(partition) }, Math.max(nowMs() - watermarkMs, 0) / 1_000);
    },
  });
  const newestLanded = gauge('acd_last_landing_timestamp_seconds', 'When rows were last acknowledged');
  const newestEvent = gauge(
    'acd_newest_event_timestamp_seconds',
    'Up to when sources had told when rows were last acknowledged: the newest of them',
  );
  let newestEventMs = 0;

  return {
    registry,
    processing: {
      folded: ({ partition, records, poisoned: bad }) => {
        received.inc({ partition: String(partition) }, records);
        poisoned.inc(bad);
        inFlight.inc(records - bad);
      },
      position: (partition, nextOffset, endOffset, watermarkMs) => {
        lag.set({ partition: String(partition) }, Math.max(endOffset - nextOffset, 0));
        if (watermarkMs !== null) watermarks.set(partition, watermarkMs);
      },
      released: (partition) => {
        lag.remove({ partition: String(partition) });
        watermarks.delete(partition);
      },
      landed: (rows, changes, events) => {
        inFlight.dec(events);
        for (const [table, landed] of Object.entries(rows)) {
          if (landed !== undefined && landed.length > 0) rowsLanded.inc({ table }, landed.length);
        }
        landedEvents.inc(rows.events_rows?.length ?? 0);
        for (const of of changes) {
          duplicates.inc(of.duplicates);
          for (const { kind } of of.anomalies) anomalies.inc({ kind });
          newestEventMs = Math.max(newestEventMs, of.state.watermarkMs);
        }
        if (newestEventMs > 0) newestEvent.set(newestEventMs / 1_000);
        newestLanded.set(nowMs() / 1_000);
      },
      deadLetters: (count) => deadLetters.inc(count),
      retried: (code) => retries.inc({ code }),
    },
    webhooks: {
      retried: (webhook) => tellRetries.inc({ webhook }),
      settled: (webhook, result) => told.inc({ webhook, result }),
    },
  };
};

/** Measures the process and, where it keeps data, the disk of `dataDir`, whenever it is scraped. */
export const measureProcess = (registry: Registry, dataDir: string | null): void => {
  const reading = (name: string, help: string, read: () => number | Promise<number>): Gauge =>
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        this.set(await read());
      },
    });
  reading('process_resident_memory_bytes', 'Memory of this process; an embedded ClickHouse is another', () =>
    process.memoryUsage.rss(),
  );
  if (dataDir === null) return;
  reading('acd_disk_free_bytes', 'Room left on the disk of the data directory', async () => {
    const { bavail, bsize } = await statfs(dataDir);
    return bavail * bsize;
  });
  reading('acd_disk_size_bytes', 'Size of the disk of the data directory', async () => {
    const { blocks, bsize } = await statfs(dataDir);
    return blocks * bsize;
  });
};

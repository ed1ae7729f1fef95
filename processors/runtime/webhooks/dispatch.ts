/**
 * Tells webhooks of alerts. Each reads topic `acd.alerts` as a consumer group of its own: one that is away delays its
 * own messages only, and never the stream, which does not know of them. A message is done with before the next begins,
 * and committed then: a crash sends the last ones again.
 */
import type { Consumer, EventLog, StoredRecord } from '../../../infra/log/event-log.ts';
import type { WebhookMetrics } from '../../../infra/telemetry.ts';
import type { WebhookConfig } from '../../../infra/webhook-config.ts';
import type { AlertRecord } from '../../../schemas/alerts.ts';
import type { DeadLetterRow } from '../../../schemas/rows.ts';
import { ALERTS, DEAD_LETTERS } from '../../../schemas/topics.ts';
import { realTimers } from '../timers.ts';
import type { WorkerLogger } from '../worker.ts';
import { DELIVERY_LIMITS, type DeliveryLimits, type DeliveryResult, deliver } from './deliver.ts';
import { changedAtMs, isWanted, messageOf, readAlertRecord } from './message.ts';

const FETCH = { maxRecords: 100, maxBytes: 1_048_576 } as const;
/** Where a webhook's place in the topic is kept. */
export const webhookGroup = (name: string): string => `busyhour-webhook-${name}`;

export interface WebhooksOptions {
  readonly log: EventLog;
  readonly webhooks: readonly WebhookConfig[];
  readonly nowMs: () => number;
  readonly metrics: WebhookMetrics;
  readonly logger: WorkerLogger;
  readonly onFatal: (error: Error) => void;
  /** Left out: DELIVERY_LIMITS. */
  readonly limits?: DeliveryLimits;
}
export interface Webhooks {
  /** Lets go of what waits for another try: it is sent by whoever reads next. */
  readonly close: () => Promise<void>;
}

/** Starts telling; without webhooks nothing is read. */
export const startWebhooks = async (options: WebhooksOptions): Promise<Webhooks> => {
  const stopping = new AbortController();
  const consumers: Consumer[] = [];
  for (const webhook of options.webhooks) consumers.push(await follow(options, webhook, stopping.signal));
  return {
    close: async () => {
      stopping.abort();
      await Promise.all(consumers.map((consumer) => consumer.close()));
    },
  };
};

const follow = (options: WebhooksOptions, webhook: WebhookConfig, signal: AbortSignal): Promise<Consumer> => {
  const { log, onFatal } = options;
  const group = webhookGroup(webhook.name);
  return log.consume(
    { topic: ALERTS.name, group, ...FETCH },
    {
      onAssigned: async (partition) => (await log.committed(group, ALERTS.name, partition)) ?? 0,
      onBatch: async (partition, records) => {
        for (const record of records) {
          if (!(await tell(options, webhook, record, signal))) return;
          await log.commit(group, ALERTS.name, partition, record.offset + 1);
        }
      },
      onRevoked: async () => {},
      onFailed: (_partition, error) => onFatal(error),
    },
  );
};

/** Deals with one record; false when the process stops before that is done. */
const tell = async (
  options: WebhooksOptions,
  webhook: WebhookConfig,
  record: StoredRecord,
  signal: AbortSignal,
): Promise<boolean> => {
  const { nowMs, metrics, limits = DELIVERY_LIMITS } = options;
  if (signal.aborted) return false;
  const alert = readAlertRecord(record.value);
  if (alert === null || !isWanted(webhook, alert)) return true;
  const body = messageOf(alert);
  const { name, url, secret } = webhook;
  const result = await deliver(
    { url, secret, body, sinceMs: changedAtMs(alert) },
    {
      limits,
      nowMs,
      random: Math.random,
      timers: realTimers,
      signal,
      onRetry: () => metrics.retried(name),
    },
  );
  if (result.status === 'stopped') return false;
  metrics.settled(name, result.status);
  if (result.status === 'failed') await bury(options, { webhook, alert, body, reason: result.reason });
  return true;
};

interface Failure {
  readonly webhook: WebhookConfig;
  readonly alert: AlertRecord;
  readonly body: string;
  readonly reason: Extract<DeliveryResult, { status: 'failed' }>['reason'];
}

/** What could not be delivered is kept as a dead letter, without the address, which may be a secret. */
const bury = async ({ log, nowMs, logger }: WebhooksOptions, failure: Failure): Promise<void> => {
  const { webhook, alert, body, reason } = failure;
  const letter: DeadLetterRow = {
    tenant: alert.tenant,
    source: alert.source,
    feed: 'webhook',
    seq: `${webhook.name}:${alert.id}.${alert.version}.${alert.status}`,
    received_at: nowMs(),
    reason: `webhook ${webhook.name}: ${reason}`,
    place: `webhook ${webhook.name}`,
    line: body,
  };
  logger.warn({ webhook: webhook.name, alert: alert.id, reason }, 'webhook not told: see docs/alerts.md');
  await log.append(DEAD_LETTERS.name, 0, [{ key: letter.seq, value: Buffer.from(JSON.stringify(letter)) }]);
};

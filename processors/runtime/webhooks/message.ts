/**
 * An alert as a message over HTTP: a CloudEvent in JSON, signed so that the receiver knows who sent it and when.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#32-structured-content-mode
 */
import { createHmac } from 'node:crypto';
import type { AlertRecord } from '../../../schemas/alerts.ts';
import { coversQueue } from '../../../schemas/queue-pattern.ts';

export const SIGNATURE_HEADER = 'Busyhour-Signature';
export const CONTENT_TYPE = 'application/cloudevents+json; charset=utf-8';

/** Which alerts a webhook is told of. */
export interface AlertFilter {
  readonly tenant: string;
  readonly rules: readonly string[] | null;
  readonly queues: readonly string[] | null;
}

export const isWanted = ({ tenant, rules, queues }: AlertFilter, alert: AlertRecord): boolean =>
  alert.tenant === tenant &&
  (rules === null || rules.includes(alert.rule)) &&
  (queues === null || coversQueue(queues, alert.queue));

/** When the alert was raised or, where it says so, cleared; UTC epoch ms. */
export const changedAtMs = (alert: AlertRecord): number => alert.cleared_at ?? alert.raised_at;

const iso = (atMs: number): string => new Date(atMs).toISOString();

/** The same for the same record, so that a repetition is known by its `id`. */
export const messageOf = (alert: AlertRecord): string => {
  const { id, tenant, source, rule, queue, status, value, threshold, raised_at, cleared_at, version } = alert;
  return JSON.stringify({
    specversion: '1.0',
    id: `${id}.${version}.${status}`,
    source: `/busyhour/${encodeURIComponent(tenant)}/${encodeURIComponent(source)}`,
    type: `busyhour.alert.${status}`,
    subject: queue === '' ? rule : `${rule} in ${queue}`,
    time: iso(changedAtMs(alert)),
    datacontenttype: 'application/json',
    data: {
      id,
      tenant,
      source,
      rule,
      queue,
      status,
      value,
      threshold,
      raised_at: iso(raised_at),
      cleared_at: cleared_at === null ? null : iso(cleared_at),
    },
  });
};

/** `t=…,v1=…`: the time of sending in seconds, and HMAC-SHA256 of `t.body` in hex. */
export const signatureOf = (secret: string, body: string, nowMs: number): string => {
  const t = Math.floor(nowMs / 1000);
  return `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`;
};

/** The record of topic `acd.alerts`; null for what is none, such as a record of a newer version. */
export const readAlertRecord = (bytes: Uint8Array): AlertRecord | null => {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  if (typeof value !== 'object' || value === null) return null;
  const record = value as Readonly<Record<string, unknown>>;
  const isText = (name: string): boolean => typeof record[name] === 'string';
  const isWhole =
    ['id', 'tenant', 'source', 'rule', 'queue'].every(isText) &&
    (record.status === 'raised' || record.status === 'cleared') &&
    typeof record.raised_at === 'number';
  return isWhole ? (record as unknown as AlertRecord) : null;
};

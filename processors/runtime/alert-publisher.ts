/**
 * Tells of alerts once their rows have landed, and before a snapshot vouches for them: a crash in between tells again,
 * and loses nothing. Whoever reads knows a repetition by its id, which follows from the log alone.
 */
import { hash } from 'node:crypto';
import type { EventLog, LogRecord } from '../../infra/log/event-log.ts';
import { ALERT_METRICS, type AlertRule } from '../../schemas/alert-rule.ts';
import type { AlertRecord, AlertRow, LiveAlertRecord } from '../../schemas/alerts.ts';
import { ALERTS, LIVE, partitionOf, sourceKey } from '../../schemas/topics.ts';
import type { SourceChanges } from '../domain/changes.ts';

/** Alerts that changed longer ago are history: a month of it, imported, would flood the boards. */
const LIVE_WINDOW_MS = 48 * 3_600_000;
const ID_HEX_DIGITS = 32;

/** Names the alert for good: raised and cleared, it is the same one. */
export const alertRecord = (row: AlertRow): AlertRecord => {
  const { tenant, source, rule, queue, raised_at } = row;
  const key = JSON.stringify([tenant, source, rule, queue, raised_at]);
  return { ...row, id: hash('sha256', key, 'hex').slice(0, ID_HEX_DIGITS) };
};

const encode = (key: string, record: AlertRecord | LiveAlertRecord): LogRecord => ({
  key,
  value: Buffer.from(JSON.stringify(record)),
});

const liveKey = ({ tenant, source, rule, queue }: AlertRecord): string =>
  `alert|${tenant}|${source}|${rule}|${queue}`;

/** A board shows a fraction in per cent and seconds as a time, whatever the rule is called. */
export const liveAlertRecord = (rules: readonly AlertRule[], record: AlertRecord): LiveAlertRecord => {
  const rule = rules.find(({ id }) => id === record.rule);
  return {
    kind: 'alert',
    ...record,
    ...(rule === undefined ? {} : { unit: ALERT_METRICS[rule.metric].unit }),
  };
};

/** Publishes the alerts raised and cleared in a run whose rows have landed. Throws LogError. */
export const publishAlerts = async (
  log: EventLog,
  changes: Iterable<SourceChanges>,
  nowMs: number,
): Promise<void> => {
  const live: LogRecord[] = [];
  for (const { state, alerts } of changes) {
    if (alerts.length === 0) continue;
    const { tenant, source } = state;
    const records = alerts.map(alertRecord);
    const key = sourceKey(tenant, source);
    await log.append(
      ALERTS.name,
      partitionOf(tenant, source),
      records.map((record) => encode(key, record)),
    );
    for (const record of records) {
      if ((record.cleared_at ?? record.raised_at) < nowMs - LIVE_WINDOW_MS) continue;
      live.push(encode(liveKey(record), liveAlertRecord(state.alerts?.rules ?? [], record)));
    }
  }
  if (live.length > 0) await log.append(LIVE.name, 0, live);
};

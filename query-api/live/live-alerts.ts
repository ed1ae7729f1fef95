/**
 * Which alerts stand now, kept from the records of topic `acd.live`, and who is owed what of them. A client that cannot
 * keep up is owed each alert as it is now, like the queues. Time comes in as an argument.
 */
import type { LiveAlertRecord } from '../../schemas/alerts.ts';
import type { LiveAlert } from '../../schemas/live.ts';
import { maySeeQueue, type Principal } from '../auth.ts';
import { FORGET_AFTER_MS } from './live-state.ts';

/** Alerts of all tenants that are kept; a new one beyond them is dropped and counted. */
export const MAX_LIVE_ALERTS = 10_000;
/** A cleared alert is kept for as long as a client may be owed it: longer than it takes to drop a stuck one. */
const CLEARED_KEPT_MS = 60_000;

export type AlertId = string;

interface KnownAlert {
  readonly record: LiveAlertRecord;
  readonly receivedAtMs: number;
}
/** Owned by one hub and changed in place. */
export interface LiveAlerts {
  readonly byId: Map<AlertId, KnownAlert>;
  /** `[tenant, source, rule, queue]` as JSON → the newest alert of it. */
  readonly newest: Map<string, AlertId>;
  /** What changed since the last tick. */
  readonly changed: Set<AlertId>;
  dropped: number;
}

export const createLiveAlerts = (): LiveAlerts => ({
  byId: new Map(),
  newest: new Map(),
  changed: new Set(),
  dropped: 0,
});

const put = (alerts: LiveAlerts, record: LiveAlertRecord, nowMs: number): void => {
  alerts.byId.set(record.id, { record, receivedAtMs: nowMs });
  alerts.changed.add(record.id);
};

/** Takes in one record at the time it was received. */
export const applyAlert = (alerts: LiveAlerts, record: LiveAlertRecord, nowMs: number): void => {
  const { tenant, source, rule, queue, id } = record;
  const key = JSON.stringify([tenant, source, rule, queue]);
  const before = alerts.byId.get(alerts.newest.get(key) ?? '')?.record;
  // A worker that lost its partition may still write what its successor has overtaken.
  if (before !== undefined && before.version > record.version) return;
  if (before?.id === id && before.version === record.version && before.status === record.status) return;
  if (!alerts.byId.has(id) && alerts.byId.size >= MAX_LIVE_ALERTS) {
    alerts.dropped += 1;
    return;
  }
  // The topic is compacted: that the one before was cleared may no longer be in it.
  if (before !== undefined && before.id !== id && before.status === 'raised') {
    put(alerts, { ...before, status: 'cleared', cleared_at: record.raised_at }, nowMs);
  }
  alerts.newest.set(key, id);
  put(alerts, record, nowMs);
};

/**
 * Forgets alerts that were cleared a while ago, and those of sources that are history: nothing was heard of them for a
 * day, so nobody will say that they are over.
 */
export const pruneAlerts = (
  alerts: LiveAlerts,
  heardAtMs: (tenant: string, source: string) => number | null,
  nowMs: number,
): void => {
  for (const [id, { record, receivedAtMs }] of alerts.byId) {
    const heardMs = Math.max(heardAtMs(record.tenant, record.source) ?? 0, record.raised_at);
    const isOver = record.status === 'cleared' && nowMs - receivedAtMs > CLEARED_KEPT_MS;
    if (isOver || heardMs <= nowMs - FORGET_AFTER_MS) alerts.byId.delete(id);
  }
  for (const [key, id] of alerts.newest) if (!alerts.byId.has(id)) alerts.newest.delete(key);
};

/** What a client has subscribed to. */
export interface AlertWatcher {
  readonly principal: Principal;
  readonly everything: boolean;
  readonly names: ReadonlySet<string>;
}

/** An alert on a source as a whole is for those who watch everything: it is about queues beyond any narrower scope. */
export const watchesAlert = (watcher: AlertWatcher, { tenant, queue }: LiveAlertRecord): boolean =>
  watcher.principal.tenant === tenant &&
  maySeeQueue(watcher.principal, queue) &&
  (watcher.everything || watcher.names.has(queue));

/** The raised ones a client watches. */
export const standingFor = (alerts: LiveAlerts, watcher: AlertWatcher): readonly AlertId[] =>
  [...alerts.byId].flatMap(([id, { record }]) =>
    record.status === 'raised' && watchesAlert(watcher, record) ? [id] : [],
  );

const wireAlert = ({
  id,
  rule,
  queue,
  source,
  status,
  value,
  unit,
  raised_at,
}: LiveAlertRecord): LiveAlert => ({
  id,
  rule,
  queue,
  source,
  status,
  value,
  ...(unit === undefined ? {} : { unit }),
  raised_at: new Date(raised_at).toISOString(),
});

/** The message with these alerts as they are now; null when there is nothing to say. */
export const alertsMessage = (alerts: LiveAlerts, ids: Iterable<AlertId>, nowMs: number): string | null => {
  const told = [...ids].flatMap((id) => {
    const known = alerts.byId.get(id);
    return known === undefined ? [] : [wireAlert(known.record)];
  });
  if (told.length === 0) return null;
  return JSON.stringify({ type: 'alerts', at: new Date(nowMs).toISOString(), alerts: told });
};

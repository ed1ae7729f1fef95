/** Reads the records of topic `acd.live`. */
import type { LiveAlertRecord } from '../../schemas/alerts.ts';
import type { LiveAgentRecord, LiveRecord } from '../../schemas/live.ts';

const decoder = new TextDecoder();
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** Only what decides where a record goes is checked: Busyhour's own processors write the topic. */
const isLiveRecord = (value: unknown): value is LiveRecord | LiveAgentRecord | LiveAlertRecord => {
  if (!isObject(value)) return false;
  if (value.kind === 'agent') {
    return (
      ['tenant', 'source', 'agent', 'state'].every((field) => typeof value[field] === 'string') &&
      typeof value.as_of === 'number' &&
      Array.isArray(value.queues)
    );
  }
  if (value.kind === 'alert') {
    return (
      ['id', 'tenant', 'source', 'rule', 'queue', 'status'].every(
        (field) => typeof value[field] === 'string',
      ) &&
      typeof value.raised_at === 'number' &&
      typeof value.version === 'number'
    );
  }
  const named = ['tenant', 'source', 'queue', 'channel'].every((field) => typeof value[field] === 'string');
  if (!named) return false;
  if (value.kind === 'queue') return typeof value.as_of === 'number' && isObject(value.agents);
  return (
    value.kind === 'interval' &&
    typeof value.interval_start === 'number' &&
    Array.isArray(value.wait_answered)
  );
};

/** The record, or null for what is none: a tombstone, or a record of a newer version. */
export const readLiveRecord = (bytes: Uint8Array): LiveRecord | LiveAgentRecord | LiveAlertRecord | null => {
  if (bytes.length === 0) return null;
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    return isLiveRecord(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};

/**
 * Alerts as they are written down: the row, the record of topic `acd.live` that says which stand now, and the record
 * of topic `acd.alerts`, one for every alert raised or cleared.
 */
import type { AlertUnit } from './alert-rule.ts';

/** One alert: a rule broken in one queue. Landed when it is raised, and as a higher version when it is cleared. */
export interface AlertRow {
  readonly tenant: string;
  readonly source: string;
  /** The rule's id. */
  readonly rule: string;
  /** `''` for a rule on the source as a whole. */
  readonly queue: string;
  readonly status: 'raised' | 'cleared';
  /** What was measured when it was raised, in the metric's unit: a fraction, a count, or seconds. */
  readonly value: number;
  readonly threshold: number;
  /** UTC epoch ms of the events' time, like every time here. */
  readonly raised_at: number;
  readonly cleared_at: number | null;
  readonly version: number;
}

/**
 * An alert raised or cleared, as in topic `acd.alerts`. `id` follows from the log alone: whoever reads a record a
 * second time, after a crash, knows it by that.
 */
export interface AlertRecord extends AlertRow {
  readonly id: string;
}

/** The same in topic `acd.live`: the newest state of a rule in a queue. Key: `alert|tenant|source|rule|queue`. */
export interface LiveAlertRecord extends AlertRecord {
  readonly kind: 'alert';
  /** What `value` counts; left out for a rule that is no longer declared. */
  readonly unit?: AlertUnit;
}

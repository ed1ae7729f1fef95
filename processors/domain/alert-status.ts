/**
 * One alert of one rule in one queue, moved by what is measured at a moment: broken long enough it is raised, well
 * again long enough it is cleared. A value that is not there breaks nothing.
 */
import { type AlertRule, breaks } from '../../schemas/alert-rule.ts';

export type AlertStatus =
  | { readonly status: 'ok' }
  /** Broken since then, but not long enough yet. */
  | { readonly status: 'pending'; readonly sinceMs: number }
  /** `value` is what was measured when it was raised. */
  | { readonly status: 'raised'; readonly raisedAtMs: number; readonly value: number }
  /** Well again since then, but not long enough yet. */
  | {
      readonly status: 'clearing';
      readonly raisedAtMs: number;
      readonly value: number;
      readonly sinceMs: number;
    };
export type RaisedAlert = Extract<AlertStatus, { status: 'raised' | 'clearing' }>;

export const ALERT_OK: AlertStatus = { status: 'ok' };

export const isRaised = (status: AlertStatus): status is RaisedAlert =>
  status.status === 'raised' || status.status === 'clearing';

/** The status at `nowMs`, when `value` is measured; the same object when nothing changed. */
export const evolveAlert = (
  before: AlertStatus,
  rule: AlertRule,
  value: number | null,
  nowMs: number,
): AlertStatus => {
  switch (before.status) {
    case 'ok':
      if (value === null || !breaks(rule.operator, value, rule.threshold)) return before;
      return evolveAlert({ status: 'pending', sinceMs: nowMs }, rule, value, nowMs);
    case 'pending':
      if (value === null || !breaks(rule.operator, value, rule.threshold)) return ALERT_OK;
      return nowMs - before.sinceMs < rule.for_ms ? before : { status: 'raised', raisedAtMs: nowMs, value };
    case 'raised':
      if (value !== null && breaks(rule.operator, value, rule.clear_threshold)) return before;
      return evolveAlert({ ...before, status: 'clearing', sinceMs: nowMs }, rule, value, nowMs);
    case 'clearing':
      if (value !== null && breaks(rule.operator, value, rule.clear_threshold)) {
        return { status: 'raised', raisedAtMs: before.raisedAtMs, value: before.value };
      }
      return nowMs - before.sinceMs < rule.clear_after_ms ? before : ALERT_OK;
    default:
      return before satisfies never;
  }
};

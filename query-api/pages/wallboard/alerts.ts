/** The alerts that are raised now. Pure. */

/** One rule broken in one queue, as the live socket tells it. */
export interface Alert {
  readonly rule: string;
  readonly queue: string;
  readonly value: number | null;
  readonly raised_at: string;
}
export interface AlertChange extends Alert {
  readonly status: 'raised' | 'cleared';
}

/** More than this is not shown: nobody reads it, and a wall must not grow. */
export const MAX_ALERTS = 200;

const isSame = (a: Alert, b: Alert): boolean => a.rule === b.rule && a.queue === b.queue;

/** Newest first. */
export const applyAlerts = (raised: readonly Alert[], changes: readonly AlertChange[]): readonly Alert[] => {
  let now = raised;
  for (const change of changes) {
    const others = now.filter((alert) => !isSame(alert, change));
    now = change.status === 'raised' ? [change, ...others] : others;
  }
  return now.toSorted((a, b) => b.raised_at.localeCompare(a.raised_at)).slice(0, MAX_ALERTS);
};

/** The value as the rule's own unit is not known here: whole, or with up to three digits. */
export const alertValue = (value: number | null): string =>
  value === null ? '' : String(Number(value.toPrecision(3)));

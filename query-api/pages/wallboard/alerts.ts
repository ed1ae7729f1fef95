/** The alerts that are raised now. Pure. */
import type { LiveAlert } from '../../../schemas/live.ts';
import { clockTime, percent } from './format.ts';

/** More than this is not shown: nobody reads it, and a wall must not grow. */
export const MAX_ALERTS = 200;

/** Newest first. An alert told again is the same one by its id. */
export const applyAlerts = (
  raised: readonly LiveAlert[],
  changes: readonly LiveAlert[],
): readonly LiveAlert[] => {
  const known = new Map(raised.map((alert) => [alert.id, alert]));
  for (const alert of changes) {
    if (alert.status === 'raised') known.set(alert.id, alert);
    else known.delete(alert.id);
  }
  const newestFirst = [...known.values()].toSorted((a, b) => b.raised_at.localeCompare(a.raised_at));
  return newestFirst.slice(0, MAX_ALERTS);
};

/** What was measured, as the tiles show it; in three digits where its unit is not known. */
export const alertValue = ({ value, unit }: LiveAlert): string => {
  if (unit === 'fraction') return percent(value);
  return unit === 'seconds' ? clockTime(value) : String(Number(value.toPrecision(3)));
};

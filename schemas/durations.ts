/** Durations as people write them in a query: `20s`, `20`, `1m30s`, `500ms`. */

const UNITS_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
const UNIT_ORDER = ['d', 'h', 'm', 's', 'ms'] as const;
const PATTERN = /^(?:(\d{1,4})d)?(?:(\d{1,6})h)?(?:(\d{1,7})m)?(?:(\d{1,8})s)?(?:(\d{1,11})ms)?$/;
/** A year: longer than any wait the store can hold apart from its open bin. */
export const MAX_DURATION_MS = 366 * UNITS_MS.d;

/** Milliseconds of a duration; a bare number is seconds. Null when it is not one, or longer than a year. */
export const parseDuration = (text: string): number | null => {
  const trimmed = text.trim();
  const parts = /^\d{1,8}$/.test(trimmed) ? PATTERN.exec(`${trimmed}s`) : PATTERN.exec(trimmed);
  if (parts === null || trimmed === '') return null;
  const totalMs = UNIT_ORDER.reduce((sum, unit, i) => sum + Number(parts[i + 1] ?? 0) * UNITS_MS[unit], 0);
  return totalMs <= MAX_DURATION_MS ? totalMs : null;
};

/** The shortest text that `parseDuration` reads back as the same number: `90000` → `1m30s`. */
export const formatDuration = (durationMs: number): string => {
  const parts: string[] = [];
  let restMs = durationMs;
  for (const unit of UNIT_ORDER) {
    const count = Math.floor(restMs / UNITS_MS[unit]);
    if (count > 0) parts.push(`${count}${unit}`);
    restMs -= count * UNITS_MS[unit];
  }
  return parts.length === 0 ? '0s' : parts.join('');
};

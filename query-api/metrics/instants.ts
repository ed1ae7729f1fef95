/** Points in time as people write them in a query: a date, a wall-clock time of the asked zone, or an exact instant. Pure. */
import { tzOffset } from '@date-fns/tz';
import { startOfDate } from './buckets.ts';

const PATTERN =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,3})\d*)?)?(Z|[+-]\d{2}:?\d{2})?)?$/i;
const MINUTE_MS = 60_000;
/** What ClickHouse's DateTime64 holds, from where times are counted; Date.UTC would take the year 26 for 1926. */
const FIRST_YEAR = 1970;
const LAST_YEAR = 2299;

const utcMs = (match: RegExpExecArray): number | null => {
  const part = (i: number): number => Number(match[i] ?? 0);
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map(part) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (year < FIRST_YEAR || year > LAST_YEAR) return null;
  if (hour > 23 || minute > 59 || second > 59) return null;
  const ms = Number((match[7] ?? '0').padEnd(3, '0'));
  const dateMs = Date.UTC(year, month - 1, day);
  const date = new Date(dateMs);
  // Date.UTC turns 30 February into 1 or 2 March.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  return dateMs + hour * 3_600_000 + minute * MINUTE_MS + second * 1000 + ms;
};

const statedOffsetMs = (text: string): number => {
  if (text.toUpperCase() === 'Z') return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2));
  return (text.startsWith('-') ? -minutes : minutes) * MINUTE_MS;
};

/**
 * UTC ms of `2026-10-25` (its first instant in `timeZone`), `2026-10-25T09:00` (the zone's wall clock) or
 * `2026-10-25T09:00:00+02:00` / `…Z` (exact); null when it is none of them.
 */
export const parseInstant = (text: string, timeZone: string): number | null => {
  // A `+` that a client left unescaped in a query string arrives as a space.
  const match = PATTERN.exec(
    text.trim().replace(/ (\d{2}:?\d{2})$/, (all, offset) => (text.includes('T') ? `+${offset}` : all)),
  );
  if (match === null) return null;
  const wallMs = utcMs(match);
  if (wallMs === null) return null;
  if (match[4] === undefined) return startOfDate(timeZone, wallMs);
  if (match[8] !== undefined) return wallMs - statedOffsetMs(match[8]);
  const nearMs = wallMs - tzOffset(timeZone, new Date(wallMs)) * MINUTE_MS;
  return wallMs - tzOffset(timeZone, new Date(nearMs)) * MINUTE_MS;
};

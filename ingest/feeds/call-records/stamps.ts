/** Reads the times that call records are stamped with: dates by a given pattern, times of day, whole stamps. */

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** A date as UTC midnight in milliseconds, whatever the zone; null for what is no date of that pattern. */
export type ReadDate = (text: string, thisYear: number) => number | null;

/**
 * Makes a reader of dates of a pattern of `YYYY` or `YY`, `MM` and `DD` in any order. Between separators a month or day
 * may have one digit. `YY` is the latest such year that is not past next year. null for a pattern that names no date.
 */
export const createReadDate = (pattern: string): ReadDate | null => {
  const fields: readonly string[] = pattern.match(/YYYY|YY|MM|DD/g) ?? [];
  if (
    fields
      .map((field) => field.slice(0, 2))
      .sort()
      .join() !== 'DD,MM,YY'
  )
    return null;
  const separators = pattern.split(/YYYY|YY|MM|DD/);
  if (separators.some((separator) => /[0-9A-Za-z]/.test(separator))) return null;
  const joined = separators.slice(1, -1).every((separator) => separator === '');
  const parts = fields.map((field) =>
    field.startsWith('Y') || joined ? `(\\d{${field.length}})` : '(\\d{1,2})',
  );
  const expression = new RegExp(
    `^${separators.map((separator, i) => separator.replace(/[^\s]/g, '\\$&') + (parts[i] ?? '')).join('')}$`,
  );
  const place = {
    year: fields.findIndex((f) => f[0] === 'Y'),
    month: fields.indexOf('MM'),
    day: fields.indexOf('DD'),
  };
  const short = fields.includes('YY');
  return (text, thisYear) => {
    const numbers = expression.exec(text)?.slice(1).map(Number);
    if (numbers === undefined) return null;
    const year = numbers[place.year] ?? Number.NaN;
    const full = short ? fullYear(year, thisYear) : year;
    return dayMs(full, numbers[place.month] ?? Number.NaN, numbers[place.day] ?? Number.NaN);
  };
};

const fullYear = (twoDigits: number, thisYear: number): number => {
  const latest = thisYear + 1;
  const year = latest - (latest % 100) + twoDigits;
  return year > latest ? year - 100 : year;
};

/** null for a day that no calendar has, such as 31 April. */
const dayMs = (year: number, month: number, day: number): number | null => {
  const ms = Date.UTC(year, month - 1, day);
  const date = new Date(ms);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? ms : null;
};

const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?([AaPp])\.?[Mm]\.?)?$/;

/** Milliseconds since midnight of `7:02:47`, `07:02`, `07:02:47.250` or `1:05:22 PM`; null for anything else. */
export const readTimeOfDay = (text: string): number | null => {
  const match = CLOCK.exec(text);
  if (match === null) return null;
  const [, hours = '', minutes = '', seconds = '0', fraction = '', half] = match;
  const hour = half === undefined ? Number(hours) : hourOfHalf(Number(hours), half.toLowerCase() === 'p');
  if (hour > 23 || Number(minutes) > 59 || Number(seconds) > 59) return null;
  const ms = Math.trunc(Number(`0.${fraction || '0'}`) * SECOND_MS);
  return hour * HOUR_MS + Number(minutes) * MINUTE_MS + Number(seconds) * SECOND_MS + ms;
};
/** An hour that a twelve-hour clock does not have becomes one that no clock has. */
const hourOfHalf = (hour: number, afternoon: boolean): number =>
  hour < 1 || hour > 12 ? 24 : (hour % 12) + (afternoon ? 12 : 0);

/** A point in time, or a wall-clock time that its zone makes one. */
export type Stamp =
  | { readonly kind: 'utc'; readonly ms: number }
  | { readonly kind: 'local'; readonly ms: number };

const ISO = /^(\d{4}-\d{2}-\d{2})[T ]([\d:.,]+)(Z|[+-]\d{2}(?::?\d{2})?)?$/;
const isoDate = createReadDate('YYYY-MM-DD');

/** ISO 8601; without an offset it is a local time. */
export const readIso = (text: string): Stamp | null => {
  const [, date = '', clock = '', offset] = ISO.exec(text) ?? [];
  const day = isoDate?.(date, 0) ?? null;
  const timeOfDay = readTimeOfDay(clock);
  if (day === null || timeOfDay === null) return null;
  if (offset === undefined) return { kind: 'local', ms: day + timeOfDay };
  if (offset === 'Z') return { kind: 'utc', ms: day + timeOfDay };
  const digits = offset.slice(1).replace(':', '').padEnd(4, '0');
  const awayMs = Number(digits.slice(0, 2)) * HOUR_MS + Number(digits.slice(2)) * MINUTE_MS;
  return { kind: 'utc', ms: day + timeOfDay - (offset.startsWith('-') ? -awayMs : awayMs) };
};

/** Seconds or milliseconds since 1970 as a decimal number. */
export const readEpoch = (text: string, unitMs: number): Stamp | null =>
  /^\d{1,14}(\.\d+)?$/.test(text) ? { kind: 'utc', ms: Math.round(Number(text) * unitMs) } : null;

export type DurationUnit = 's' | 'ms' | 'hms';
export const DURATION_UNITS: readonly DurationUnit[] = ['s', 'ms', 'hms'];

/** A duration in whole milliseconds, negative ones as they stand; null for what is none. `hms` is `1:02:03` or `2:03`. */
export const readDuration = (text: string, unit: DurationUnit): number | null => {
  if (unit !== 'hms') {
    if (!/^-?\d{1,12}(\.\d+)?$/.test(text)) return null;
    return Math.round(Number(text) * (unit === 's' ? SECOND_MS : 1));
  }
  const match = /^(?:(\d{1,6}):)?(\d{1,2}):(\d{2})$/.exec(text);
  if (match === null) return null;
  const [, hours = '0', minutes, seconds] = match;
  return Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS + Number(seconds) * SECOND_MS;
};

/** The times of one call record, stage by stage, as UTC: whatever pattern they are written in, over midnight and all. */
import { createLocalToUtc, type LocalToUtc } from '../../local-time.ts';
import type { ColumnMap, DateSource, StampField, StampSource } from './column-map.ts';
import type { Row } from './row.ts';
import { createReadDate, DAY_MS, readEpoch, readIso, readTimeOfDay } from './stamps.ts';

const HALF_DAY_MS = DAY_MS / 2;

/**
 * The times of the stages asked for, in the order they follow each other; null for a stage that did not happen. What
 * cannot be read fails the row.
 */
export type ReadStages = (row: Row, stages: readonly StampField[]) => ReadonlyMap<StampField, number | null>;

/** What a text says by itself; a time of day is placed on a day afterwards. */
type Reading = (row: Row, field: StampField, text: string) => Placed | null;
type Placed =
  | { readonly kind: 'utc'; readonly ms: number }
  | { readonly kind: 'local'; readonly ms: number }
  | { readonly kind: 'time_of_day'; readonly ms: number };

export const createReadStages = (map: ColumnMap, timeZone: string, thisYear: number): ReadStages => {
  const toUtc = createLocalToUtc(timeZone);
  const recordDay = map.date === null ? null : dayReader(map.date, thisYear);
  const readings = new Map<StampField, Reading>();
  for (const [field, source] of Object.entries(map.stamps) as [StampField, StampSource][]) {
    readings.set(field, readingOf(source, thisYear));
  }
  return (row, stages) => {
    const clock = createDayClock(row, map, recordDay, toUtc);
    const times = new Map<StampField, number | null>();
    for (const field of stages) {
      const source = map.stamps[field];
      const text = source === undefined ? '' : textOf(row, source);
      const placed = text === '' ? null : (readings.get(field)?.(row, field, text) ?? null);
      times.set(field, placed === null ? null : clock(placed));
    }
    return times;
  };
};

const textOf = (row: Row, { column, absent, or }: StampSource): string => {
  const text = row.text(column);
  if (!absent.has(text)) return text;
  return or.map((other) => row.text(other)).find((other) => other !== '') ?? '';
};

/**
 * Puts times of day on days. A record has one date for all its stages, so each is put on the day that brings it nearest
 * to the stage before it: past midnight it is the next day, while a clock some seconds behind another is no day.
 */
const createDayClock = (
  row: Row,
  map: ColumnMap,
  recordDay: ((row: Row) => number | null) | null,
  toUtc: LocalToUtc,
): ((placed: Placed) => number) => {
  let previousMs: number | null = null;
  const place = (timeOfDayMs: number): number => {
    const day = recordDay?.(row) ?? 0;
    if (previousMs === null) {
      previousMs = day + timeOfDayMs;
      return previousMs;
    }
    const aheadMs = day + timeOfDayMs - previousMs;
    previousMs += aheadMs - Math.floor((aheadMs + HALF_DAY_MS) / DAY_MS) * DAY_MS;
    return previousMs;
  };
  const first = map.date?.of ?? null;
  const firstText = first === null ? '' : row.text(first);
  if (first !== null && firstText !== '') {
    const timeOfDayMs = readTimeOfDay(firstText);
    if (timeOfDayMs === null) row.fail(`"${firstText}" in column "${first}" is no time of day`);
    else place(timeOfDayMs);
  }
  return (placed) => {
    if (placed.kind === 'utc') return placed.ms;
    return toUtc(placed.kind === 'local' ? placed.ms : place(placed.ms));
  };
};

const dayReader = ({ column, format }: DateSource, thisYear: number): ((row: Row) => number | null) => {
  const readDate = createReadDate(format);
  return (row) => {
    const text = row.text(column);
    const day = readDate?.(text, thisYear) ?? null;
    return day ?? row.fail(`"${text}" in column "${column}" is no date ${format}`);
  };
};

const readingOf = ({ format, date }: StampSource, thisYear: number): Reading => {
  const unreadable = (row: Row, field: StampField, text: string, as: string): null =>
    row.fail(`${field}: "${text}" is no ${as}`);
  switch (format.kind) {
    case 'iso':
      return (row, field, text) => readIso(text) ?? unreadable(row, field, text, 'ISO 8601 time');
    case 'epoch_s':
    case 'epoch_ms': {
      const unitMs = format.kind === 'epoch_s' ? 1_000 : 1;
      return (row, field, text) => readEpoch(text, unitMs) ?? unreadable(row, field, text, 'time since 1970');
    }
    case 'date_time': {
      const readDate = createReadDate(format.date);
      return (row, field, text) => {
        const gap = text.search(/[ T]\d{1,2}:/);
        const day = gap < 0 ? null : (readDate?.(text.slice(0, gap), thisYear) ?? null);
        const timeOfDay = readTimeOfDay(text.slice(gap + 1));
        if (day === null || timeOfDay === null)
          return unreadable(row, field, text, `${format.date} HH:MM:SS`);
        return { kind: 'local', ms: day + timeOfDay };
      };
    }
    case 'time_of_day': {
      const ownDay = date === null ? null : dayReader(date, thisYear);
      return (row, field, text) => {
        const ms = readTimeOfDay(text);
        if (ms === null) return unreadable(row, field, text, 'time of day');
        if (ownDay === null) return { kind: 'time_of_day', ms };
        const day = ownDay(row);
        return day === null ? null : { kind: 'local', ms: day + ms };
      };
    }
  }
};

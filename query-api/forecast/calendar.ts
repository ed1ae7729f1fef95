/** The quarter hours of a span as a zone's calendar and clock show them. Worked out once for all queues. Pure. */
import { tzOffset } from '@date-fns/tz';
import { GRAIN_MS, localDayAround, type TimeRange } from '../metrics/buckets.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
export const SLOTS_A_DAY = DAY_MS / GRAIN_MS;

/** `slot` is the quarter hour of the wall clock, 0..95: on a day of 25 hours four come twice, on one of 23 four are missing. */
export interface WallQuarter {
  readonly startMs: number;
  /** Local date as days since 1970-01-01. */
  readonly date: number;
  readonly slot: number;
}
export interface CalendarDay {
  readonly date: number;
  readonly quarters: readonly WallQuarter[];
}

const wallQuarter = (timeZone: string, startMs: number): WallQuarter => {
  const wallMs = startMs + tzOffset(timeZone, new Date(startMs)) * MINUTE_MS;
  const date = Math.floor(wallMs / DAY_MS);
  return { startMs, date, slot: Math.floor((wallMs - date * DAY_MS) / GRAIN_MS) };
};

/** The local date of an instant. */
export const dateAt = (timeZone: string, atMs: number): number => wallQuarter(timeZone, atMs).date;
export const weekdayOf = (date: number): number => ((date % 7) + 7) % 7;
export const formatDate = (date: number): string => new Date(date * DAY_MS).toISOString().slice(0, 10);

/** Every local day of a span with those of its quarter hours that are in the span, in order. */
export const calendarOf = (range: TimeRange, timeZone: string): readonly CalendarDay[] => {
  const days: CalendarDay[] = [];
  for (let atMs = range.fromMs; atMs < range.toMs; ) {
    const day = localDayAround(timeZone, atMs);
    const first = wallQuarter(timeZone, atMs);
    // Asking the zone is slow: on a day of 24 hours the clock runs on evenly.
    const isEven = day.toMs - day.fromMs === DAY_MS;
    const endMs = Math.min(day.toMs, range.toMs);
    const quarters = Array.from({ length: Math.ceil((endMs - atMs) / GRAIN_MS) }, (_, i) => {
      const startMs = first.startMs + i * GRAIN_MS;
      return isEven ? { startMs, date: first.date, slot: first.slot + i } : wallQuarter(timeZone, startMs);
    });
    days.push({ date: first.date, quarters });
    atMs = day.toMs;
  }
  return days;
};

export interface CalendarInterval {
  readonly startMs: number;
  readonly endMs: number;
  readonly quarters: readonly WallQuarter[];
}

/** The intervals that begin at `starts` and make up the span, each with its quarter hours. */
export const intervalsOf = (
  range: TimeRange,
  timeZone: string,
  starts: readonly number[],
): readonly CalendarInterval[] => {
  const quarters = calendarOf(range, timeZone).flatMap((day) => day.quarters);
  let next = 0;
  return starts.map((startMs, i) => {
    const endMs = starts[i + 1] ?? range.toMs;
    const first = next;
    next += (endMs - startMs) / GRAIN_MS;
    return { startMs, endMs, quarters: quarters.slice(first, next) };
  });
};

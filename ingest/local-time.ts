/** Wall-clock times of an IANA time zone as UTC, fast enough for every line of a file. */
import { tzOffset } from '@date-fns/tz';
import { isTimeZone } from '../infra/time-zone.ts';

/** Takes a wall-clock time as if it were UTC (`Date.UTC(y, m, d) + time of day`) and gives the UTC milliseconds it means. */
export type LocalToUtc = (localMs: number) => number;

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** No zone is further from UTC than this, so the offsets that can apply to a wall-clock time lie within it. */
const FURTHEST_OFFSET_MS = 15 * HOUR_MS;
/** Hours kept with their offset, eleven years of them; beyond it the cache starts afresh. */
const MAX_CACHED_HOURS = 100_000;

/**
 * A time that the clock shows twice (autumn) is its first showing, daylight time. A time that the clock skips (spring) is
 * moved forward by what was skipped: 02:30 on a day without 02:00–03:00 is 03:30. Throws a RangeError for an unknown zone.
 */
export const createLocalToUtc = (zone: string): LocalToUtc => {
  if (!isTimeZone(zone)) throw new RangeError(`unknown time zone "${zone}"`);
  const offsetMs = (utcMs: number): number => Math.round(tzOffset(zone, new Date(utcMs)) * MINUTE_MS);
  let steadyHours = new Map<number, number>();

  /** Both offsets exist only around a change of the clocks; such days are not cached, as a change may fall on any minute. */
  const atChange = (localMs: number, beforeMs: number, afterMs: number): number => {
    const byBefore = localMs - beforeMs;
    if (offsetMs(byBefore) === beforeMs) return byBefore;
    const byAfter = localMs - afterMs;
    return offsetMs(byAfter) === afterMs ? byAfter : byBefore;
  };

  return (localMs) => {
    const hour = Math.floor(localMs / HOUR_MS);
    const known = steadyHours.get(hour);
    if (known !== undefined) return localMs - known;
    const before = offsetMs(hour * HOUR_MS - FURTHEST_OFFSET_MS);
    const after = offsetMs((hour + 1) * HOUR_MS + FURTHEST_OFFSET_MS);
    if (before !== after) return atChange(localMs, before, after);
    if (steadyHours.size >= MAX_CACHED_HOURS) steadyHours = new Map();
    steadyHours.set(hour, before);
    return localMs - before;
  };
};

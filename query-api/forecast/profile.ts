/**
 * The forecast's method (docs/forecast.md): each quarter hour of a weekday is the mean of what it was in the past
 * weeks, recent ones weighing more, each moved along the trend of the weeks. Pure, and proportional: a history k times
 * as busy gives a forecast k times as large.
 */
import { SLOTS_A_DAY, weekdayOf } from './calendar.ts';
import { type Day, median, type Quarter, type Screened } from './history.ts';

/** What a week weighs relative to the one after it. */
const WEEK_DECAY = 0.8;
/** Weeks from which a trend is told from chance. */
const WEEKS_FOR_TREND = 5;
/** The largest trend believed, a week. */
const MAX_TREND = 0.05;
/** Each week ahead carries this part of the trend of the week before it. */
const TREND_DAMPING = 0.8;

export interface Profile {
  /** Mean calls of a quarter hour of a date. */
  readonly calls: (date: number, slot: number) => number;
  /** Mean handle time at a time of day, ms; null when nothing was ever handled. */
  readonly handleMs: (slot: number) => number | null;
  /** Growth a week, as a fraction. */
  readonly trend: number;
  /** Volume of a holiday relative to a normal day of its weekday; null when no listed holiday is in the history. */
  readonly holidayFactor: number | null;
}

/** Weeks before the origin: 0 for the seven days just before it. */
const weeksBefore = (origin: number, date: number): number => Math.floor((origin - 1 - date) / 7);

/** Places of the table of a week's quarter hours. */
const placeOf = (date: number, slot: number): number => weekdayOf(date) * SLOTS_A_DAY + slot;
const PLACES = 7 * SLOTS_A_DAY;

/** Weighted means by quarter hour of the week. */
const meansOf = (days: readonly Day[], weigh: (date: number) => { weight: number; factor: number }) => {
  const sums = new Float64Array(PLACES);
  const weights = new Float64Array(PLACES);
  for (const { date, quarters } of days) {
    const { weight, factor } = weigh(date);
    for (const { slot, offered } of quarters) {
      const place = placeOf(date, slot);
      sums[place] = (sums[place] ?? 0) + weight * factor * offered;
      weights[place] = (weights[place] ?? 0) + weight;
    }
  }
  return (date: number, slot: number): number => {
    const place = placeOf(date, slot);
    const weight = weights[place] ?? 0;
    return weight > 0 ? (sums[place] ?? 0) / weight : 0;
  };
};

const expectedOf = (days: readonly Day[], calls: (date: number, slot: number) => number): number =>
  days.reduce(
    (sum, { date, quarters }) => sum + quarters.reduce((all, { slot }) => all + calls(date, slot), 0),
    0,
  );
const offeredOf = (days: readonly Day[]): number => days.reduce((sum, day) => sum + day.offered, 0);

/**
 * Growth a week: the median of the slopes between all pairs of weeks (Theil and Sen), so that one odd week does not
 * bend it. A week's level is its calls relative to those of the same quarter hours in a mean week: a missing day does
 * not lower it.
 */
const trendOf = (normal: readonly Day[], origin: number): number => {
  const usual = meansOf(normal, () => ({ weight: 1, factor: 1 }));
  const levels = [...Map.groupBy(normal, (day) => weeksBefore(origin, day.date))].flatMap(([week, days]) => {
    const expected = expectedOf(days, usual);
    return expected > 0 ? [{ week, level: offeredOf(days) / expected }] : [];
  });
  if (levels.length < WEEKS_FOR_TREND) return 0;
  const slopes = levels.flatMap((later, i) =>
    levels.slice(0, i).map((earlier) => (later.level - earlier.level) / (earlier.week - later.week)),
  );
  return Math.max(-MAX_TREND, Math.min(MAX_TREND, median(slopes)));
};

/** Weeks of trend between the last week of the history and a date ahead, each damped further. */
const trendAhead = (origin: number, date: number): number => {
  const weeks = Math.max(0, -weeksBefore(origin, date));
  return (TREND_DAMPING * (1 - TREND_DAMPING ** weeks)) / (1 - TREND_DAMPING);
};

/** A slot's own handle time, drawn to the overall one as if by the handled contacts of one mean slot more. */
const handleTimes = (quarters: readonly Quarter[]): ((slot: number) => number | null) => {
  const handled = new Float64Array(SLOTS_A_DAY);
  const handleMs = new Float64Array(SLOTS_A_DAY);
  for (const quarter of quarters) {
    handled[quarter.slot] = (handled[quarter.slot] ?? 0) + quarter.handled;
    handleMs[quarter.slot] = (handleMs[quarter.slot] ?? 0) + quarter.handleMs;
  }
  const all = handled.reduce((sum, n) => sum + n, 0);
  if (all === 0) return () => null;
  const overallMs = handleMs.reduce((sum, ms) => sum + ms, 0) / all;
  const pull = all / handled.filter((n) => n > 0).length;
  return (slot) => ((handleMs[slot] ?? 0) + pull * overallMs) / ((handled[slot] ?? 0) + pull);
};

/** Learns from the days before `origin` (a date), which must all be past it. */
export const learnProfile = (screened: Screened, origin: number): Profile => {
  const { normal, holidays } = screened;
  const trend = trendOf(normal, origin);
  const means = meansOf(normal, (date) => {
    const week = weeksBefore(origin, date);
    return { weight: WEEK_DECAY ** week, factor: Math.exp(trend * week) };
  });
  const calls = (date: number, slot: number): number =>
    means(date, slot) * Math.exp(trend * trendAhead(origin, date));
  const normally = expectedOf(holidays, means);
  return {
    calls,
    handleMs: handleTimes([...normal, ...holidays].flatMap((day) => day.quarters)),
    trend,
    holidayFactor: normally > 0 ? offeredOf(holidays) / normally : null,
  };
};

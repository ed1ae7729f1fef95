/** Reads the parameters of `/v1/quality`: those it has in common with `/v1/intervals`, and the window. Pure. */

import { formatDuration, parseDuration } from '../../schemas/durations.ts';
import { bucketStarts, localDayAround, type TimeRange, widenToGrain } from '../metrics/buckets.ts';
import { DEFAULT_FCR_WINDOW_MS, MAX_FCR_WINDOW_DAYS } from '../metrics/quality.ts';
import type { Fault } from '../problems.ts';
import {
  type IntervalsQuery,
  type IntervalsRequest,
  type Parsed,
  parseIntervalsRequest,
  type RequestContext,
} from './intervals-request.ts';

const DAY_MS = 86_400_000;
export const QUALITY_LIMITS = {
  /** Legs are read for this long, and joined in memory. */
  rangeDays: 92,
  /** Rows of one reply, which is held in memory. */
  rows: 100_000,
} as const;
/** A contact counts on its first day: shorter ones would tell of chance. */
export const QUALITY_INTERVALS = ['1d', '1w', '1mo', 'total'] as const;

export type QualityQuery = Pick<
  IntervalsQuery,
  | 'from'
  | 'to'
  | 'interval'
  | 'tz'
  | 'queue'
  | 'queue_group'
  | 'channel'
  | 'source'
  | 'language'
  | 'site'
  | 'tier'
  | 'agent'
  | 'group_by'
  | 'format'
> & { readonly fcr_window?: string };

export interface QualityRequest
  extends Omit<IntervalsRequest, 'fromMs' | 'toMs' | 'definition' | 'percentiles' | 'layout' | 'asGroups'> {
  readonly range: TimeRange;
  readonly starts: readonly number[];
  readonly windowMs: number;
}

const windowOf = ({ fcr_window: text }: QualityQuery, faults: Fault[]): number => {
  if (text === undefined) return DEFAULT_FCR_WINDOW_MS;
  const windowMs = parseDuration(text);
  if (windowMs !== null && windowMs > 0 && windowMs <= MAX_FCR_WINDOW_DAYS * DAY_MS) return windowMs;
  faults.push({
    path: 'fcr_window',
    message: `${text} is no duration up to ${MAX_FCR_WINDOW_DAYS} days such as ${formatDuration(DEFAULT_FCR_WINDOW_MS)} or 24h`,
  });
  return DEFAULT_FCR_WINDOW_MS;
};

/** All faults at once. Without `from` and `to` it is about today, also with interval=total. */
export const parseQualityRequest = (query: QualityQuery, context: RequestContext): Parsed<QualityRequest> => {
  const { fcr_window: _, interval = '1d', ...common } = query;
  const parsed = parseIntervalsRequest({ ...common, interval }, context);
  const faults = parsed.ok ? [] : [...parsed.faults];
  const windowMs = windowOf(query, faults);
  if (!QUALITY_INTERVALS.some((name) => name === interval) && !faults.some(({ path }) => path === 'interval'))
    faults.push({ path: 'interval', message: `${interval} is none of ${QUALITY_INTERVALS.join(', ')}` });
  if (!parsed.ok) return { ok: false, faults };
  const { fromMs, toMs, timeZone } = parsed.value;
  const today = localDayAround(timeZone, context.nowMs);
  const range = widenToGrain({
    fromMs: fromMs ?? Math.min(today.fromMs, (toMs ?? today.toMs) - 1),
    toMs: toMs ?? today.toMs,
  });
  if (range.toMs - range.fromMs > QUALITY_LIMITS.rangeDays * DAY_MS)
    faults.push({
      path: 'from',
      message: `more than ${QUALITY_LIMITS.rangeDays} days; give a nearer from and to`,
    });
  if (faults.length > 0) return { ok: false, faults };
  // A day more than a range has days is enough for its first and last part.
  const limit = QUALITY_LIMITS.rangeDays + 2;
  const starts = bucketStarts({ range, interval: parsed.value.interval, timeZone, limit }) ?? [];
  return { ok: true, value: { ...parsed.value, range, starts, windowMs } };
};

/** The SQL behind `/v1/forecast`: what came in and what it took, by queue and quarter hour. */
import type { TimeRange } from '../metrics/buckets.ts';
import { type BoundQuery, type Scope, scoped, scopeParams } from './intervals.ts';

export interface QuarterRow {
  readonly queue: string;
  /** UTC epoch ms. */
  readonly start_ms: number;
  readonly offered: number;
  readonly handled: number;
  readonly handle_ms: number;
}

/** Quarter hours with anything in them; sources and channels in scope are summed. */
export const quartersQuery = (scope: Scope, range: TimeRange): BoundQuery => ({
  sql: `SELECT queue,
  toUnixTimestamp64Milli(interval_start) AS start_ms,
  sum(t.offered) AS offered,
  sum(t.handled) AS handled,
  sum(t.talk_ms) + sum(t.hold_ms) + sum(t.wrap_ms) AS handle_ms
FROM acd.queue_intervals AS t
WHERE ${scoped(scope)}
  AND interval_start >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')
  AND interval_start < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')
GROUP BY queue, interval_start
ORDER BY queue, interval_start`,
  params: { ...scopeParams(scope), from_ms: range.fromMs, to_ms: range.toMs },
});

/** The SQL behind `/v1/queues` and the extent of what is stored. */
import { type BoundQuery, type Scope, scoped, scopeParams } from './intervals.ts';

export interface QueueSummaryRow {
  readonly queue: string;
  readonly channels: readonly string[];
  readonly sources: readonly string[];
  /** UTC epoch ms of the first and last interval with anything in it. */
  readonly first_ms: number;
  readonly last_ms: number;
  readonly offered: number;
}

export const queuesQuery = (scope: Scope): BoundQuery => ({
  sql: `SELECT queue,
  arraySort(groupUniqArray(channel)) AS channels,
  arraySort(groupUniqArray(source)) AS sources,
  toUnixTimestamp64Milli(min(interval_start)) AS first_ms,
  toUnixTimestamp64Milli(max(interval_start)) AS last_ms,
  sum(t.offered) AS offered
FROM acd.queue_intervals AS t
WHERE ${scoped(scope)}
GROUP BY queue
ORDER BY queue`,
  params: scopeParams(scope),
});

export interface ExtentRow {
  readonly intervals: number;
  readonly first_ms: number;
  readonly last_ms: number;
}

/** From when to when there is anything in scope. */
export const extentQuery = (scope: Scope): BoundQuery => ({
  sql: `SELECT count() AS intervals,
  toUnixTimestamp64Milli(min(interval_start)) AS first_ms,
  toUnixTimestamp64Milli(max(interval_start)) AS last_ms
FROM acd.queue_intervals
WHERE ${scoped(scope)}`,
  params: scopeParams(scope),
});

/** SQL of `GET /v1/alerts`. */
import type { AlertRow } from '../../schemas/alerts.ts';
import type { TimeRange } from '../metrics/buckets.ts';
import type { BoundQuery } from './intervals.ts';

export interface AlertsFilter {
  readonly tenant: string;
  /** null = all, also alerts on a source as a whole. */
  readonly queues: readonly string[] | null;
  readonly status: AlertRow['status'] | null;
  /** Alerts that stood at some time within it; null = at any time. */
  readonly range: TimeRange | null;
  readonly limit: number;
}
export interface AlertSelected
  extends Pick<AlertRow, 'source' | 'rule' | 'queue' | 'status' | 'value' | 'threshold'> {
  readonly raised_ms: number;
  readonly cleared_ms: number | null;
}

/** Newest first. */
export const alertsQuery = ({ tenant, queues, status, range, limit }: AlertsFilter): BoundQuery => ({
  sql: `SELECT source, rule, queue, status, value, threshold,
  toUnixTimestamp64Milli(raised_at) AS raised_ms, toUnixTimestamp64Milli(cleared_at) AS cleared_ms
FROM acd.alerts
WHERE tenant = {tenant:String}
  AND ({any_queue:Bool} OR queue IN {queues:Array(String)})
  AND {status:String} IN ('', status)
  AND ({any_time:Bool} OR raised_at < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')
    AND (cleared_at IS NULL OR cleared_at >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')))
ORDER BY raised_at DESC, source, rule, queue LIMIT {limit:UInt32}`,
  params: {
    tenant,
    any_queue: queues === null,
    queues: queues ?? [],
    status: status ?? '',
    any_time: range === null,
    from_ms: range?.fromMs ?? 0,
    to_ms: range?.toMs ?? 0,
    limit,
  },
});

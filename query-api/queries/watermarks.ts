/** How far the data of sources goes: their newest events. */
import type { BoundQuery, Scope } from './intervals.ts';
import { scoped, scopeParams } from './intervals.ts';

export interface WatermarkRow {
  readonly source: string;
  readonly up_to_ms: number;
}

/** One look at the end of each source's stretch of the key, however many events it has. A plan of the future is no news. */
export const watermarksQuery = (tenant: string, sources: readonly string[]): BoundQuery => ({
  sql: sources
    .map(
      (_, i) => `SELECT * FROM (
  SELECT source, toUnixTimestamp64Milli(at) AS up_to_ms FROM acd.events_rows
  WHERE tenant = {tenant:String} AND source = {source_${i}:String} AND kind != 'agent_scheduled'
  ORDER BY tenant DESC, source DESC, at DESC LIMIT 1)`,
    )
    .join('\nUNION ALL\n'),
  params: { tenant, ...Object.fromEntries(sources.map((source, i) => [`source_${i}`, source])) },
});

/** Sources of a scope, whenever they were heard of. */
export const sourcesQuery = (scope: Scope): BoundQuery => ({
  sql: `SELECT DISTINCT source FROM acd.queue_intervals_rows WHERE ${scoped(scope)}`,
  params: scopeParams(scope),
});

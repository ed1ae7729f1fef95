/** The SQL behind `/v1/quality`: answered contacts, and whether their callers came back. */
import type { TimeRange } from '../metrics/buckets.ts';
import type { QualityCell } from '../metrics/quality.ts';
import type { GroupColumn, GroupValues, LegColumn, QueueGroups } from './group-columns.ts';
import {
  type BoundQuery,
  bucketSql,
  grouped,
  groupSelect,
  type Scope,
  scoped,
  scopeParams,
  within,
} from './intervals.ts';
import { filterParams, filtersOf } from './legs.ts';

export interface QualityQuestion {
  readonly scope: Scope;
  /** Where a caller may be seen coming back, whatever is asked about; null = everywhere. */
  readonly seenQueues: readonly string[] | null;
  readonly filters: Readonly<Partial<Record<LegColumn, readonly string[]>>>;
  readonly range: TimeRange;
  /** Starts of the intervals, the first being `range.fromMs`. */
  readonly starts: readonly number[];
  readonly groupBy: readonly GroupColumn[];
  /** What `group_by=queue_group` knows. */
  readonly queueGroups: QueueGroups;
  /** All that are configured: they decide what coming back is. */
  readonly families: QueueGroups;
  readonly windowMs: number;
  /** Rows at most. */
  readonly limit: number;
}
export type QualityRow = { readonly bucket: number } & GroupValues & QualityCell;

/** The queue by itself, and each of its named groups: who comes to one of the same family has come back. */
const FAMILY = `arrayJoin(arrayPushBack(
    arrayMap(name -> ('group', name), arrayFilter((name, members) -> has(members, queue), {family_names:Array(String)}, {family_queues:Array(Array(String))})),
    ('queue', queue))) AS family`;

/** Each known caller's contacts with a family of queues, and when the next one came; 1970 where none did. */
const VISITS = `SELECT source, contact_id, family, came_at,
    leadInFrame(came_at) OVER (PARTITION BY caller, family ORDER BY came_at, source, contact_id
      ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS next_at
  FROM (
    SELECT caller, source, contact_id, ${FAMILY}, min(l.offered_at) AS came_at
    FROM acd.contact_legs AS l
    WHERE tenant = {tenant:String} AND ({see_any:Bool} OR queue IN {seen_queues:Array(String)})
      AND caller != '' AND direction != 'outbound'
      AND offered_at >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')
      AND offered_at < fromUnixTimestamp64Milli({to_ms:Int64} + {window_ms:Int64}, 'UTC')
    GROUP BY caller, source, contact_id, family)`;

/** Where each contact was first answered in a queue. */
const answeredOf = (question: QualityQuestion): string => `SELECT *, ${FAMILY}
  FROM (
    SELECT source, contact_id, queue, channel, direction, language, site, tier, agent, caller, offered_at
    FROM acd.contact_legs AS l
    WHERE ${scoped(question.scope)} AND ${within('offered_at')}${filtersOf(question)}
      AND outcome = 'answered' AND direction != 'outbound'
    ORDER BY l.offered_at, leg
    LIMIT 1 BY source, contact_id, queue)`;

const ONE_ANSWER =
  'source, contact_id, queue, channel, direction, language, site, tier, agent, caller, offered_at';

export const qualityQuery = (question: QualityQuestion): BoundQuery => {
  const { scope, seenQueues, range, starts, groupBy, queueGroups, families, windowMs, limit } = question;
  const buckets = bucketSql(starts);
  return {
    sql: `SELECT ${buckets.of('offered_at')}${groupSelect(groupBy)},
  count() AS answered, countIf(caller != '') AS answered_known, countIf(came_back) AS repeated
FROM (
  SELECT ${ONE_ANSWER},
    max(caller != '' AND next_at >= came_at AND next_at <= came_at + toIntervalMillisecond({window_ms:Int64})) AS came_back
  FROM (${answeredOf(question)}) AS answers
  LEFT JOIN (${VISITS}) AS visits USING (source, contact_id, family)
  GROUP BY ${ONE_ANSWER})
${grouped(groupBy)}
LIMIT {limit:UInt32}`,
    params: {
      ...scopeParams(scope),
      ...filterParams(question),
      ...buckets.params,
      from_ms: range.fromMs,
      to_ms: range.toMs,
      window_ms: windowMs,
      see_any: seenQueues === null,
      seen_queues: seenQueues ?? [],
      group_names: Object.keys(queueGroups),
      group_queues: Object.values(queueGroups),
      family_names: Object.keys(families),
      family_queues: Object.values(families),
      limit,
    },
  };
};

/**
 * A year of contact legs of a made-up centre, generated inside ClickHouse, and the queue intervals that follow from
 * them. Months go in one after the other, as they would have come. Deterministic: row n is always the same.
 */
import type { Store } from '../../infra/clickhouse/store.ts';
import { waitEdgeSql } from '../../query-api/queries/legs.ts';

export const BENCH_YEAR = 2025;
export const BENCH_TENANTS = ['t1', 't2', 't3', 't4', 't5'] as const;
/** Every tenant has all of them; the first are the busiest. */
export const BENCH_QUEUES = 200;
const DAY_MS = 86_400_000;
/** Twelfths of a month's legs go in one statement, which keeps each within the store's limit of a call. */
const PIECES = 12;

/** How often a day of the week and an hour of the day are drawn: closed at night, two peaks, quiet weekends. */
const WEEKDAY_WEIGHTS = [1, 6, 6, 5, 5, 5, 2];
const HOUR_WEIGHTS = [0, 0, 0, 0, 0, 0, 1, 4, 10, 14, 15, 13, 10, 11, 13, 12, 10, 8, 5, 3, 2, 1, 0, 0];

const repeated = (weights: readonly number[]): number[] =>
  weights.flatMap((weight, i) => Array<number>(weight).fill(i));

const daysOf = (month: number): number[] => {
  const firstMs = Date.UTC(BENCH_YEAR, month, 1);
  const count = (Date.UTC(BENCH_YEAR, month + 1, 1) - firstMs) / DAY_MS;
  const weights = Array.from({ length: count }, (_, i) => {
    const weekday = new Date(firstMs + i * DAY_MS).getUTCDay();
    return WEEKDAY_WEIGHTS[weekday] ?? 0;
  });
  return repeated(weights).map((day) => firstMs + day * DAY_MS);
};

const share = (seed: number): string => `((cityHash64(n, ${seed}) % 1000000) / 1000000)`;
const exponential = (seed: number, meanMs: number): string => `toInt64(-log(1 - ${share(seed)}) * ${meanMs})`;

const legsSql = (month: number, first: number, count: number): string => `
INSERT INTO acd.contact_legs_rows
SELECT tenant, source, concat(toString(intDiv(toUnixTimestamp64Milli(offered_at), 1000)), '.', toString(n)) AS contact_id,
  1 AS leg, queue, channel, 'inbound' AS direction,
  ['de', 'en', 'fr', ''][1 + cityHash64(n, 5) % 4] AS language,
  concat('site-', toString(cityHash64(n, 6) % 8)) AS site, ['gold', 'silver', ''][1 + cityHash64(n, 7) % 3] AS tier,
  hex(cityHash64(cityHash64(n, 8) % 20000000)) AS caller,
  offered_at,
  if(is_answered, offered_at + toIntervalMillisecond(waited), NULL) AS answered_at,
  offered_at + toIntervalMillisecond(ifNull(waited, 0) + if(is_answered, talk + hold + wrap, 0)) AS ended_at,
  drawn AS outcome,
  waited AS wait_ms,
  if(is_answered, least(waited, 4000), NULL) AS ring_ms,
  if(is_answered, talk, NULL) AS talk_ms, if(is_answered, hold, NULL) AS hold_ms, if(is_answered, wrap, NULL) AS wrap_ms,
  if(is_answered, concat('agent-', toString(queue_no % 50), '-', toString(cityHash64(n, 9) % 20)), '') AS agent,
  if(is_answered, 'caller', '') AS ended_by, '' AS transfer_kind, '' AS transferred_to, NULL AS position,
  1 AS revision, n + 1 AS version
FROM (
  SELECT number AS n,
    concat('t', toString(1 + n % 5)) AS tenant,
    toUInt32(${BENCH_QUEUES} * pow(${share(1)}, 1.5)) AS queue_no,
    concat('queue-', leftPad(toString(queue_no), 3, '0')) AS queue,
    concat('pbx-', toString(queue_no % 2)) AS source,
    multiIf(queue_no % 20 < 17, 'voice', queue_no % 20 < 19, 'chat', 'email') AS channel,
    fromUnixTimestamp64Milli(toInt64([${daysOf(month).join(', ')}][1 + cityHash64(n, 2) % ${daysOf(month).length}]
      + [${repeated(HOUR_WEIGHTS).join(', ')}][1 + cityHash64(n, 3) % ${repeated(HOUR_WEIGHTS).length}] * 3600000
      + cityHash64(n, 4) % 3600000), 'UTC') AS offered_at,
    ${share(10)} AS luck,
    multiIf(luck < 0.92, 'answered', luck < 0.97, 'abandoned', luck < 0.98, 'timed_out', luck < 0.985, 'key_exit',
      luck < 0.99, 'overflowed', luck < 0.994, 'callback', luck < 0.997, 'unknown', 'refused_full') AS drawn,
    drawn = 'answered' AS is_answered,
    multiIf(drawn IN ('unknown', 'refused_full'), NULL, drawn = 'timed_out', 300000,
      ${share(11)} < 0.35, toInt64(cityHash64(n, 12) % 3000), ${exponential(13, 28_000)}) AS waited,
    ${exponential(14, 150_000)} + 5000 AS talk,
    if(${share(15)} < 0.15, ${exponential(16, 40_000)}, 0) AS hold,
    ${exponential(17, 25_000)} AS wrap
  FROM numbers(${first}, ${count})
)`;

const counted = (outcome: string): string => `countIf(outcome = '${outcome}')`;
const histogram = (condition: string): string =>
  `sumMapIf(map(toUInt32(${waitEdgeSql('assumeNotNull(l.wait_ms)')}), toInt64(1)), ${condition})`;

/** Agents are taken to be on the contact where it was offered, and as long again available. */
const intervalsSql = (fromMs: number, toMs: number): string => `
INSERT INTO acd.queue_intervals_rows
SELECT tenant, source, queue, channel,
  toDateTime64(toStartOfFifteenMinutes(offered_at), 3, 'UTC') AS interval_start, 1 AS generation,
  countIf(NOT startsWith(outcome, 'refused_')) AS offered, ${counted('answered')} AS answered,
  ${counted('abandoned')} AS abandoned, ${counted('timed_out')} AS timed_out, ${counted('left_empty')} AS left_empty,
  ${counted('key_exit')} AS key_exit, ${counted('overflowed')} AS overflowed, ${counted('callback')} AS callback,
  ${counted('withdrawn')} AS withdrawn, ${counted('unknown')} AS unknown, ${counted('refused_full')} AS refused_full,
  ${counted('refused_empty')} AS refused_empty, ${counted('refused_closed')} AS refused_closed, 0 AS in_progress,
  ${histogram("outcome = 'answered'")} AS wait_answered,
  ${histogram("outcome = 'abandoned'")} AS wait_abandoned,
  ${histogram("outcome IN ('timed_out', 'left_empty', 'key_exit', 'overflowed')")} AS wait_exited,
  ifNull(sumIf(l.wait_ms, outcome = 'answered'), 0) AS wait_answered_ms,
  ifNull(sumIf(l.wait_ms, outcome = 'abandoned'), 0) AS wait_abandoned_ms, ifNull(max(l.wait_ms), 0) AS max_wait_ms,
  countIf(outcome = 'answered') AS handled, countIf(l.hold_ms > 0) AS held,
  ifNull(sum(l.talk_ms), 0) AS talk_ms, ifNull(sum(l.hold_ms), 0) AS hold_ms, ifNull(sum(l.wrap_ms), 0) AS wrap_ms,
  0 AS transferred_blind, 0 AS transferred_attended,
  talk_ms AS on_contact_ms, hold_ms AS on_hold_ms, wrap_ms AS wrap_up_ms, talk_ms AS available_ms,
  on_contact_ms + on_hold_ms + wrap_up_ms + available_ms AS staffed_ms, max(l.version) AS version
FROM acd.contact_legs_rows AS l
WHERE offered_at >= fromUnixTimestamp64Milli(${fromMs}, 'UTC') AND offered_at < fromUnixTimestamp64Milli(${toMs}, 'UTC')
GROUP BY tenant, source, queue, channel, interval_start`;

/** An event for every fifth leg, so that looking for the newest of a source has many to look among. */
const eventsSql = (fromMs: number, toMs: number): string => `
INSERT INTO acd.events_rows
SELECT tenant, source, contact_id AS seq, offered_at AS at, 'contact_offered' AS kind, contact_id, queue, '' AS agent,
  concat('{"contact_id":"', contact_id, '","queue":"', queue, '"}') AS body, 0 AS log_partition, version AS log_offset
FROM acd.contact_legs_rows
WHERE offered_at >= fromUnixTimestamp64Milli(${fromMs}, 'UTC') AND offered_at < fromUnixTimestamp64Milli(${toMs}, 'UTC')
  AND intDiv(version, 5) % 5 = 0`;

export interface YearSize {
  /** Of the whole year. */
  readonly legs: number;
  /** How many months of it, from January. */
  readonly months: number;
}

const hasMonth = async (store: Store, fromMs: number, toMs: number): Promise<boolean> => {
  const [found] = await store.query<{ rows: number }>(
    `SELECT count() AS rows FROM acd.queue_intervals_rows WHERE interval_start >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
     AND interval_start < fromUnixTimestamp64Milli({to:Int64}, 'UTC')`,
    { from: fromMs, to: toMs },
  );
  return (found?.rows ?? 0) > 0;
};

/** Fills both tables, but for months that are there; `onMonth` hears of every month that is in. */
export const generateYear = async (
  store: Store,
  { legs, months }: YearSize,
  onMonth: (month: number) => void,
): Promise<void> => {
  const aPiece = Math.ceil(legs / 12 / PIECES);
  for (let month = 0; month < months; month++) {
    const [fromMs, toMs] = [Date.UTC(BENCH_YEAR, month, 1), Date.UTC(BENCH_YEAR, month + 1, 1)];
    if (await hasMonth(store, fromMs, toMs)) continue;
    for (let piece = 0; piece < PIECES; piece++) {
      await store.command(legsSql(month, (month * PIECES + piece) * aPiece, aPiece));
    }
    await store.command(eventsSql(fromMs, toMs));
    // In pieces too: an aggregation over a whole month of all tenants holds every histogram in memory.
    for (let atMs = fromMs; atMs < toMs; atMs += 4 * DAY_MS) {
      await store.command(intervalsSql(atMs, Math.min(atMs + 4 * DAY_MS, toMs)));
    }
    onMonth(month);
  }
};

/**
 * Answers a parsed request for intervals: asks the store what the definition needs, piece by piece of the range, so that
 * neither a year nor many queues have to be held in memory at once.
 */
import type { Store } from '../../infra/clickhouse/store.ts';
import { formatDuration } from '../../schemas/durations.ts';
import {
  bucketStarts,
  formatLocal,
  GRAIN_MS,
  localDayAround,
  type TimeRange,
  widenToGrain,
} from '../metrics/buckets.ts';
import { describeServiceLevel } from '../metrics/definition.ts';
import { type Counted, countRows, type FigureRow, figureRows } from '../metrics/interval-rows.ts';
import { GROUP_COLUMNS, type GroupValues } from '../queries/group-columns.ts';
import {
  type AgentTimeRow,
  agentTimeQuery,
  type CountersRow,
  countersQuery,
  groupsQuery,
  type IntervalsQuestion,
  type Scope,
} from '../queries/intervals.ts';
import { type LegsRow, type LevelsRow, legGroupsQuery, legsQuery, levelsQuery } from '../queries/legs.ts';
import { type ExtentRow, extentQuery } from '../queries/queues.ts';
import type { IntervalsRequest } from './intervals-request.ts';
import {
  type Ask,
  createSourceMemo,
  openSourceEnds,
  type SourceEnds,
  type SourceMemo,
} from './source-ends.ts';

/** Buckets of one reply: a year of quarter hours and some. */
export const MAX_BUCKETS = 40_000;
/** Rows of one reply as text: a year of quarter hours of a hundred queues and more. */
export const MAX_ROWS = 5_000_000;
/** Rows asked for at a time, which are held in memory: about 50 MB. */
const ROWS_A_PIECE = 50_000;
/** Up to so many buckets come in one piece without asking first how many groups there are. */
const BUCKETS_WITHOUT_ASKING = 200;
/** Rows handed over together. */
const ROWS_A_BATCH = 500;

export interface AnswerOptions {
  readonly store: Store;
  readonly nowMs: () => number;
  /** Shared by answers; without it, each finds its sources anew. */
  readonly memo?: SourceMemo;
}
export interface IntervalsAnswer {
  /** What the figures mean, sent along with them. */
  readonly definition: Readonly<Record<string, unknown>>;
  /** How many rows there will be. */
  readonly rows: number;
  readonly batches: AsyncIterable<readonly FigureRow[]>;
}
export type Outcome =
  | { readonly status: 'answered'; readonly answer: IntervalsAnswer }
  | { readonly status: 'refused'; readonly fault: string };

/** Where an end of the range is left open, the data's own. Without data: today. */
const rangeOf = async (
  { store, nowMs }: AnswerOptions,
  request: IntervalsRequest,
  scope: Scope,
): Promise<TimeRange> => {
  const { fromMs, toMs } = request;
  if (fromMs !== null && toMs !== null) return widenToGrain({ fromMs, toMs });
  const { sql, params } = extentQuery(scope);
  const [extent] = await store.query<ExtentRow>(sql, params);
  const known = extent !== undefined && extent.intervals > 0;
  const data = known
    ? { fromMs: extent.first_ms, toMs: extent.last_ms + GRAIN_MS }
    : localDayAround(request.timeZone, nowMs());
  const from = fromMs ?? Math.min(data.fromMs, toMs ?? data.fromMs);
  return widenToGrain({ fromMs: from, toMs: toMs ?? Math.max(data.toMs, from) });
};

const echo = (request: IntervalsRequest, range: TimeRange): Readonly<Record<string, unknown>> => {
  const { definition, timeZone } = request;
  return {
    formula: describeServiceLevel(definition),
    sl_formula: definition.formula,
    sl_threshold: formatDuration(definition.thresholdMs),
    short_abandon: formatDuration(definition.shortAbandonMs),
    count_exits: definition.countExits,
    exclude_short: definition.excludeShort,
    profile: definition.profile,
    abandon_outcomes: definition.abandonOutcomes,
    exit_outcomes: definition.exitOutcomes,
    interval: request.interval,
    tz: request.tz,
    from: formatLocal(timeZone, range.fromMs),
    to: formatLocal(timeZone, range.toMs),
    basis: definition.basis,
    computed_from: definition.computedFrom,
  };
};

const askOf =
  (store: Store): Ask =>
  (query) =>
    store.query(query.sql, query.params);

/** Whether stored totals tell the groups and filters apart. */
const isInTotals = ({ groupBy, filters }: Pick<IntervalsQuestion, 'groupBy' | 'filters'>): boolean =>
  Object.keys(filters).length === 0 && groupBy.every((column) => GROUP_COLUMNS[column].inTotals);

/** Legs count everything when totals cannot: by another moment than arrival, or by what only they know. */
const countsLegs = (question: IntervalsQuestion): boolean =>
  question.definition.basis !== 'arrival' || !isInTotals(question);

const count = async (ask: Ask, question: IntervalsQuestion, ends: SourceEnds): Promise<Counted> => {
  const inTotals = isInTotals(question);
  const onLegs = countsLegs(question);
  // Not after the counters: then it might claim an event that they do not have yet.
  ends.begin();
  const needsLevels = !onLegs && question.definition.computedFrom === 'contact_legs';
  const [counters, levels, legs, agentTime] = await Promise.all([
    onLegs ? null : ask<CountersRow>(countersQuery(question)),
    needsLevels ? ask<LevelsRow>(levelsQuery(question)) : null,
    onLegs ? ask<LegsRow>(legsQuery(question)) : null,
    onLegs && inTotals ? ask<AgentTimeRow>(agentTimeQuery(question)) : null,
  ]);
  const sources = new Set((counters ?? legs ?? []).flatMap((row) => row.sources));
  return { counters, levels, legs, agentTime, upTo: await ends.of(sources) };
};

/** Only a grouping by what was asked for by name says which groups to expect before anything happened in them. */
const namedGroups = ({ groupBy, queues, asGroups }: IntervalsRequest): readonly GroupValues[] => {
  if (groupBy.join() === 'queue') return (queues ?? []).map((queue) => ({ queue }));
  if (groupBy.join() === 'queue_group') return asGroups.map((queue_group) => ({ queue_group }));
  return [];
};

function* inBatches(rows: Iterable<FigureRow>): Generator<readonly FigureRow[]> {
  let batch: FigureRow[] = [];
  for (const row of rows) {
    batch.push(row);
    if (batch.length < ROWS_A_BATCH) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

/** Answers, or says why that would be too much. Throws `StoreError`. */
export const answerIntervals = async (
  options: AnswerOptions,
  request: IntervalsRequest,
  scope: Scope,
  maxRows = MAX_ROWS,
): Promise<Outcome> => {
  const { interval, timeZone, groupBy, definition, percentiles, filters, queueGroups } = request;
  const range = await rangeOf(options, request, scope);
  const starts = bucketStarts({ range, interval, timeZone, limit: MAX_BUCKETS });
  if (starts === null) {
    const fault = `more than ${MAX_BUCKETS} intervals; give a nearer from and to, or a longer interval`;
    return { status: 'refused', fault };
  }
  const ask = askOf(options.store);
  const ends = openSourceEnds(ask, scope, options.memo ?? createSourceMemo());
  const whole: IntervalsQuestion = {
    scope,
    filters,
    range,
    starts,
    groupBy,
    queueGroups,
    definition,
    percentiles,
  };
  const asksGroups = starts.length > BUCKETS_WITHOUT_ASKING && groupBy.length > 0;
  const found = asksGroups
    ? await ask<GroupValues>((countsLegs(whole) ? legGroupsQuery : groupsQuery)(whole))
    : [];
  const expected = [...namedGroups(request), ...found];
  const aPiece = asksGroups
    ? Math.max(Math.floor(ROWS_A_PIECE / Math.max(expected.length, 1)), 1)
    : Math.max(starts.length, 1);
  const pieceFrom = async (first: number) => {
    const some = starts.slice(first, first + aPiece);
    const endMs = starts[first + aPiece] ?? range.toMs;
    const part = { ...whole, starts: some, range: { fromMs: some[0] ?? range.fromMs, toMs: endMs } };
    const counted = await count(ask, part, ends);
    return { starts: some, endMs, timeZone, groupBy, definition, percentiles, expected, counted };
  };
  const first = await pieceFrom(0);
  const rows = (countRows(first) / Math.max(first.starts.length, 1)) * starts.length;
  if (rows > maxRows) {
    const fault = `${rows} rows, more than ${maxRows}; give a nearer from and to, a longer interval or fewer queues`;
    return { status: 'refused', fault };
  }
  const batches = async function* (): AsyncGenerator<readonly FigureRow[]> {
    yield* inBatches(figureRows(first));
    for (let next = aPiece; next < starts.length; next += aPiece) {
      yield* inBatches(figureRows(await pieceFrom(next)));
    }
  };
  return { status: 'answered', answer: { definition: echo(request, range), rows, batches: batches() } };
};

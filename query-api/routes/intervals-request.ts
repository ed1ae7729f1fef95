/** Reads the parameters of `/v1/intervals`: all faults at once, each with its field. Pure. */

import { parseDuration } from '../../schemas/durations.ts';
import { CHANNELS, DIRECTIONS } from '../../schemas/events.ts';
import { isServiceLevelName, SERVICE_LEVEL_NAMES } from '../../schemas/service-level.ts';
import { FORMATS, type Format, isFormat } from '../export/formats.ts';
import { isLayout, LAYOUT_NAMES, type Layout, WFM_INTERVALS } from '../export/layouts.ts';
import {
  canonicalTimeZone,
  INTERVALS,
  type IntervalName,
  isIntervalName,
  localDayAround,
} from '../metrics/buckets.ts';
import {
  BASIS_NAMES,
  type Definition,
  defineFigures,
  isBasis,
  isProfileName,
  PROFILE_NAMES,
} from '../metrics/definition.ts';
import { parseInstant } from '../metrics/instants.ts';
import { MAX_PERCENTILES, parsePercentile } from '../metrics/percentiles.ts';
import type { Fault } from '../problems.ts';
import {
  GROUP_COLUMNS,
  GROUP_NAMES,
  type GroupColumn,
  isGroupColumn,
  LEG_COLUMNS,
  type LegColumn,
  type QueueGroups,
} from '../queries/group-columns.ts';
import { knownNamesOf, namesOf } from './request-parts.ts';

/** As they come out of the query string. */
export interface IntervalsQuery {
  readonly from?: string;
  readonly to?: string;
  readonly interval?: string;
  readonly tz?: string;
  readonly queue?: readonly string[];
  readonly queue_group?: readonly string[];
  readonly channel?: readonly string[];
  readonly source?: readonly string[];
  readonly direction?: readonly string[];
  readonly language?: readonly string[];
  readonly site?: readonly string[];
  readonly tier?: readonly string[];
  readonly agent?: readonly string[];
  readonly group_by?: readonly string[];
  readonly basis?: string;
  readonly sl_threshold?: string;
  readonly sl_formula?: string;
  readonly short_abandon?: string;
  readonly count_exits?: boolean;
  readonly exclude_short?: boolean;
  readonly percentiles?: readonly string[];
  readonly layout?: string;
  readonly profile?: string;
  readonly format?: string;
}

export interface IntervalsRequest {
  /** Null: as far as there is anything (interval=total only). */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly interval: IntervalName;
  /** As the client spelled it. */
  readonly tz: string;
  readonly timeZone: string;
  readonly queues: readonly string[] | null;
  readonly channels: readonly string[] | null;
  readonly sources: readonly string[] | null;
  readonly filters: Readonly<Partial<Record<LegColumn, readonly string[]>>>;
  readonly groupBy: readonly GroupColumn[];
  /** The groups that `queue_group` knows: those asked for as `@name`, else all. */
  readonly queueGroups: QueueGroups;
  /** Names of the groups asked for as `@name`. */
  readonly asGroups: readonly string[];
  readonly definition: Definition;
  readonly percentiles: readonly number[];
  readonly layout: Layout;
  readonly format: Format;
}
export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly faults: readonly Fault[] };

const oneOf = (names: readonly string[]): string => `is none of ${names.join(', ')}`;

interface Reader {
  readonly faults: Fault[];
  /** The value when it is absent or valid; else notes a fault and gives undefined. */
  readonly choose: <Name extends string>(
    path: keyof IntervalsQuery,
    valid: (name: string) => name is Name,
    names: readonly Name[],
  ) => Name | undefined;
  readonly durationMs: (path: 'sl_threshold' | 'short_abandon') => number | undefined;
}

const readerOf = (query: IntervalsQuery): Reader => {
  const faults: Fault[] = [];
  return {
    faults,
    choose: (path, valid, names) => {
      const given = query[path];
      if (typeof given !== 'string') return undefined;
      if (valid(given)) return given;
      faults.push({ path, message: `${given} ${oneOf(names)}` });
      return undefined;
    },
    durationMs: (path) => {
      const text = query[path];
      if (text === undefined) return undefined;
      const durationMs = parseDuration(text);
      if (durationMs === null) {
        faults.push({ path, message: `${text} is not a duration such as 20s, 1m30s or 500ms` });
      }
      return durationMs ?? undefined;
    },
  };
};

const definitionOf = (query: IntervalsQuery, needsLegs: boolean, reader: Reader): Definition =>
  defineFigures({
    profile: reader.choose('profile', isProfileName, PROFILE_NAMES),
    formula: reader.choose('sl_formula', isServiceLevelName, SERVICE_LEVEL_NAMES),
    thresholdMs: reader.durationMs('sl_threshold'),
    shortAbandonMs: reader.durationMs('short_abandon'),
    countExits: query.count_exits,
    excludeShort: query.exclude_short,
    basis: reader.choose('basis', isBasis, BASIS_NAMES),
    needsLegs,
  });

const filtersOf = (query: IntervalsQuery, reader: Reader): IntervalsRequest['filters'] => {
  knownNamesOf('direction', query.direction, DIRECTIONS, reader.faults);
  return Object.fromEntries(
    LEG_COLUMNS.flatMap((column) => {
      const values = namesOf(query[column]);
      return values === null ? [] : [[column, values]];
    }),
  );
};

const percentilesOf = (query: IntervalsQuery, reader: Reader): readonly number[] => {
  const texts = namesOf(query.percentiles) ?? [];
  const wrong = texts.filter((text) => parsePercentile(text) === null);
  if (wrong.length > 0)
    reader.faults.push({
      path: 'percentiles',
      message: `${wrong.join(', ')} is no whole per cent from 1 to 99`,
    });
  if (texts.length > MAX_PERCENTILES)
    reader.faults.push({ path: 'percentiles', message: `more than ${MAX_PERCENTILES}` });
  return texts.flatMap((text) => parsePercentile(text) ?? []);
};

/** `queue=@name` and `queue_group=name` both stand for the queues of a group. */
const queuesOf = (
  query: IntervalsQuery,
  groups: QueueGroups,
  reader: Reader,
): Pick<IntervalsRequest, 'queues' | 'queueGroups' | 'asGroups'> => {
  const given = namesOf(query.queue) ?? [];
  const plain = given.filter((name) => !name.startsWith('@'));
  const inQueue = given.filter((name) => name.startsWith('@')).map((name) => name.slice(1));
  const asGroups = [...new Set([...inQueue, ...(namesOf(query.queue_group) ?? [])])];
  const unknown = asGroups.filter((name) => !Object.hasOwn(groups, name));
  if (unknown.length > 0) {
    const known = Object.keys(groups);
    const message =
      known.length === 0 ? 'no queue_groups are configured' : `${unknown.join(', ')} ${oneOf(known)}`;
    reader.faults.push({
      path: inQueue.some((name) => unknown.includes(name)) ? 'queue' : 'queue_group',
      message,
    });
  }
  const asked = asGroups.map((name) => [name, groups[name] ?? []] as const);
  const queues = [...new Set([...plain, ...asked.flatMap(([, members]) => members)])];
  return {
    queues: plain.length + asGroups.length === 0 ? null : queues,
    queueGroups: asked.length === 0 ? groups : Object.fromEntries(asked),
    asGroups,
  };
};

const groupByOf = (query: IntervalsQuery, reader: Reader): readonly GroupColumn[] => {
  if (query.group_by === undefined) return ['queue'];
  const names = namesOf(query.group_by) ?? [];
  const wrong = names.filter((name) => !isGroupColumn(name));
  if (wrong.length > 0)
    reader.faults.push({ path: 'group_by', message: `${wrong.join(', ')} ${oneOf(GROUP_NAMES)}` });
  return names.filter(isGroupColumn);
};

const instantOf = (
  query: IntervalsQuery,
  path: 'from' | 'to',
  timeZone: string,
  reader: Reader,
): number | null => {
  const text = query[path];
  if (text === undefined) return null;
  const atMs = parseInstant(text, timeZone);
  if (atMs === null) {
    reader.faults.push({
      path,
      message: `${text} is not a date (2026-10-25) or ISO 8601 time (2026-10-25T09:00:00Z)`,
    });
  }
  return atMs;
};

/** Today in the zone, unless told otherwise; `total` reaches as far as there is data. */
const spanOf = (
  query: IntervalsQuery,
  interval: IntervalName,
  context: { readonly timeZone: string; readonly nowMs: number },
  reader: Reader,
): Pick<IntervalsRequest, 'fromMs' | 'toMs'> => {
  const { timeZone, nowMs } = context;
  const from = instantOf(query, 'from', timeZone, reader);
  const to = instantOf(query, 'to', timeZone, reader);
  if (from !== null && to !== null && to <= from) {
    reader.faults.push({ path: 'to', message: 'is not after from; to is exclusive' });
  }
  if (interval === 'total') return { fromMs: from, toMs: to };
  const fromMs = from ?? localDayAround(timeZone, to === null ? nowMs : to - 1).fromMs;
  return { fromMs, toMs: to ?? localDayAround(timeZone, Math.max(nowMs, fromMs)).toMs };
};

export interface RequestContext {
  readonly nowMs: number;
  /** Used when no `tz` is given. */
  readonly timeZone: string;
  readonly queueGroups: QueueGroups;
}

/** Planners' tools take one queue and interval a row, and text alone. */
const checkLayout = (layout: Layout, value: IntervalsRequest, reader: Reader): void => {
  if (layout !== 'wfm') return;
  const { interval, groupBy, format } = value;
  if (!WFM_INTERVALS.some((name) => name === interval))
    reader.faults.push({
      path: 'interval',
      message: `${interval} ${oneOf(WFM_INTERVALS)}, as layout=wfm needs`,
    });
  if (!['queue', 'queue_group'].includes(groupBy.join()))
    reader.faults.push({ path: 'group_by', message: 'must be queue or queue_group with layout=wfm' });
  if (format !== 'csv') reader.faults.push({ path: 'format', message: 'must be csv with layout=wfm' });
};

export const parseIntervalsRequest = (
  query: IntervalsQuery,
  context: RequestContext,
): Parsed<IntervalsRequest> => {
  const reader = readerOf(query);
  const tz = query.tz ?? context.timeZone;
  const zone = canonicalTimeZone(tz);
  if (zone === null)
    reader.faults.push({ path: 'tz', message: `${tz} is no time zone such as Europe/Berlin` });
  const timeZone = zone ?? 'UTC';
  const interval = reader.choose('interval', isIntervalName, INTERVALS) ?? '15m';
  const groupBy = groupByOf(query, reader);
  const filters = filtersOf(query, reader);
  const inTotals = groupBy.every((name) => GROUP_COLUMNS[name].inTotals) && Object.keys(filters).length === 0;
  const layout = reader.choose('layout', isLayout, LAYOUT_NAMES) ?? 'table';
  const value: IntervalsRequest = {
    ...spanOf(query, interval, { timeZone, nowMs: context.nowMs }, reader),
    interval,
    tz,
    timeZone,
    ...queuesOf(query, context.queueGroups, reader),
    channels: knownNamesOf('channel', query.channel, CHANNELS, reader.faults),
    sources: namesOf(query.source),
    filters,
    groupBy,
    definition: definitionOf(query, !inTotals, reader),
    percentiles: percentilesOf(query, reader),
    layout,
    format: reader.choose('format', isFormat, FORMATS) ?? (layout === 'wfm' ? 'csv' : 'json'),
  };
  checkLayout(layout, value, reader);
  return reader.faults.length === 0 ? { ok: true, value } : { ok: false, faults: reader.faults };
};

/** Reads the parameters of `/v1/intervals`: all faults at once, each with its field. Pure. */
import type { Channel } from '../../schemas/events.ts';
import {
  canonicalTimeZone,
  INTERVALS,
  type IntervalName,
  isIntervalName,
  localDayAround,
} from '../metrics/buckets.ts';
import { type Definition, defineFigures, isProfileName, PROFILE_NAMES } from '../metrics/definition.ts';
import { parseDuration } from '../metrics/durations.ts';
import { parseInstant } from '../metrics/instants.ts';
import { isServiceLevelName, SERVICE_LEVEL_NAMES } from '../metrics/service-level.ts';
import type { Fault } from '../problems.ts';
import { GROUP_COLUMNS, type GroupColumn, isGroupColumn } from '../queries/intervals.ts';

/** As they come out of the query string. */
export interface IntervalsQuery {
  readonly from?: string;
  readonly to?: string;
  readonly interval?: string;
  readonly tz?: string;
  readonly queue?: readonly string[];
  readonly channel?: readonly string[];
  readonly source?: readonly string[];
  readonly group_by?: readonly string[];
  readonly basis?: string;
  readonly sl_threshold?: string;
  readonly sl_formula?: string;
  readonly short_abandon?: string;
  readonly count_exits?: boolean;
  readonly profile?: string;
  readonly format?: string;
}

export const FORMATS = ['json', 'ndjson', 'csv'] as const;
export type Format = (typeof FORMATS)[number];
const isFormat = (name: string): name is Format => FORMATS.some((format) => format === name);
const CHANNELS = ['voice', 'chat', 'email', 'social', 'messaging'] as const satisfies readonly Channel[];

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
  readonly groupBy: readonly GroupColumn[];
  readonly definition: Definition;
  readonly format: Format;
}
export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** Repeated or separated by commas; null when nothing was given. */
const listOf = (values: readonly string[] | undefined): readonly string[] | null => {
  const names = (values ?? []).flatMap((value) => value.split(',')).map((name) => name.trim());
  const given = [...new Set(names.filter((name) => name !== ''))];
  return given.length === 0 ? null : given;
};

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

const isArrival = (name: string): name is 'arrival' => name === 'arrival';

const definitionOf = (query: IntervalsQuery, reader: Reader): Definition =>
  defineFigures({
    profile: reader.choose('profile', isProfileName, PROFILE_NAMES),
    formula: reader.choose('sl_formula', isServiceLevelName, SERVICE_LEVEL_NAMES),
    thresholdMs: reader.durationMs('sl_threshold'),
    shortAbandonMs: reader.durationMs('short_abandon'),
    countExits: query.count_exits,
  });

const groupByOf = (query: IntervalsQuery, reader: Reader): readonly GroupColumn[] => {
  if (query.group_by === undefined) return ['queue'];
  const names = listOf(query.group_by) ?? [];
  const wrong = names.filter((name) => !isGroupColumn(name));
  if (wrong.length > 0)
    reader.faults.push({ path: 'group_by', message: `${wrong.join(', ')} ${oneOf(GROUP_COLUMNS)}` });
  return names.filter(isGroupColumn);
};

const channelsOf = (query: IntervalsQuery, reader: Reader): readonly string[] | null => {
  const names = listOf(query.channel);
  const wrong = (names ?? []).filter((name) => !CHANNELS.some((channel) => channel === name));
  if (wrong.length > 0)
    reader.faults.push({ path: 'channel', message: `${wrong.join(', ')} ${oneOf(CHANNELS)}` });
  return names;
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
}

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
  reader.choose('basis', isArrival, ['arrival']);
  const value: IntervalsRequest = {
    ...spanOf(query, interval, { timeZone, nowMs: context.nowMs }, reader),
    interval,
    tz,
    timeZone,
    queues: listOf(query.queue),
    channels: channelsOf(query, reader),
    sources: listOf(query.source),
    groupBy: groupByOf(query, reader),
    definition: definitionOf(query, reader),
    format: reader.choose('format', isFormat, FORMATS) ?? 'json',
  };
  return reader.faults.length === 0 ? { ok: true, value } : { ok: false, faults: reader.faults };
};

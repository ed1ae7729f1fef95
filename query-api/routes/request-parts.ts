/** Parts that several requests have in common: lists of names, and from when to when. All faults are noted, each with its field. Pure. */
import { FORMATS, type Format, isFormat } from '../export/formats.ts';
import { canonicalTimeZone, localDayAround, type TimeRange } from '../metrics/buckets.ts';
import { parseInstant } from '../metrics/instants.ts';
import { splitNames } from '../name-lists.ts';
import type { Fault } from '../problems.ts';

/** Repeated or separated by commas; null when nothing was given. */
export const namesOf = (values: readonly string[] | undefined): readonly string[] | null => {
  const names = splitNames(values ?? []);
  return names.length === 0 ? null : names;
};

/** The names asked for, of which each must be one of `known`. */
export const knownNamesOf = <Name extends string>(
  path: string,
  values: readonly string[] | undefined,
  known: readonly Name[],
  faults: Fault[],
): readonly Name[] | null => {
  const isKnown = (name: string): name is Name => known.some((of) => of === name);
  const names = namesOf(values);
  const wrong = names?.filter((name) => !isKnown(name)) ?? [];
  if (wrong.length > 0) faults.push({ path, message: `${wrong.join(', ')} is none of ${known.join(', ')}` });
  return names?.filter(isKnown) ?? null;
};

/** json, unless asked otherwise. */
export const formatOf = (format: string | undefined, faults: Fault[]): Format => {
  if (format === undefined || isFormat(format)) return format ?? 'json';
  faults.push({ path: 'format', message: `${format} is none of ${FORMATS.join(', ')}` });
  return 'json';
};

export interface SpanQuery {
  readonly from?: string;
  readonly to?: string;
  readonly tz?: string;
}
export interface Span extends TimeRange {
  /** As the tz database calls it. */
  readonly timeZone: string;
}

/** Today in the zone, unless told otherwise. */
export const spanOf = (
  query: SpanQuery,
  context: { readonly timeZone: string; readonly nowMs: number },
  faults: Fault[],
): Span => {
  const asked = query.tz ?? context.timeZone;
  const zone = canonicalTimeZone(asked);
  if (zone === null) faults.push({ path: 'tz', message: `${asked} is no time zone such as Europe/Berlin` });
  const timeZone = zone ?? 'UTC';
  const instant = (path: 'from' | 'to'): number | null => {
    const text = query[path];
    const atMs = text === undefined ? null : parseInstant(text, timeZone);
    if (text !== undefined && atMs === null) {
      const message = `${text} is not a date (2026-10-25) or ISO 8601 time (2026-10-25T09:00:00Z)`;
      faults.push({ path, message });
    }
    return atMs;
  };
  const from = instant('from');
  const to = instant('to');
  if (from !== null && to !== null && to <= from) {
    faults.push({ path: 'to', message: 'is not after from; to is exclusive' });
  }
  const fromMs = from ?? localDayAround(timeZone, to === null ? context.nowMs : to - 1).fromMs;
  return {
    fromMs,
    toMs: to ?? localDayAround(timeZone, Math.max(context.nowMs, fromMs)).toMs,
    timeZone,
  };
};

/** One row of a schedule: who is to do what from when to when. Pure. */
import { tzOffset } from '@date-fns/tz';
import { readIso } from '../feeds/call-records/stamps.ts';
import type { LocalToUtc } from '../local-time.ts';

const COLUMNS = ['agent', 'start', 'end', 'activity'] as const;
type Column = (typeof COLUMNS)[number];

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A stretch longer than this is two days put into one row, or a wrong date. */
const MAX_STRETCH_MS = DAY_MS;
const MAX_NAME_LENGTH = 200;

export interface ScheduleRow {
  readonly agent: string;
  /** The local date it begins on. */
  readonly day: string;
  readonly activity: string;
  /** UTC epoch ms. */
  readonly starts_at: number;
  readonly ends_at: number;
}
export interface Zone {
  readonly name: string;
  readonly toUtc: LocalToUtc;
}
export type Places = Readonly<Record<Column, number>>;

/** Where the columns stand, in any order and among others; or which are missing. */
export const placesOf = (header: readonly string[]): Places | readonly Column[] => {
  const names = header.map((name) =>
    name
      .replace(/^\uFEFF/, '')
      .trim()
      .toLowerCase(),
  );
  const missing = COLUMNS.filter((column) => !names.includes(column));
  if (missing.length > 0) return missing;
  return Object.fromEntries(COLUMNS.map((column) => [column, names.indexOf(column)])) as Places;
};

export const localDateOf = (zone: Zone, atMs: number): string =>
  new Date(atMs + tzOffset(zone.name, new Date(atMs)) * MINUTE_MS).toISOString().slice(0, 10);

/** When a local date begins, UTC epoch ms. */
export const startOfDay = (zone: Zone, day: string): number => zone.toUtc(Date.parse(`${day}T00:00:00Z`));

/** The row, or why it is none. */
export const parseScheduleRow = (
  fields: readonly string[],
  places: Places,
  zone: Zone,
): ScheduleRow | string => {
  const field = (column: Column): string => (fields[places[column]] ?? '').trim();
  const time = (column: 'start' | 'end'): number | null => {
    const stamp = readIso(field(column));
    return stamp === null ? null : stamp.kind === 'utc' ? stamp.ms : zone.toUtc(stamp.ms);
  };
  const unnamed = (['agent', 'activity'] as const).find((column) => field(column) === '');
  if (unnamed !== undefined) return `${unnamed} is empty`;
  const long = (['agent', 'activity'] as const).find((column) => field(column).length > MAX_NAME_LENGTH);
  if (long !== undefined) return `${long} has more than ${MAX_NAME_LENGTH} characters`;
  const starts_at = time('start');
  const ends_at = time('end');
  if (starts_at === null) return 'start is no time such as 2026-03-01 09:00';
  if (ends_at === null) return 'end is no time such as 2026-03-01 17:30';
  if (ends_at <= starts_at) return 'end is not after start';
  if (ends_at - starts_at > MAX_STRETCH_MS) return 'longer than 24 hours';
  const day = localDateOf(zone, starts_at);
  return { agent: field('agent'), day, activity: field('activity'), starts_at, ends_at };
};

/** How the rows of intervals are laid out: the table of all figures, or what planners' tools import. Pure. */
import type { FigureRow } from '../metrics/interval-rows.ts';
import type { ExportRow } from './columns.ts';

export const LAYOUTS = [
  { name: 'table', doc: 'Every figure, as in JSON.' },
  {
    name: 'wfm',
    doc: 'CSV for workforce-management tools: one row a queue and interval, wall-clock times, service level in per cent.',
  },
] as const;
export type Layout = (typeof LAYOUTS)[number]['name'];
export const LAYOUT_NAMES: readonly Layout[] = LAYOUTS.map(({ name }) => name);
export const isLayout = (name: string): name is Layout => LAYOUTS.some((layout) => layout.name === name);

/** Longer ones have no time of day to begin and end at. */
export const WFM_INTERVALS = ['15m', '30m', '1h', '1d'] as const;

export const WFM_COLUMNS = [
  'date',
  'start',
  'end',
  'queue',
  'offered',
  'answered',
  'aht_s',
  'abandoned',
  'sl_percent',
  'utc_offset',
] as const;

const rounded = (value: FigureRow[string] | undefined, scale: number, digits: number): number | null =>
  typeof value === 'number' ? Number((value * scale).toFixed(digits)) : null;

const clockOf = (isoLocal: string): string => isoLocal.slice(11, 16);

/** One row of the WFM layout. */
export const wfmRow = (row: FigureRow): ExportRow => {
  const start = String(row.interval_start);
  return {
    date: start.slice(0, 10),
    start: clockOf(start),
    end: clockOf(String(row.interval_end)),
    queue: row.queue ?? row.queue_group ?? '',
    offered: row.offered ?? null,
    answered: row.answered ?? null,
    aht_s: rounded(row.aht_s, 1, 1),
    abandoned: row.abandoned ?? null,
    sl_percent: rounded(row.service_level, 100, 2),
    // Tells the two hours apart that a clock set back shows twice.
    utc_offset: `UTC${start.endsWith('Z') ? '+00:00' : start.slice(-6)}`,
  };
};

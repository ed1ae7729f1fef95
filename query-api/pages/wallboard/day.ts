/** The day so far as columns for a chart, the running interval brought up to date from the live figures. Pure. */
import type { LiveFigures } from '../../../schemas/live.ts';

/** What is read of a row of `/v1/intervals`. */
export interface DayRow {
  readonly interval_start: string;
  readonly offered: number;
  readonly service_level: number | null;
  readonly staffed_s: number;
}
/** A column each; `atS` in seconds since 1970. What has not happened yet is null. */
export interface Day {
  readonly atS: readonly number[];
  readonly offered: readonly (number | null)[];
  /** Per cent. */
  readonly serviceLevel: readonly (number | null)[];
  /** Agents on average. */
  readonly staffed: readonly (number | null)[];
}

export const INTERVAL_MS = 900_000;

const sum = (figures: readonly LiveFigures[], of: (figure: LiveFigures) => number): number =>
  figures.reduce((total, figure) => total + of(figure), 0);

/** The running interval of several queues together, each by its own definition. */
const running = (figures: readonly LiveFigures[]) => {
  const counted = sum(figures, ({ sl_counted: count }) => count);
  const met = sum(figures, ({ sl_met: count }) => count);
  return {
    offered: sum(figures, ({ offered }) => offered),
    serviceLevel: counted === 0 ? null : (100 * met) / counted,
  };
};

/** `live` are the figures of the interval running at `nowMs`; none where they are not live. */
export const dayOf = (rows: readonly DayRow[], live: readonly LiveFigures[], nowMs: number): Day => {
  const currentMs = Math.floor(nowMs / INTERVAL_MS) * INTERVAL_MS;
  const now = live.length === 0 ? null : running(live);
  const cells = rows.map(({ interval_start, offered, service_level: level, staffed_s: staffedS }) => {
    const startMs = Date.parse(interval_start);
    const stored = { offered, serviceLevel: level === null ? null : level * 100 };
    const none = { offered: null, serviceLevel: null };
    const past = startMs < currentMs;
    return {
      atS: startMs / 1000,
      ...(past ? stored : startMs === currentMs ? (now ?? stored) : none),
      // Time still passing is counted when its stretch ends, so the running interval's average is not known yet.
      staffed: past ? (staffedS * 1000) / INTERVAL_MS : null,
    };
  });
  return {
    atS: cells.map((cell) => cell.atS),
    offered: cells.map((cell) => cell.offered),
    serviceLevel: cells.map((cell) => cell.serviceLevel),
    staffed: cells.map((cell) => cell.staffed),
  };
};

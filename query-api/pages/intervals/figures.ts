/** Rows of figures as a table shows them: which columns, how a value is written, why one is missing. Pure. */
import { METRICS, type Unit } from '../../metrics/metrics.ts';
import { PROVENANCE, PROVENANCE_NAMES } from '../../metrics/provenance.ts';
import { GROUP_COLUMNS, isGroupColumn } from '../../queries/group-columns.ts';

export type FigureRow = Readonly<Record<string, string | number | null>>;
export interface Column {
  readonly name: string;
  readonly label: string;
  /** Of the written value: `%`, `s` or nothing. */
  readonly sign: string;
  /** What the header says on hovering. */
  readonly doc: string;
  readonly unit: Unit | 'text';
}

/** The figures a planner looks at first, in this order. */
const USUAL = [
  'offered',
  'answered',
  'abandoned',
  'answered_within',
  'service_level',
  'abandonment_rate',
  'asa_s',
  'max_wait_s',
  'aht_s',
  'occupancy',
];
const LABELS: Readonly<Record<string, string>> = {
  answered_within: 'Answered in time',
  short_abandoned: 'Short abandons',
  key_exit: 'Left by key',
  asa_s: 'Speed of answer',
  aht_s: 'Handle time',
  max_wait_s: 'Longest wait',
  avg_talk_s: 'Talk',
  avg_hold_s: 'Hold',
  avg_wrap_s: 'Wrap-up',
  staffed_s: 'Staffed',
  avg_abandon_wait_s: 'Wait of abandoned',
  finality: 'State',
};
const UNIT_SIGNS: Readonly<Record<Column['unit'], string>> = {
  contacts: '',
  fraction: '%',
  seconds: 's',
  text: '',
};

const labelOf = (name: string): string => {
  const plain = name.replace(/_s$/, '').replaceAll('_', ' ');
  return LABELS[name] ?? plain.charAt(0).toUpperCase() + plain.slice(1);
};
const textColumn = (name: string, label: string, doc = ''): Column => ({
  name,
  label,
  sign: '',
  doc,
  unit: 'text',
});

const PERCENTILE = /^answer_p(\d+)_s$/;
const percentileColumn = (name: string, percent: string): Column => ({
  name,
  label: `${percent} % answered within`,
  sign: UNIT_SIGNS.seconds,
  doc: `Of the answered, ${percent} % had waited at most this long.`,
  unit: 'seconds',
});

const figureColumn = (name: string): Column => {
  const metric = METRICS.find((each) => each.name === name);
  if (metric !== undefined) {
    const formula = metric.formula === 'counted' ? '' : ` = ${metric.formula.replaceAll('`', '')}`;
    const { unit } = metric;
    return { name, label: labelOf(name), sign: UNIT_SIGNS[unit], doc: metric.doc + formula, unit };
  }
  const percent = PERCENTILE.exec(name)?.[1];
  if (percent !== undefined) return percentileColumn(name, percent);
  // A newer server may send a column this page has no words for: shown as it is.
  return textColumn(
    name,
    labelOf(name),
    PROVENANCE.find((each) => each.name === name)?.doc.replaceAll('`', ''),
  );
};

export interface Columns {
  /** What a row stands for besides its interval. */
  readonly groups: readonly Column[];
  readonly figures: readonly Column[];
}

/** The columns of an answer; the usual ones only, unless `all`. */
export const columnsOf = (rows: readonly FigureRow[], width: 'usual' | 'all'): Columns => {
  const names = Object.keys(rows[0] ?? {}).filter((name) => name !== 'interval_start');
  const groups = names.filter(isGroupColumn);
  const shown =
    width === 'all'
      ? names.filter((name) => !isGroupColumn(name))
      : [...USUAL, ...names.filter((name) => PERCENTILE.test(name)), 'finality'].filter((name) =>
          names.includes(name),
        );
  return {
    groups: groups.map((name) => textColumn(name, labelOf(name), GROUP_COLUMNS[name].doc)),
    figures: shown.map(figureColumn),
  };
};

const COUNT = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const TENTHS = new Intl.NumberFormat('en-GB', { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export const NOTHING = '–';

/** A value as the column's unit is written; the header names the unit. */
export const written = (value: string | number | null | undefined, unit: Column['unit']): string => {
  if (value === null || value === undefined) return NOTHING;
  if (typeof value === 'string') return value;
  if (unit === 'fraction') return TENTHS.format(value * 100);
  return unit === 'seconds' ? TENTHS.format(value) : COUNT.format(value);
};

/** The finality of a row whose interval the data has not reached. */
export const NOT_YET = 'not yet';
const NOT_REACHED = 'The data does not reach the beginning of the interval yet.';
/** What each state means; the header has the whole of it. */
export const FINALITY: Readonly<Record<string, string>> = {
  [NOT_YET]: NOT_REACHED,
  open: 'The data does not reach the end of the interval yet.',
  provisional: 'The interval is over, but contacts of it may be unfinished.',
  final: 'Only a correction could change it.',
};

const ABSENT: Readonly<Record<string, string>> = {
  service_level: 'No contact counts here, so there is no service level.',
  abandonment_rate: 'No contact was offered.',
  asa_s: 'No contact was answered.',
  max_wait_s: 'No contact was offered.',
  occupancy: 'No agent was busy or available, or agents’ time cannot be told apart by these groups.',
  utilisation: 'No agent was logged in, or agents’ time cannot be told apart by these groups.',
  avg_abandon_wait_s: 'No contact was abandoned.',
  in_progress: 'Not known: single contacts are counted, which are there only once they are over.',
  staffed_s: 'Not known: agents’ time cannot be told apart by these groups.',
};
const HANDLED = new Set(['aht_s', 'avg_talk_s', 'avg_hold_s', 'avg_wrap_s', 'transfer_rate']);

/** Why there is no number in a row of that finality. */
export const whyAbsent = (name: string, finality?: FigureRow[string]): string => {
  if (finality === NOT_YET) return NOT_REACHED;
  if (HANDLED.has(name)) return 'No contact was handled.';
  return PERCENTILE.test(name) ? 'No contact was answered.' : (ABSENT[name] ?? 'Nothing is known.');
};

const WALL = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}):\d{2}(.*)$/;
const WEEKDAY = new Intl.DateTimeFormat('en-GB', { weekday: 'short', timeZone: 'UTC' });

const labelOfStart = (start: string, interval: string): string => {
  const [, date = start, time = ''] = WALL.exec(start) ?? [];
  if (interval === 'total') return 'All together';
  if (interval === '1mo') return date.endsWith('-01') ? date.slice(0, 7) : `from ${date}`;
  const day = `${WEEKDAY.format(new Date(`${date}T00:00Z`))} ${date}`;
  if (interval === '1d') return day;
  return interval === '1w' ? `from ${day}` : `${day} ${time}`;
};

/** Names of the intervals by their start; the hour that happens twice is told apart by its offset. */
export const intervalLabels = (starts: readonly string[], interval: string): ReadonlyMap<string, string> => {
  const labels = [...new Set(starts)].map((start) => [start, labelOfStart(start, interval)] as const);
  const times = new Map<string, number>();
  for (const [, label] of labels) times.set(label, (times.get(label) ?? 0) + 1);
  return new Map(
    labels.map(([start, label]) => {
      const offset = WALL.exec(start)?.[3] ?? '';
      return [start, (times.get(label) ?? 0) > 1 ? `${label} ${offset === 'Z' ? '+00:00' : offset}` : label];
    }),
  );
};

const SIGNS_OF_LIFE = ['offered', 'refused_full', 'refused_empty', 'refused_closed', 'handled', 'staffed_s'];

/** Whether anything happened: a contact came or was refused, or an agent was there. */
export const hasContent = (row: FigureRow): boolean =>
  SIGNS_OF_LIFE.some((name) => Number(row[name] ?? 0) > 0);

const isFigure = (name: string): boolean =>
  name !== 'interval_start' && !isGroupColumn(name) && !PROVENANCE_NAMES.includes(name);

/** Of several sources the one furthest behind decides, so another may already have brought something. */
const isNotYet = (row: FigureRow): boolean => {
  const { finality, interval_start: start, data_up_to: upTo } = row;
  if (finality !== 'open') return false;
  const isReached = typeof upTo === 'string' && Date.parse(String(start)) < Date.parse(upTo);
  return (
    !isReached &&
    Object.entries(row).every(([name, value]) => !isFigure(name) || value === 0 || value === null)
  );
};

/** The row without the zeros of an interval, such as one to come, that the data has not reached: it tells nothing of it. */
export const knownFigures = (row: FigureRow): FigureRow =>
  isNotYet(row)
    ? Object.fromEntries(
        Object.entries({ ...row, finality: NOT_YET }).map(([name, value]) => [
          name,
          isFigure(name) ? null : value,
        ]),
      )
    : row;

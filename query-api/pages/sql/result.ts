/** The result of a query as ClickHouse's JSONCompact says it, read for the table and the chart. Pure. */

export type Value = string | number | boolean | null | readonly unknown[] | Readonly<Record<string, unknown>>;
export interface ResultColumn {
  readonly name: string;
  readonly type: string;
}
export interface Result {
  readonly meta: readonly ResultColumn[];
  readonly data: readonly (readonly Value[])[];
  readonly statistics?: {
    /** Seconds. */
    readonly elapsed: number;
    readonly rows_read: number;
    readonly bytes_read: number;
  };
}

const WRAPPED = /^(?:Nullable|LowCardinality)\((.*)\)$/s;
/** The type without what wraps it: `LowCardinality(Nullable(String))` is a `String`. */
const bareType = (type: string): string => {
  const inner = WRAPPED.exec(type)?.[1];
  return inner === undefined ? type : bareType(inner);
};

export const isNumeric = ({ type }: ResultColumn): boolean =>
  /^(?:U?Int\d|Float|Decimal|BFloat)/.test(bareType(type));
const isTime = ({ type }: ResultColumn): boolean => /^(?:Date|DateTime)/.test(bareType(type));

export const NULL = 'null';

/** A value as text: what ClickHouse said, nothing rounded. */
export const cellText = (value: Value | undefined): string => {
  if (value === null || value === undefined) return NULL;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

export interface ChartSeries {
  readonly name: string;
  readonly values: readonly (number | null)[];
}
export interface ResultChart {
  /** `time`: x is in seconds since 1970. `category`: x is 0, 1, 2, … and `labels` name them. */
  readonly kind: 'time' | 'category';
  readonly xName: string;
  readonly x: readonly number[];
  readonly labels: readonly string[];
  readonly series: readonly ChartSeries[];
}

/** More lines than colours tell apart. */
const MAX_SERIES = 6;
/** More points than a chart's width shows. */
const MAX_POINTS = 5000;

const numberOf = (value: Value | undefined): number | null => {
  if (value === null || value === undefined || value === '') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
};

/** ISO, as the API has ClickHouse write times; a date begins at midnight UTC, as the axis shows it. */
const secondsOf = (value: Value | undefined): number => Date.parse(cellText(value)) / 1000;

/** A time column is x if there is one, then all text together, else the first number; every other number is a line. */
const xColumns = (meta: readonly ResultColumn[]): readonly number[] => {
  const time = meta.findIndex(isTime);
  if (time >= 0) return [time];
  const texts = meta.flatMap((column, i) => (isNumeric(column) ? [] : [i]));
  return texts.length === 0 ? [0] : texts;
};

/** What a chart can show of a result; null where there is nothing to draw. Rows are in order of x for times. */
export const chartOf = ({ meta, data }: Result): ResultChart | null => {
  const named = xColumns(meta);
  const [first = 0] = named;
  const x = meta[first];
  const lines = meta.flatMap((column, i) => (!named.includes(i) && isNumeric(column) ? [i] : []));
  if (x === undefined || lines.length === 0 || data.length < 2) return null;
  const kind = isTime(x) ? 'time' : 'category';
  const rows = data.slice(0, MAX_POINTS);
  const inOrder =
    kind === 'time' ? [...rows].sort((a, b) => secondsOf(a[first]) - secondsOf(b[first])) : rows;
  return {
    kind,
    xName: named.map((i) => meta[i]?.name ?? '').join(', '),
    x: inOrder.map((row, i) => (kind === 'time' ? secondsOf(row[first]) : i)),
    labels: inOrder.map((row) => named.map((i) => cellText(row[i])).join(', ')),
    series: lines
      .slice(0, MAX_SERIES)
      .map((i) => ({ name: meta[i]?.name ?? '', values: inOrder.map((row) => numberOf(row[i])) })),
  };
};

/** The day's curve: contacts as bars and a line on the left scale, the service level on the right one. */
import { useMemo } from 'preact/hooks';
import uPlot from 'uplot';
import { Chart, colour } from '../shared/chart.tsx';
import { linePaths } from '../shared/line-paths.ts';
import { type FigureRow, intervalLabels } from './figures.ts';

const HEIGHT_PX = 260;
/** CSS pixels of the scales at the sides. */
const AXIS_PX = 52;
const TIME_AXIS_PX = 32;
const DAY_S = 86_400;
/** CSS pixels an interval needs for its point not to run into the next one. */
const POINT_ROOM_PX = 8;
const WHOLE_CONTACTS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000];

const numbers = (rows: readonly FigureRow[], name: string): (number | null)[] =>
  rows.map((row) => {
    const value = row[name];
    return typeof value === 'number' ? value : null;
  });
const startsOf = (rows: readonly FigureRow[]): string[] => rows.map((row) => String(row.interval_start));

/** The middle of each interval in seconds since 1970; the last one is taken to be as long as the one before. */
const middles = (starts: readonly string[]): number[] => {
  const edges = starts.map((start) => Date.parse(start) / 1000);
  const last = edges.at(-1) ?? 0;
  edges.push(last + (last - (edges.at(-2) ?? last)));
  return edges.slice(0, -1).map((edge, i) => (edge + (edges[i + 1] ?? edge)) / 2);
};

/** uPlot's columns: the middles, offered, answered, abandoned, service level in per cent. */
export const curveData = (rows: readonly FigureRow[]): uPlot.AlignedData => [
  middles(startsOf(rows)),
  numbers(rows, 'offered'),
  numbers(rows, 'answered'),
  numbers(rows, 'abandoned'),
  numbers(rows, 'service_level').map((value) => (value === null ? null : value * 100)),
];

/** Room at both ends for half a bar. */
const withHalfBars = (plot: uPlot, min: number, max: number): uPlot.Range.MinMax => {
  const x = plot.data[0];
  const half = ((x[1] ?? max) - (x[0] ?? min)) / 2;
  return [min - half, max + half];
};

const bars = (part: number): Pick<uPlot.Series, 'paths' | 'points'> => {
  const paths = uPlot.paths.bars?.({ size: [part, Number.POSITIVE_INFINITY] });
  return { points: { show: false }, ...(paths === undefined ? {} : { paths }) };
};

/** Every point where there is room for them; else only those that stand alone, which a line does not show. */
const points: uPlot.Series.Points = {
  size: 5,
  show: true,
  filter: (plot, series) => {
    const values = plot.data[series] ?? [];
    const isRoomy = values.length * POINT_ROOM_PX <= plot.over.clientWidth;
    const isShown = (i: number): boolean =>
      values[i] != null && (isRoomy || (values[i - 1] == null && values[i + 1] == null));
    return [...values.keys()].filter(isShown);
  },
};

/** The wall clock of the answer's zone, in 24 hours; dates where the ticks are days. */
const timeTicks =
  (timeZone: string): uPlot.Axis.DynamicValues =>
  (_, ticks, __, ___, stepS) => {
    const format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      ...(stepS >= DAY_S ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit' }),
    });
    return ticks.map((tick) => format.format(tick * 1000));
  };

const axesFor = (timeZone: string): uPlot.Axis[] => {
  const axis = { stroke: colour('--quiet'), grid: { stroke: colour('--line'), width: 1 } };
  return [
    { ...axis, values: timeTicks(timeZone), grid: { show: false }, size: TIME_AXIS_PX },
    { ...axis, size: AXIS_PX, incrs: WHOLE_CONTACTS },
    {
      ...axis,
      scale: 'level',
      side: 1,
      size: AXIS_PX,
      grid: { show: false },
      values: (_, ticks) => ticks.map((tick) => `${tick} %`),
    },
  ];
};

const seriesFor = (labels: readonly string[]): uPlot.Series[] => [
  { label: 'Interval', value: (_, __, ___, i) => (i === null ? '–' : (labels[i] ?? '–')) },
  { label: 'Offered', fill: colour('--raised'), stroke: colour('--quiet'), width: 1, ...bars(0.96) },
  { label: 'Answered', stroke: colour('--accent'), width: 2, paths: linePaths, points },
  { label: 'Abandoned', fill: colour('--bad'), stroke: colour('--bad'), width: 0, ...bars(0.4) },
  {
    label: 'Service level',
    scale: 'level',
    stroke: colour('--good'),
    width: 2,
    dash: [6, 4],
    paths: linePaths,
    points,
    value: (_, value) => (value === null ? '–' : `${value.toFixed(1)} %`),
  },
];

export interface CurveProps {
  readonly rows: readonly FigureRow[];
  readonly timeZone: string;
  readonly interval: string;
  /** What the curve is of, such as a queue's name. */
  readonly of: string;
}

export const Curve = ({ rows, timeZone, interval, of }: CurveProps) => {
  const data = useMemo(() => curveData(rows), [rows]);
  const starts = startsOf(rows);
  const names = intervalLabels(starts, interval);
  const options = (): Omit<uPlot.Options, 'width' | 'height'> => ({
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), timeZone),
    scales: { x: { range: withHalfBars }, level: { range: [0, 100] } },
    axes: axesFor(timeZone),
    series: seriesFor(starts.map((start) => names.get(start) ?? start)),
  });
  const label = `Offered, answered and abandoned contacts and the service level by interval: ${of}. The table has the same numbers.`;
  // The options hold the intervals' names: others need another chart.
  const key = [timeZone, interval, starts[0], starts.length].join(' ');
  return <Chart key={key} options={options} data={data} height={HEIGHT_PX} label={label} />;
};

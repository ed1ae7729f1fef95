/** The day's curve: contacts as steps on the left scale, the service level on the right one. */
import { useMemo } from 'preact/hooks';
import uPlot from 'uplot';
import { Chart, colour } from '../shared/chart.tsx';
import type { FigureRow } from './figures.ts';

const HEIGHT_PX = 260;
/** CSS pixels of the scales at the sides. */
const AXIS_PX = 52;

const numbers = (rows: readonly FigureRow[], name: string): (number | null)[] =>
  rows.map((row) => {
    const value = row[name];
    return typeof value === 'number' ? value : null;
  });

/** uPlot's columns: seconds since 1970, offered, answered, abandoned, service level in per cent. */
export const curveData = (rows: readonly FigureRow[]): uPlot.AlignedData => [
  rows.map((row) => Date.parse(String(row.interval_start)) / 1000),
  numbers(rows, 'offered'),
  numbers(rows, 'answered'),
  numbers(rows, 'abandoned'),
  numbers(rows, 'service_level').map((value) => (value === null ? null : value * 100)),
];

const steps = uPlot.paths.stepped?.({ align: 1 });
const bars = uPlot.paths.bars?.({ align: 1, size: [1, Number.POSITIVE_INFINITY] });

const withPaths = (series: uPlot.Series, paths: uPlot.Series.PathBuilder | undefined): uPlot.Series =>
  paths === undefined ? series : { ...series, paths };

const optionsFor = (timeZone: string) => (): Omit<uPlot.Options, 'width' | 'height'> => {
  const axis = { stroke: colour('--quiet'), grid: { stroke: colour('--line'), width: 1 } };
  return {
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), timeZone),
    scales: { level: { range: [0, 100] } },
    axes: [
      axis,
      { ...axis, size: AXIS_PX, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000] },
      {
        ...axis,
        scale: 'level',
        side: 1,
        size: AXIS_PX,
        grid: { show: false },
        values: (_, ticks) => ticks.map((tick) => `${tick} %`),
      },
    ],
    series: [
      { value: '{YYYY}-{MM}-{DD} {HH}:{mm}' },
      withPaths(
        {
          label: 'Offered',
          fill: colour('--raised'),
          stroke: colour('--quiet'),
          width: 1,
          points: { show: false },
        },
        bars,
      ),
      withPaths({ label: 'Answered', stroke: colour('--accent'), width: 2, points: { show: false } }, steps),
      withPaths({ label: 'Abandoned', stroke: colour('--bad'), width: 2, points: { show: false } }, steps),
      {
        label: 'Service level',
        scale: 'level',
        stroke: colour('--good'),
        width: 2,
        dash: [6, 4],
        spanGaps: false,
        value: (_, value) => (value === null ? '–' : `${value.toFixed(1)} %`),
      },
    ],
  };
};

export interface CurveProps {
  readonly rows: readonly FigureRow[];
  readonly timeZone: string;
  /** What the curve is of, such as a queue's name. */
  readonly of: string;
}

export const Curve = ({ rows, timeZone, of }: CurveProps) => {
  const data = useMemo(() => curveData(rows), [rows]);
  const label = `Offered, answered and abandoned contacts and the service level by interval: ${of}. The table has the same numbers.`;
  return <Chart key={timeZone} options={optionsFor(timeZone)} data={data} height={HEIGHT_PX} label={label} />;
};

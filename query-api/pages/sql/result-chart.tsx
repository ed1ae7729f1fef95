/** A simple chart of a result: lines over time, bars over names. */
import { useMemo } from 'preact/hooks';
import uPlot from 'uplot';
import { Chart, colour } from '../shared/chart.tsx';
import { linePaths } from '../shared/line-paths.ts';
import type { ResultChart } from './result.ts';

const HEIGHT_PX = 320;
const AXIS_PX = 64;
/** Names longer than this are cut below the axis; the legend has them whole. */
const MAX_LABEL = 20;
const COLOURS = ['--accent', '--bad', '--good', '--warn', '--quiet', '--ink'] as const;
const DASHES: readonly number[][] = [[], [8, 4], [2, 3], [10, 3, 2, 3], [1, 5], [14, 5]];

const seriesOf = (chart: ResultChart): uPlot.Series[] => {
  const bars = uPlot.paths.bars?.({ size: [0.7, 80] });
  return chart.series.map(({ name }, i): uPlot.Series => {
    const stroke = colour(COLOURS[i % COLOURS.length] ?? '--ink');
    // Bars over each other hide each other: only a single series gets them.
    if (chart.kind === 'category' && chart.series.length === 1 && bars !== undefined && bars !== null)
      return { label: name, stroke, fill: stroke, width: 0, points: { show: false }, paths: bars };
    return { label: name, stroke, width: 2, paths: linePaths, dash: DASHES[i % DASHES.length] ?? [] };
  });
};

const cut = (label: string): string =>
  label.length > MAX_LABEL ? `${label.slice(0, MAX_LABEL - 1)}…` : label;

const optionsOf = (chart: ResultChart) => (): Omit<uPlot.Options, 'width' | 'height'> => {
  const axis = { stroke: colour('--quiet'), grid: { stroke: colour('--line'), width: 1 } };
  const names: uPlot.Axis = {
    ...axis,
    incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
    values: (_, ticks) => ticks.map((tick) => cut(chart.labels[tick] ?? '')),
  };
  return {
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'UTC'),
    scales: {
      x:
        chart.kind === 'time'
          ? { time: true }
          : { time: false, range: (_, min, max) => [min - 0.5, max + 0.5] },
      y: { range: { min: { pad: 0.05, soft: 0, mode: 1 }, max: { pad: 0.1, soft: 0, mode: 1 } } },
    },
    axes: [chart.kind === 'time' ? axis : names, { ...axis, size: AXIS_PX }],
    series: [
      { label: chart.xName, value: (_, __, ___, i) => (i === null ? '–' : (chart.labels[i] ?? '–')) },
      ...seriesOf(chart),
    ],
  };
};

export const ResultChartOf = ({ chart }: { readonly chart: ResultChart }) => {
  const data = useMemo(
    (): uPlot.AlignedData => [[...chart.x], ...chart.series.map(({ values }) => [...values])],
    [chart],
  );
  const names = chart.series.map(({ name }) => name).join(', ');
  const key = [chart.kind, chart.xName, names, ...chart.labels].join('\n');
  return (
    <section class="curve" aria-label="Chart">
      <Chart
        key={key}
        options={optionsOf(chart)}
        data={data}
        height={HEIGHT_PX}
        label={`${names} by ${chart.xName}. The table has the same numbers.`}
      />
    </section>
  );
};

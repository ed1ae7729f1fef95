/** The curve of the day: contacts offered as bars, agents staffed as steps, service level against its target. */
import { useMemo } from 'preact/hooks';
import uPlot from 'uplot';
import { Chart, colour } from '../shared/chart.tsx';
import { linePaths, stepPaths } from '../shared/line-paths.ts';
import type { Day } from './day.ts';
import { percent } from './format.ts';
import type { DayRows } from './use-day.ts';

export interface DayCurveProps {
  readonly day: Day;
  /** Fraction; null where the queues shown have several, or none in common. */
  readonly target: number | null;
  /** What to call the curve of the service level, or why there is none. */
  readonly level: string;
  readonly timeZone: string | undefined;
  /** CSS pixels of the axes' type. */
  readonly fontPx: number;
}

/** Of the axes' type size. */
const LINE = 0.2;
const BAR_SHARE = 0.8;
/** Axes are as wide as their numbers. */
const AXIS_EM = 3.2;

/** uPlot's builds may leave out ways of drawing; a line then has to do. */
const bars = (): Pick<uPlot.Series, 'paths'> => {
  const paths = uPlot.paths.bars?.({ size: [BAR_SHARE], align: 1 });
  return paths === undefined ? {} : { paths };
};

const axis = (fontPx: number): uPlot.Axis => ({
  stroke: colour('--quiet'),
  font: `${fontPx}px ${getComputedStyle(document.body).fontFamily}`,
  grid: { stroke: colour('--line'), width: 1 },
  ticks: { show: false },
  size: fontPx * AXIS_EM,
});

const optionsOf =
  ({ timeZone, fontPx }: DayCurveProps) =>
  (): Omit<uPlot.Options, 'width' | 'height'> => ({
    legend: { show: false },
    cursor: { show: false },
    ...(timeZone === undefined ? {} : { tzDate: (atS) => uPlot.tzDate(new Date(atS * 1000), timeZone) }),
    padding: [fontPx * 0.6, 0, 0, 0],
    scales: {
      counts: { range: (_chart, _least, most) => [0, Math.max(10, (most ?? 0) * 1.1)] },
      percent: { range: [0, 105] },
    },
    axes: [
      {
        ...axis(fontPx),
        size: fontPx * 1.7,
        values: [[3600, '{HH}:{mm}', null, null, null, null, null, null, 1]],
        space: fontPx * 5,
      },
      { ...axis(fontPx), scale: 'counts', space: fontPx * 4 },
      {
        ...axis(fontPx),
        scale: 'percent',
        side: 1,
        grid: { show: false },
        size: fontPx * (AXIS_EM + 1),
        incrs: [20, 25, 50, 100],
        space: fontPx * 2.5,
        values: (_chart, splits) => splits.map((split) => `${split} %`),
      },
    ],
    series: [
      {},
      {
        scale: 'counts',
        fill: colour('--bars'),
        width: 0,
        points: { show: false },
        ...bars(),
      },
      {
        scale: 'counts',
        stroke: colour('--staffing'),
        width: fontPx * LINE * 0.7,
        paths: stepPaths,
        points: { show: false },
      },
      { scale: 'percent', stroke: colour('--quiet'), width: 1, dash: [6, 6], points: { show: false } },
      {
        scale: 'percent',
        stroke: colour('--accent'),
        width: fontPx * LINE,
        paths: linePaths,
        points: { show: true, size: fontPx * LINE * 2, fill: colour('--accent') },
      },
    ],
  });

const last = (values: readonly (number | null)[]): number | null =>
  values.findLast((value) => value !== null) ?? null;

/** What the curve shows, in words. */
const inWords = ({ offered, serviceLevel, staffed }: Day): string => {
  const level = last(serviceLevel);
  const total = offered.reduce((sum: number, count) => sum + (count ?? 0), 0);
  return [
    `The day by quarter hours: ${total} contacts offered so far`,
    `service level now ${percent(level === null ? null : level / 100)}`,
    `${Math.round(last(staffed) ?? 0)} agents staffed`,
  ].join(', ');
};

export const DayCurve = (props: DayCurveProps) => {
  const { day, target, level, timeZone, fontPx } = props;
  const data = useMemo(
    (): uPlot.AlignedData => [
      [...day.atS],
      [...day.offered],
      [...day.staffed],
      day.atS.map(() => (target === null ? null : target * 100)),
      [...day.serviceLevel],
    ],
    [day, target],
  );
  return (
    <section class="day" aria-label="The day" style={{ fontSize: `${fontPx}px` }}>
      <ul class="day-legend" aria-hidden="true">
        <li data-series="offered">Offered</li>
        <li data-series="staffed">Agents staffed</li>
        <li data-series="level">{level}</li>
        {target !== null && <li data-series="target">Target</li>}
      </ul>
      <div class="day-chart">
        <Chart key={`${timeZone} ${fontPx}`} options={optionsOf(props)} data={data} label={inWords(day)} />
      </div>
    </section>
  );
};

/** What to say where there is no curve; null where there is one, or soon will be. */
export const withoutCurve = (rows: DayRows): string | null => {
  if (rows.status === 'refused') return `No curve of the day: ${rows.message}`;
  return rows.status === 'failed' ? `The curve of the day is not available: ${rows.message}` : null;
};

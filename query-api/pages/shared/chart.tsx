/** uPlot as a component: as wide as its place, drawn anew when the colours change, its data replaced in place. */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { useThemeVersion } from './theme.ts';

/** A colour of theme.css, such as `--accent`, as the page shows it now. */
export const colour = (name: `--${string}`): string => {
  // A canvas does not know light-dark() or var(): only a property's computed value is a plain colour.
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const computed = getComputedStyle(probe).color;
  probe.remove();
  return computed;
};

export interface ChartProps {
  /** uPlot's options but for the size; called again when the colours change, so it may call `colour`. */
  readonly options: () => Omit<uPlot.Options, 'width' | 'height'>;
  /** The first row is x, in seconds since 1970 for a time axis. */
  readonly data: uPlot.AlignedData;
  /** CSS pixels; without it the chart is as high as its place. */
  readonly height?: number;
  /** What it shows, for those who cannot see it. */
  readonly label: string;
}

/** `options` is read when the chart is made: give the component another `key` to have it made anew. */
export const Chart = ({ options, data, height, label }: ChartProps) => {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const newest = useRef(data);
  newest.current = data;
  const themeVersion = useThemeVersion();

  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const size = () => ({
      width: Math.max(1, element.clientWidth),
      height: Math.max(1, height ?? element.clientHeight),
    });
    const made = new uPlot({ ...options(), ...size() }, newest.current, element);
    chart.current = made;
    const observer = new ResizeObserver(() => made.setSize(size()));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      chart.current = null;
    };
    // New colours need a new chart; options come by key.
  }, [themeVersion, height]);

  useEffect(() => chart.current?.setData(data), [data]);

  return <div ref={place} class="chart" role="img" aria-label={label} />;
};

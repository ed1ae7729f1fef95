/** The charts' lines and steps: drawn between neighbouring values, and nothing where one is missing. */
import type uPlot from 'uplot';

/** Canvas pixels. */
type Place = readonly [x: number, y: number];
/** The places that stand for the value at an index; `y` is its height, and `xOf` says where an index begins. */
type Shape = (xOf: (index: number) => number, index: number, y: number) => readonly Place[];

export const point: Shape = (xOf, index, y) => [[xOf(index), y]];
/** The value holds until the next index, whether or not that one has a value. */
export const step: Shape = (xOf, index, y) => [
  [xOf(index), y],
  [xOf(index + 1), y],
];

/** Draws a line through each run of places. A point that stands alone has none: a chart shows it as a dot. */
export const drawRuns = (
  pen: Pick<Path2D, 'moveTo' | 'lineTo'>,
  values: Iterable<readonly Place[] | null>,
): void => {
  let joins = false;
  for (const places of values) {
    for (const place of places ?? []) {
      if (joins) pen.lineTo(...place);
      else pen.moveTo(...place);
      joins = true;
    }
    if (places === null) joins = false;
  }
};

/** Where an index begins; the one after the last is as far away as the last from the one before. */
const beginning = (x: ArrayLike<number>, index: number): number => {
  const last = x[x.length - 1] ?? 0;
  return x[index] ?? last + (last - (x[x.length - 2] ?? last));
};

const pathsOf =
  (shape: Shape): uPlot.Series.PathBuilder =>
  (plot, series, first, last) => {
    const stroke = new Path2D();
    const scale = plot.series[series]?.scale ?? 'y';
    const xOf = (index: number): number =>
      Math.round(plot.valToPos(beginning(plot.data[0], index), 'x', true));
    const places = function* (): Generator<readonly Place[] | null> {
      for (let index = first; index <= last; index += 1) {
        const value = plot.data[series]?.[index] ?? null;
        yield value === null ? null : shape(xOf, index, Math.round(plot.valToPos(value, scale, true)));
      }
    };
    drawRuns(stroke, places());
    return { stroke };
  };

/**
 * uPlot's own lines go on across a gap and are cut off where it begins and ends (1.6.32, `clipGaps`): of a thick steep one
 * an upright stub stays there, and of steps the upright part before a gap without the level one.
 */
export const linePaths = pathsOf(point);
export const stepPaths = pathsOf(step);

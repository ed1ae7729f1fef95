/** The charts' lines: straight between neighbouring values, and nothing where one is missing. */
import type uPlot from 'uplot';

/** Canvas pixels; null where there is no value. */
export type Place = readonly [x: number, y: number] | null;

/** Draws a line through each run of places. One that stands alone has none: a chart shows it as a dot. */
export const drawRuns = (pen: Pick<Path2D, 'moveTo' | 'lineTo'>, places: Iterable<Place>): void => {
  let joins = false;
  for (const place of places) {
    if (place !== null && joins) pen.lineTo(...place);
    else if (place !== null) pen.moveTo(...place);
    joins = place !== null;
  }
};

/**
 * uPlot's own lines go on across a gap and are cut off where it begins and ends (1.6.32, `clipGaps`): of a thick steep one
 * an upright stub stays there.
 */
export const linePaths: uPlot.Series.PathBuilder = (plot, index, first, last) => {
  const stroke = new Path2D();
  const scale = plot.series[index]?.scale ?? 'y';
  const [x, ...columns] = plot.data;
  const values = columns[index - 1] ?? [];
  const places = function* (): Generator<Place> {
    for (let i = first; i <= last; i += 1) {
      const at = x[i];
      const value = values[i];
      yield at == null || value == null
        ? null
        : [Math.round(plot.valToPos(at, 'x', true)), Math.round(plot.valToPos(value, scale, true))];
    }
  };
  drawRuns(stroke, places());
  return { stroke };
};

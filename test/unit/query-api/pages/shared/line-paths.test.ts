/** How lines and steps are drawn where values are missing. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawRuns, point, step } from '../../../../../query-api/pages/shared/line-paths.ts';

type Stroke = readonly [kind: 'move' | 'line', x: number, y: number];
const drawn = (shape: typeof point, values: readonly (number | null)[]): readonly Stroke[] => {
  const strokes: Stroke[] = [];
  const pen = {
    moveTo: (x: number, y: number) => strokes.push(['move', x, y]),
    lineTo: (x: number, y: number) => strokes.push(['line', x, y]),
  };
  drawRuns(
    pen,
    values.map((y, i) => (y === null ? null : shape((index) => index, i, y))),
  );
  return strokes;
};

test('a stub stood at each gap: nothing is drawn into one, and a lone value has no line', () => {
  expect(drawn(point, [5, 90, null, 0, null, null, 40, 45])).toEqual([
    ['move', 0, 5],
    ['line', 1, 90],
    ['move', 3, 0],
    ['move', 6, 40],
    ['line', 7, 45],
  ]);
});

test('steps ended in an upright stub: the last value before a gap is level as far as the others', () => {
  expect(drawn(step, [5, 6, null, 7])).toEqual([
    ['move', 0, 5],
    ['line', 1, 5],
    ['line', 1, 6],
    ['line', 2, 6],
    ['move', 3, 7],
    ['line', 4, 7],
  ]);
});

test('there is a line between two values exactly when they are neighbours', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer())), (values) => {
      const joined = values.flatMap((value, i) =>
        i > 0 && value !== null && values[i - 1] !== null ? [i] : [],
      );
      const lines = drawn(point, values).filter(([kind]) => kind === 'line');
      expect(lines.map(([, x]) => x)).toEqual(joined);
    }),
  );
});

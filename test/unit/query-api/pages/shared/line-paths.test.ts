/** How a line is drawn where values are missing. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawRuns, type Place } from '../../../../../query-api/pages/shared/line-paths.ts';

const drawn = (places: readonly Place[]): readonly (readonly [string, number, number])[] => {
  const strokes: (readonly [string, number, number])[] = [];
  drawRuns(
    {
      moveTo: (x, y) => strokes.push(['move', x, y]),
      lineTo: (x, y) => strokes.push(['line', x, y]),
    },
    places,
  );
  return strokes;
};

test('a stub stood at each gap: nothing is drawn into one, and a lone value has no line', () => {
  expect(drawn([[0, 5], [1, 90], null, [3, 0], null, null, [6, 40], [7, 45]])).toEqual([
    ['move', 0, 5],
    ['line', 1, 90],
    ['move', 3, 0],
    ['move', 6, 40],
    ['line', 7, 45],
  ]);
});

test('there is a line between two values exactly when they are neighbours', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer())), (values) => {
      const places = values.map((value, x): Place => (value === null ? null : [x, value]));
      const joined = places.flatMap((place, i) =>
        place !== null && i > 0 && places[i - 1] !== null ? [place[0]] : [],
      );
      const lines = drawn(places).filter(([kind]) => kind === 'line');
      expect(lines.map(([, x]) => x)).toEqual(joined);
    }),
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  SERVICE_LEVEL_NAMES,
  type ServiceLevelCounts,
  serviceLevel,
  spellOut,
} from '../../../schemas/service-level.ts';

const BOOK: ServiceLevelCounts = {
  answered: 1000,
  answeredWithin: 860,
  abandoned: 60,
  abandonedWithin: 20,
  shortAbandoned: 10,
  exits: 40,
};

test.each([
  ['answered_only', 0.86, 'a / A', 860 / 1040],
  ['abandons_negative', 0.8113, 'a / (A + B)', 860 / 1100],
  ['abandons_positive', 0.8302, '(a + b) / (A + B)', 880 / 1100],
  ['abandons_ignored', 0.8269, 'a / (A + B − b)', 860 / 1080],
  ['short_excluded', 0.819, 'a / (A + B − s)', 860 / 1090],
  ['short_met', 0.8208, '(a + s) / (A + B)', 870 / 1100],
] as const)('%s', (formula, expected, text, withExits) => {
  expect(serviceLevel({ formula, countExits: false }, BOOK)).toBeCloseTo(expected, 4);
  expect(spellOut({ formula, countExits: false })).toBe(text);
  expect(serviceLevel({ formula, countExits: true }, BOOK)).toBeCloseTo(withExits, 12);
});

const part = (whole: fc.Arbitrary<number>) =>
  whole.chain((all) => fc.tuple(fc.constant(all), fc.integer({ min: 0, max: all })));
const counts = fc
  .record({
    answers: part(fc.nat(1000)),
    abandons: part(fc.nat(1000)),
    short: fc.nat(1000),
    exits: fc.nat(1000),
  })
  .map(
    ({ answers: [answered, answeredWithin], abandons: [abandoned, abandonedWithin], short, exits }) =>
      ({
        answered,
        answeredWithin,
        abandoned,
        abandonedWithin,
        shortAbandoned: Math.min(short, abandoned),
        exits,
      }) satisfies ServiceLevelCounts,
  );

test('every formula gives a fraction, and null exactly where nothing counts', () => {
  fc.assert(
    fc.property(fc.constantFrom(...SERVICE_LEVEL_NAMES), fc.boolean(), counts, (formula, countExits, n) => {
      const level = serviceLevel({ formula, countExits }, n);
      if (n.answered + n.abandoned + n.exits === 0) expect(level).toBeNull();
      if (level === null) expect(n.answeredWithin).toBe(0);
      else {
        expect(level).toBeGreaterThanOrEqual(0);
        expect(level).toBeLessThanOrEqual(1);
      }
    }),
  );
});

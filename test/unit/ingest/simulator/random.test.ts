import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../../ingest/feeds/simulator/random.ts';

const DRAWS = 100_000;
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('random numbers by seed', () => {
  test('the same seed and stream give the same numbers; another of either gives others', () => {
    const draw = (seed: number, stream: string): number[] => {
      const random = createRandom(seed, stream);
      return Array.from({ length: 5 }, () => random.uniform());
    };
    expect(draw(1, 'a')).toEqual(draw(1, 'a'));
    expect(draw(1, 'a')).not.toEqual(draw(2, 'a'));
    expect(draw(1, 'a')).not.toEqual(draw(1, 'b'));
  });

  // Five standard errors of a mean of 100,000 draws.
  test.each([
    ['uniform', (r: ReturnType<typeof createRandom>) => r.uniform(), 0.5, 0.0046],
    ['chance of a quarter', (r: ReturnType<typeof createRandom>) => Number(r.chance(0.25)), 0.25, 0.0069],
    ['exponential of mean 180', (r: ReturnType<typeof createRandom>) => r.exponential(180), 180, 2.9],
    ['log-normal of mean 180', (r: ReturnType<typeof createRandom>) => r.lognormal(180, 0.75), 180, 2.5],
    ['a die', (r: ReturnType<typeof createRandom>) => r.integer(1, 6), 3.5, 0.027],
  ])('%s has its mean', (_, draw, expected, tolerance) => {
    const random = createRandom(7, 'means');
    const values = Array.from({ length: DRAWS }, () => draw(random));
    expect(Math.abs(mean(values) - expected)).toBeLessThan(tolerance);
  });

  test('a die shows 1 to 6, all of them, and nothing else', () => {
    const random = createRandom(3, 'die');
    const seen = new Set(Array.from({ length: 1_000 }, () => random.integer(1, 6)));
    expect(seen).toEqual(new Set([1, 2, 3, 4, 5, 6]));
  });
});

import { describe, expect, it } from 'vitest';
import { coversQueue } from '../../../schemas/queue-pattern.ts';

describe('a pattern of queues', () => {
  it.each([
    ['*', 'sales', true],
    ['sales', 'sales', true],
    ['sales', 'Sales', false],
    ['sales', 'sales-2', false],
    ['sales*', 'sales-2', true],
    ['*-de', 'sales-de', true],
    ['a*b*c', 'a-b-c', true],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'acb', false],
    ['ab*ba', 'aba', false],
    ['s.les', 'sales', false],
    ['**', '', true],
  ])('%s covers %s: %s', (pattern, queue, covers) => {
    expect(coversQueue([pattern], queue)).toBe(covers);
  });

  it('is one of several', () => {
    expect(coversQueue(['sales', 'support-*'], 'support-de')).toBe(true);
    expect(coversQueue([], 'sales')).toBe(false);
  });

  it('takes no longer for many stars', () => {
    expect(coversQueue([`${'*a'.repeat(2000)}*b`], 'a'.repeat(4000))).toBe(false);
  });
});

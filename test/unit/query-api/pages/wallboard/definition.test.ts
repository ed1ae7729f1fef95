import { describe, expect, test } from 'vitest';
import { DEFAULT_BOARD } from '../../../../../query-api/pages/wallboard/board-address.ts';
import { definitionInWords, sharedDefinition } from '../../../../../query-api/pages/wallboard/definition.ts';
import { serviceLevelLimits } from '../../../../../query-api/pages/wallboard/tones.ts';
import type { LiveDefinition } from '../../../../../schemas/live.ts';

const DEFAULT: LiveDefinition = {
  sl_formula: 'abandons_negative',
  sl_threshold: '20s',
  short_abandon: '5s',
  count_exits: false,
  sl_target: null,
};
const by = (definition: Partial<LiveDefinition>) => ({ definition: { ...DEFAULT, ...definition } });

test.each<[Partial<LiveDefinition>, string]>([
  [{}, 'Service level a / (A + B); a answered within 20s; A answered; B abandoned'],
  [
    { sl_formula: 'answered_only', sl_target: 0.9 },
    'Service level a / A; a answered within 20s; A answered; target 90.0 %',
  ],
  [
    { sl_formula: 'short_excluded', short_abandon: '3s', count_exits: true },
    'Service level a / (A + B − s + F); a answered within 20s; A answered; B abandoned; s abandoned within 3s; F left otherwise',
  ],
  [
    { sl_formula: 'abandons_positive', sl_threshold: '1m' },
    'Service level (a + b) / (A + B); a answered within 1m; A answered; B abandoned; b abandoned within 1m',
  ],
])('%j in words', (definition, words) => {
  expect(definitionInWords({ ...DEFAULT, ...definition })).toBe(words);
});

describe('queues shown together', () => {
  test('have the default where they have none of their own', () => {
    expect(sharedDefinition([{}, by({})])).toEqual(DEFAULT);
    expect(sharedDefinition([{}, by({ sl_threshold: '30s' })])).toBeNull();
  });
  test('share a definition though their targets differ', () => {
    expect(sharedDefinition([by({ sl_target: 0.8 }), by({ sl_target: 0.9 })])).toMatchObject({
      sl_threshold: '20s',
    });
  });
  test('have none in common where one is measured otherwise, and none at all without a queue', () => {
    expect(sharedDefinition([by({}), by({ sl_threshold: '30s' })])).toBeNull();
    expect(sharedDefinition([])).toBeNull();
  });
});

test.each([
  ['without any, 80 % and 70 %', by({}), null, { warn: 0.8, bad: 0.7 }],
  ['by its own target', by({ sl_target: 0.95 }), null, { warn: 0.95, bad: 0.85 }],
  ['a target near none', by({ sl_target: 0.05 }), null, { warn: 0.05, bad: 0 }],
  ['by the address, which wins', by({ sl_target: 0.95 }), { warn: 0.6, bad: 0.5 }, { warn: 0.6, bad: 0.5 }],
])('limits of a queue: %s', (_, queue, serviceLevel, expected) => {
  const limits = serviceLevelLimits(queue, { ...DEFAULT_BOARD, serviceLevel });
  expect(limits.warn).toBeCloseTo(expected.warn);
  expect(limits.bad).toBeCloseTo(expected.bad);
});

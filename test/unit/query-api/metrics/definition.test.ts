import { describe, expect, test } from 'vitest';
import { defineFigures, describeServiceLevel } from '../../../../query-api/metrics/definition.ts';
import { formatDuration, MAX_DURATION_MS, parseDuration } from '../../../../schemas/durations.ts';
import { isWaitEdge } from '../../../../schemas/wait-edges.ts';

describe('durations', () => {
  test.each([
    ['20s', 20_000],
    ['20', 20_000],
    ['1m30s', 90_000],
    ['500ms', 500],
    ['1h', 3_600_000],
    ['0', 0],
    [' 5s ', 5000],
    ['', null],
    ['s', null],
    ['-5s', null],
    ['1.5s', null],
    ['30s1m', null],
    ['20 s', null],
    ['999d', null],
  ])('%j is %j ms', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });
  test.each([0, 1, 999, 20_000, 90_000, 90_500, 3_600_000, MAX_DURATION_MS])(
    '%i ms is written so that it reads back',
    (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    },
  );
});

describe('edges of the wait histograms', () => {
  test('include the thresholds people use, and nothing between them', () => {
    expect([10_000, 20_000, 30_000, 60_000, 90_000, 120_000].every(isWaitEdge)).toBe(true);
    expect([0, 500, 20_500, 61_000, 7 * 86_400_000 + 1].some(isWaitEdge)).toBe(false);
  });
});

describe('definition', () => {
  test('by default: abandons negative, 20 s, short 5 s, from intervals', () => {
    expect(defineFigures({})).toMatchObject({
      formula: 'abandons_negative',
      thresholdMs: 20_000,
      shortAbandonMs: 5000,
      countExits: false,
      computedFrom: 'queue_intervals',
    });
  });
  test('a choice wins over the profile, the profile over the default', () => {
    expect(defineFigures({ profile: 'cisco-positive' }).formula).toBe('abandons_positive');
    expect(defineFigures({ profile: 'cisco-positive', formula: 'short_met' }).formula).toBe('short_met');
  });
  test('limits off the edges, and outcomes that need telling apart, come from single legs', () => {
    expect(defineFigures({ thresholdMs: 20_500 }).computedFrom).toBe('contact_legs');
    expect(defineFigures({ shortAbandonMs: 0 }).computedFrom).toBe('contact_legs');
    expect(defineFigures({ profile: 'asterisk' }).computedFrom).toBe('contact_legs');
  });
  test('an outcome counted as an abandon is not counted as an exit again', () => {
    const definition = defineFigures({ profile: 'asterisk', countExits: true });
    expect(definition.exitOutcomes).toEqual(['key_exit', 'overflowed']);
    expect(describeServiceLevel(definition)).toBe(
      '(a + b) / (A + B + F); A answered; B abandoned + timed_out + left_empty + withdrawn; ' +
        'a and b those within sl_threshold; s of B within short_abandon; F key_exit + overflowed',
    );
  });
});

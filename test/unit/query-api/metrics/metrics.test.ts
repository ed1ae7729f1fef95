import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defineFigures } from '../../../../query-api/metrics/definition.ts';
import { type Cell, COUNTERS, METRICS, writeFigures } from '../../../../query-api/metrics/metrics.ts';

const NO_LEVELS = {
  answered: 0,
  abandoned: 0,
  exits: 0,
  answeredWithin: 0,
  abandonedWithin: 0,
  shortAbandoned: 0,
};
const KNOWN = { knowsInProgress: true, knowsAgents: true } as const;
type Counters = Cell['counters'];
const figuresOf = (cell: Cell): Record<string, number | null> => {
  const figures = {};
  writeFigures(figures, cell, defineFigures({}));
  return figures;
};
const counters = (values: Partial<Counters>): Counters =>
  ({ ...Object.fromEntries(COUNTERS.map((name) => [name, 0])), ...values }) as Counters;

test('the fields are those of interfaces.md, in its order, and then ours', () => {
  expect(METRICS.map(({ name }) => name)).toEqual(
    (
      'offered answered abandoned short_abandoned timed_out left_empty key_exit overflowed callback withdrawn unknown ' +
      'refused_full refused_empty refused_closed in_progress handled answered_within service_level abandonment_rate ' +
      'asa_s aht_s avg_talk_s avg_hold_s avg_wrap_s max_wait_s occupancy utilisation staffed_s ' +
      'held transferred_blind transferred_attended transfer_rate avg_abandon_wait_s'
    ).split(' '),
  );
});

test('every metric says what it is and in which unit', () => {
  expect(METRICS.filter(({ doc, formula }) => doc === '' || formula === '')).toEqual([]);
});

test('an interval in which nothing happened has zeros and nulls, and no NaN', () => {
  const figures = figuresOf({ counters: counters({}), levels: NO_LEVELS, ...KNOWN });
  for (const { name } of METRICS) expect([0, null]).toContain(figures[name]);
  expect(METRICS.filter(({ unit }) => unit === 'fraction').every(({ name }) => figures[name] === null)).toBe(
    true,
  );
});

test('fractions stay within 0..1 whatever the agents did', () => {
  const ms = fc.nat(900_000);
  const agents = fc.record({ on_contact_ms: ms, on_hold_ms: ms, wrap_up_ms: ms, available_ms: ms });
  fc.assert(
    fc.property(agents, fc.nat(900_000), (time, awayMs) => {
      const staffed_ms = Object.values(time).reduce((sum, part) => sum + part, awayMs);
      const figures = figuresOf({ counters: counters({ ...time, staffed_ms }), levels: NO_LEVELS, ...KNOWN });
      for (const name of ['occupancy', 'utilisation']) {
        const value = figures[name] ?? 0;
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
      }
    }),
  );
});

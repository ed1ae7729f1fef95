import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countsBy,
  DEFAULT_SERVICE_LEVEL,
  definitionOf,
  partsBy,
  type QueueDefinition,
  type ServiceLevelTotals,
} from '../../../schemas/queue-definition.ts';
import { SERVICE_LEVEL_NAMES } from '../../../schemas/service-level.ts';
import { edgeOf } from '../../../schemas/wait-edges.ts';
import { definitionFor } from '../../support/alert-rules.ts';

describe('a queue’s own definition', () => {
  const voice = definitionFor('support-*', { channel: 'voice', threshold_ms: 30_000 });
  const any = definitionFor('support-de', { threshold_ms: 60_000 });
  const all: readonly QueueDefinition[] = [voice, any];
  it.each<[string, 'voice' | 'email', QueueDefinition | null]>([
    ['support-de', 'voice', voice],
    ['support-de', 'email', any],
    ['support-fr', 'email', null],
    ['sales', 'voice', null],
  ])('of %s %s is the first that covers both', (queue, channel, expected) => {
    expect(definitionOf(all, queue, channel)).toBe(expected);
  });
});

const waits = fc.array(fc.integer({ min: 0, max: 120_000 }), { maxLength: 40 });
const histogram = (of: readonly number[]): [number, number][] => of.map((waitMs) => [edgeOf(waitMs), 1]);
const count = fc.nat({ max: 20 });

it('counts from histograms what it would count from single waits, and meets no more than it counts', () => {
  fc.assert(
    fc.property(
      fc.record({ answered: waits, abandoned: waits, timedOut: count, keyExit: count }),
      fc.constantFrom(...SERVICE_LEVEL_NAMES),
      fc.integer({ min: 1, max: 60 }),
      fc.boolean(),
      ({ answered, abandoned, timedOut, keyExit }, formula, seconds, count_exits) => {
        const totals: ServiceLevelTotals = {
          answered: answered.length,
          abandoned: abandoned.length,
          timed_out: timedOut,
          left_empty: 0,
          key_exit: keyExit,
          overflowed: 0,
          wait_answered: histogram(answered),
          wait_abandoned: histogram(abandoned),
        };
        const definition = { ...DEFAULT_SERVICE_LEVEL, formula, threshold_ms: seconds * 1000, count_exits };
        const counts = countsBy(definition, totals);
        const within = (of: readonly number[], ms: number) => of.filter((waitMs) => waitMs <= ms).length;
        expect(counts).toEqual({
          answered: answered.length,
          abandoned: abandoned.length,
          exits: timedOut + keyExit,
          answeredWithin: within(answered, seconds * 1000),
          abandonedWithin: within(abandoned, seconds * 1000),
          shortAbandoned: within(abandoned, 5000),
        });
        const [met, counted] = partsBy(definition, counts);
        expect(met).toBeLessThanOrEqual(counted);
      },
    ),
  );
});

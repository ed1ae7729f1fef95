import { expect, it } from 'vitest';
import { type QueueDefinitions, readMetric } from '../../../../processors/domain/alert-reading.ts';
import { type Changes, foldRecord } from '../../../../processors/domain/fold.ts';
import { liveIntervalRecord } from '../../../../processors/domain/live-queue.ts';
import type { PartitionState } from '../../../../processors/domain/source-state.ts';
import { liveFigures, totalsOf } from '../../../../query-api/live/figures.ts';
import { DEFAULT_SERVICE_LEVEL, type ServiceLevelDefinition } from '../../../../schemas/queue-definition.ts';
import { ruleOf } from '../../../support/alert-rules.ts';
import { answered, clock, exited, logOf, offered } from '../../../support/events.ts';

const foldedSource = () => {
  const state: PartitionState = new Map();
  const changes: Changes = new Map();
  const log = logOf([
    ['09:00:00', offered('1', 'sales')],
    ['09:00:20', answered('1', 'sales', 'kim')],
    ['09:01:00', offered('2', 'sales')],
    ['09:01:21', answered('2', 'sales', 'lee')],
    ['09:02:00', offered('3', 'sales')],
    ['09:02:05', exited('3', 'sales')],
    ['09:03:00', offered('4', 'sales')],
    ['09:03:05', exited('4', 'sales', 'timed_out')],
    ['09:04:00', offered('5', 'sales')],
  ]);
  for (const [offset, event] of log.entries()) foldRecord(state, event, { partition: 0, offset }, changes);
  const [source] = state.values();
  const totals = [...(source?.queues.get('sales')?.get('voice')?.intervals.values() ?? [])];
  const [interval] = totals;
  if (source === undefined || interval === undefined) throw new Error('nothing was folded');
  return { source, interval: liveIntervalRecord(source, interval) };
};

it.each<[string, ServiceLevelDefinition, number]>([
  ['by the default definition', DEFAULT_SERVICE_LEVEL, 1 / 3],
  ['within 21 s', { ...DEFAULT_SERVICE_LEVEL, threshold_ms: 21_000 }, 2 / 3],
  ['of the answered only', { ...DEFAULT_SERVICE_LEVEL, formula: 'answered_only' }, 1 / 2],
  ['with exits counted', { ...DEFAULT_SERVICE_LEVEL, count_exits: true }, 1 / 4],
  ['without short abandons', { ...DEFAULT_SERVICE_LEVEL, formula: 'short_excluded' }, 1 / 2],
  [
    'short abandons of 4 s',
    { ...DEFAULT_SERVICE_LEVEL, formula: 'short_excluded', short_abandon_ms: 4000 },
    1 / 3,
  ],
])('a rule measures what the wallboard shows of the quarter hour, %s', (_, definition, level) => {
  const { source, interval } = foldedSource();
  const figures = liveFigures(totalsOf(interval, definition));
  const definitions: QueueDefinitions = { voice: definition };
  const measured = (when: string) =>
    readMetric(source, { queue: 'sales', definitions }, ruleOf(when), clock('09:05:00'));
  expect(measured('service_level < 1')).toEqual({ kind: 'value', value: figures.service_level });
  expect(measured('abandonment_rate > 0')).toEqual({ kind: 'value', value: figures.abandonment_rate });
  expect([figures.service_level, figures.abandonment_rate]).toEqual([level, 1 / 5]);
});

import { expect, it } from 'vitest';
import { rowsOf } from '../../../../processors/domain/changes.ts';
import { type Changes, foldRecord } from '../../../../processors/domain/fold.ts';
import type { PartitionState } from '../../../../processors/domain/source-state.ts';
import type { CanonicalEvent } from '../../../../schemas/events.ts';
import { answered, logOf, offered } from '../../../support/events.ts';

it('rows on their way to the store are not changed by what is folded meanwhile', () => {
  const log = logOf([
    ['12:00:00', { type: 'agent_joined_queue', agent: 'Ann', queue: 'sales', paused: true }],
    ['12:00:01', offered('c1', 'sales')],
    ['12:00:03', answered('c1', 'sales', 'Ben')],
    ['12:01:00', { type: 'source_progressed' }],
    ['12:02:00', offered('c2', 'sales')],
    ['12:02:01', answered('c2', 'sales', 'Cem')],
    ['12:03:00', { type: 'source_progressed' }],
  ]);
  const state: PartitionState = new Map();
  const changes: Changes = new Map();
  const fold = (events: readonly CanonicalEvent[], from: number): void => {
    for (const [i, event] of events.entries()) {
      foldRecord(state, event, { partition: 0, offset: from + i }, changes);
    }
  };
  fold(log.slice(0, 4), 0);
  const rows = rowsOf(changes.values());
  const before = structuredClone(rows);
  fold(log.slice(4), 4);
  expect(rows.queue_intervals_rows.some(({ wait_answered }) => wait_answered.size > 0)).toBe(true);
  expect(rows.agent_intervals_rows.some(({ reasons }) => reasons.size > 0)).toBe(true);
  expect(rows).toEqual(before);
});

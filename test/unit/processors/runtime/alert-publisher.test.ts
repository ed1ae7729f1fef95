import { expect, test } from 'vitest';
import { alertRecord, liveAlertRecord } from '../../../../processors/runtime/alert-publisher.ts';
import { parseAlertRule } from '../../../../schemas/alert-rule.ts';
import type { AlertRow } from '../../../../schemas/alerts.ts';

const row: AlertRow = {
  tenant: 'default',
  source: 'pbx',
  rule: 'ours',
  queue: 'sales',
  status: 'raised',
  value: 0.7,
  threshold: 0.8,
  raised_at: Date.parse('2026-11-24T09:00:00Z'),
  cleared_at: null,
  version: 7,
};

test.each([
  ['service_level < 80 %', 'fraction'],
  ['oldest_waiting > 20 s', 'seconds'],
  ['waiting > 10', 'contacts'],
])('a board is told in what an alert of %s is measured', (when, unit) => {
  const read = parseAlertRule({ id: 'ours', when, queues: ['*'] });
  if (read.status !== 'valid') throw new Error(read.faults.join());
  expect(liveAlertRecord([read.rule], alertRecord(row))).toMatchObject({ kind: 'alert', value: 0.7, unit });
});

test('the unit of a rule that is gone is not known', () => {
  expect(liveAlertRecord([], alertRecord(row))).not.toHaveProperty('unit');
});

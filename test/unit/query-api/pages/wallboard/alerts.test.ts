import { expect, test } from 'vitest';
import { alertValue } from '../../../../../query-api/pages/wallboard/alerts.ts';
import type { LiveAlert } from '../../../../../schemas/live.ts';

const alert: LiveAlert = {
  id: 'one',
  rule: 'sl',
  queue: 'sales',
  source: 'pbx',
  status: 'raised',
  value: 0,
  raised_at: '2026-11-24T12:00:00.000Z',
};

test.each<[Partial<LiveAlert>, string]>([
  [{ unit: 'fraction', value: 0.7538 }, '75.4 %'],
  [{ unit: 'seconds', value: 75.4 }, '1:15'],
  [{ unit: 'contacts', value: 12 }, '12'],
  [{ unit: 'agents', value: 0 }, '0'],
  [{ value: 0.7538 }, '0.754'],
])('an alert’s value is shown as the tiles show it: %o as %s', (measured, shown) => {
  expect(alertValue({ ...alert, ...measured })).toBe(shown);
});

import { expect, test } from 'vitest';
import { fileName } from '../../../../../query-api/pages/intervals/file-name.ts';

const DAY = { from: '2026-11-24', to: '2026-11-25' };

test.each([
  [{ extension: 'csv', layout: '' }, 'intervals-1h-2026-11-24-2026-11-24.csv'],
  [{ extension: 'csv', layout: 'wfm' }, 'intervals-wfm-1h-2026-11-24-2026-11-24.csv'],
  [{ extension: 'parquet', layout: '' }, 'intervals-1h-2026-11-24-2026-11-24.parquet'],
] as const)('the two CSVs had one name: %o is called %s', (kind, name) => {
  expect(fileName('1h', DAY, kind)).toBe(name);
});

test('no interval is quarter hours, as in a request', () => {
  expect(fileName('', DAY, { extension: 'csv', layout: '' })).toBe('intervals-15m-2026-11-24-2026-11-24.csv');
});

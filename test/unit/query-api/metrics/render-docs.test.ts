import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { METRICS_PAGE, renderMetricsPage } from '../../../../query-api/metrics/render-docs.ts';

test('docs/metrics.md is what the tables say (node query-api/metrics/render-docs.ts writes it)', () => {
  expect(readFileSync(METRICS_PAGE, 'utf8')).toBe(renderMetricsPage());
});

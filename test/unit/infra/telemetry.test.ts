import { expect, test } from 'vitest';
import { createTelemetry } from '../../../infra/telemetry.ts';

const clock = { nowMs: 100_000 };
const linesOf = async ({ registry }: ReturnType<typeof createTelemetry>, name: string): Promise<string[]> =>
  (await registry.metrics()).split('\n').filter((line) => line.startsWith(`${name}{`));

test('the watermark of a source that has gone silent falls further behind, though nothing is folded', async () => {
  const telemetry = createTelemetry(() => clock.nowMs);
  telemetry.processing.position(3, 10, 10, 90_000);
  expect(await linesOf(telemetry, 'acd_watermark_lag_seconds')).toEqual([
    'acd_watermark_lag_seconds{partition="3"} 10',
  ]);
  clock.nowMs += 300_000;
  expect(await linesOf(telemetry, 'acd_watermark_lag_seconds')).toEqual([
    'acd_watermark_lag_seconds{partition="3"} 310',
  ]);
});

test('a partition that has been given away is told of by its new owner alone', async () => {
  const telemetry = createTelemetry(() => clock.nowMs);
  telemetry.processing.position(3, 5, 10, 90_000);
  telemetry.processing.position(4, 5, 10, 90_000);
  telemetry.processing.released(3);
  expect(await linesOf(telemetry, 'acd_lag_offsets')).toEqual(['acd_lag_offsets{partition="4"} 5']);
  expect(await linesOf(telemetry, 'acd_watermark_lag_seconds')).toHaveLength(1);
});

/** How clients are told of a queue's service level. Pure. */
import { formatDuration } from '../../schemas/durations.ts';
import type { LiveDefinition } from '../../schemas/live.ts';
import type { QueueServiceLevel } from '../../schemas/queue-definition.ts';

export const liveDefinition = (of: Omit<QueueServiceLevel, 'queues' | 'channel'>): LiveDefinition => ({
  sl_formula: of.formula,
  sl_threshold: formatDuration(of.threshold_ms),
  short_abandon: formatDuration(of.short_abandon_ms),
  count_exits: of.count_exits,
  sl_target: of.target,
});

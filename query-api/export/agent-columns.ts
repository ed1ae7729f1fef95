/** The columns of exports of agents: where they are, what they did, and their figures. */
import { AGENT_METRICS } from '../metrics/agent-metrics.ts';
import { COUNT, type ExportColumn, INSTANT, NUMBER } from './columns.ts';

const text = (name: string): ExportColumn => ({ name, type: 'String' });
const instant = (name: string): ExportColumn => ({ name, type: INSTANT });

export const AGENTS_NOW_COLUMNS: readonly ExportColumn[] = [
  text('agent'),
  text('source'),
  text('state'),
  text('reason'),
  instant('since'),
  text('contact_id'),
  text('queue'),
  { name: 'queues', type: 'Array(String)' },
  instant('as_of'),
  { name: 'stale', type: 'Bool' },
];

export const AGENT_STATES_COLUMNS: readonly ExportColumn[] = [
  text('source'),
  text('agent'),
  text('state'),
  text('reason'),
  instant('started_at'),
  instant('ended_at'),
  { name: 'duration_ms', type: COUNT },
  text('contact_id'),
  text('queue'),
];

export const AGENT_INTERVALS_COLUMNS: readonly ExportColumn[] = [
  instant('interval_start'),
  text('source'),
  text('agent'),
  ...AGENT_METRICS.map(({ name, unit }) => ({ name, type: unit === 'fraction' ? NUMBER : COUNT })),
  { name: 'reasons', type: 'Map(String, UInt64)' },
];

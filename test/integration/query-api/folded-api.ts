/** A query API over what the fold made of a real queue_log, and of schedules beside it. */
import { expect, vi } from 'vitest';
import type { AgentScheduled } from '../../../schemas/events.ts';
import type { TableName } from '../../../schemas/rows.ts';
import { LIVE } from '../../../schemas/topics.ts';
import { startTestClickHouse } from '../../support/clickhouse.ts';
import { foldQueueLog, QUEUE_LOG_FROM_MS, QUEUE_LOG_TO_MS } from '../../support/folded-queue-log.ts';
import { startTestServer, token } from './test-server.ts';

export const MINUTE_MS = 60_000;
export const DAY = 'from=2026-11-24&to=2026-11-25';
const planOf = (agent: string, activities: readonly [string, number, number][]): AgentScheduled => ({
  type: 'agent_scheduled',
  agent,
  day: '2026-11-24',
  activities: activities.map(([activity, from, to]) => ({
    activity,
    starts_at: QUEUE_LOG_FROM_MS + from * MINUTE_MS,
    ends_at: QUEUE_LOG_FROM_MS + to * MINUTE_MS,
  })),
});
/** The log is five minutes and some seconds long: what was planned for later counts for nothing yet. */
export const PLAN = planOf('Agent 2', [
  ['work', 0, 2],
  ['Team time', 2, 3],
  ['lunch', 3, 4],
  ['work', 4, 60],
]);

/** Tokens `all`, `plan`, `wall`, `sales`, of other tenants `other` and `none`. */
export const startFoldedApi = async () => {
  const clickHouse = await startTestClickHouse();
  const folded = await foldQueueLog('default', [
    planOf('Agent 2', [['work', 0, 60]]),
    PLAN,
    planOf('new', [['work', 0, 1]]),
  ]);
  const foreign = await foldQueueLog('other');
  for (const { rows } of [folded, foreign]) {
    for (const table of Object.keys(rows) as (keyof typeof rows & TableName)[]) {
      if (rows[table].length > 0) await clickHouse.store.insert(table, rows[table] as never);
    }
  }
  const server = await startTestServer(clickHouse.store, {
    tokens: [
      token('all', 'analyst'),
      token('plan', 'planner'),
      token('wall', 'wallboard'),
      token('sales', 'analyst', { queues: ['sales'] }),
      token('other', 'admin', { tenant: 'other' }),
      token('none', 'admin', { tenant: 'nobody' }),
    ],
    nowMs: () => QUEUE_LOG_TO_MS + MINUTE_MS,
    pseudonymise: (tenant, number) => (tenant === 'default' ? folded.pseudonymise(number) : 'f'.repeat(32)),
  });
  const get = (url: string, secret = 'all') =>
    server.app.inject({ url, headers: { authorization: `Bearer ${secret}` } });
  const records = folded.agents.map((record) => ({
    key: `agent|${record.agent}`,
    value: Buffer.from(JSON.stringify(record)),
  }));
  await server.log.append(LIVE.name, 0, records);
  await vi.waitFor(async () => {
    const { agents } = (await get('/v1/agents')).json<{ agents: unknown[] }>();
    expect(agents).toHaveLength(folded.agents.length);
  });
  return {
    folded,
    get,
    close: async (): Promise<void> => {
      await server.close();
      await clickHouse.close();
    },
  };
};
export type FoldedApi = Awaited<ReturnType<typeof startFoldedApi>>;

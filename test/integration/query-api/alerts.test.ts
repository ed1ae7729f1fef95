/** `GET /v1/alerts` on a real ClickHouse: who sees which alerts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AlertRow } from '../../../schemas/alerts.ts';
import { startTestClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';
import { startTestServer, type TestServer, token } from './test-server.ts';

const at = (time: string): number => Date.parse(`2026-11-24T${time}Z`);
const row = (more: Partial<AlertRow>): AlertRow => ({
  tenant: 'default',
  source: 'pbx',
  rule: 'too many',
  queue: 'sales',
  status: 'raised',
  value: 0.25,
  threshold: 0.8,
  raised_at: at('09:00:00'),
  cleared_at: null,
  version: 1,
  ...more,
});

let clickhouse: TestClickHouse;
let server: TestServer;
beforeAll(async () => {
  clickhouse = await startTestClickHouse();
  await clickhouse.store.insert('alerts_rows', [
    row({}),
    row({ status: 'cleared', cleared_at: at('09:10:00'), version: 2 }),
    row({ raised_at: at('10:00:00') }),
    row({ queue: 'support', raised_at: at('10:30:00') }),
    row({ queue: '', rule: 'silent', raised_at: at('11:00:00') }),
    row({ tenant: 'other', raised_at: at('11:30:00') }),
  ]);
  server = await startTestServer(clickhouse.store, {
    nowMs: () => at('12:00:00'),
    tokens: [
      token('wall', 'wallboard'),
      token('narrow', 'planner', { queues: ['sales'] }),
      token('plan', 'planner'),
      token('other', 'admin', { tenant: 'other' }),
    ],
  });
});
afterAll(async () => {
  await server.close();
  await clickhouse.close();
});

const get = (secret: string, query = '') =>
  server.app.inject({ url: `/v1/alerts${query}`, headers: { authorization: `Bearer ${secret}` } });
const alertsOf = async (secret: string, query = ''): Promise<string[]> => {
  const reply = await get(secret, query);
  expect(reply.statusCode).toBe(200);
  const { alerts } = reply.json<{ alerts: { queue: string; status: string; raised_at: string }[] }>();
  return alerts.map(({ queue, status, raised_at }) => `${queue} ${status} ${raised_at.slice(11, 16)}`);
};

describe('alerts', () => {
  it('raised now are for every wallboard', async () => {
    expect(await alertsOf('wall')).toEqual([' raised 11:00', 'support raised 10:30', 'sales raised 10:00']);
    expect(await alertsOf('wall', '?queue=sales,support')).toEqual([
      'support raised 10:30',
      'sales raised 10:00',
    ]);
  });

  it('of the past are for planners', async () => {
    expect((await get('wall', '?status=cleared')).statusCode).toBe(403);
    expect((await get('wall', '?from=2026-11-24')).statusCode).toBe(403);
    expect(await alertsOf('plan', '?status=cleared')).toEqual(['sales cleared 09:00']);
    expect(await alertsOf('plan', '?from=2026-11-24T09:05:00Z&to=2026-11-24T10:30:00Z')).toEqual([
      'sales raised 10:00',
      'sales cleared 09:00',
    ]);
    expect(await alertsOf('plan', '?from=2026-11-24T09:30:00Z&to=2026-11-24T09:40:00Z')).toEqual([]);
    expect(await alertsOf('plan', '?from=2026-11-24&limit=1')).toEqual([' raised 11:00']);
  });

  it('are those of the token’s queues and tenant', async () => {
    expect(await alertsOf('narrow')).toEqual(['sales raised 10:00']);
    expect((await get('narrow', '?queue=support')).statusCode).toBe(403);
    expect(await alertsOf('other')).toEqual(['sales raised 11:30']);
    expect((await get('nobody')).statusCode).toBe(401);
  });

  it('come whole', async () => {
    const reply = await get('plan', '?status=cleared');
    expect(reply.json()).toEqual({
      alerts: [
        {
          source: 'pbx',
          rule: 'too many',
          queue: 'sales',
          status: 'cleared',
          value: 0.25,
          threshold: 0.8,
          raised_at: '2026-11-24T09:00:00.000Z',
          cleared_at: '2026-11-24T09:10:00.000Z',
        },
      ],
    });
  });

  it('are asked for in a way that can be understood', async () => {
    expect((await get('plan', '?from=yesterday')).statusCode).toBe(400);
    expect((await get('plan', '?state=raised')).statusCode).toBe(400);
    expect((await get('plan', '?status=open')).statusCode).toBe(400);
  });
});

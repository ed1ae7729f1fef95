/** A ClickHouse with the figures that tests of `/v1/intervals` expect, and a query API on it. */
import { expect } from 'vitest';
import type { Store } from '../../../infra/clickhouse/store.ts';
import { startTestClickHouse } from '../../support/clickhouse.ts';
import { intervalOfLegs, intervalRow, type LegSeed, legRow } from './rows.ts';
import { startTestServer, type TestServer, token } from './test-server.ts';

const QUARTER_MS = 900_000;
const at = (iso: string): number => Date.parse(iso);
const NOON = at('2026-03-02T12:00:00Z');

/** A=1000 a=860 B=60 b=20 s=10, and exits beside them: the figures of metrics.md. */
const seedsOfBook: LegSeed[] = [
  ...Array.from({ length: 860 }, () => ({ outcome: 'answered', waitMs: 20_000 }) as const),
  ...Array.from({ length: 140 }, () => ({ outcome: 'answered', waitMs: 20_001 }) as const),
  ...Array.from({ length: 10 }, () => ({ outcome: 'abandoned', waitMs: 5000 }) as const),
  ...Array.from({ length: 10 }, () => ({ outcome: 'abandoned', waitMs: 19_000 }) as const),
  ...Array.from({ length: 40 }, () => ({ outcome: 'abandoned', waitMs: 30_000 }) as const),
].map((leg) => ({ ...leg, queue: 'book', offeredAtMs: NOON }));

/** `sales` of queue-show.txt (shared/feeds/asterisk22): SL 75.0 %, SL2 73.7 % within 20 s, C 40, A 36. */
const seedsOfAsterisk: LegSeed[] = [
  ...Array.from({ length: 30 }, () => ({ outcome: 'answered', waitMs: 10_000 }) as const),
  ...Array.from({ length: 10 }, () => ({ outcome: 'answered', waitMs: 40_000 }) as const),
  ...Array.from({ length: 10 }, () => ({ outcome: 'abandoned', waitMs: 8000 }) as const),
  ...Array.from({ length: 8 }, () => ({ outcome: 'timed_out', waitMs: 15_000 }) as const),
  ...Array.from({ length: 10 }, () => ({ outcome: 'timed_out', waitMs: 45_000 }) as const),
  ...Array.from({ length: 6 }, () => ({ outcome: 'left_empty', waitMs: 3000 }) as const),
  ...Array.from({ length: 2 }, () => ({ outcome: 'withdrawn', waitMs: 12_000 }) as const),
  ...Array.from({ length: 5 }, () => ({ outcome: 'key_exit', waitMs: 2000 }) as const),
].map((leg) => ({ ...leg, queue: 'asterisk', offeredAtMs: NOON }));

const quartersOf = (from: string, to: string): number[] =>
  Array.from({ length: (at(to) - at(from)) / QUARTER_MS }, (_, i) => at(from) + i * QUARTER_MS);

const insertSeeds = async (store: Store): Promise<void> => {
  await store.insert('queue_intervals_rows', [
    intervalOfLegs('book', NOON, seedsOfBook),
    intervalOfLegs('asterisk', NOON, seedsOfAsterisk),
    // One contact in every quarter hour around both clock changes of Berlin, and in Kathmandu's morning.
    ...quartersOf('2026-03-28T00:00:00Z', '2026-03-31T00:00:00Z').map((interval_start) =>
      intervalRow({ queue: 'clock', interval_start, offered: 1, answered: 1 }),
    ),
    ...quartersOf('2026-10-24T00:00:00Z', '2026-10-27T00:00:00Z').map((interval_start) =>
      intervalRow({ queue: 'clock', interval_start, offered: 1, answered: 1 }),
    ),
    intervalRow({
      queue: 'agents',
      interval_start: NOON,
      on_contact_ms: 300_000,
      on_hold_ms: 60_000,
      wrap_up_ms: 90_000,
      available_ms: 150_000,
      staffed_ms: 900_000,
    }),
    intervalRow({
      queue: 'two',
      interval_start: NOON,
      source: 'a',
      offered: 2,
      answered: 2,
      max_wait_ms: 9000,
    }),
    intervalRow({
      queue: 'two',
      interval_start: NOON,
      source: 'b',
      offered: 3,
      abandoned: 3,
      max_wait_ms: 4000,
    }),
    intervalRow({ queue: 'north, east', interval_start: NOON, offered: 4, answered: 4 }),
    intervalRow({ queue: '=cmd("x")', interval_start: NOON, offered: 1, in_progress: 1 }),
    intervalRow({ queue: 'secret', tenant: 'other', interval_start: NOON, offered: 77, answered: 77 }),
    intervalRow({ queue: 'book', tenant: 'other', interval_start: NOON, offered: 99, answered: 99 }),
  ]);
  await store.insert(
    'contact_legs_rows',
    [...seedsOfBook, ...seedsOfAsterisk, { ...(seedsOfBook[0] as LegSeed), tenant: 'other' }].map((seed, i) =>
      legRow(`c${i}`, seed),
    ),
  );
};

export type Figures = Record<string, number | string | null>;
export interface Reply {
  readonly definition: Record<string, unknown>;
  readonly rows: readonly Figures[];
}

const startServer = (store: Store): Promise<TestServer> =>
  startTestServer(store, {
    tokens: [
      token('plan', 'planner'),
      token('wall', 'wallboard'),
      token('one', 'planner', { queues: ['book'] }),
      token('other', 'admin', { tenant: 'other' }),
      token('old', 'admin', { expiresAt: 1 }),
    ],
    nowMs: () => NOON,
    queueGroups: { sales: ['book', 'two'], all: ['two', 'asterisk', 'nobody'] },
  });

export const startSeededApi = async () => {
  const clickHouse = await startTestClickHouse();
  await insertSeeds(clickHouse.store);
  const server = await startServer(clickHouse.store);
  const get = (url: string, secret = 'plan') =>
    server.app.inject({ method: 'GET', url, headers: { authorization: `Bearer ${secret}` } });
  return {
    app: server.app,
    store: clickHouse.store,
    get,
    /** `/v1/intervals`, which must answer. */
    ask: async (query: string, secret = 'plan'): Promise<Reply> => {
      const response = await get(`/v1/intervals?${query}`, secret);
      expect(response.statusCode, response.body).toBe(200);
      return response.json<Reply>();
    },
    close: async (): Promise<void> => {
      await server.close();
      await clickHouse.close();
    },
  };
};
export type SeededApi = Awaited<ReturnType<typeof startSeededApi>>;

export const only = ({ rows }: Reply): Figures => {
  expect(rows).toHaveLength(1);
  return rows[0] as Figures;
};

/** The query API with everything set up that the OpenAPI document's examples ask for, at an hour that stands still. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { openStore } from '../../../infra/clickhouse/clickhouse-store.ts';
import { openSqliteLedger } from '../../../infra/ledger/sqlite-ledger.ts';
import { openSqliteLog } from '../../../infra/log/sqlite-log.ts';
import { openReleasedRegistry } from '../../../infra/schema-registry/released-registry.ts';
import { publishLines } from '../../../ingest/feeds/events/publish-lines.ts';
import { createPublisher } from '../../../ingest/publish.ts';
import type { PublishEvents } from '../../../query-api/routes/events.ts';
import type { AlertRow } from '../../../schemas/alerts.ts';
import { openEventCodec } from '../../../schemas/codec.ts';
import type { QueueIntervalRow, TableName } from '../../../schemas/rows.ts';
import { DEAD_LETTERS, EVENTS, LIVE } from '../../../schemas/topics.ts';
import { startTestClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';
import { type FoldedQueueLog, foldQueueLog, QUEUE_LOG_TO_MS } from '../../support/folded-queue-log.ts';
import { intervalRow } from './rows.ts';
import { startTestServer, token } from './test-server.ts';

const NOW_MS = QUEUE_LOG_TO_MS + 60_000;
const HOUR_MS = 3_600_000;
const DAYS_OF_ORDERS = 42;
const HANDLE_MS = 200_000;

/** A queue with weeks behind it: from 9 to 17, busier at noon, quiet on Sundays. */
const orders = (): QueueIntervalRow[] =>
  Array.from({ length: DAYS_OF_ORDERS * 8 }, (_, i) => {
    const day = Math.floor(i / 8);
    const hour = 9 + (i % 8);
    const offered = (day + 2) % 7 === 0 ? 2 : 12 - Math.abs(hour - 13) * 2;
    return intervalRow({
      queue: 'orders',
      source: 'shop',
      interval_start: Date.parse('2026-10-13T00:00:00Z') + day * 24 * HOUR_MS + hour * HOUR_MS,
      offered,
      answered: offered,
      handled: offered,
      talk_ms: offered * HANDLE_MS,
    });
  });

const alert = (more: Partial<AlertRow>): AlertRow => ({
  tenant: 'default',
  source: 'pbx',
  rule: 'too many waiting',
  queue: 'sales',
  status: 'raised',
  value: 6,
  threshold: 5,
  raised_at: Date.parse('2026-11-24T10:14:00Z'),
  cleared_at: null,
  version: 1,
  ...more,
});

const fill = async ({ store }: TestClickHouse, { rows }: FoldedQueueLog): Promise<void> => {
  for (const table of Object.keys(rows) as (keyof typeof rows & TableName)[]) {
    if (rows[table].length > 0) await store.insert(table, rows[table] as never);
  }
  await store.insert('queue_intervals_rows', orders());
  await store.insert('alerts_rows', [
    alert({}),
    alert({
      rule: 'silent',
      queue: '',
      value: 31,
      threshold: 30,
      status: 'cleared',
      raised_at: Date.parse('2026-11-24T09:00:00Z'),
      cleared_at: Date.parse('2026-11-24T09:02:00Z'),
    }),
  ]);
  await store.insert('audit_rows', [
    {
      tenant: 'default',
      at: Date.parse('2026-11-24T04:00:00Z'),
      id: '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed',
      principal: 'nightly-report',
      action: 'sql',
      detail: 'SELECT count() FROM contact_legs',
      outcome: 'done',
    },
  ]);
};

/** As the command line composes it, on a log of its own. */
const takeEvents = async (dir: string) => {
  const file = join(dir, 'events.sqlite');
  const log = openSqliteLog({ file });
  await log.ensureTopics([EVENTS, DEAD_LETTERS]);
  const ledger = openSqliteLedger({ file });
  const codec = await openEventCodec(openReleasedRegistry());
  const publish: PublishEvents = async (tenant, lines) => {
    const published = await publishLines(lines, {
      tenant,
      publisherOf: (source) =>
        createPublisher({
          log,
          ledger,
          encode: (event) => codec.encode(event),
          nowMs: () => NOW_MS,
          tenant,
          source,
          feed: 'events',
        }),
      pseudonymise: () => '0'.repeat(32),
      nowMs: () => NOW_MS,
    });
    return { status: 'taken', ...published };
  };
  const close = async (): Promise<void> => {
    await ledger.close();
    await log.close();
  };
  return { publish, close };
};

/** Listens on loopback, with the tokens `admin` and, of the least role, `wall`. */
export const startDocumentedApi = async () => {
  const dir = mkdtempSync(join(tmpdir(), 'busyhour-documented-'));
  const [clickHouse, folded, intake] = await Promise.all([
    startTestClickHouse(['default']),
    foldQueueLog('default'),
    takeEvents(dir),
  ]);
  await fill(clickHouse, folded);
  const { url } = clickHouse;
  const asNobody = openStore({ url, username: 'nobody', password: '', database: 'acd' });
  const server = await startTestServer(clickHouse.store, {
    tokens: [token('admin', 'admin'), token('wall', 'wallboard')],
    nowMs: () => NOW_MS,
    about: { name: 'Busyhour', version: '0.1.0', simulated: false },
    queueGroups: { front: ['sales', 'support'] },
    sql: {
      store: asNobody,
      users: async (tenant) => ({ status: 'ready', user: clickHouse.user(tenant) }),
    },
    publishEvents: intake.publish,
    pseudonymise: (_tenant, number) => folded.pseudonymise(number),
  });
  const records = [...folded.agents, ...folded.queues].map((record, i) => ({
    key: `${record.kind}|${i}`,
    value: Buffer.from(JSON.stringify(record)),
  }));
  await server.log.append(LIVE.name, 0, records);
  await vi.waitFor(async () => {
    const headers = { authorization: 'Bearer admin' };
    const { agents } = (await server.app.inject({ url: '/v1/agents', headers })).json<{
      agents: unknown[];
    }>();
    expect(agents).toHaveLength(folded.agents.length);
  });
  const address = await server.app.listen({ host: '127.0.0.1', port: 0 });
  return {
    app: server.app,
    url: address,
    close: async (): Promise<void> => {
      await server.close();
      await asNobody.close();
      await clickHouse.close();
      await intake.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};
export type DocumentedApi = Awaited<ReturnType<typeof startDocumentedApi>>;

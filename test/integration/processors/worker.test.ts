import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Store, StoreError } from '../../../infra/clickhouse/store.ts';
import { openSqliteLog, type SqliteLog } from '../../../infra/log/sqlite-log.ts';
import { openEmbeddedRegistry } from '../../../infra/schema-registry/embedded-registry.ts';
import { createTelemetry, type Telemetry } from '../../../infra/telemetry.ts';
import { simulationDefaults } from '../../../ingest/feeds/simulator/centre-plan.ts';
import { simulateCentre } from '../../../ingest/feeds/simulator/simulate-centre.ts';
import { startDeadLetterLander } from '../../../processors/runtime/dead-letter-lander.ts';
import {
  LANDED_GROUP,
  PROCESSORS_GROUP,
  startWorker,
  type Worker,
} from '../../../processors/runtime/worker.ts';
import { type EventCodec, openEventCodec } from '../../../schemas/codec.ts';
import type { CanonicalEvent } from '../../../schemas/events.ts';
import { ALERTS, DEAD_LETTERS, EVENTS, LIVE, partitionOf, sourceKey } from '../../../schemas/topics.ts';
import { startTestClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';
import { logOf, offered } from '../../support/events.ts';
import { naiveBatch } from '../../support/naive-batch.ts';

const HOUR_MS = 3_600_000;
const MORNING = Date.parse('2026-03-02T09:00:00Z');
const silent = { info: () => {}, warn: () => {} };

let clickhouse: TestClickHouse;
let dir: string;
let log: SqliteLog;
let codec: EventCodec;

beforeAll(async () => {
  clickhouse = await startTestClickHouse();
  dir = mkdtempSync(join(tmpdir(), 'busyhour-worker-'));
  log = openSqliteLog({ file: join(dir, 'log.sqlite') });
  await log.ensureTopics([EVENTS, LIVE, DEAD_LETTERS, ALERTS]);
  codec = await openEventCodec(openEmbeddedRegistry({ file: join(dir, 'log.sqlite') }));
});
afterAll(async () => {
  await log.close();
  await clickhouse.close();
  rmSync(dir, { recursive: true, force: true });
});

const centre = (source: string): CanonicalEvent[] => [
  ...simulateCentre(
    simulationDefaults({
      seed: 5,
      tenant: 'default',
      source,
      startMs: MORNING,
      untilMs: MORNING + 3 * HOUR_MS,
      queues: 3,
      agents: 12,
    }),
  ),
];
const append = async (events: readonly CanonicalEvent[]): Promise<void> => {
  const [first] = events;
  if (first === undefined) return;
  const key = sourceKey(first.tenant, first.source);
  await log.append(
    EVENTS.name,
    partitionOf(first.tenant, first.source),
    events.map((event) => ({ key, value: codec.encode(event) })),
  );
};
const start = (
  store: Store = clickhouse.store,
  onFatal: (error: Error) => void = () => {},
  telemetry: Telemetry = createTelemetry(Date.now),
): Promise<Worker> =>
  startWorker({
    log,
    store,
    codec,
    nowMs: Date.now,
    metrics: telemetry.processing,
    logger: silent,
    onFatal,
  });
const landed = async (source: string): Promise<void> => {
  const partition = partitionOf('default', source);
  const end = await log.endOffset(EVENTS.name, partition);
  await vi.waitFor(async () => expect(await log.committed(LANDED_GROUP, EVENTS.name, partition)).toBe(end), {
    timeout: 20_000,
    interval: 20,
  });
};

const LEGS = `SELECT contact_id, leg, queue, outcome, wait_ms, ring_ms, talk_ms, hold_ms, wrap_ms, agent,
  toUnixTimestamp64Milli(offered_at) AS offered_at FROM acd.contact_legs WHERE source = {source:String}
  ORDER BY contact_id, leg`;
const SUMS = `SELECT queue, toUnixTimestamp64Milli(interval_start) AS interval_start, offered, answered, abandoned,
  handled, talk_ms, wrap_ms, on_contact_ms, wrap_up_ms FROM acd.queue_intervals WHERE source = {source:String}
  ORDER BY queue, interval_start`;

const expectAgreement = async (source: string, events: readonly CanonicalEvent[]): Promise<void> => {
  const naive = naiveBatch(events);
  const legs = await clickhouse.store.query<{ contact_id: string; leg: number }>(LEGS, { source });
  const byLeg = (a: { contact_id: string; leg: number }, b: typeof a): number =>
    a.contact_id === b.contact_id ? a.leg - b.leg : a.contact_id < b.contact_id ? -1 : 1;
  expect(legs).toEqual(
    [...naive.contactLegs].sort(byLeg).map((leg) => ({
      contact_id: leg.contact_id,
      leg: leg.leg,
      queue: leg.queue,
      outcome: leg.outcome,
      wait_ms: leg.wait_ms,
      ring_ms: leg.ring_ms,
      talk_ms: leg.talk_ms,
      hold_ms: leg.hold_ms,
      wrap_ms: leg.wrap_ms,
      agent: leg.agent,
      offered_at: leg.offered_at,
    })),
  );
  const sums = await clickhouse.store.query(SUMS, { source });
  const byInterval = (a: { queue: string; interval_start: number }, b: typeof a): number =>
    a.queue === b.queue ? a.interval_start - b.interval_start : a.queue < b.queue ? -1 : 1;
  expect(sums).toEqual(
    [...naive.queueIntervals].sort(byInterval).map((row) => ({
      queue: row.queue,
      interval_start: row.interval_start,
      offered: row.offered,
      answered: row.answered,
      abandoned: row.abandoned,
      handled: row.handled,
      talk_ms: row.talk_ms,
      wrap_ms: row.wrap_ms,
      on_contact_ms: row.on_contact_ms,
      wrap_up_ms: row.wrap_up_ms,
    })),
  );
};

describe('a worker on a real log and a real ClickHouse', () => {
  it('lands what a naive computation over the same events gives', async () => {
    const events = centre('plain');
    await append(events);
    const worker = await start();
    await landed('plain');
    await expectAgreement('plain', events);
    await worker.close();
    const partition = partitionOf('default', 'plain');
    expect(await log.committed(PROCESSORS_GROUP, EVENTS.name, partition)).toBe(
      await log.endOffset(EVENTS.name, partition),
    );
  });

  it('goes on from its snapshot after a restart in the middle, twice', async () => {
    const events = centre('resumed');
    const third = Math.floor(events.length / 3);
    for (const [from, to] of [
      [0, third],
      [third, 2 * third],
      [2 * third, events.length],
    ]) {
      await append(events.slice(from, to));
      const worker = await start();
      await landed('resumed');
      await worker.close();
    }
    await expectAgreement('resumed', events);
  });

  it('tries again for as long as the store is away, and drops nothing', async () => {
    const events = centre('patient');
    let refusals = 5;
    const flaky: Store = {
      ...clickhouse.store,
      insert: async (table, rows) => {
        if (refusals > 0) {
          refusals -= 1;
          throw new StoreError('gone', 'retry', 'ECONNREFUSED');
        }
        await clickhouse.store.insert(table, rows);
      },
    };
    const worker = await start(flaky);
    await append(events);
    await landed('patient');
    await worker.close();
    await expectAgreement('patient', events);
  });

  it('stops and says so when the store refuses rows for good, and its successor lands them', async () => {
    const events = centre('refused');
    const refusing: Store = {
      ...clickhouse.store,
      insert: async () => {
        throw new StoreError('no such table', 'reject', '60');
      },
    };
    const faults: Error[] = [];
    const worker = await start(refusing, (error) => faults.push(error));
    await append(events);
    await vi.waitFor(() => expect(faults).toHaveLength(1), { timeout: 10_000 });
    await worker.close().catch((error: unknown) => expect(error).toBeInstanceOf(StoreError));
    const successor = await start();
    await landed('refused');
    await successor.close();
    await expectAgreement('refused', events);
  });

  it('buries a record that is no event, and the partition goes on', async () => {
    const events = centre('poisoned');
    const half = Math.floor(events.length / 2);
    const partition = partitionOf('default', 'poisoned');
    await append(events.slice(0, half));
    await log.append(EVENTS.name, partition, [
      { key: sourceKey('default', 'poisoned'), value: Buffer.from('hello') },
    ]);
    await append(events.slice(half));
    const worker = await start();
    const lander = await startDeadLetterLander({
      log,
      landing: { store: clickhouse.store, signal: AbortSignal.timeout(60_000), onRetry: () => {} },
      onLanded: () => {},
      onFatal: (error) => {
        throw error;
      },
    });
    await landed('poisoned');
    const letters = (): Promise<unknown[]> =>
      clickhouse.store.query(
        `SELECT reason, base64Decode(line) AS line FROM acd.dead_letters WHERE source = 'poisoned'`,
      );
    await vi.waitFor(
      async () => expect(await letters()).toEqual([{ reason: 'not a canonical event', line: 'hello' }]),
      { timeout: 10_000 },
    );
    await lander.close();
    await worker.close();
    await expectAgreement('poisoned', events);
  });
});

describe('what a worker counts', () => {
  const COUNTS = ['received_total', 'landed_total', 'duplicate_total', 'dead_lettered_total', 'in_flight'];
  const countsOf = async ({ registry }: Telemetry): Promise<Record<string, number>> => {
    const families = await registry.getMetricsAsJSON();
    const sum = (name: string): number =>
      (families.find((family) => family.name === `acd_events_${name}`)?.values ?? []).reduce(
        (total, { value }) => total + Number(value),
        0,
      );
    return Object.fromEntries(COUNTS.map((name) => [name, sum(name)]));
  };
  /** Of a source that allows a minute: its last two calls are held back for as long as it tells no more. */
  const late = (source: string): CanonicalEvent[] =>
    logOf(
      [
        ['09:00:00', { type: 'source_declared', feed: 'x', lateness_ms: 60_000, tracks_agents: false }],
        ['09:00:10', offered('c1', 'sales')],
        ['09:05:00', offered('c2', 'sales')],
        ['09:05:10', offered('c3', 'sales')],
      ],
      source,
    );
  const appendLate = async (source: string): Promise<void> => {
    const events = late(source);
    await append([...events, ...events.slice(-1)]);
    await log.append(EVENTS.name, partitionOf('default', source), [
      { key: sourceKey('default', source), value: Buffer.from('hello') },
    ]);
  };
  const LEGS_OF = 'SELECT count() AS legs FROM acd.contact_legs WHERE source = {source:String}';

  it('has every event in one count, also those that are held back for their lateness', async () => {
    // What other tests have left is read before anything is counted.
    await (await start()).close();
    await appendLate('late');
    const telemetry = createTelemetry(Date.now);
    const worker = await start(clickhouse.store, () => {}, telemetry);
    await landed('late');
    expect(await clickhouse.store.query(LEGS_OF, { source: 'late' })).toEqual([{ legs: 0 }]);
    expect(await countsOf(telemetry)).toEqual({
      ...{ received_total: 6, landed_total: 4, duplicate_total: 1, dead_lettered_total: 1, in_flight: 0 },
    });
    await worker.close();
  });

  it('tells what is on its way while the store is away, and of what got lost that it is neither', async () => {
    await appendLate('lossy');
    const { promise: back, resolve: comeBack } = Promise.withResolvers<void>();
    const losing: Store = {
      ...clickhouse.store,
      openBlock: (table) => {
        const block = clickhouse.store.openBlock(table);
        let dropped = table !== 'events_rows';
        return {
          get length() {
            return block.length;
          },
          add: (row) => {
            if (dropped) block.add(row);
            dropped = true;
          },
          insert: async () => {
            await back;
            await block.insert();
          },
        };
      },
    };
    const telemetry = createTelemetry(Date.now);
    const worker = await start(losing, () => {}, telemetry);
    await vi.waitFor(async () => expect((await countsOf(telemetry)).received_total).toBe(6));
    expect(await countsOf(telemetry)).toMatchObject({ landed_total: 0, duplicate_total: 0, in_flight: 5 });
    comeBack();
    await landed('lossy');
    expect(await countsOf(telemetry)).toEqual({
      ...{ received_total: 6, landed_total: 3, duplicate_total: 1, dead_lettered_total: 1, in_flight: 0 },
    });
    await worker.close();
  });
});

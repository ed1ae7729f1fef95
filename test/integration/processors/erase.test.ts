/** An erasure while workers land, and what retention has removed, against a real ClickHouse. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyRetention, readTableRetention } from '../../../infra/clickhouse/retention.ts';
import type { Store } from '../../../infra/clickhouse/store.ts';
import { openSqliteLog, type SqliteLog } from '../../../infra/log/sqlite-log.ts';
import { openEmbeddedRegistry } from '../../../infra/schema-registry/embedded-registry.ts';
import { createTelemetry } from '../../../infra/telemetry.ts';
import { erase } from '../../../processors/runtime/erase.ts';
import { type Processing, startProcessing } from '../../../processors/runtime/processing.ts';
import { replay } from '../../../processors/runtime/replay.ts';
import { type EventCodec, openEventCodec } from '../../../schemas/codec.ts';
import { ALERTS, DEAD_LETTERS, ERASURES, EVENTS, LIVE } from '../../../schemas/topics.ts';
import { startTestClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';
import { replayOptions, simulatedTraffic, type Traffic } from './rebuilding.ts';

const DAY_MS = 86_400_000;

let clickhouse: TestClickHouse;
let store: Store;
let dir: string;
let log: SqliteLog;
let codec: EventCodec;
let traffic: Traffic;
let processing: Processing;

beforeAll(async () => {
  clickhouse = await startTestClickHouse();
  store = clickhouse.store;
  dir = mkdtempSync(join(tmpdir(), 'busyhour-erase-'));
  const file = join(dir, 'log.sqlite');
  log = openSqliteLog({ file });
  await log.ensureTopics([EVENTS, LIVE, DEAD_LETTERS, ALERTS, ERASURES]);
  codec = await openEventCodec(openEmbeddedRegistry({ file }));
  traffic = simulatedTraffic(log, codec);
  processing = await startProcessing({
    ...{ log, store, codec, nowMs: Date.now, metrics: createTelemetry(Date.now).processing },
    logger: { info: () => {}, warn: () => {} },
    storeExited: new Promise<never>(() => {}),
  });
}, 60_000);
afterAll(async () => {
  await processing.close();
  await log.close();
  await clickhouse.close();
  rmSync(dir, { recursive: true, force: true });
});

interface Called {
  readonly caller: string;
  readonly contacts: number;
}
const callers = (): Promise<readonly Called[]> =>
  store.query<Called>(
    `SELECT JSONExtractString(body, 'caller') AS caller, count() AS contacts FROM acd.events
     WHERE kind = 'contact_offered' AND caller != '' GROUP BY caller ORDER BY contacts DESC, caller`,
  );
const replayAll = () => replay({ ...replayOptions(log, codec, clickhouse), heedsErasures: true });
const eraseCaller = (caller: string, steps: string[] = []) =>
  erase({
    ...{ log, store, cluster: '', erasedAtMs: 1, replaceKey: null, check: () => {}, wait: sleep },
    subject: { tenant: 'default', callers: [caller], numberPattern: null },
    noteDown: async () => void steps.push('audit'),
    onStep: (step) => steps.push(step),
  });
const rowsWith = async (text: string): Promise<number> => {
  const [row] = await store.query<{ rows: number }>(
    `SELECT (SELECT count() FROM acd.events_rows WHERE position(body, {text:String}) > 0)
      + (SELECT count() FROM acd.contact_legs_rows WHERE caller = {text:String})
      + (SELECT count() FROM acd.snapshots_rows WHERE position(state, {text:String}) > 0) AS rows`,
    { text },
  );
  return row?.rows ?? 0;
};
const totals = (): Promise<readonly object[]> =>
  store.query('SELECT * FROM acd.queue_intervals ORDER BY ALL');

describe('an erasure while calls go on', () => {
  it('leaves nothing of the caller, in rows from before, in legs that are open, and in what comes later', async () => {
    await traffic(1_500);
    // Until the erasure has nothing left to wait for, the log goes on growing.
    let going = true;
    const more = (async () => {
      while (going) {
        await traffic(40);
        await sleep(20);
      }
    })();
    const steps: string[] = [];
    const { found } = await untilFound(steps).finally(() => {
      going = false;
    });
    await more;
    expect(found.contact_legs).toBeGreaterThan(0);
    expect(steps).toEqual([
      'waiting until what the log holds has landed',
      'telling everybody who reads the log',
      'rewriting the tables',
      'audit',
      'replacing the key',
    ]);
    const left = await eraseCaller(erasedCaller);
    expect(left.found).toMatchObject({ contact_legs: 0, events: 0 });
    expect(await rowsWith(erasedCaller)).toBe(0);
    const before = [await totals(), await callers()];
    expect(await replayAll()).toMatchObject({ status: 'replayed' });
    expect(await rowsWith(erasedCaller)).toBe(0);
    expect([await totals(), await callers()]).toEqual(before);
  }, 120_000);

  let erasedCaller = '';
  const untilFound = async (steps: string[]) => {
    for (;;) {
      const [most] = await callers();
      if (most !== undefined && most.contacts > 2) {
        erasedCaller = most.caller;
        return eraseCaller(erasedCaller, steps);
      }
      await sleep(50);
    }
  };

  it('of somebody who is not there does nothing', async () => {
    const before = await log.endOffset(ERASURES.name, 0);
    expect(await eraseCaller('f'.repeat(32))).toMatchObject({ status: 'nothing' });
    expect(await log.endOffset(ERASURES.name, 0)).toBe(before);
  }, 60_000);
});

describe('retention', () => {
  const events = async (): Promise<number> => {
    const [row] = await store.query<{ rows: number }>('SELECT count() AS rows FROM acd.events_rows');
    return row?.rows ?? 0;
  };

  it('is by table, and what it has removed a replay does not bring back', async () => {
    const kept = await totals();
    expect(await events()).toBeGreaterThan(0);
    await applyRetention(store, { events: DAY_MS, contact_legs: null }, '');
    expect((await readTableRetention(store, '')).get('events')).toBe(DAY_MS);
    // The traffic is of March.
    await expect.poll(events, { timeout: 30_000, interval: 100 }).toBe(0);
    expect(await replayAll()).toMatchObject({ status: 'replayed' });
    expect(await events()).toBe(0);
    expect(await totals()).toEqual(kept);
  }, 120_000);

  it('that is not named stays as it is, and one that is for ever is taken away', async () => {
    await applyRetention(store, {}, '');
    expect((await readTableRetention(store, '')).get('events')).toBe(DAY_MS);
    await applyRetention(store, { events: null }, '');
    expect(new Set((await readTableRetention(store, '')).values())).toEqual(new Set([null]));
  });
});

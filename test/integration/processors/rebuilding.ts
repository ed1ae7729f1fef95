/** What the tests of replay share: traffic, workers, and the bytes that two ClickHouses are compared by. */
import { createHash } from 'node:crypto';
import { vi } from 'vitest';
import { openStore } from '../../../infra/clickhouse/clickhouse-store.ts';
import { REBUILT_TABLES } from '../../../infra/clickhouse/rebuild.ts';
import type { Store } from '../../../infra/clickhouse/store.ts';
import { PUBLIC_VIEWS } from '../../../infra/clickhouse/tenant-users.ts';
import type { EventLog } from '../../../infra/log/event-log.ts';
import { createTelemetry } from '../../../infra/telemetry.ts';
import { simulationDefaults } from '../../../ingest/feeds/simulator/centre-plan.ts';
import { simulateCentre } from '../../../ingest/feeds/simulator/simulate-centre.ts';
import { DEAD_LETTERS_GROUP, startDeadLetterLander } from '../../../processors/runtime/dead-letter-lander.ts';
import type { ReplayOptions } from '../../../processors/runtime/replay.ts';
import { LANDED_GROUP, startWorker, WORKER_LIMITS } from '../../../processors/runtime/worker.ts';
import type { EventCodec } from '../../../schemas/codec.ts';
import type { CanonicalEvent } from '../../../schemas/events.ts';
import { DEAD_LETTERS, EVENTS, partitionOf, sourceKey } from '../../../schemas/topics.ts';
import { declaring, ruleOf } from '../../support/alert-rules.ts';

const MORNING = Date.parse('2026-03-02T09:00:00Z');
const WEEK_MS = 7 * 86_400_000;
/** Often, so that inserts are under way at every moment of a replay. */
const BUSY = { ...WORKER_LIMITS, flushIntervalMs: 50, snapshotIntervalMs: 200, tellLandedIntervalMs: 500 };

/** A feed loses some of its events, which makes anomalies, and tells some twice. */
const LOST_EVERY = 61;
const DOUBLED_EVERY = 97;

export const SOURCES = ['north', 'south', 'west'] as const;

/** Rules that are broken now and then, declared after a source's first event. */
const RULES = declaring(
  ruleOf('waiting > 0 for 5 s', { clearAfter: '20 s' }),
  ruleOf('oldest_waiting > 15 s'),
  ruleOf('service_level < 0.95', { clear: '1' }),
);
function* withRules(events: Iterable<CanonicalEvent>): Generator<CanonicalEvent, void, undefined> {
  let isFirst = true;
  for (const event of events) {
    yield event;
    if (isFirst) yield { ...event, seq: 'rules', body: RULES };
    isFirst = false;
  }
}

/** Appends the next events of every source; a week of them, so that it never ends before a test does. */
export type Traffic = (eventsPerSource: number) => Promise<void>;
export const simulatedTraffic = (log: EventLog, codec: EventCodec): Traffic => {
  const centres = SOURCES.map((source, index) => {
    const plan = { seed: index + 1, tenant: 'default', source, startMs: MORNING, untilMs: MORNING + WEEK_MS };
    const events = simulateCentre(simulationDefaults({ ...plan, queues: 3, agents: 12 }));
    return { source, events: withRules(events) };
  });
  let told = 0;
  return async (eventsPerSource) => {
    for (const { source, events } of centres) {
      const key = sourceKey('default', source);
      const next: CanonicalEvent[] = [];
      while (next.length < eventsPerSource) {
        const { value, done } = events.next();
        if (done) throw new Error(`${source} has no more events`);
        told += 1;
        if (told % LOST_EVERY !== 0) next.push(value);
        if (told % DOUBLED_EVERY === 0) next.push(value);
      }
      const records = next.map((event) => ({ key, value: codec.encode(event) }));
      await log.append(EVENTS.name, partitionOf('default', source), records);
    }
  };
};

/** A record that is no event, which a worker makes a dead letter of. */
export const appendPoison = (log: EventLog, source: string): Promise<number> =>
  log.append(EVENTS.name, partitionOf('default', source), [
    { key: sourceKey('default', source), value: Buffer.from('hello') },
  ]);

export interface Node {
  readonly landed: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A worker and a lander of dead letters, as a node runs them. */
export const startNode = async (log: EventLog, codec: EventCodec, store: Store): Promise<Node> => {
  const stopping = new AbortController();
  const onFatal = (error: Error): void => {
    throw error;
  };
  const worker = await startWorker({
    log,
    store,
    codec,
    nowMs: Date.now,
    metrics: createTelemetry(Date.now).processing,
    logger: { info: () => {}, warn: () => {} },
    onFatal,
    limits: BUSY,
  });
  const landing = { store, signal: stopping.signal, onRetry: () => {} };
  const lander = await startDeadLetterLander({ log, landing, onLanded: () => {}, onFatal });
  return {
    landed: async () => {
      for (const source of SOURCES)
        await untilCommitted(log, LANDED_GROUP, EVENTS.name, partitionOf('default', source));
      await untilCommitted(log, DEAD_LETTERS_GROUP, DEAD_LETTERS.name, 0);
    },
    close: async () => {
      await worker.close();
      await lander.close();
    },
  };
};

const untilCommitted = async (
  log: EventLog,
  group: string,
  topic: string,
  partition: number,
): Promise<void> => {
  const end = await log.endOffset(topic, partition);
  const reached = async (): Promise<void> => {
    const at = (await log.committed(group, topic, partition)) ?? 0;
    if (at < end) throw new Error(`${topic}[${partition}] has landed to ${at} of ${end}`);
  };
  await vi.waitFor(reached, { timeout: 30_000, interval: 20 });
};

/** The same log to another ClickHouse's node: with groups of its own, and nothing it writes gets in. */
export const readerOf = (log: EventLog): EventLog => ({
  ...log,
  append: async () => 0,
  consume: (options, handlers) => log.consume({ ...options, group: null }, handlers),
  commit: (group, ...rest) => log.commit(`reference-${group}`, ...rest),
  committed: (group, ...rest) => log.committed(`reference-${group}`, ...rest),
});

/** Rows and SHA-256 of every table as its newest versions are, and of every view. */
export const bytesOf = async (store: Store): Promise<Readonly<Record<string, string>>> => {
  const found: Record<string, string> = {};
  for (const name of [...REBUILT_TABLES.map((table) => `${table} FINAL`), ...PUBLIC_VIEWS]) {
    const sql = `SELECT * FROM acd.${name} ORDER BY ALL`;
    const hash = createHash('sha256');
    for await (const chunk of await store.stream(sql, { format: 'TabSeparated' }))
      hash.update(chunk as Buffer);
    const [rows] = await store.query<{ count: number }>(`SELECT count() AS count FROM acd.${name}`);
    found[name] = `${rows?.count} rows, ${hash.digest('hex')}`;
  }
  return found;
};

export interface Server {
  readonly url: string;
  readonly admin: { readonly username: string; readonly password: string };
  readonly store: Store;
}

export const replayOptions = (
  log: EventLog,
  codec: EventCodec,
  { url, admin, store }: Server,
): ReplayOptions => ({
  log,
  codec,
  store,
  openStore: (database) => openStore({ url, ...admin, database }),
  signal: new AbortController().signal,
  onProgress: () => {},
  onRetry: () => {},
});

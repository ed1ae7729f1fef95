/** The hub: reads topic `acd.live` from its beginning, and tells its subscribers what changed at most every tick. */
import type { FastifyBaseLogger } from 'fastify';
import type { Consumer, EventLog, StoredRecord } from '../../infra/log/event-log.ts';
import type { QueueServiceLevel } from '../../schemas/queue-definition.ts';
import { LIVE } from '../../schemas/topics.ts';
import { createFanOut, type FanOut, heartbeat, isAnyoneOwed, tick } from './fan-out.ts';
import { applyAgent, createLiveAgents, knownUpTo, type LiveAgents } from './live-agents.ts';
import { applyAlert, type LiveAlerts, pruneAlerts } from './live-alerts.ts';
import { readLiveRecord } from './live-record.ts';
import { advance, applyRecord, createLiveState, type LiveState, type QueueKey } from './live-state.ts';
import { FAN_OUT_LIMITS, type FanOutLimits } from './subscriber.ts';

/** Clients are told of changes at most this often. */
export const TICK_MS = 200;
/** What changes within so long of the first change is told with it. */
const GATHER_MS = 10;
export const HEARTBEAT_MS = 5000;
/** Pause before the topic is read again after the log failed. */
const RESTART_AFTER_MS = 1000;
const READ_LIMITS = { maxRecords: 2000, maxBytes: 8_388_608 } as const;

export interface HubOptions {
  readonly log: EventLog;
  readonly nowMs: () => number;
  readonly timeZone: string;
  /** Queues' own service levels; the first that covers a queue is its own. */
  readonly serviceLevels?: readonly QueueServiceLevel[];
  readonly logger: FastifyBaseLogger;
  readonly tickMs?: number;
  readonly heartbeatMs?: number;
  readonly limits?: FanOutLimits;
}
export interface Hub {
  readonly fanOut: FanOut;
  readonly agents: LiveAgents;
  /** Whether everything that was in the topic when reading began has been taken in. */
  caughtUp(): boolean;
  /** Records that could not be read or kept. */
  droppedRecords(): number;
  close(): Promise<void>;
}

interface Reading {
  /** Partition → the offset up to which it has to be read to have caught up. */
  readonly targets: Map<number, number>;
  unreadable: number;
}

const takeIn = (
  {
    state,
    agents,
    alerts,
    changed,
    reading,
  }: {
    state: LiveState;
    agents: LiveAgents;
    alerts: LiveAlerts;
    changed: Set<QueueKey>;
    reading: Reading;
  },
  records: readonly StoredRecord[],
  nowMs: number,
): void => {
  for (const { value } of records) {
    const record = readLiveRecord(value);
    if (record === null) {
      reading.unreadable += 1;
      continue;
    }
    if (record.kind === 'agent') {
      applyAgent(agents, record, nowMs);
      continue;
    }
    if (record.kind === 'alert') {
      applyAlert(alerts, record, nowMs);
      continue;
    }
    const key = applyRecord(state, record, nowMs);
    if (key !== null) changed.add(key);
  }
};

/** Where every partition ends now. Empty partitions have nothing to catch up with. */
const endsOf = async (log: EventLog): Promise<Map<number, number>> => {
  const ends = new Map<number, number>();
  for (let partition = 0; partition < LIVE.partitions; partition += 1) {
    const end = await log.endOffset(LIVE.name, partition);
    if (end > 0) ends.set(partition, end);
  }
  return ends;
};

interface Reader {
  readonly failed: () => boolean;
  readonly close: () => Promise<void>;
}

/**
 * Keeps reading the topic from its start, also after the log failed: that is harmless, since newer records of a key
 * replace older ones.
 */
const keepReading = async (
  { log, logger }: Pick<HubOptions, 'log' | 'logger'>,
  onBatch: (partition: number, records: readonly StoredRecord[]) => void,
): Promise<Reader> => {
  let consumer: Consumer | null = null;
  let restarting: NodeJS.Timeout | null = null;
  let closed = false;
  const consume = async (): Promise<void> => {
    consumer = await log.consume(
      { topic: LIVE.name, group: null, ...READ_LIMITS },
      {
        onAssigned: () => Promise.resolve(0),
        onBatch: async (partition, records) => onBatch(partition, records),
        onRevoked: () => Promise.resolve(),
        onFailed: (partition, error) => restartLater(error, partition),
      },
    );
  };
  const restart = async (): Promise<void> => {
    try {
      await consumer?.close();
      if (!closed) await consume();
      restarting = null;
    } catch (error) {
      restarting = null;
      restartLater(error);
    }
  };
  const restartLater = (error: unknown, partition?: number): void => {
    if (closed || restarting !== null) return;
    logger.error({ err: error, partition }, 'live topic stopped; it is read again shortly');
    restarting = setTimeout(() => void restart(), RESTART_AFTER_MS);
  };
  await consume();
  return {
    failed: () => restarting !== null,
    close: async () => {
      closed = true;
      if (restarting !== null) clearTimeout(restarting);
      await consumer?.close();
    },
  };
};

/** Runs `run` soon after it was asked for, but never sooner than `everyMs` after the last time. */
const startTicking = (everyMs: number, run: () => void): { ask: () => void; stop: () => void } => {
  let timer: NodeJS.Timeout | null = null;
  let lastMs = Number.NEGATIVE_INFINITY;
  const onDue = (): void => {
    timer = null;
    lastMs = performance.now();
    run();
  };
  return {
    ask: () => {
      timer ??= setTimeout(
        onDue,
        Math.max(lastMs + everyMs - performance.now(), Math.min(GATHER_MS, everyMs)),
      );
    },
    stop: () => {
      if (timer !== null) clearTimeout(timer);
    },
  };
};

/** Starts reading and ticking. The topic has to exist. */
export const startHub = async (options: HubOptions): Promise<Hub> => {
  const { log, nowMs, timeZone, serviceLevels = [] } = options;
  const state = createLiveState({ timeZone, serviceLevels }, nowMs());
  const agents = createLiveAgents(state.sources);
  const fanOut = createFanOut(state, options.limits ?? FAN_OUT_LIMITS);
  const { alerts } = fanOut;
  const changed = new Set<QueueKey>();
  const reading: Reading = { targets: await endsOf(log), unreadable: 0 };
  const ticking = startTicking(options.tickMs ?? TICK_MS, () => {
    tick(fanOut, changed, nowMs());
    changed.clear();
  });
  const askIfDue = (): void => {
    if (changed.size > 0 || alerts.changed.size > 0 || isAnyoneOwed(fanOut)) ticking.ask();
  };
  const reader = await keepReading(options, (partition, records) => {
    takeIn({ state, agents, alerts, changed, reading }, records, nowMs());
    askIfDue();
    const next = (records.at(-1)?.offset ?? -1) + 1;
    const target = reading.targets.get(partition);
    if (target !== undefined && next >= target) reading.targets.delete(partition);
  });
  const onTime = (): void => {
    for (const key of advance(state, nowMs())) changed.add(key);
    askIfDue();
  };
  const onHeartbeat = (): void => {
    pruneAlerts(alerts, (tenant, source) => knownUpTo(agents, tenant, source), nowMs());
    heartbeat(fanOut, nowMs());
  };
  const timers = [
    setInterval(onTime, options.tickMs ?? TICK_MS),
    setInterval(onHeartbeat, options.heartbeatMs ?? HEARTBEAT_MS),
  ];
  return {
    fanOut,
    agents,
    caughtUp: () => !reader.failed() && reading.targets.size === 0,
    droppedRecords: () => state.droppedRecords + agents.dropped + alerts.dropped + reading.unreadable,
    close: async () => {
      for (const timer of timers) clearInterval(timer);
      await reader.close();
      ticking.stop();
    },
  };
};

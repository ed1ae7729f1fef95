/**
 * What the wallboards show, kept from the records of topic `acd.live`: the newest state of every queue and source,
 * and today's interval totals. Time and records come in as arguments; sockets are elsewhere.
 */
import type {
  AgentCounts,
  LiveDefinition,
  LiveIntervalRecord,
  LiveQueue,
  LiveQueueRecord,
  LiveRecord,
} from '../../schemas/live.ts';
import {
  DEFAULT_SERVICE_LEVEL,
  definitionOf,
  type QueueServiceLevel,
  type ServiceLevelDefinition,
} from '../../schemas/queue-definition.ts';
import { GRAIN_MS, localDayAround, type TimeRange } from '../metrics/buckets.ts';
import { addTotals, type LiveTotals, liveFigures, NO_TOTALS, totalsOf, totalsOfOpenTime } from './figures.ts';
import { liveDefinition } from './live-definition.ts';
import { type HeardSource, hearSource, isSilent, type LiveSources } from './live-sources.ts';

/** Named limits of memory: a record beyond them is dropped and counted. */
export const LIVE_LIMITS = {
  /** Queues of all tenants. */
  queues: 10_000,
  sourcesPerQueue: 100,
  /** 100 quarter hours (a day of 25 h) of 30 sources and generations. */
  intervalsPerQueue: 3000,
} as const;
/** A queue none of whose sources was heard of for a day is history, not live. */
export const FORGET_AFTER_MS = 86_400_000;

/** Names a queue of a tenant and channel. */
export type QueueKey = string;
export const queueKey = (tenant: string, queue: string, channel: string): QueueKey =>
  JSON.stringify([tenant, queue, channel]);

interface SourceOfQueue {
  readonly record: LiveQueueRecord;
  /** By any record of the source: the queue itself may have been quiet for long. */
  readonly heard: HeardSource;
}
interface StoredInterval {
  readonly startMs: number;
  readonly version: number;
  readonly totals: LiveTotals;
}
interface QueueState {
  readonly tenant: string;
  readonly queue: string;
  readonly channel: LiveQueueRecord['channel'];
  readonly measure: ServiceLevelDefinition;
  /** The same for clients; null = the default, which every message of a board of hundreds would repeat. */
  readonly definition: LiveDefinition | null;
  readonly sources: Map<string, SourceOfQueue>;
  readonly intervals: Map<string, StoredInterval>;
  /** As of the last `advance`. */
  stale: boolean;
}

/** Owned by one hub and changed in place by `applyRecord` and `advance`. */
export interface LiveState {
  readonly timeZone: string;
  readonly serviceLevels: readonly QueueServiceLevel[];
  readonly queues: Map<QueueKey, QueueState>;
  readonly sources: LiveSources;
  /** Another one whenever a queue comes or goes. */
  generation: number;
  today: TimeRange;
  currentIntervalMs: number;
  droppedRecords: number;
}

const quarterHour = (atMs: number): number => Math.floor(atMs / GRAIN_MS) * GRAIN_MS;

export const createLiveState = (
  { timeZone, serviceLevels }: Pick<LiveState, 'timeZone' | 'serviceLevels'>,
  nowMs: number,
  sources: LiveSources = new Map(),
): LiveState => ({
  timeZone,
  serviceLevels,
  queues: new Map(),
  sources,
  generation: 0,
  today: localDayAround(timeZone, nowMs),
  currentIntervalMs: quarterHour(nowMs),
  droppedRecords: 0,
});

const stateOf = (state: LiveState, record: LiveRecord): QueueState | null => {
  const key = queueKey(record.tenant, record.queue, record.channel);
  const known = state.queues.get(key);
  if (known !== undefined) return known;
  if (state.queues.size >= LIVE_LIMITS.queues) return null;
  const { tenant, queue, channel } = record;
  const own = definitionOf(state.serviceLevels, queue, channel);
  const definition = own === null ? null : liveDefinition(own);
  const created = {
    ...{ tenant, queue, channel, measure: own ?? DEFAULT_SERVICE_LEVEL, definition },
    ...{ sources: new Map(), intervals: new Map(), stale: false },
  };
  state.queues.set(key, created);
  state.generation += 1;
  return created;
};

const putQueue = (queue: QueueState, record: LiveQueueRecord, heard: HeardSource): boolean => {
  if (!queue.sources.has(record.source) && queue.sources.size >= LIVE_LIMITS.sourcesPerQueue) return false;
  queue.sources.set(record.source, { record, heard });
  return true;
};

const putInterval = (queue: QueueState, record: LiveIntervalRecord): boolean => {
  const key = `${record.interval_start} ${record.generation} ${record.source}`;
  const known = queue.intervals.get(key);
  // A worker that lost its partition may still write what its successor has overtaken.
  if (known !== undefined && known.version > record.version) return true;
  if (known === undefined && queue.intervals.size >= LIVE_LIMITS.intervalsPerQueue) return false;
  queue.intervals.set(key, {
    startMs: record.interval_start,
    version: record.version,
    totals: totalsOf(record, queue.measure),
  });
  return true;
};

const put = (queue: QueueState, record: LiveRecord, heard: HeardSource | null): boolean => {
  if (record.kind === 'interval') return putInterval(queue, record);
  return heard !== null && putQueue(queue, record, heard);
};

/** An hour of the next day is kept already: the sources' clocks may be ahead of this one. */
const SOURCE_CLOCK_AHEAD_MS = 3_600_000;
const isCurrent = (state: LiveState, record: LiveRecord, nowMs: number): boolean =>
  record.kind === 'queue'
    ? record.as_of > nowMs - FORGET_AFTER_MS
    : record.interval_start >= state.today.fromMs &&
      record.interval_start < state.today.toMs + SOURCE_CLOCK_AHEAD_MS;

/** Takes in one record at the time it was received. Returns the queue that changed, or null when it does not matter today. */
export const applyRecord = (state: LiveState, record: LiveRecord, nowMs: number): QueueKey | null => {
  // What is too old to be shown still says how far its source's word goes.
  const heard = record.kind === 'queue' ? hearSource(state.sources, record, nowMs) : null;
  if (!isCurrent(state, record, nowMs)) return null;
  const queue = stateOf(state, record);
  const taken = queue !== null && put(queue, record, heard);
  if (!taken) {
    state.droppedRecords += 1;
    return null;
  }
  return queueKey(record.tenant, record.queue, record.channel);
};

const isStale = (queue: QueueState, nowMs: number): boolean =>
  [...queue.sources.values()].some(({ heard }) => isSilent(heard, nowMs));

/** Forgets what is over: yesterday's intervals, and sources unheard of for a day. */
const prune = (state: LiveState, key: QueueKey, queue: QueueState, nowMs: number): void => {
  for (const [name, { record }] of queue.sources) {
    if (record.as_of <= nowMs - FORGET_AFTER_MS) queue.sources.delete(name);
  }
  for (const [name, { startMs }] of queue.intervals) {
    if (startMs < state.today.fromMs) queue.intervals.delete(name);
  }
  if (queue.sources.size > 0 || queue.intervals.size > 0) return;
  state.queues.delete(key);
  state.generation += 1;
};

/** Lets time pass. Returns the queues that look different only because of it: gone stale, or in a new interval or day. */
export const advance = (state: LiveState, nowMs: number): readonly QueueKey[] => {
  const changed: QueueKey[] = [];
  const newInterval = quarterHour(nowMs) !== state.currentIntervalMs;
  if (newInterval) {
    state.currentIntervalMs = quarterHour(nowMs);
    state.today = localDayAround(state.timeZone, nowMs);
  }
  for (const [key, queue] of state.queues) {
    if (newInterval) prune(state, key, queue, nowMs);
    const stale = isStale(queue, nowMs);
    if (newInterval || stale !== queue.stale) changed.push(key);
    queue.stale = stale;
  }
  return changed;
};

const AGENT_STATES = [
  'staffed',
  'available',
  'ringing',
  'on_contact',
  'on_hold',
  'wrap_up',
  'unavailable',
] as const satisfies readonly (keyof AgentCounts)[];

const sumAgents = (records: readonly LiveQueueRecord[]): AgentCounts => {
  const sums = {
    staffed: 0,
    available: 0,
    ringing: 0,
    on_contact: 0,
    on_hold: 0,
    wrap_up: 0,
    unavailable: 0,
  };
  for (const { agents } of records) for (const name of AGENT_STATES) sums[name] += agents[name];
  return sums;
};

/** Totals of the intervals in a range, with the agents' stretches that are still open in it. */
const totalsWithin = (queue: QueueState, { fromMs, toMs }: TimeRange): LiveTotals => {
  const inRange = (startMs: number): boolean => startMs >= fromMs && startMs < toMs;
  let sum = NO_TOTALS;
  for (const { startMs, totals } of queue.intervals.values())
    if (inRange(startMs)) sum = addTotals(sum, totals);
  for (const { record } of queue.sources.values()) {
    const open = record.open_agent_time;
    if (inRange(open.interval_start)) sum = addTotals(sum, totalsOfOpenTime(open));
  }
  return sum;
};

/** One queue as wallboards see it, summed over its sources; null while no source has told of it. */
export const liveQueue = (state: LiveState, key: QueueKey, nowMs: number): LiveQueue | null => {
  const queue = state.queues.get(key);
  if (queue === undefined || queue.sources.size === 0) return null;
  const sources = [...queue.sources.values()];
  const records = sources.map(({ record }) => record);
  const waitingSince = records.flatMap(({ oldest_waiting_since: since }) => (since === null ? [] : [since]));
  const interval = { fromMs: state.currentIntervalMs, toMs: state.currentIntervalMs + GRAIN_MS };
  return {
    tenant: queue.tenant,
    queue: queue.queue,
    channel: queue.channel,
    waiting: records.reduce((sum, record) => sum + record.waiting, 0),
    oldest_waiting_since:
      waitingSince.length === 0 ? null : new Date(Math.min(...waitingSince)).toISOString(),
    agents: sumAgents(records),
    ...(queue.definition === null ? {} : { definition: queue.definition }),
    today: liveFigures(totalsWithin(queue, state.today)),
    interval: liveFigures(totalsWithin(queue, interval)),
    // The queue is known as a whole only up to its least recent source.
    as_of: new Date(Math.min(...sources.map(({ heard }) => heard.asOfMs))).toISOString(),
    ...(isStale(queue, nowMs) ? { stale: true } : {}),
  };
};

/** The keys of a tenant's queues, by queue and channel. */
export const keysOfTenant = (state: LiveState, tenant: string): readonly QueueKey[] =>
  [...state.queues]
    .filter(([, queue]) => queue.tenant === tenant)
    .map(([key]) => key)
    .sort();

/** Which queue a key names, without its figures. */
export const queueOfKey = (state: LiveState, key: QueueKey): { tenant: string; queue: string } | null =>
  state.queues.get(key) ?? null;

/** Last part of the naive oracle: interval totals of legs and agents' stretches, each put where it belongs by itself. */
import type { Channel } from '../../schemas/events.ts';
import type { AgentIntervalRow, QueueIntervalRow } from '../../schemas/rows.ts';
import type { NaiveSegment } from './naive-agents.ts';
import type { NaiveLeg } from './naive-legs.ts';

export type NaiveQueueInterval = Omit<QueueIntervalRow, 'generation' | 'version'>;
export type NaiveAgentInterval = Omit<AgentIntervalRow, 'generation' | 'version'>;

const INTERVAL_MS = 900_000;
export const intervalOf = (atMs: number): number => Math.floor(atMs / INTERVAL_MS) * INTERVAL_MS;

const edgesEvery = (afterS: number, toS: number, stepS: number): number[] =>
  Array.from({ length: (toS - afterS) / stepS }, (_, i) => afterS + (i + 1) * stepS);
const HOUR_S = 3_600;
/** Seconds, as listed in metrics.md. */
const EDGES_S = [
  ...edgesEvery(0, 60, 1),
  ...edgesEvery(60, 300, 5),
  ...edgesEvery(300, 1_800, 30),
  ...edgesEvery(1_800, 7_200, 300),
  ...edgesEvery(2 * HOUR_S, 24 * HOUR_S, HOUR_S),
  ...edgesEvery(24 * HOUR_S, 7 * 24 * HOUR_S, 24 * HOUR_S),
];
/** The key of the open last bin: the largest a ClickHouse `Map(UInt32, …)` has. */
const OPEN_BIN = 4_294_967_295;
const edgeOf = (waitMs: number): number => {
  const edge = EDGES_S.find((seconds) => seconds * 1000 >= waitMs);
  return edge === undefined ? OPEN_BIN : edge * 1000;
};

const histogram = (waits: readonly number[]): Map<number, number> => {
  const counts = new Map<number, number>();
  for (const wait of waits) counts.set(edgeOf(wait), (counts.get(edgeOf(wait)) ?? 0) + 1);
  return counts;
};
const sum = (values: readonly (number | null)[]): number =>
  values.reduce<number>((total, value) => total + (value ?? 0), 0);
const waitsOf = (legs: readonly NaiveLeg[]): number[] => legs.map((leg) => leg.wait_ms ?? 0);

type Counters = Omit<NaiveQueueInterval, 'tenant' | 'source' | 'queue' | 'channel' | 'interval_start'>;
type AgentTime = Pick<
  Counters,
  'on_contact_ms' | 'on_hold_ms' | 'wrap_up_ms' | 'available_ms' | 'staffed_ms'
>;

const countLegs = (legs: readonly NaiveLeg[]): Omit<Counters, keyof AgentTime> => {
  const which = (outcome: NaiveLeg['outcome']): NaiveLeg[] => legs.filter((leg) => leg.outcome === outcome);
  const count = (outcome: NaiveLeg['outcome']): number => which(outcome).length;
  const answered = which('answered');
  const abandoned = which('abandoned');
  const exited = (
    ['timed_out', 'left_empty', 'key_exit', 'overflowed', 'callback', 'withdrawn'] as const
  ).flatMap(which);
  const handled = answered.filter((leg) => leg.ended_at !== null && leg.talk_ms !== null);
  const held = handled.filter((leg) => leg.hold_ms !== null && leg.hold_ms > 0);
  return {
    offered: legs.filter((leg) => !leg.outcome?.startsWith('refused_')).length,
    answered: answered.length,
    abandoned: abandoned.length,
    timed_out: count('timed_out'),
    left_empty: count('left_empty'),
    key_exit: count('key_exit'),
    overflowed: count('overflowed'),
    callback: count('callback'),
    withdrawn: count('withdrawn'),
    unknown: count('unknown'),
    refused_full: count('refused_full'),
    refused_empty: count('refused_empty'),
    refused_closed: count('refused_closed'),
    in_progress: count(null),
    wait_answered: histogram(waitsOf(answered)),
    wait_abandoned: histogram(waitsOf(abandoned)),
    wait_exited: histogram(waitsOf(exited)),
    wait_answered_ms: sum(waitsOf(answered)),
    wait_abandoned_ms: sum(waitsOf(abandoned)),
    max_wait_ms: Math.max(0, ...waitsOf([...answered, ...abandoned, ...exited])),
    handled: handled.length,
    held: held.length,
    talk_ms: sum(handled.map((leg) => leg.talk_ms)),
    hold_ms: sum(handled.map((leg) => leg.hold_ms)),
    wrap_ms: sum(handled.map((leg) => leg.wrap_ms)),
    transferred_blind: handled.filter((leg) => leg.transfer_kind === 'blind').length,
    transferred_attended: handled.filter((leg) => leg.transfer_kind === 'attended').length,
  };
};

/** The part of a stretch that passes in one interval and belongs to one queue, or to the agent when `queue` is null. */
interface Slice {
  readonly segment: NaiveSegment;
  readonly queue: string | null;
  readonly interval: number;
  readonly ms: number;
}

/**
 * Whole milliseconds of a stretch shared by n queues: the ith (by name) has had ⌊(ms since its beginning + i) / n⌋, so
 * that at any moment the shares add up to the whole.
 */
const slicesOf = (segment: NaiveSegment): Slice[] => {
  const slices: Slice[] = [];
  const { started_at, ended_at, queues } = segment;
  for (let interval = intervalOf(started_at); interval < ended_at; interval += INTERVAL_MS) {
    const from = Math.max(started_at, interval) - started_at;
    const to = Math.min(ended_at, interval + INTERVAL_MS) - started_at;
    slices.push({ segment, queue: null, interval, ms: to - from });
    for (const [i, queue] of queues.entries()) {
      const n = queues.length;
      slices.push({ segment, queue, interval, ms: Math.floor((to + i) / n) - Math.floor((from + i) / n) });
    }
  }
  return slices.filter(({ ms }) => ms > 0);
};

const inState = (slices: readonly Slice[], state: NaiveSegment['state']): number =>
  sum(slices.filter(({ segment }) => segment.state === state).map(({ ms }) => ms));
const total = (slices: readonly Slice[]): number => sum(slices.map(({ ms }) => ms));

const countTime = (slices: readonly Slice[]): AgentTime => ({
  on_contact_ms: inState(slices, 'on_contact'),
  on_hold_ms: inState(slices, 'on_hold'),
  wrap_up_ms: inState(slices, 'wrap_up'),
  available_ms: inState(slices, 'available'),
  staffed_ms: total(slices),
});

const groupBy = <T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
};

/** Channel by queue and contact; a queue's idle time goes to the channel the queue was first offered a contact on. */
const channelsOf = (legs: readonly NaiveLeg[]): ((segment: NaiveSegment, queue: string) => Channel) => {
  const first = new Map<string, Channel>();
  const ofContact = new Map<string, Channel>();
  for (const { tenant, source, queue, contact_id, channel } of legs) {
    const place = JSON.stringify([tenant, source, queue]);
    if (!first.has(place)) first.set(place, channel);
    ofContact.set(JSON.stringify([tenant, source, queue, contact_id]), channel);
  }
  return ({ tenant, source, contact_id }, queue) =>
    ofContact.get(JSON.stringify([tenant, source, queue, contact_id])) ??
    first.get(JSON.stringify([tenant, source, queue])) ??
    'voice';
};

type Place = readonly [tenant: string, source: string, queue: string, channel: Channel, interval: number];
const byPlace = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : 1;

/** Totals of all queues, by queue, channel and interval. A row where there is something to count. */
export const queueIntervalsOf = (
  legs: readonly NaiveLeg[],
  segments: readonly NaiveSegment[],
): NaiveQueueInterval[] => {
  const channelOf = channelsOf(legs);
  const placeOfLeg = ({ tenant, source, queue, channel, offered_at }: NaiveLeg): string =>
    JSON.stringify([tenant, source, queue, channel, intervalOf(offered_at)] satisfies Place);
  const placeOfSlice = ({ segment, queue, interval }: Slice): string => {
    const { tenant, source } = segment;
    const name = queue ?? '';
    return JSON.stringify([tenant, source, name, channelOf(segment, name), interval] satisfies Place);
  };
  const legsAt = groupBy(legs, placeOfLeg);
  const slicesAt = groupBy(
    segments.flatMap(slicesOf).filter(({ queue }) => queue !== null),
    placeOfSlice,
  );
  return [...new Set([...legsAt.keys(), ...slicesAt.keys()])]
    .map((place) => [place, place] as const)
    .sort(byPlace)
    .map(([place]) => {
      const [tenant, source, queue, channel, interval_start] = JSON.parse(place) as Place;
      const counted = countLegs(legsAt.get(place) ?? []);
      const time = countTime(slicesAt.get(place) ?? []);
      return { tenant, source, queue, channel, interval_start, ...counted, ...time };
    });
};

const reasonsOf = (slices: readonly Slice[]): Map<string, number> => {
  const away = slices.filter(({ segment }) => segment.state === 'unavailable');
  return new Map(
    [...groupBy(away, ({ segment }) => segment.reason)].map(([reason, of]) => [reason, total(of)]),
  );
};

/** Totals of all agents, by agent and interval; `handled` counts where the contact part ended. */
export const agentIntervalsOf = (
  legs: readonly NaiveLeg[],
  segments: readonly NaiveSegment[],
): NaiveAgentInterval[] => {
  const ended = legs.filter((leg) => leg.outcome === 'answered' && leg.ended_at !== null && leg.agent !== '');
  const endedAt = groupBy(ended, ({ tenant, source, agent, ended_at }) =>
    JSON.stringify([tenant, source, agent, intervalOf(ended_at ?? 0)]),
  );
  const slicesAt = groupBy(
    segments.flatMap(slicesOf).filter(({ queue }) => queue === null),
    ({ segment, interval }) => JSON.stringify([segment.tenant, segment.source, segment.agent, interval]),
  );
  return [...new Set([...endedAt.keys(), ...slicesAt.keys()])].sort().map((place) => {
    const [tenant, source, agent, interval_start] = JSON.parse(place) as [string, string, string, number];
    const slices = slicesAt.get(place) ?? [];
    const { available_ms, on_contact_ms, on_hold_ms, wrap_up_ms, staffed_ms } = countTime(slices);
    return {
      tenant,
      source,
      agent,
      interval_start,
      available_ms,
      on_contact_ms,
      on_hold_ms,
      wrap_up_ms,
      staffed_ms,
      ringing_ms: inState(slices, 'ringing'),
      unavailable_ms: inState(slices, 'unavailable'),
      handled: endedAt.get(place)?.length ?? 0,
      reasons: reasonsOf(slices),
    };
  });
};

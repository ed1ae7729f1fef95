/**
 * The rows a pile of canonical events must lead to, worked out by plain passes over the whole pile: slow, and simple
 * enough to be believed. It follows docs/metrics.md and shares no code with processors/, whose fold it judges.
 *
 * It expects agents to be announced (logged in, or joined to a queue) before they work, and leaves out the time limits
 * by which the fold closes what has not been heard of for hours. Time still open at the end is counted up to the last
 * quarter hour or heartbeat: end a pile with `source_progressed` and all of it counts.
 */
import type { CanonicalEvent } from '../../schemas/events.ts';
import type { AgentStateRow } from '../../schemas/rows.ts';
import { type NaiveSegment, segmentsOfSource, statesOf } from './naive-agents.ts';
import { legOf, type NaiveLeg, staysOf } from './naive-legs.ts';
import {
  agentIntervalsOf,
  intervalOf,
  type NaiveAgentInterval,
  type NaiveQueueInterval,
  queueIntervalsOf,
} from './naive-totals.ts';

export interface NaiveBatch {
  /** Final legs: the rows of `contact_legs`. By contact and leg. */
  readonly contactLegs: readonly NaiveLeg[];
  /** All legs, those that wait or talk too, by contact and leg. */
  readonly legs: readonly NaiveLeg[];
  /** By source, agent and time; without `offline`. Open stretches as far as they count. */
  readonly segments: readonly NaiveSegment[];
  /** Stretches that are over: the rows of `agent_states`. By source, agent and time. */
  readonly agentStates: readonly Omit<AgentStateRow, 'version'>[];
  /** By source, queue, channel and interval. */
  readonly queueIntervals: readonly NaiveQueueInterval[];
  /** By source, agent and interval. */
  readonly agentIntervals: readonly NaiveAgentInterval[];
}

/** Repeats dropped (the first counts), oldest first; equal times stay in the order given. */
const inOrder = (events: readonly CanonicalEvent[]): CanonicalEvent[] => {
  const first = new Map<string, CanonicalEvent>();
  for (const event of events) {
    const name = JSON.stringify([event.tenant, event.source, event.seq]);
    if (!first.has(name)) first.set(name, event);
  }
  return [...first.values()].sort((a, b) => a.event_time - b.event_time);
};

const sourceOf = ({ tenant, source }: CanonicalEvent): string => JSON.stringify([tenant, source]);

/** Cuts what is still open at the last event back to where it counts; `false` = nothing of it does. */
const cutOpen = (segment: NaiveSegment, lastEventAt: number, countedTo: number): NaiveSegment | false => {
  if (segment.ended_at < lastEventAt) return segment;
  const duration_ms = countedTo - segment.started_at;
  return duration_ms > 0 && { ...segment, ended_at: countedTo, duration_ms };
};

const tracksAgents = (events: readonly CanonicalEvent[]): boolean => {
  const declared = events.flatMap(({ body }) =>
    body.type === 'source_declared' ? [body.tracks_agents] : [],
  );
  return declared.at(-1) ?? true;
};

const timeOfSource = (
  events: readonly CanonicalEvent[],
  stays: ReturnType<typeof staysOf>,
): Pick<NaiveBatch, 'segments' | 'agentStates'> => {
  const last = events.at(-1);
  if (last === undefined || !tracksAgents(events)) return { segments: [], agentStates: [] };
  const heartbeat = events.findLast(({ body }) => body.type === 'source_progressed');
  const countedTo = Math.max(intervalOf(last.event_time), heartbeat?.event_time ?? 0);
  // One more millisecond tells what is still open at the last event from what ended with it.
  const openTill = last.event_time + 1;
  const { tenant, source } = last;
  const all = segmentsOfSource({ tenant, source }, events, stays, openTill);
  return {
    segments: all.flatMap((segment) => cutOpen(segment, openTill, countedTo) || []),
    agentStates: statesOf(all).filter(({ ended_at }) => ended_at < openTill),
  };
};

const batchOfSource = (events: readonly CanonicalEvent[]): NaiveBatch => {
  const stays = staysOf(events);
  const { segments, agentStates } = timeOfSource(events, stays);
  const byOffering = stays.map(legOf);
  const legs = byOffering.toSorted((a, b) =>
    a.contact_id === b.contact_id ? a.leg - b.leg : a.contact_id < b.contact_id ? -1 : 1,
  );
  return {
    legs,
    contactLegs: legs.filter((leg) => leg.ended_at !== null),
    segments,
    agentStates,
    queueIntervals: queueIntervalsOf(byOffering, segments),
    agentIntervals: tracksAgents(events) ? agentIntervalsOf(byOffering, segments) : [],
  };
};

/** The rows of all events, whatever their order but for equal times, repeats dropped. */
export const naiveBatch = (events: readonly CanonicalEvent[]): NaiveBatch => {
  const ordered = inOrder(events);
  const batches = [...new Set(ordered.map(sourceOf))]
    .sort()
    .map((source) => batchOfSource(ordered.filter((event) => sourceOf(event) === source)));
  return {
    legs: batches.flatMap(({ legs }) => legs),
    contactLegs: batches.flatMap(({ contactLegs }) => contactLegs),
    segments: batches.flatMap(({ segments }) => segments),
    agentStates: batches.flatMap(({ agentStates }) => agentStates),
    queueIntervals: batches.flatMap(({ queueIntervals }) => queueIntervals),
    agentIntervals: batches.flatMap(({ agentIntervals }) => agentIntervals),
  };
};

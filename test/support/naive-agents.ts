/** Second half of the naive oracle: where each agent's time goes, moment by moment. */
import type { CanonicalEvent } from '../../schemas/events.ts';
import type { AgentStateName, AgentStateRow } from '../../schemas/rows.ts';
import type { Stay } from './naive-legs.ts';

/** A stretch of an agent's time; `queues` are those it belongs to, shared among them where it is idle time. */
export type NaiveSegment = Omit<AgentStateRow, 'version'> & { readonly queues: readonly string[] };

/** An agent is busy with something in [from, to); `to` null = still. Lower `rank` binds more. */
interface Activity {
  readonly agent: string;
  readonly state: AgentStateName;
  readonly rank: number;
  readonly contactId: string;
  readonly queue: string;
  readonly from: number;
  readonly to: number | null;
}

const activitiesOfStay = (stay: Stay): Activity[] => {
  if (stay.answer === null) return [];
  const about = { agent: stay.answer.agent, contactId: stay.offered.contact_id, queue: stay.offered.queue };
  // While he holds a contact, an agent is not on that contact: the talk is what the holds leave of it.
  const talks = [stay.answer.at, ...stay.holds.flatMap((hold) => (hold.to === null ? [] : [hold.to]))].map(
    (from, i) => ({ from, to: stay.holds[i]?.from ?? stay.endedAt }),
  );
  return [
    ...talks.map((talk): Activity => ({ ...about, state: 'on_contact', rank: 0, ...talk })),
    ...stay.holds.map((hold): Activity => ({ ...about, state: 'on_hold', rank: 1, ...hold })),
    ...(stay.wrap === null ? [] : [{ ...about, state: 'wrap_up', rank: 2, ...stay.wrap } satisfies Activity]),
  ];
};

/** Rings run from the ringing to its result, the answer or a restart; where only the result is told, `ring_ms` before it. */
const ringsOf = (events: readonly CanonicalEvent[]): Activity[] => {
  const rings: Activity[] = [];
  const ringing = new Map<string, number>();
  const ring = (key: string, from: number, to: number | null): void => {
    const [agent = '', contactId = '', queue = ''] = JSON.parse(key) as string[];
    rings.push({ agent, contactId, queue, state: 'ringing', rank: 3, from, to });
  };
  for (const { body, event_time: at } of events) {
    if (body.type === 'source_restarted') {
      for (const [key, from] of ringing) ring(key, from, at);
      ringing.clear();
    }
    if (body.type !== 'agent_ringing' && body.type !== 'agent_rang' && body.type !== 'contact_answered')
      continue;
    const key = JSON.stringify([body.agent, body.contact_id, body.queue]);
    if (body.type === 'agent_ringing') {
      ringing.set(key, at);
    } else {
      ring(key, ringing.get(key) ?? at - (body.ring_ms ?? 0), at);
      ringing.delete(key);
    }
  }
  for (const [key, from] of ringing) ring(key, from, null);
  return rings;
};

/** Where an agent is from `at` on, his contacts apart. */
interface Presence {
  readonly at: number;
  readonly here: boolean;
  readonly loggedIn: boolean;
  /** Queue joined → why paused there, or null. */
  readonly queues: ReadonlyMap<string, string | null>;
  /** Why paused in all queues, or null. */
  readonly pausedFor: string | null;
}
const AWAY: Presence = { at: 0, here: false, loggedIn: false, queues: new Map(), pausedFor: null };

const nextPresence = (was: Presence, { body, event_time: at }: CanonicalEvent): Presence => {
  const queues = new Map(was.queues);
  switch (body.type) {
    case 'agent_logged_in':
      return { ...was, at, here: true, loggedIn: true };
    case 'agent_logged_out':
      return { ...was, at, here: false, loggedIn: false, pausedFor: null };
    case 'agent_joined_queue':
      return { ...was, at, here: true, queues: queues.set(body.queue, body.paused ? '' : null) };
    case 'agent_left_queue':
      queues.delete(body.queue);
      return { ...was, at, here: was.loggedIn || (was.here && queues.size > 0), queues };
    case 'agent_paused':
      if (body.queue === '') return { ...was, at, pausedFor: body.reason };
      return { ...was, at, queues: queues.set(body.queue, body.reason) };
    case 'agent_unpaused':
      for (const queue of queues.keys()) {
        if (body.queue === '' || body.queue === queue) queues.set(queue, null);
        else if (was.pausedFor !== null) queues.set(queue, was.pausedFor);
      }
      return { ...was, at, queues, pausedFor: null };
    default:
      return was;
  }
};

type State = Pick<NaiveSegment, 'state' | 'reason' | 'contact_id' | 'queue' | 'queues'>;
const idle = (state: AgentStateName, reason: string, queues: readonly string[]): State => ({
  state,
  reason,
  contact_id: '',
  queue: '',
  queues,
});

/** What binds the agent most at a moment. */
const stateAt = (at: number, activities: readonly Activity[], presences: readonly Presence[]): State => {
  const now = activities.filter(({ from, to }) => from <= at && (to === null || to > at));
  const [most] = now.sort((a, b) => a.rank - b.rank || a.from - b.from);
  if (most !== undefined) {
    const { state, contactId, queue } = most;
    return { state, reason: '', contact_id: contactId, queue, queues: [queue] };
  }
  const presence = presences.findLast((one) => one.at <= at) ?? AWAY;
  const joined = [...presence.queues.keys()].sort();
  const unpaused = joined.filter((queue) => presence.queues.get(queue) === null);
  if (!presence.here) return idle('offline', '', []);
  if (presence.pausedFor !== null) return idle('unavailable', presence.pausedFor, joined);
  if (joined.length > 0 && unpaused.length === 0) {
    return idle('unavailable', presence.queues.get(joined[0] ?? '') ?? '', joined);
  }
  return idle('available', '', unpaused);
};

const sameState = (a: State, b: State): boolean =>
  JSON.stringify([a.state, a.reason, a.contact_id, a.queue, a.queues]) ===
  JSON.stringify([b.state, b.reason, b.contact_id, b.queue, b.queues]);

interface AgentHistory extends Pick<NaiveSegment, 'tenant' | 'source' | 'agent'> {
  readonly activities: readonly Activity[];
  readonly presences: readonly Presence[];
}

/** An agent's time up to `untilMs`, cut wherever anything changes. */
const segmentsOf = (history: AgentHistory, untilMs: number): NaiveSegment[] => {
  const { activities, presences, ...whose } = history;
  const moments = [
    ...activities.flatMap(({ from, to }) => [from, to ?? untilMs]),
    ...presences.map(({ at }) => at),
  ];
  const cuts = [...new Set(moments), untilMs].filter((at) => at <= untilMs).sort((a, b) => a - b);
  const segments: NaiveSegment[] = [];
  for (const [i, from] of cuts.entries()) {
    const to = cuts[i + 1] ?? from;
    if (to === from) continue;
    const state = stateAt(from, activities, presences);
    const last = segments.at(-1);
    const goesOn = last !== undefined && last.ended_at === from && sameState(last, state);
    if (goesOn) segments.pop();
    const started = goesOn ? last.started_at : from;
    segments.push({ ...whose, ...state, started_at: started, ended_at: to, duration_ms: to - started });
  }
  return segments.filter(({ state }) => state !== 'offline');
};

/** The agents' time of one source's events (oldest first), by agent and time, up to `untilMs`. */
export const segmentsOfSource = (
  where: Pick<NaiveSegment, 'tenant' | 'source'>,
  events: readonly CanonicalEvent[],
  stays: readonly Stay[],
  untilMs: number,
): NaiveSegment[] => {
  const activities = [...stays.flatMap(activitiesOfStay), ...ringsOf(events)];
  const presences = new Map<string, Presence[]>();
  for (const event of events) {
    if (!event.body.type.startsWith('agent_') || !('agent' in event.body) || 'contact_id' in event.body)
      continue;
    const ofAgent = presences.get(event.body.agent) ?? [];
    presences.set(event.body.agent, [...ofAgent, nextPresence(ofAgent.at(-1) ?? AWAY, event)]);
  }
  const agents = new Set([...presences.keys(), ...activities.map(({ agent }) => agent)]);
  return [...agents].sort().flatMap((agent) => {
    const own = activities.filter((activity) => activity.agent === agent);
    return segmentsOf({ ...where, agent, activities: own, presences: presences.get(agent) ?? [] }, untilMs);
  });
};

/** Stretches joined again that were cut only because the agent's queues changed: the rows of `agent_states`. */
export const statesOf = (segments: readonly NaiveSegment[]): Omit<AgentStateRow, 'version'>[] => {
  const states: Omit<AgentStateRow, 'version'>[] = [];
  for (const { queues: _, ...segment } of segments) {
    const last = states.at(-1);
    const about = (of: typeof segment): string =>
      JSON.stringify([of.tenant, of.source, of.agent, of.state, of.reason, of.contact_id, of.queue]);
    if (last !== undefined && last.ended_at === segment.started_at && about(last) === about(segment)) {
      states.pop();
      const { started_at } = last;
      states.push({ ...segment, started_at, duration_ms: segment.ended_at - started_at });
    } else {
      states.push(segment);
    }
  }
  return states;
};

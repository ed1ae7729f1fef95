/**
 * Where an agent's time goes. An agent is in one state at a time, the one that binds the most, across all queues and
 * channels, so wall-clock time is never counted twice. Time is reported to a book, which clips and adds it up.
 */
import type { AgentEvent, Channel } from '../../schemas/events.ts';
import type { AgentStateName } from '../../schemas/rows.ts';

type Work = 'on_contact' | 'on_hold' | 'wrap_up' | 'ringing';

/** What an agent is doing for one contact. */
export interface Activity {
  readonly contactId: string;
  readonly queue: string;
  readonly channel: Channel;
  readonly work: Work;
  /** When it ends by itself: a planned wrap-up, or the limit past which its end must have been lost; null = never. */
  readonly untilMs: number | null;
}

/** How we know that an agent is there. Feeds that log static members nowhere only show them at work: presumed. */
export type Presence = 'off' | 'presumed' | 'joined' | 'logged_in';

/** The stretch of time an agent is in now. Counted up to `countedToMs`; shared among `queues` since `sharedSinceMs`. */
export interface Stretch {
  readonly state: AgentStateName;
  readonly reason: string;
  readonly contactId: string;
  readonly queue: string;
  readonly channel: Channel | null;
  readonly startedAtMs: number;
  countedToMs: number;
  queues: readonly string[];
  sharedSinceMs: number;
}

export interface Agent {
  readonly name: string;
  presence: Presence;
  /** Queue, in the order of names → why the agent is paused in it, null if not. */
  readonly queues: Map<string, string | null>;
  /** Paused in all queues, and why. */
  pausedFor: string | null;
  activities: Activity[];
  stretch: Stretch;
  lastHeardMs: number;
}

/** Where counted time goes. `toMs` ≥ `fromMs`; sign -1 takes back what an earlier call counted. */
export interface AgentBook {
  readonly time: (agent: Agent, stretch: Stretch, fromMs: number, toMs: number, sign: 1 | -1) => void;
  readonly ended: (agent: Agent, stretch: Stretch, endedAtMs: number) => void;
}

/** What contacts do to an agent, as the legs saw it. */
export type AgentWork =
  | {
      readonly type: 'rings' | 'answers' | 'holds' | 'resumes' | 'finishes' | 'wrap_up_ends';
      readonly contactId: string;
      readonly queue: string;
      readonly channel: Channel;
      /** How long the phone had rung when the feed tells it only afterwards. */
      readonly rangMs: number | null;
    }
  | {
      readonly type: 'wraps_up';
      readonly contactId: string;
      readonly queue: string;
      readonly channel: Channel;
      readonly plannedMs: number | null;
    }
  | {
      readonly type: 'stops_ringing';
      readonly contactId: string;
      readonly queue: string;
      readonly channel: Channel;
      readonly rangMs: number;
    }
  | { readonly type: 'drops_everything' };

/** An agent only ever seen at work is presumed to stay this long after he was last heard of. */
export const PRESUMED_STAFFED_MS = 4 * 3_600_000;
/**
 * Any agent is taken to be gone when nothing was heard of him for this long: his log-out was lost, or one wrong stamp
 * lies years before the next. It also bounds how many intervals one event can
 * touch.
 */
export const UNHEARD_STAFFED_MS = 24 * 3_600_000;
/** A phone still ringing, or a wrap-up still open, after this long has lost its end. */
export const RING_LIMIT_MS = 10 * 60_000;
export const WRAP_UP_LIMIT_MS = 3_600_000;

export const newAgent = (name: string): Agent => ({
  name,
  presence: 'off',
  queues: new Map(),
  pausedFor: null,
  activities: [],
  stretch: idleFrom('offline', '', [], 0),
  lastHeardMs: 0,
});

const idleFrom = (
  state: AgentStateName,
  reason: string,
  queues: readonly string[],
  atMs: number,
): Stretch => ({
  state,
  reason,
  contactId: '',
  queue: '',
  channel: null,
  queues,
  startedAtMs: atMs,
  countedToMs: atMs,
  sharedSinceMs: atMs,
});
const workFrom = ({ contactId, queue, channel }: ContactWork, work: Work, atMs: number): Stretch => ({
  state: work,
  reason: '',
  contactId,
  queue,
  channel,
  queues: [queue],
  startedAtMs: atMs,
  countedToMs: atMs,
  sharedSinceMs: atMs,
});

/** Lower binds more (metrics.md, "Agent states"). */
const RANK: Readonly<Record<Work, number>> = { on_contact: 0, on_hold: 1, wrap_up: 2, ringing: 3 };

const bindingActivity = (agent: Agent): Activity | null => {
  let binding: Activity | null = null;
  for (const activity of agent.activities) {
    if (binding === null || RANK[activity.work] < RANK[binding.work]) binding = activity;
  }
  return binding;
};

/** The stretch that begins at `atMs` with what binds the agent now. */
const stretchFrom = (agent: Agent, activity: Activity | null, atMs: number): Stretch => {
  if (activity !== null) return workFrom(activity, activity.work, atMs);
  if (agent.presence === 'off') return idleFrom('offline', '', [], atMs);
  const queues = [...agent.queues.keys()];
  if (agent.pausedFor !== null) return idleFrom('unavailable', agent.pausedFor, queues, atMs);
  const open = queues.filter((queue) => agent.queues.get(queue) === null);
  if (open.length > 0 || queues.length === 0) return idleFrom('available', '', open, atMs);
  const [first = ''] = queues;
  return idleFrom('unavailable', agent.queues.get(first) ?? '', queues, atMs);
};

/** Puts an agent into a queue, or pauses or frees him there. A share of time goes by the queue's place, so places are by name. */
const setQueue = ({ queues }: Agent, queue: string, pausedFor: string | null): void => {
  const isNew = !queues.has(queue);
  queues.set(queue, pausedFor);
  if (!isNew || queues.size === 1) return;
  const sorted = [...queues].sort(([a], [b]) => (a < b ? -1 : 1));
  queues.clear();
  for (const [name, reason] of sorted) queues.set(name, reason);
};

const sameQueues = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((queue, i) => queue === b[i]);

/** Counts the open stretch up to `atMs`, or takes back what was counted beyond it. */
const countTo = (agent: Agent, atMs: number, book: AgentBook): void => {
  const { stretch } = agent;
  const { countedToMs } = stretch;
  if (atMs === countedToMs) return;
  if (stretch.state !== 'offline') {
    if (atMs > countedToMs) book.time(agent, stretch, countedToMs, atMs, 1);
    else book.time(agent, stretch, atMs, countedToMs, -1);
  }
  stretch.countedToMs = atMs;
};

const close = (agent: Agent, atMs: number, book: AgentBook): void => {
  countTo(agent, atMs, book);
  if (agent.stretch.state !== 'offline' && atMs > agent.stretch.startedAtMs) {
    book.ended(agent, agent.stretch, atMs);
  }
};

const isOn = ({ state, contactId, queue }: Stretch, activity: Activity): boolean =>
  state === activity.work && contactId === activity.contactId && queue === activity.queue;

/** After a change at `atMs`: goes on with the stretch if the state is the same, else ends it and begins the next. */
const rebind = (agent: Agent, atMs: number, book: AgentBook): void => {
  const { stretch } = agent;
  const activity = bindingActivity(agent);
  if (activity !== null && isOn(stretch, activity)) return;
  const next = stretchFrom(agent, activity, atMs);
  const same =
    stretch.state === next.state &&
    stretch.reason === next.reason &&
    stretch.contactId === next.contactId &&
    stretch.queue === next.queue;
  if (!same) {
    close(agent, atMs, book);
    agent.stretch = next;
  } else if (!sameQueues(stretch.queues, next.queues)) {
    countTo(agent, atMs, book);
    stretch.queues = next.queues;
    stretch.sharedSinceMs = atMs;
  }
};

/** Ends what ends by itself up to `atMs`, in the order of time. */
const settle = (agent: Agent, atMs: number, book: AgentBook): void => {
  for (;;) {
    let first: Activity | null = null;
    for (const activity of agent.activities) {
      if (activity.untilMs === null || activity.untilMs > atMs) continue;
      if (first?.untilMs == null || activity.untilMs < first.untilMs) first = activity;
    }
    if (first?.untilMs == null) break;
    const gone = first;
    agent.activities = agent.activities.filter((activity) => activity !== gone);
    rebind(agent, Math.max(first.untilMs, agent.stretch.sharedSinceMs), book);
  }
  const isPresumed = agent.presence === 'presumed' && agent.activities.length === 0;
  const leftAtMs = agent.lastHeardMs + (isPresumed ? PRESUMED_STAFFED_MS : UNHEARD_STAFFED_MS);
  if (agent.stretch.state !== 'offline' && leftAtMs <= atMs) {
    agent.presence = 'off';
    agent.activities = [];
    rebind(agent, Math.max(leftAtMs, agent.stretch.sharedSinceMs), book);
  }
};

/** Moves an agent through time without news of him: counts his open stretch up to `atMs`. */
export const passTime = (agent: Agent, atMs: number, book: AgentBook): void => {
  settle(agent, atMs, book);
  if (atMs > agent.stretch.countedToMs) countTo(agent, atMs, book);
};

/** Hears of an agent. Returns when the news changes him: one from before the stretch began (a clock step), at its beginning. */
const hear = (agent: Agent, atMs: number, book: AgentBook): number => {
  settle(agent, atMs, book);
  const whenMs = Math.max(atMs, agent.stretch.sharedSinceMs);
  agent.lastHeardMs = Math.max(agent.lastHeardMs, whenMs);
  return whenMs;
};

/** Applies what the feed says of an agent's presence. Returns true when the clock stepped back. */
export const evolveAgent = (agent: Agent, event: AgentEvent, atMs: number, book: AgentBook): boolean => {
  const whenMs = hear(agent, atMs, book);
  applyPresence(agent, event);
  rebind(agent, whenMs, book);
  return whenMs !== atMs;
};

const applyPresence = (agent: Agent, event: AgentEvent): void => {
  switch (event.type) {
    case 'agent_logged_in':
      agent.presence = 'logged_in';
      return;
    case 'agent_logged_out':
      agent.presence = 'off';
      agent.pausedFor = null;
      return;
    case 'agent_joined_queue':
      if (agent.presence !== 'logged_in') agent.presence = 'joined';
      setQueue(agent, event.queue, event.paused ? '' : null);
      return;
    case 'agent_left_queue':
      agent.queues.delete(event.queue);
      if (agent.queues.size === 0 && agent.presence !== 'logged_in') agent.presence = 'off';
      return;
    case 'agent_paused':
      seenAt(agent, event.queue);
      if (event.queue === '') agent.pausedFor = event.reason;
      else setQueue(agent, event.queue, event.reason);
      return;
    case 'agent_unpaused':
      seenAt(agent, event.queue);
      unpause(agent, event.queue);
      return;
    default:
      event satisfies never;
  }
};

/** An agent nobody announced shows himself, and in which queue. */
const seenAt = (agent: Agent, queue: string): void => {
  if (agent.presence === 'off') agent.presence = 'presumed';
  if (queue !== '' && !agent.queues.has(queue)) setQueue(agent, queue, null);
};

const unpause = (agent: Agent, queue: string): void => {
  const { pausedFor } = agent;
  agent.pausedFor = null;
  if (queue === '') {
    for (const name of agent.queues.keys()) agent.queues.set(name, null);
    return;
  }
  // Paused everywhere and freed in one queue: the pause goes on in the others.
  if (pausedFor !== null) for (const name of agent.queues.keys()) agent.queues.set(name, pausedFor);
  setQueue(agent, queue, null);
};

/** Applies what a contact does to an agent. Returns true when the clock stepped back. */
export const evolveAgentWork = (agent: Agent, work: AgentWork, atMs: number, book: AgentBook): boolean => {
  if (work.type === 'answers' || work.type === 'stops_ringing') ringUntil(agent, work, atMs, book);
  const whenMs = hear(agent, atMs, book);
  applyWork(agent, work, atMs);
  rebind(agent, whenMs, book);
  return whenMs !== atMs;
};

const applyWork = (agent: Agent, work: AgentWork, atMs: number): void => {
  switch (work.type) {
    case 'rings':
      seenAt(agent, work.queue);
      // A ring told late must not take back the answer that followed it.
      if (!isAtWork(agent, work)) replace(agent, work, 'ringing', atMs + RING_LIMIT_MS);
      return;
    case 'stops_ringing':
      seenAt(agent, work.queue);
      remove(agent, work.contactId, work.queue, 'ringing');
      return;
    case 'answers':
      seenAt(agent, work.queue);
      replace(agent, work, 'on_contact', null);
      return;
    case 'holds':
      if (isAtWork(agent, work)) replace(agent, work, 'on_hold', null);
      return;
    case 'resumes':
      if (isAtWork(agent, work)) replace(agent, work, 'on_contact', null);
      return;
    case 'finishes':
      remove(agent, work.contactId, work.queue, 'on_contact');
      remove(agent, work.contactId, work.queue, 'on_hold');
      return;
    case 'wraps_up':
      replace(agent, work, 'wrap_up', atMs + Math.min(work.plannedMs ?? WRAP_UP_LIMIT_MS, WRAP_UP_LIMIT_MS));
      return;
    case 'wrap_up_ends':
      remove(agent, work.contactId, work.queue, 'wrap_up');
      return;
    case 'drops_everything':
      agent.activities = [];
      return;
    default:
      work satisfies never;
  }
};

interface ContactWork {
  readonly contactId: string;
  readonly queue: string;
  readonly channel: Channel;
}
const isFor = (activity: Activity, contactId: string, queue: string): boolean =>
  activity.contactId === contactId && activity.queue === queue;

const isAtWork = (agent: Agent, work: ContactWork): boolean =>
  agent.activities.some((activity) => isFor(activity, work.contactId, work.queue));

const replace = (agent: Agent, of: ContactWork, work: Work, untilMs: number | null): void => {
  const { contactId, queue, channel } = of;
  const others = agent.activities.filter((activity) => !isFor(activity, contactId, queue));
  agent.activities = [...others, { contactId, queue, channel, work, untilMs }];
};

const remove = (agent: Agent, contactId: string, queue: string, work: Work): void => {
  const isMeant = (activity: Activity): boolean =>
    activity.work === work && isFor(activity, contactId, queue);
  if (agent.activities.some(isMeant)) {
    agent.activities = agent.activities.filter((activity) => !isMeant(activity));
  }
};

/**
 * A feed that reports a ring only when it is over (queue_log) tells how long it was: the end of the idle stretch
 * before it was ringing. Other work binds more than ringing and stays.
 */
const ringUntil = (
  agent: Agent,
  work: ContactWork & { readonly rangMs: number | null },
  atMs: number,
  book: AgentBook,
): void => {
  settle(agent, atMs, book);
  const { stretch } = agent;
  const isIdle =
    stretch.state === 'available' || stretch.state === 'unavailable' || stretch.state === 'offline';
  const fromMs = Math.max(atMs - (work.rangMs ?? 0), stretch.sharedSinceMs);
  if (!isIdle || fromMs >= atMs) return;
  close(agent, fromMs, book);
  agent.stretch = workFrom(work, 'ringing', fromMs);
};

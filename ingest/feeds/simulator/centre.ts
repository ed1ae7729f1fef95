/**
 * The simulated centre's state: agents, queues and the legs in them, and the two ways in which what happens gets
 * out: as canonical events, and (for the truth) into a record of what the centre itself knows.
 */
import type {
  CanonicalEvent,
  EndedBy,
  EventBody,
  ExitOutcome,
  TransferKind,
} from '../../../schemas/events.ts';
import type { AgentStateName, LegOutcome } from '../../../schemas/rows.ts';
import { type Agenda, createAgenda } from './agenda.ts';
import {
  type AgentPlan,
  planAgents,
  planQueues,
  type QueuePlan,
  type SimulationOptions,
} from './centre-plan.ts';
import { createRandom, type Random } from './random.ts';

/** Who calls, and what stays the same through all legs of a contact. */
export interface Caller {
  readonly contactId: string;
  readonly caller: string;
  readonly language: string;
  readonly site: string;
  readonly tier: string;
}

/** One stay in one queue, as the centre knows it. Times are UTC ms. */
export interface Leg {
  readonly who: Caller;
  readonly leg: number;
  readonly queue: Queue;
  readonly offeredAt: number;
  readonly position: number | null;
  status: 'waiting' | 'ringing' | 'talking' | 'held' | 'over';
  outcome: LegOutcome | null;
  answeredAt: number | null;
  endedAt: number | null;
  waitMs: number | null;
  ringMs: number | null;
  talkMs: number;
  holdMs: number;
  wrapMs: number | null;
  /** Whose phone rings, or who answered. */
  agent: Agent | null;
  ringingSince: number;
  heldSince: number;
  /** Lengths of the talking still to come; a hold between any two. */
  talkLeftMs: number[];
  endedBy: Exclude<EndedBy, 'unknown'> | '';
  transferKind: TransferKind | '';
  transferredTo: string;
}

export interface Agent {
  readonly name: string;
  readonly plan: AgentPlan;
  state: AgentStateName;
  reason: string;
  stateSince: number;
  /** The leg the state is about. */
  leg: Leg | null;
  readonly joined: Set<Queue>;
  breakDue: { readonly reason: string; readonly lengthMs: number } | null;
  leaving: boolean;
}

export interface Queue {
  readonly plan: QueuePlan;
  readonly callsPerMs: number;
  readonly random: Random;
  /** In order of offering, those whose agent's phone rings included. */
  readonly waiting: Set<Leg>;
  /** Joined and available, longest idle first. */
  readonly idle: Set<Agent>;
  readonly staff: Set<Agent>;
}

/** What will happen, as data: the one who plans it need not know the one who does it. */
export type Task =
  | { readonly type: 'day_begins' }
  | { readonly type: 'shift_begins'; readonly agent: Agent; readonly endsAt: number }
  | { readonly type: 'shift_ends'; readonly agent: Agent }
  | { readonly type: 'break_due'; readonly agent: Agent; readonly reason: string; readonly lengthMs: number }
  | { readonly type: 'pause_ends'; readonly agent: Agent }
  | { readonly type: 'may_call'; readonly queue: Queue }
  | { readonly type: 'gives_up'; readonly leg: Leg; readonly outcome: ExitOutcome }
  | { readonly type: 'answers'; readonly leg: Leg; readonly agent: Agent; readonly since: number }
  | { readonly type: 'rings_out'; readonly leg: Leg; readonly agent: Agent; readonly since: number }
  | { readonly type: 'talk_pauses'; readonly leg: Leg; readonly talkedMs: number }
  | { readonly type: 'hold_ends'; readonly leg: Leg; readonly outcome: 'resume' | 'hang_up' | 'transfer' }
  | { readonly type: 'wrap_up_ends'; readonly leg: Leg; readonly agent: Agent; readonly wrapMs: number };

/** A stretch of an agent's time; `joined` are the queues he was in throughout. */
export interface Segment {
  readonly agent: Agent;
  readonly state: AgentStateName;
  readonly reason: string;
  readonly leg: Leg | null;
  readonly from: number;
  readonly to: number;
  readonly joined: readonly string[];
}
/** Hears everything the centre knows of itself. */
export interface CentreRecord {
  readonly legOpened: (leg: Leg) => void;
  readonly segmentEnded: (segment: Segment) => void;
}

export interface Centre {
  readonly options: SimulationOptions;
  readonly random: Random;
  readonly agenda: Agenda<Task>;
  readonly queues: readonly Queue[];
  readonly agents: readonly Agent[];
  readonly recentCallers: string[];
  readonly record: CentreRecord | null;
  /** Events not yet taken by the reader. */
  readonly happened: CanonicalEvent[];
  now: number;
  events: number;
  contacts: number;
}

/** An empty centre at its start: nobody there, nothing planned. */
export const openCentre = (options: SimulationOptions, record: CentreRecord | null): Centre => {
  const plans = planQueues(options.queues, options.agents).map((plan) => ({
    ...plan,
    name: `${options.queuePrefix}${plan.name}`,
  }));
  const queues = plans.map(
    (plan): Queue => ({
      plan,
      callsPerMs: (options.callsPerSecond * plan.share) / 1000,
      random: createRandom(options.seed, plan.name),
      waiting: new Set(),
      idle: new Set(),
      staff: new Set(),
    }),
  );
  const agents = planAgents(options.agents, plans).map(
    (plan): Agent => ({
      name: plan.name,
      plan,
      state: 'offline',
      reason: '',
      stateSince: options.startMs,
      leg: null,
      joined: new Set(),
      breakDue: null,
      leaving: false,
    }),
  );
  return {
    options,
    random: createRandom(options.seed, 'centre'),
    agenda: createAgenda<Task>(),
    queues,
    agents,
    recentCallers: [],
    record,
    happened: [],
    now: options.startMs,
    events: 0,
    contacts: 0,
  };
};

const SEQ_DIGITS = 10;

/** Says that something happens now. */
export const emit = (centre: Centre, body: EventBody): void => {
  centre.events += 1;
  centre.happened.push({
    tenant: centre.options.tenant,
    source: centre.options.source,
    seq: `${centre.options.startMs}-${String(centre.events).padStart(SEQ_DIGITS, '0')}`,
    event_time: centre.now,
    recorded_at: centre.now,
    body,
  });
};

/** Ends the agent's stretch now without changing anything else: also called where the queues he is in change. */
export const endSegment = (centre: Centre, agent: Agent): void => {
  if (centre.record !== null && agent.stateSince < centre.now && agent.state !== 'offline') {
    centre.record.segmentEnded({
      agent,
      state: agent.state,
      reason: agent.reason,
      leg: agent.leg,
      from: agent.stateSince,
      to: centre.now,
      joined: [...agent.joined].map((queue) => queue.plan.name),
    });
  }
  agent.stateSince = centre.now;
};

/** Puts an agent into a state. Only an available one is in his queues' lists of idle agents. */
export const setState = (
  centre: Centre,
  agent: Agent,
  state: AgentStateName,
  about: { readonly reason?: string; readonly leg?: Leg } = {},
): void => {
  endSegment(centre, agent);
  if (agent.state === 'available') for (const queue of agent.joined) queue.idle.delete(agent);
  agent.state = state;
  agent.reason = about.reason ?? '';
  agent.leg = about.leg ?? null;
  if (state === 'available') for (const queue of agent.joined) queue.idle.add(agent);
};

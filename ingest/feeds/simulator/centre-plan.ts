/**
 * The simulated centre on paper: its queues, the agents with their skills and shifts, and how many call when.
 * Everything here follows from the options; chance enters only while the centre runs.
 */

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

export interface SimulationOptions {
  readonly seed: number;
  readonly tenant: string;
  readonly source: string;
  /** UTC epoch ms. Part of every `seq`, so that centres begun at different times never mistake each other's events for repeats. */
  readonly startMs: number;
  /** The simulation ends before this moment; left out, it goes on for ever. */
  readonly untilMs?: number;
  readonly queues: number;
  readonly agents: number;
  /** Calls offered to all queues together at the busiest moment of the day. */
  readonly callsPerSecond: number;
  /** The centre's clock less UTC, ms: shifts and busy hours follow the local day. */
  readonly timeZoneOffsetMs: number;
  /** Put before every queue's name, so that a simulated queue is never taken for a real one of the same tenant. */
  readonly queuePrefix: string;
}

/** At which the default centre is busy (occupancy 0.75 to 0.9) and still answers most callers in time. */
export const CALLS_PER_SECOND_PER_AGENT = 0.00245;

/** The centre people get when they say nothing: 6 queues, 40 agents, calls in proportion to the agents. */
export const simulationDefaults = (
  given: Pick<SimulationOptions, 'seed' | 'tenant' | 'source' | 'startMs'> & Partial<SimulationOptions>,
): SimulationOptions => ({
  queues: 6,
  agents: 40,
  callsPerSecond: CALLS_PER_SECOND_PER_AGENT * (given.agents ?? 40),
  timeZoneOffsetMs: 0,
  queuePrefix: '',
  ...given,
});

export interface QueuePlan {
  readonly name: string;
  /** This queue's part of all calls. */
  readonly share: number;
  /** Mean connected time less hold. */
  readonly talkMs: number;
  /** Calls by local hour relative to the busiest, 24 values, joined by straight lines. */
  readonly profile: readonly number[];
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
}

const EVENING_SHOPPERS = [
  0.04, 0.03, 0.02, 0.02, 0.02, 0.03, 0.06, 0.12, 0.38, 0.7, 0.94, 1, 0.9, 0.86, 0.94, 1, 0.86, 0.55, 0.3,
  0.22, 0.18, 0.12, 0.08, 0.05,
];
const OFFICE_HOURS = [
  0.03, 0.02, 0.02, 0.02, 0.02, 0.03, 0.07, 0.16, 0.5, 0.86, 1, 0.96, 0.82, 0.78, 0.94, 0.96, 0.74, 0.42,
  0.22, 0.16, 0.12, 0.08, 0.05, 0.04,
];
const ROUND_THE_CLOCK = [
  0.07, 0.05, 0.05, 0.05, 0.05, 0.06, 0.1, 0.18, 0.5, 0.84, 1, 0.96, 0.86, 0.84, 0.94, 0.96, 0.8, 0.5, 0.28,
  0.22, 0.18, 0.13, 0.1, 0.08,
];

const KINDS = [
  { name: 'sales', weight: 20, talkMs: 200_000, profile: EVENING_SHOPPERS },
  { name: 'support', weight: 26, talkMs: 235_000, profile: ROUND_THE_CLOCK },
  { name: 'billing', weight: 20, talkMs: 165_000, profile: OFFICE_HOURS },
  { name: 'orders', weight: 16, talkMs: 130_000, profile: EVENING_SHOPPERS },
  { name: 'returns', weight: 10, talkMs: 140_000, profile: OFFICE_HOURS },
  { name: 'retention', weight: 8, talkMs: 225_000, profile: EVENING_SHOPPERS },
  { name: 'complaints', weight: 8, talkMs: 240_000, profile: OFFICE_HOURS },
  { name: 'technical', weight: 12, talkMs: 250_000, profile: ROUND_THE_CLOCK },
  { name: 'reception', weight: 10, talkMs: 60_000, profile: OFFICE_HOURS },
  { name: 'claims', weight: 10, talkMs: 220_000, profile: OFFICE_HOURS },
  { name: 'appointments', weight: 12, talkMs: 120_000, profile: OFFICE_HOURS },
  { name: 'emergency', weight: 6, talkMs: 150_000, profile: ROUND_THE_CLOCK },
] as const;

const MAX_WAIT_MS = 6 * MINUTE_MS;
const WAITING_PLACES_PER_AGENT = 0.9;
const FEWEST_WAITING_PLACES = 6;

/** `count` queues (at least one); past the known names they are numbered: `sales-2`. */
export const planQueues = (count: number, agents: number): readonly QueuePlan[] => {
  const chosen = Array.from({ length: Math.max(1, count) }, (_, i) => {
    const kind = KINDS[i % KINDS.length] ?? KINDS[0];
    const round = Math.floor(i / KINDS.length) + 1;
    return { ...kind, name: round === 1 ? kind.name : `${kind.name}-${round}` };
  });
  const weights = chosen.reduce((sum, kind) => sum + kind.weight, 0);
  return chosen.map(({ name, weight, talkMs, profile }) => ({
    name,
    share: weight / weights,
    talkMs,
    profile,
    maxWaiting: Math.max(
      FEWEST_WAITING_PLACES,
      Math.ceil((agents * WAITING_PLACES_PER_AGENT * weight) / weights),
    ),
    maxWaitMs: MAX_WAIT_MS,
  }));
};

/** Demand of a queue relative to its busiest moment, at a local time of day. */
export const demandAt = (queue: QueuePlan, msOfDay: number): number => {
  const hours = msOfDay / HOUR_MS;
  const hour = Math.floor(hours);
  const from = queue.profile[hour % 24] ?? 0;
  const to = queue.profile[(hour + 1) % 24] ?? 0;
  return from + (to - from) * (hours - hour);
};

export interface Shift {
  readonly name: string;
  /** Part of all agents. */
  readonly share: number;
  /** Minutes after local midnight; an end past 1,440 is on the next day. */
  readonly fromMinute: number;
  readonly toMinute: number;
}

const SHIFTS: readonly Shift[] = [
  { name: 'day', share: 0.32, fromMinute: 8 * 60, toMinute: 16 * 60 + 45 },
  { name: 'early', share: 0.2, fromMinute: 6 * 60 + 15, toMinute: 15 * 60 },
  { name: 'middle', share: 0.2, fromMinute: 9 * 60 + 15, toMinute: 18 * 60 },
  { name: 'late', share: 0.18, fromMinute: 12 * 60 + 30, toMinute: 21 * 60 + 15 },
  { name: 'night', share: 0.1, fromMinute: 21 * 60, toMinute: 30 * 60 + 30 },
];

export interface AgentPlan {
  readonly name: string;
  /** Places in the list of queues, the main one first. */
  readonly skills: readonly number[];
  readonly shift: Shift;
}

const MAX_SKILLS = 3;
const SKILLS_BY_TURN = [2, 3, 2, 3, 1] as const;

/** The queue at `position` (0..1) of all demand, so that equally spaced agents staff the queues as they are called. */
const queueAtDemand = (queues: readonly QueuePlan[], position: number): number => {
  let below = 0;
  for (const [i, queue] of queues.entries()) {
    below += queue.share;
    if (position < below) return i;
  }
  return queues.length - 1;
};

/** Skills of the `nth` of `crew` agents of one shift. The few at night take everything between them. */
const planSkills = (queues: readonly QueuePlan[], shift: Shift, nth: number, crew: number): number[] => {
  const atNight = shift.name === 'night';
  const main = atNight ? Math.floor((nth * queues.length) / crew) : queueAtDemand(queues, (nth + 0.5) / crew);
  const count = Math.min(
    queues.length,
    atNight ? MAX_SKILLS : (SKILLS_BY_TURN[nth % SKILLS_BY_TURN.length] ?? 1),
  );
  const stride = atNight || queues.length < 4 ? 1 : 1 + (nth % 2);
  const skills = new Set<number>();
  for (let i = 0; skills.size < count; i += 1) {
    const skill = (main + i * stride) % queues.length;
    skills.add(skills.has(skill) ? (skill + 1) % queues.length : skill);
  }
  return [...skills];
};

/** `count` agents spread over the shifts, and within each shift over the queues in proportion to their calls. */
export const planAgents = (count: number, queues: readonly QueuePlan[]): readonly AgentPlan[] => {
  const agents: AgentPlan[] = [];
  let share = 0;
  for (const shift of SHIFTS) {
    share += shift.share;
    const crew = Math.round(count * Math.min(share, 1)) - agents.length;
    for (let nth = 0; nth < crew; nth += 1) {
      const name = `agent-${String(agents.length + 1).padStart(3, '0')}`;
      agents.push({ name, shift, skills: planSkills(queues, shift, nth, crew) });
    }
  }
  return agents;
};

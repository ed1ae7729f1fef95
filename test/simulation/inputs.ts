/** What the sources of a simulated world report: stretches of simulated centres, and small logs in which everything happens in odd orders. */
import { simulationDefaults } from '../../ingest/feeds/simulator/centre-plan.ts';
import type { Random } from '../../ingest/feeds/simulator/random.ts';
import { simulateCentre } from '../../ingest/feeds/simulator/simulate-centre.ts';
import type { CanonicalEvent, EventBody } from '../../schemas/events.ts';
import { declaring, ruleOf } from '../support/alert-rules.ts';
import { answered, ended, exited, offered, progressed } from '../support/events.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
export const MORNING_MS = Date.parse('2026-03-02T08:00:00Z');
const LATENESS_MS = MINUTE_MS;
const CENTRES = 24;

export interface SourceInput {
  readonly source: string;
  /**
   * A centre's numbers are known to the naive oracle too; of an odd log only what contacts do, and that only if it is
   * brief: without clock steps, and over before anything is forgotten.
   */
  readonly kind: 'centre' | 'odd' | 'brief';
  /** As they happened, `source_declared` first, rules of alerts next if there are any. */
  readonly events: readonly CanonicalEvent[];
  /** As they arrive: within the lateness the source states. */
  readonly arriving: readonly CanonicalEvent[];
}

const centreEvents = (seed: number): readonly CanonicalEvent[] => {
  const hours = 1 + (seed % 6);
  // Few calls over long hours, so that intervals leave memory and come back; many over short ones.
  const callsPerSecond = 40 / (hours * 3_600);
  return [
    ...simulateCentre(
      simulationDefaults({
        seed,
        tenant: 'default',
        source: '',
        startMs: MORNING_MS,
        untilMs: MORNING_MS + hours * HOUR_MS,
        queues: 2,
        agents: 4,
        callsPerSecond,
      }),
    ),
  ];
};

/** Centres are simulated once: a world takes the beginning of one, which is a valid history too. */
export const openCentres = (): ((random: Random) => readonly CanonicalEvent[]) => {
  const known = new Map<number, readonly CanonicalEvent[]>();
  return (random) => {
    const seed = random.integer(1, CENTRES);
    const events = known.get(seed) ?? centreEvents(seed);
    known.set(seed, events);
    return events.slice(0, random.integer(Math.min(20, events.length), Math.min(100, events.length)));
  };
};

const QUEUES = ['sales', 'support'] as const;
const AGENTS = ['Ann', 'Ben', 'Cem'] as const;
const CONTACTS = ['c1', 'c2', 'c3', 'c4'] as const;

const contactBody = (random: Random): EventBody => {
  const contact_id = random.pick(CONTACTS);
  const queue = random.pick(QUEUES);
  const agent = random.pick(AGENTS);
  const stated = (): number | null => (random.chance(0.5) ? null : random.integer(0, 400_000));
  const of = { contact_id, queue, agent };
  return random.pick<() => EventBody>([
    () => offered(contact_id, queue, random.chance(0.2) ? { channel: 'chat' } : {}),
    () => offered(contact_id, queue),
    () => ({ ...offered(contact_id, queue), type: 'contact_refused', reason: 'full' }),
    () => ({ ...of, type: 'agent_ringing' }),
    () => ({ ...of, type: 'agent_rang', ring_ms: random.integer(0, 30_000), result: 'no_answer' }),
    () => answered(contact_id, queue, agent, stated()),
    () => answered(contact_id, queue, agent),
    () => ({ ...of, type: 'contact_held' }),
    () => ({ ...of, type: 'contact_resumed' }),
    () => ended(contact_id, queue, agent),
    () => ({
      ...of,
      type: 'contact_ended',
      ended_by: 'agent',
      wait_ms: stated(),
      talk_ms: stated(),
      hold_ms: stated(),
    }),
    () => ({
      ...of,
      type: 'contact_transferred',
      kind: 'blind',
      to: 'elsewhere',
      wait_ms: null,
      talk_ms: null,
      hold_ms: null,
    }),
    () => exited(contact_id, queue, random.pick(['abandoned', 'timed_out', 'left_empty', 'unknown'])),
    () => ({ ...of, type: 'wrap_up_started', planned_ms: stated() }),
    () => ({ ...of, type: 'wrap_up_ended', wrap_ms: stated() }),
  ])();
};

const agentBody = (random: Random): EventBody => {
  const agent = random.pick(AGENTS);
  const queue = random.pick(QUEUES);
  return random.pick<() => EventBody>([
    () => ({ type: 'agent_logged_in', agent }),
    () => ({ type: 'agent_logged_out', agent }),
    () => ({ type: 'agent_joined_queue', agent, queue, paused: random.chance(0.2) }),
    () => ({ type: 'agent_left_queue', agent, queue }),
    () => ({ type: 'agent_paused', agent, queue: random.chance(0.5) ? '' : queue, reason: 'break' }),
    () => ({ type: 'agent_unpaused', agent, queue: random.chance(0.5) ? '' : queue }),
  ])();
};

const oddBody = (random: Random): EventBody => {
  if (random.chance(0.03)) return { type: 'source_restarted' };
  if (random.chance(0.05)) return progressed;
  return random.chance(0.25) ? agentBody(random) : contactBody(random);
};

/** How long until the next event: seconds, now and then a pause in which timers run, rarely a day. */
const oddPauseMs = (random: Random, isBrief: boolean): number => {
  if (isBrief) return random.integer(1, 2 * MINUTE_MS);
  const kind = random.uniform();
  if (kind < 0.85) return random.integer(0, MINUTE_MS);
  if (kind < 0.95) return random.integer(0, 40 * MINUTE_MS);
  return random.integer(0, kind < 0.995 ? 4 * HOUR_MS : 50 * HOUR_MS);
};

const declaration = (random: Random, lateness_ms: number): EventBody => ({
  type: 'source_declared',
  feed: 'odd',
  lateness_ms,
  tracks_agents: random.chance(0.9),
});

const oddEvents = (random: Random, isBrief: boolean): CanonicalEvent[] => {
  let atMs = MORNING_MS;
  const bodies = Array.from({ length: random.integer(15, 60) }, () => oddBody(random));
  return [declaration(random, 0), ...bodies].map((body, i) => {
    atMs += i === 0 ? 0 : oddPauseMs(random, isBrief);
    // A clock that steps back.
    const event_time =
      atMs - (i > 0 && !isBrief && random.chance(0.05) ? random.integer(0, 2 * MINUTE_MS) : 0);
    const seq = String(i).padStart(6, '0');
    return { tenant: 'default', source: '', seq, event_time, recorded_at: 0, body };
  });
};

const late = (event: CanonicalEvent): CanonicalEvent =>
  event.body.type === 'source_declared'
    ? { ...event, body: { ...event.body, lateness_ms: LATENESS_MS } }
    : event;

/** A heartbeat promises that nothing from before it is outstanding: it comes after the latest of those. */
const delayMs = (random: Random, { body }: CanonicalEvent): number => {
  const anyMs = random.integer(0, LATENESS_MS - 1);
  return body.type === 'source_progressed' ? LATENESS_MS : anyMs;
};

const shuffled = (random: Random, events: readonly CanonicalEvent[]): CanonicalEvent[] =>
  events
    .map((event) => ({ event, arrivesAtMs: event.event_time + delayMs(random, event) }))
    .sort((a, b) => a.arrivesAtMs - b.arrivesAtMs)
    .map(({ event }) => event);

/** Tight, so that even a small log breaks them. */
const RULES = declaring(
  ruleOf('waiting > 0 for 5 s', { clearAfter: '10 s' }),
  ruleOf('oldest_waiting > 20 s'),
  ruleOf('service_level < 0.9 for 30 s', { clear: '0.95' }),
  ruleOf('abandonment_rate > 10 %'),
  ruleOf('silent_for > 2 min'),
);

/** One source's report. Ends with a heartbeat, by which everything open counts. */
export const sourceInput = (
  random: Random,
  source: string,
  centre: (random: Random) => readonly CanonicalEvent[],
): SourceInput => {
  const kind = random.pick(['centre', 'centre', 'centre', 'odd', 'brief'] as const);
  const isLate = random.chance(0.4);
  const happened = (kind === 'centre' ? centre(random) : oddEvents(random, kind === 'brief')).map(
    (event) => ({
      ...event,
      source,
    }),
  );
  const [first, ...rest] = isLate ? happened.map(late) : happened;
  if (first === undefined) throw new Error('a source that says nothing');
  const event_time = Math.max(...happened.map((event) => event.event_time));
  const close: CanonicalEvent = { ...first, seq: 'close', event_time, body: progressed };
  const rules = random.chance(0.5) ? [{ ...first, seq: 'rules', body: RULES }] : [];
  return {
    source,
    kind,
    events: [first, ...rules, ...rest, close],
    arriving: [first, ...rules, ...(isLate ? shuffled(random, rest) : rest), close],
  };
};

/** Callers: a Poisson stream for each queue whose rate follows the time of day, and who the callers are. */

import type { Caller, Centre, Queue } from './centre.ts';
import { DAY_MS, demandAt } from './centre-plan.ts';
import { enterQueue } from './queueing.ts';

const CALLS_AGAIN = 0.15;
const WITHHOLDS_NUMBER = 0.03;
/** How many callers may call again: some days' worth in the default centre. */
const RECENT_CALLERS = 5_000;

/** Plans the queue's next candidate, drawn at the busiest rate; `call` thins them to the time's own. */
export const planCall = (centre: Centre, queue: Queue): void => {
  if (queue.callsPerMs <= 0) return;
  const afterMs = Math.max(1, Math.round(queue.random.exponential(1 / queue.callsPerMs)));
  centre.agenda.plan(centre.now + afterMs, { type: 'may_call', queue });
};

/** A candidate's moment has come: calls if the time of day has it (thinning, Lewis & Shedler 1979). */
export const call = (centre: Centre, queue: Queue): void => {
  planCall(centre, queue);
  const local = centre.now + centre.options.timeZoneOffsetMs;
  const msOfDay = ((local % DAY_MS) + DAY_MS) % DAY_MS;
  if (queue.random.chance(demandAt(queue.plan, msOfDay))) {
    enterQueue(centre, queue, newCaller(centre, queue), 1);
  }
};

const newCaller = (centre: Centre, queue: Queue): Caller => {
  const { random } = queue;
  centre.contacts += 1;
  return {
    contactId: `${Math.floor(centre.now / 1000)}.${centre.contacts}`,
    caller: random.chance(WITHHOLDS_NUMBER) ? '' : callerToken(centre, queue),
    language: random.pick(['en', 'en', 'en', 'en', 'de', 'fr', 'es']),
    site: random.pick(['north', 'north', 'south']),
    tier: random.pick(['standard', 'standard', 'standard', 'standard', 'gold', 'platinum']),
  };
};

const callerToken = (centre: Centre, queue: Queue): string => {
  const { random } = queue;
  const known = centre.recentCallers;
  if (random.chance(CALLS_AGAIN)) {
    const again = known[random.integer(0, known.length - 1)];
    if (again !== undefined) return again;
  }
  const token = `caller-${random.integer(0x1000_0000, 0xffff_ffff).toString(16)}`;
  if (known.length < RECENT_CALLERS) known.push(token);
  else known[random.integer(0, RECENT_CALLERS - 1)] = token;
  return token;
};

/**
 * The centre that `npm start` shows when no feed is configured. It is the same centre, from the same beginning, after
 * every restart, so the ledger of what has been published skips all that is in the log already.
 */
import { type SimulationOptions, simulationDefaults } from './centre-plan.ts';
import { localMidnight } from './shifts.ts';

const DEMO_SEED = 20_260_302;

/**
 * The demo's options. `startMs` must be the one of the first start for as long as its log lives: keep it (with a
 * connector's cursor) and give it again; another one is another centre and mixes with the first.
 */
export const demoCentre = (startMs: number, timeZoneOffsetMs: number): SimulationOptions =>
  simulationDefaults({ seed: DEMO_SEED, tenant: 'demo', source: 'simulator', startMs, timeZoneOffsetMs });

/** Where the demo begins at its first start: the last local midnight, so that today is whole. UTC ms. */
export const demoStartMs = (nowMs: number, timeZoneOffsetMs: number): number =>
  localMidnight(nowMs, timeZoneOffsetMs);

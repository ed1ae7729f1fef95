/**
 * The centre that `npm start` shows when no feed is configured. It is the same centre, from the same beginning, after
 * every restart, so the ledger of what has been published skips all that is in the log already.
 */
import { HOUR_MS, type SimulationOptions, simulationDefaults } from './centre-plan.ts';

const DEMO_SEED = 20_260_302;
/** Where the centre's own clock stands at the first start: near its busy hour, whatever time it is here. */
const OPENS_AT_MS = 10 * HOUR_MS;
const DAY_MS = 24 * HOUR_MS;

/** When a demo began. Keep it for as long as its log lives (as a connector's cursor): another one is another centre. */
export interface DemoStart {
  /** UTC epoch ms. */
  readonly startMs: number;
  readonly timeZoneOffsetMs: number;
}

/** A demo that has already run since `midnightMs`, so that today is whole, and is busy at `nowMs`. */
export const beginDemo = (nowMs: number, midnightMs: number): DemoStart => ({
  startMs: midnightMs,
  timeZoneOffsetMs: OPENS_AT_MS - (nowMs % DAY_MS),
});

export const demoCentre = (tenant: string, { startMs, timeZoneOffsetMs }: DemoStart): SimulationOptions =>
  simulationDefaults({
    seed: DEMO_SEED,
    tenant,
    source: 'simulator',
    startMs,
    timeZoneOffsetMs,
    queuePrefix: 'demo-',
  });

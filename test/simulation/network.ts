/** Calls from a process to the log or the store: they take time, arrive though the caller may have died, and answer the living. */
import type { Random } from '../../ingest/feeds/simulator/random.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { Process, VirtualTime } from './virtual-time.ts';

const USUAL_MS = 15;
const SLOW_MS = 3_000;
/** How late what was thought lost, or was sent twice, may still arrive. */
export const STRAY_MS = 8_000;

export interface Network {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly faults: () => FaultPlan;
  /** Sends `arrive` on its way and resolves when its answer is back. Rejects with what `arrive` throws. */
  readonly call: <T>(process: Process, arrive: () => T) => Promise<T>;
  /** Lets `arrive` happen whenever, answering nobody. */
  readonly stray: (arrive: () => void) => void;
}

export const createNetwork = (time: VirtualTime, random: Random, faults: () => FaultPlan): Network => {
  const latencyMs = (): number => random.integer(0, random.chance(faults().slowCalls) ? SLOW_MS : USUAL_MS);
  return {
    time,
    random,
    faults,
    call: (process, arrive) =>
      new Promise((resolve, reject) => {
        time.after(null, latencyMs(), () => {
          try {
            const answer = arrive();
            time.after(process, latencyMs(), () => resolve(answer));
          } catch (error) {
            time.after(process, latencyMs(), () => reject(error));
          }
        });
      }),
    stray: (arrive) => time.after(null, random.integer(0, STRAY_MS), arrive),
  };
};

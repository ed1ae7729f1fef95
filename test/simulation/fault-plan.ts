/** Which faults a world has, and how often. Each seed leaves some out, so that the others get their chance (swarm testing). */
import type { Random } from '../../ingest/feeds/simulator/random.ts';

export interface FaultPlan {
  /** The share of inserts that never arrive. */
  readonly lostRequests: number;
  /** … that arrive and are not acknowledged. */
  readonly lostAcknowledgements: number;
  /** … that arrive twice, the second time whenever. */
  readonly doubledInserts: number;
  /** … that time out for the caller and arrive long after. */
  readonly lateInserts: number;
  /** The share of calls to the log that fail. */
  readonly logFaults: number;
  /** The share of calls that take seconds. */
  readonly slowCalls: number;
  /** How often within the time of trouble. */
  readonly kills: number;
  readonly pauses: number;
  readonly gracefulMoves: number;
  /** A partition given away while its owner goes on. */
  readonly overlaps: number;
  readonly closes: number;
  readonly storeAbsences: number;
}

export const NO_FAULTS: FaultPlan = {
  lostRequests: 0,
  lostAcknowledgements: 0,
  doubledInserts: 0,
  lateInserts: 0,
  logFaults: 0,
  slowCalls: 0,
  kills: 0,
  pauses: 0,
  gracefulMoves: 0,
  overlaps: 0,
  closes: 0,
  storeAbsences: 0,
};

export const planFaults = (random: Random): FaultPlan => {
  const share = (most: number): number => (random.chance(0.5) ? random.uniform() * most : 0);
  const times = (most: number): number => (random.chance(0.5) ? random.integer(1, most) : 0);
  return {
    lostRequests: share(0.15),
    lostAcknowledgements: share(0.2),
    doubledInserts: share(0.2),
    lateInserts: share(0.15),
    logFaults: random.chance(0.3) ? random.uniform() * 0.05 : 0,
    slowCalls: share(0.08),
    kills: times(5),
    pauses: times(3),
    gracefulMoves: times(4),
    overlaps: times(4),
    closes: times(2),
    storeAbsences: times(2),
  };
};

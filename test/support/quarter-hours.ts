/** Quarter hours of a queue to forecast from: of the real bank's month, and of a simulated centre. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { simulationDefaults } from '../../ingest/feeds/simulator/centre-plan.ts';
import { truthUntil } from '../../ingest/feeds/simulator/truth.ts';
import type { QuarterCounts } from '../../query-api/forecast/history.ts';

export type Counts = Map<number, QuarterCounts>;
const GRAIN_MS = 900_000;

const addCall = (queues: Map<string, Counts>, queue: string, atMs: number, handleMs: number | null): void => {
  const counts = queues.get(queue) ?? new Map<number, QuarterCounts>();
  queues.set(queue, counts);
  const startMs = Math.floor(atMs / GRAIN_MS) * GRAIN_MS;
  const sum = counts.get(startMs) ?? { offered: 0, handled: 0, handleMs: 0 };
  counts.set(startMs, {
    offered: sum.offered + 1,
    handled: sum.handled + (handleMs === null ? 0 : 1),
    handleMs: sum.handleMs + (handleMs ?? 0),
  });
};

export const BANK_ZONE = 'Asia/Jerusalem';
const CALLS = join(import.meta.dirname, '../fixtures/bank-1999-02/calls.tsv.gz');
/** Israel was at UTC+2 all through February 1999. */
const BANK_OFFSET_MS = 7_200_000;

const clockMs = (clock: string): number =>
  clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) * 1000;

/** Counted by the words of the data set's README, without Busyhour: 31,125 offered in six queues. */
export const bankQueues = (): ReadonlyMap<string, Counts> => {
  const queues = new Map<string, Counts>();
  const [, ...lines] = gunzipSync(readFileSync(CALLS)).toString('latin1').trimEnd().split('\n');
  for (const line of lines) {
    const field = line.split('\t');
    const [queue = '', date = '', leftMenu = '', enteredQueue = '', outcome = '', service = '0'] = [
      4, 5, 7, 9, 12, 15,
    ].map((i) => field[i]);
    const queued = enteredQueue !== '0:00:00' || field[10] !== '0:00:00';
    if (outcome === 'PHANTOM' || (outcome === 'HANG' && !queued)) continue;
    const day = Date.UTC(1999, Number(date.slice(2, 4)) - 1, Number(date.slice(4)));
    const atMs = day - BANK_OFFSET_MS + clockMs(enteredQueue === '0:00:00' ? leftMenu : enteredQueue);
    addCall(queues, queue, atMs, outcome === 'AGENT' ? Number(service) * 1000 : null);
  }
  return queues;
};

/** A simulated centre of four queues and twenty agents over some weeks: its days differ by chance alone. */
export const simulatedQueues = (startMs: number, weeks: number): ReadonlyMap<string, Counts> => {
  const options = simulationDefaults({
    seed: 7,
    tenant: 'default',
    source: 'sim',
    startMs,
    queues: 4,
    agents: 20,
  });
  const queues = new Map<string, Counts>();
  for (const leg of truthUntil(options, startMs + weeks * 7 * 86_400_000).legs) {
    if (leg.outcome?.startsWith('refused_') === true) continue;
    const handleMs =
      leg.outcome === 'answered' && leg.talk_ms !== null
        ? leg.talk_ms + (leg.hold_ms ?? 0) + (leg.wrap_ms ?? 0)
        : null;
    addCall(queues, leg.queue, leg.offered_at, handleMs);
  }
  return queues;
};

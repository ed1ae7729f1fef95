/** Keeps the demo's centre going: from midnight of its first start, and the same centre at every later one. */
import type { PublishedLedger } from '../../../infra/ledger/published-ledger.ts';
import type { Publisher } from '../../publish.ts';
import { beginDemo, type DemoStart, demoCentre } from './demo-centre.ts';
import { publishSimulation } from './publish-simulation.ts';

const CURSOR = 'simulated-centre';

export interface DemoOptions {
  readonly tenant: string;
  readonly publisher: Publisher;
  /** Keeps when the demo began. */
  readonly ledger: Pick<PublishedLedger, 'cursor' | 'saveCursor'>;
  /** The last midnight: where a demo that is new begins. */
  readonly midnightMs: number;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
}

/** Runs until the signal. */
export const followDemo = async (options: DemoOptions): Promise<void> => {
  const { tenant, publisher, ledger, midnightMs, nowMs, signal } = options;
  const kept = (await ledger.cursor(CURSOR)) as DemoStart | null;
  const start = kept ?? beginDemo(nowMs(), midnightMs);
  await ledger.saveCursor(CURSOR, start);
  await publishSimulation({
    options: demoCentre(tenant, start),
    publisher,
    speed: 1,
    startMs: start.startMs,
    nowMs,
    signal,
    onPublished: () => {},
  });
};

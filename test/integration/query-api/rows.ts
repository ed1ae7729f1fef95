/** Rows to insert in tests of the query API: what is not said is zero. */
import { emptyQueueTotals } from '../../../processors/domain/interval.ts';
import type { ContactLegRow, LegOutcome, QueueIntervalRow } from '../../../schemas/rows.ts';

const MINUTE_MS = 60_000;
const EDGE_MS = 1000;

export const intervalRow = (
  row: Partial<QueueIntervalRow> & Pick<QueueIntervalRow, 'queue' | 'interval_start'>,
): QueueIntervalRow => {
  const { touchedAtMs: _, ...zero } = emptyQueueTotals(row.queue, 'voice', row.interval_start, 1);
  return { tenant: 'default', source: 'pbx', ...zero, version: 1, ...row };
};

export interface LegSeed {
  readonly queue: string;
  readonly offeredAtMs: number;
  readonly outcome: LegOutcome;
  readonly waitMs: number;
  readonly tenant?: string;
}

/** One leg; the answered ones talk for a minute. */
export const legRow = (
  id: string,
  { queue, offeredAtMs, outcome, waitMs, tenant }: LegSeed,
): ContactLegRow => {
  const answered = outcome === 'answered';
  return {
    tenant: tenant ?? 'default',
    source: 'pbx',
    contact_id: id,
    leg: 1,
    queue,
    channel: 'voice',
    direction: 'inbound',
    language: '',
    site: '',
    tier: '',
    caller: '',
    offered_at: offeredAtMs,
    answered_at: answered ? offeredAtMs + waitMs : null,
    ended_at: offeredAtMs + waitMs + (answered ? MINUTE_MS : 0),
    outcome,
    wait_ms: waitMs,
    ring_ms: null,
    talk_ms: answered ? MINUTE_MS : null,
    hold_ms: answered ? 0 : null,
    wrap_ms: null,
    agent: answered ? 'ann' : '',
    ended_by: '',
    transfer_kind: '',
    transferred_to: '',
    position: null,
    revision: 1,
    version: 1,
  };
};

const histogram = (legs: readonly LegSeed[], outcome: LegOutcome): Map<number, number> => {
  const counts = new Map<number, number>();
  for (const leg of legs.filter((candidate) => candidate.outcome === outcome)) {
    const edge = Math.max(Math.ceil(leg.waitMs / EDGE_MS), 1) * EDGE_MS;
    counts.set(edge, (counts.get(edge) ?? 0) + 1);
  }
  return counts;
};

/** The interval that the legs of one queue and quarter hour make (waits up to a minute). */
export const intervalOfLegs = (
  queue: string,
  startMs: number,
  legs: readonly LegSeed[],
): QueueIntervalRow => {
  const count = (outcome: LegOutcome): number => legs.filter((leg) => leg.outcome === outcome).length;
  const answered = legs.filter((leg) => leg.outcome === 'answered');
  return intervalRow({
    queue,
    interval_start: startMs,
    offered: legs.length,
    answered: count('answered'),
    abandoned: count('abandoned'),
    timed_out: count('timed_out'),
    left_empty: count('left_empty'),
    key_exit: count('key_exit'),
    withdrawn: count('withdrawn'),
    wait_answered: histogram(legs, 'answered'),
    wait_abandoned: histogram(legs, 'abandoned'),
    wait_answered_ms: answered.reduce((sum, leg) => sum + leg.waitMs, 0),
    wait_abandoned_ms: legs
      .filter((leg) => leg.outcome === 'abandoned')
      .reduce((sum, leg) => sum + leg.waitMs, 0),
    max_wait_ms: Math.max(...legs.map((leg) => leg.waitMs)),
    handled: answered.length,
    talk_ms: answered.length * MINUTE_MS,
  });
};

/** When an erasure becomes known makes no difference to what the fold remembers in the end. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulationDefaults } from '../../../../ingest/feeds/simulator/centre-plan.ts';
import { simulateCentre } from '../../../../ingest/feeds/simulator/simulate-centre.ts';
import { type Changes, foldRecord } from '../../../../processors/domain/fold.ts';
import { forgetCallers } from '../../../../processors/domain/forget-callers.ts';
import { encodeSnapshot } from '../../../../processors/domain/snapshot.ts';
import type { PartitionState } from '../../../../processors/domain/source-state.ts';
import { type Erased, noErasures } from '../../../../schemas/erasures.ts';
import type { CanonicalEvent } from '../../../../schemas/events.ts';
import { clock } from '../../../support/events.ts';

const plan = {
  seed: 3,
  tenant: 'default',
  source: 'pbx',
  startMs: clock('09:00:00'),
  untilMs: clock('09:30:00'),
};
const simulated = [...simulateCentre(simulationDefaults({ ...plan, queues: 2, agents: 6 }))];
const late: CanonicalEvent = {
  ...{ tenant: 'default', source: 'pbx', seq: '!', event_time: plan.startMs, recorded_at: 0 },
  body: { type: 'source_declared', feed: 'lab', lateness_ms: 60_000, tracks_agents: true },
};
/** Once in order, and once with events that are held back. */
const LOGS = [simulated, [...simulated.slice(0, 1), late, ...simulated.slice(1)]];
const callers = [
  ...new Set(simulated.flatMap(({ body }) => ('caller' in body && body.caller !== '' ? [body.caller] : []))),
];

const fold = (state: PartitionState, events: readonly CanonicalEvent[], from: number): void => {
  const changes: Changes = new Map();
  for (const [i, event] of events.entries())
    foldRecord(state, event, { partition: 0, offset: from + i }, changes);
};
const erasedOf = (forgotten: readonly string[]): Erased => {
  const erased = noErasures();
  erased.add({ tenant: 'default', callers: forgotten, letters: [], texts: [], by: 'number', erased_at: 0 });
  return erased;
};

describe('erased callers', () => {
  it('are as if they had never been heard of, whenever that becomes known', () => {
    expect(callers.length).toBeGreaterThan(20);
    const cut = fc.nat({ max: simulated.length });
    fc.assert(
      fc.property(fc.constantFrom(...LOGS), fc.subarray(callers, { minLength: 1 }), cut, (log, gone, at) => {
        const erased = erasedOf(gone);
        const never: PartitionState = new Map();
        fold(never, log.map(erased.event), 0);
        const told: PartitionState = new Map();
        fold(told, log.slice(0, at), 0);
        forgetCallers(told, erased);
        fold(told, log.slice(at).map(erased.event), at);
        const snapshot = encodeSnapshot(told);
        expect(snapshot).toBe(encodeSnapshot(never));
        for (const caller of gone) expect(snapshot).not.toContain(caller);
      }),
      { numRuns: 30 },
    );
  });

  it('leave the state of everybody else as it is', () => {
    const state: PartitionState = new Map();
    fold(state, simulated, 0);
    const before = encodeSnapshot(state);
    forgetCallers(state, erasedOf(['f'.repeat(32)]));
    expect(encodeSnapshot(state)).toBe(before);
  });
});

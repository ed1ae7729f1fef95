import { describe, expect, it } from 'vitest';
import {
  evolveLeg,
  type Leg,
  type LegEvent,
  type LegStatus,
} from '../../../../processors/domain/contact-leg.ts';

const facts = {
  key: 'c1 1',
  contactId: 'c1',
  leg: 1,
  queue: 'sales',
  channel: 'voice',
  direction: 'inbound',
  language: '',
  site: '',
  tier: '',
  caller: '',
  offeredAtMs: 0,
  position: 1,
  revision: 1,
} as const;
const served = { ...facts, agent: 'Ann', answeredAtMs: 5_000, waitMs: 5_000, ringMs: null } as const;

const LEGS: { readonly [S in LegStatus]: Extract<Leg, { status: S }> } = {
  waiting: { ...facts, status: 'waiting' },
  talking: { ...served, status: 'talking', heldMs: 0 },
  holding: { ...served, status: 'holding', heldMs: 1_000, heldSinceMs: 8_000 },
  ended: {
    ...served,
    status: 'ended',
    endedAtMs: 9_000,
    talkMs: 4_000,
    holdMs: 0,
    endedBy: 'caller',
    transferKind: '',
    transferredTo: '',
    wrapMs: null,
    wrapSinceMs: null,
  },
  exited: { ...facts, status: 'exited', outcome: 'abandoned', endedAtMs: 4_000, waitMs: 4_000 },
  refused: { ...facts, status: 'refused', reason: 'full' },
};

const in_ = { contact_id: 'c1', queue: 'sales' } as const;
const by = { ...in_, agent: 'Ann' } as const;
const none = { wait_ms: null, talk_ms: null, hold_ms: null } as const;
const EVENTS: { readonly [T in LegEvent['type']]: Extract<LegEvent, { type: T }> } = {
  contact_answered: { type: 'contact_answered', ...by, wait_ms: null, ring_ms: null },
  contact_held: { type: 'contact_held', ...by },
  contact_resumed: { type: 'contact_resumed', ...by },
  contact_ended: { type: 'contact_ended', ...by, ended_by: 'agent', ...none },
  contact_transferred: { type: 'contact_transferred', ...by, kind: 'blind', to: '200', ...none },
  contact_exited: { type: 'contact_exited', ...in_, outcome: 'timed_out', wait_ms: null },
  wrap_up_started: { type: 'wrap_up_started', ...by, planned_ms: null },
  wrap_up_ended: { type: 'wrap_up_ended', ...by, wrap_ms: null },
  source_restarted: { type: 'source_restarted' },
  leg_superseded: { type: 'leg_superseded' },
  leg_went_stale: { type: 'leg_went_stale' },
};

const entries = <K extends string, V>(of: { readonly [P in K]: V }): [K, V][] =>
  Object.entries(of) as [K, V][];

describe('every status × event', () => {
  it('gives a leg, and an anomaly where it does not fit', () => {
    const matrix = entries<LegStatus, Leg>(LEGS).flatMap(([status, leg]) =>
      entries<LegEvent['type'], LegEvent>(EVENTS).map(([type, event]) => {
        const { leg: after, anomaly } = evolveLeg(leg, event, 10_000);
        const became =
          after === leg ? '=' : after.status === 'exited' ? `exited ${after.outcome}` : after.status;
        return `${status} + ${type} → ${became}${anomaly === null ? '' : ` (${anomaly})`}`;
      }),
    );
    expect(matrix).toMatchInlineSnapshot(`
      [
        "waiting + contact_answered → talking",
        "waiting + contact_held → = (out_of_place)",
        "waiting + contact_resumed → = (out_of_place)",
        "waiting + contact_ended → = (out_of_place)",
        "waiting + contact_transferred → = (out_of_place)",
        "waiting + contact_exited → exited timed_out",
        "waiting + wrap_up_started → = (out_of_place)",
        "waiting + wrap_up_ended → = (out_of_place)",
        "waiting + source_restarted → exited unknown",
        "waiting + leg_superseded → exited unknown",
        "waiting + leg_went_stale → exited unknown",
        "talking + contact_answered → = (out_of_place)",
        "talking + contact_held → holding",
        "talking + contact_resumed → = (out_of_place)",
        "talking + contact_ended → ended",
        "talking + contact_transferred → ended",
        "talking + contact_exited → = (out_of_place)",
        "talking + wrap_up_started → = (out_of_place)",
        "talking + wrap_up_ended → = (out_of_place)",
        "talking + source_restarted → ended",
        "talking + leg_superseded → =",
        "talking + leg_went_stale → ended",
        "holding + contact_answered → = (out_of_place)",
        "holding + contact_held → = (out_of_place)",
        "holding + contact_resumed → talking",
        "holding + contact_ended → ended",
        "holding + contact_transferred → ended",
        "holding + contact_exited → = (out_of_place)",
        "holding + wrap_up_started → = (out_of_place)",
        "holding + wrap_up_ended → = (out_of_place)",
        "holding + source_restarted → ended",
        "holding + leg_superseded → =",
        "holding + leg_went_stale → ended",
        "ended + contact_answered → = (out_of_place)",
        "ended + contact_held → = (out_of_place)",
        "ended + contact_resumed → = (out_of_place)",
        "ended + contact_ended → = (out_of_place)",
        "ended + contact_transferred → = (out_of_place)",
        "ended + contact_exited → = (out_of_place)",
        "ended + wrap_up_started → ended",
        "ended + wrap_up_ended → ended",
        "ended + source_restarted → =",
        "ended + leg_superseded → =",
        "ended + leg_went_stale → =",
        "exited + contact_answered → = (out_of_place)",
        "exited + contact_held → = (out_of_place)",
        "exited + contact_resumed → = (out_of_place)",
        "exited + contact_ended → = (out_of_place)",
        "exited + contact_transferred → = (out_of_place)",
        "exited + contact_exited → = (out_of_place)",
        "exited + wrap_up_started → = (out_of_place)",
        "exited + wrap_up_ended → = (out_of_place)",
        "exited + source_restarted → =",
        "exited + leg_superseded → =",
        "exited + leg_went_stale → =",
        "refused + contact_answered → = (out_of_place)",
        "refused + contact_held → = (out_of_place)",
        "refused + contact_resumed → = (out_of_place)",
        "refused + contact_ended → = (out_of_place)",
        "refused + contact_transferred → = (out_of_place)",
        "refused + contact_exited → = (out_of_place)",
        "refused + wrap_up_started → = (out_of_place)",
        "refused + wrap_up_ended → = (out_of_place)",
        "refused + source_restarted → =",
        "refused + leg_superseded → =",
        "refused + leg_went_stale → =",
      ]
    `);
  });

  it('never lowers the revision, and raises it exactly when the leg changed', () => {
    for (const leg of Object.values(LEGS)) {
      for (const event of Object.values(EVENTS)) {
        const { leg: after } = evolveLeg(leg, event, 10_000);
        expect(after.revision).toBe(after === leg ? leg.revision : leg.revision + 1);
      }
    }
  });
});

describe('durations', () => {
  it('a stated duration wins over the difference of stamps', () => {
    const { leg } = evolveLeg(LEGS.waiting, { ...EVENTS.contact_answered, wait_ms: 4_000 }, 5_000);
    expect(leg).toMatchObject({ status: 'talking', waitMs: 4_000 });
    const { leg: over } = evolveLeg(leg, { ...EVENTS.contact_ended, talk_ms: 7_000 }, 20_000);
    expect(over).toMatchObject({ talkMs: 7_000, holdMs: 0 });
  });

  it('talk is connected time less hold, also when it ends on hold', () => {
    expect(evolveLeg(LEGS.holding, EVENTS.contact_ended, 15_000).leg).toMatchObject({
      talkMs: 2_000,
      holdMs: 8_000,
    });
  });

  it('a clock that steps back gives 0 and is counted', () => {
    const late = { ...LEGS.waiting, offeredAtMs: 9_000 };
    expect(evolveLeg(late, EVENTS.contact_answered, 8_000)).toMatchObject({
      leg: { waitMs: 0 },
      anomaly: 'clock_step',
    });
  });

  it('a stated duration below 0 is 0 and is counted', () => {
    expect(evolveLeg(LEGS.waiting, { ...EVENTS.contact_exited, wait_ms: -3_000 }, 5_000)).toMatchObject({
      leg: { waitMs: 0 },
      anomaly: 'clock_step',
    });
  });

  it('a leg given up as lost is put right when its exit turns up', () => {
    const lost = evolveLeg(LEGS.waiting, EVENTS.leg_superseded, 6_000).leg;
    expect(evolveLeg(lost, EVENTS.contact_exited, 7_000)).toMatchObject({
      leg: { status: 'exited', outcome: 'timed_out', waitMs: 7_000 },
      anomaly: 'corrected_unknown',
    });
  });
});

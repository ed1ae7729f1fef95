/** Figures of a wallboard from interval totals, the service level by the queue’s own definition. Pure. */
import type { LiveFigures, LiveIntervalRecord, OpenAgentTime } from '../../schemas/live.ts';
import { countsBy, partsBy, type ServiceLevelDefinition } from '../../schemas/queue-definition.ts';
import { ratio } from '../../schemas/service-level.ts';

/** What the figures need of an interval, and no more: a hub keeps one for every queue and quarter hour of the day. */
export interface LiveTotals {
  readonly offered: number;
  readonly answered: number;
  readonly abandoned: number;
  readonly answeredWithin: number;
  /** Contacts that met the service level, and those it is of. */
  readonly met: number;
  readonly counted: number;
  readonly waitAnsweredMs: number;
  readonly handled: number;
  readonly handleMs: number;
  readonly busyMs: number;
  readonly availableMs: number;
}

export const NO_TOTALS: LiveTotals = {
  offered: 0,
  answered: 0,
  abandoned: 0,
  answeredWithin: 0,
  met: 0,
  counted: 0,
  waitAnsweredMs: 0,
  handled: 0,
  handleMs: 0,
  busyMs: 0,
  availableMs: 0,
};

export const totalsOf = (record: LiveIntervalRecord, definition: ServiceLevelDefinition): LiveTotals => {
  const counts = countsBy(definition, record);
  const [met, counted] = partsBy(definition, counts);
  return {
    offered: record.offered,
    answered: record.answered,
    abandoned: record.abandoned,
    answeredWithin: counts.answeredWithin,
    met,
    counted,
    waitAnsweredMs: record.wait_answered_ms,
    handled: record.handled,
    handleMs: record.talk_ms + record.hold_ms + record.wrap_ms,
    busyMs: record.on_contact_ms + record.on_hold_ms + record.wrap_up_ms,
    availableMs: record.available_ms,
  };
};

export const totalsOfOpenTime = (open: OpenAgentTime): LiveTotals => ({
  ...NO_TOTALS,
  busyMs: open.on_contact_ms + open.on_hold_ms + open.wrap_up_ms,
  availableMs: open.available_ms,
});

export const addTotals = (a: LiveTotals, b: LiveTotals): LiveTotals => ({
  offered: a.offered + b.offered,
  answered: a.answered + b.answered,
  abandoned: a.abandoned + b.abandoned,
  answeredWithin: a.answeredWithin + b.answeredWithin,
  met: a.met + b.met,
  counted: a.counted + b.counted,
  waitAnsweredMs: a.waitAnsweredMs + b.waitAnsweredMs,
  handled: a.handled + b.handled,
  handleMs: a.handleMs + b.handleMs,
  busyMs: a.busyMs + b.busyMs,
  availableMs: a.availableMs + b.availableMs,
});

const meanSeconds = (sumMs: number, count: number): number | null =>
  count > 0 ? sumMs / count / 1000 : null;

/** Rates are null where nothing counts yet. */
export const liveFigures = (totals: LiveTotals): LiveFigures => ({
  offered: totals.offered,
  answered: totals.answered,
  abandoned: totals.abandoned,
  answered_within: totals.answeredWithin,
  sl_met: totals.met,
  sl_counted: totals.counted,
  service_level: ratio(totals.met, totals.counted),
  abandonment_rate: ratio(totals.abandoned, totals.offered),
  asa_s: meanSeconds(totals.waitAnsweredMs, totals.answered),
  aht_s: meanSeconds(totals.handleMs, totals.handled),
  occupancy: ratio(totals.busyMs, totals.busyMs + totals.availableMs),
});

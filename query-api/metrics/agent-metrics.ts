/**
 * Every figure of an agent's interval as one table: it drives the API's fields, the OpenAPI schema and docs/metrics.md,
 * in this order. Pure.
 */
import type { AgentIntervalRow } from '../../schemas/rows.ts';
import { ratio } from '../../schemas/service-level.ts';

/** Sums of agent_intervals over the cell. */
export const AGENT_TIMES = [
  'available_ms',
  'ringing_ms',
  'on_contact_ms',
  'on_hold_ms',
  'wrap_up_ms',
  'unavailable_ms',
  'staffed_ms',
  'handled',
] as const satisfies readonly (keyof AgentIntervalRow)[];
export type AgentTimes = Readonly<Record<(typeof AGENT_TIMES)[number], number>>;

/** One agent in one interval. */
export interface AgentCell extends AgentTimes {
  /** Up to what is known of the agent's source. */
  readonly scheduled_ms: number;
  readonly adherent_ms: number;
}
export interface AgentMetric {
  readonly name: string;
  readonly unit: 'contacts' | 'milliseconds' | 'fraction';
  readonly doc: string;
  readonly formula: string;
  readonly aliases: readonly string[];
  /** Null where nothing counts. */
  readonly value: (cell: AgentCell) => number | null;
}

const counted = (
  name: keyof AgentCell,
  doc: string,
  aliases: readonly string[] = [],
  formula = 'counted',
): AgentMetric => ({
  name,
  unit: name === 'handled' ? 'contacts' : 'milliseconds',
  doc,
  formula,
  aliases,
  value: (cell) => cell[name],
});
const busyMs = (cell: AgentCell): number => cell.on_contact_ms + cell.on_hold_ms + cell.wrap_up_ms;

export const AGENT_METRICS: readonly AgentMetric[] = [
  counted('handled', 'Contacts whose part with him ended.', ['Contacts handled (Amazon Connect)']),
  counted('available_ms', 'Ready for a contact.', ['Idle time (Amazon Connect)', 'Not in a call (Asterisk)']),
  counted('ringing_ms', 'His phone rang.', ['tAlert (Genesys)']),
  counted('on_contact_ms', 'With a contact.', ['tTalk (Genesys)']),
  counted('on_hold_ms', 'A contact of his was on hold.', ['tHeld (Genesys)']),
  counted('wrap_up_ms', 'After-contact work.', ['tAcw (Genesys)']),
  counted('unavailable_ms', 'Logged in and not ready; `reasons` has it by reason.', [
    'Non-productive time (Amazon Connect)',
    'PAUSE (Asterisk)',
  ]),
  counted('staffed_ms', 'Not offline: the sum of the six.', ['Online time (Amazon Connect)']),
  {
    name: 'occupancy',
    unit: 'fraction',
    doc: 'Of the time he was there for contacts, how much he was busy; ringing is on neither side.',
    formula: '(on contact + on hold + wrap-up) / (the same + available)',
    aliases: ['Occupancy (Amazon Connect)'],
    value: (cell) => ratio(busyMs(cell), busyMs(cell) + cell.available_ms),
  },
  {
    name: 'utilisation',
    unit: 'fraction',
    doc: 'Of all the time he was logged in, how much he was busy.',
    formula: '(on contact + on hold + wrap-up) / staffed',
    aliases: ['Utilization (Genesys)'],
    value: (cell) => ratio(busyMs(cell), cell.staffed_ms),
  },
  counted(
    'scheduled_ms',
    'Planned by the imported schedule, up to what is known of his source.',
    ['Scheduled time (Amazon Connect)'],
    'Σ scheduled',
  ),
  counted(
    'adherent_ms',
    'Of the scheduled time, how much he was in a state that fits the activity.',
    ['Adherent time (Amazon Connect)'],
    'Σ fitting',
  ),
  {
    name: 'adherence',
    unit: 'fraction',
    doc: 'Whether he did what was planned when it was planned.',
    formula: 'adherent / scheduled',
    aliases: ['Adherence (Amazon Connect, Genesys)'],
    value: (cell) => ratio(cell.adherent_ms, cell.scheduled_ms),
  },
  {
    name: 'conformance',
    unit: 'fraction',
    doc: 'Whether he worked as long as planned, whenever it was; above 1 he was there longer.',
    formula: 'staffed / scheduled',
    aliases: ['Conformance (Genesys)'],
    value: (cell) => ratio(cell.staffed_ms, cell.scheduled_ms),
  },
];

/** The figures of one cell, in the table's order. */
export const agentFiguresOf = (cell: AgentCell): Record<string, number | null> =>
  Object.fromEntries(AGENT_METRICS.map((metric) => [metric.name, metric.value(cell)]));

/**
 * Every figure of an interval as one table: it drives the API's fields, the CSV header, the OpenAPI schema and
 * docs/metrics.md, in this order. Pure.
 */
import type { QueueIntervalRow } from '../../schemas/rows.ts';
import type { Definition } from './definition.ts';
import { ratio, type ServiceLevelCounts, serviceLevel } from './service-level.ts';

type NotACounter =
  | 'tenant'
  | 'source'
  | 'queue'
  | 'channel'
  | 'interval_start'
  | 'generation'
  | 'wait_answered'
  | 'wait_abandoned'
  | 'wait_exited'
  | 'version';
export type CounterName = Exclude<keyof QueueIntervalRow, NotACounter>;

/** Every counter of queue_intervals that the figures need, summed over the cell (`max_wait_ms`: the largest). */
export const COUNTERS = [
  'offered',
  'answered',
  'abandoned',
  'timed_out',
  'left_empty',
  'key_exit',
  'overflowed',
  'callback',
  'withdrawn',
  'unknown',
  'refused_full',
  'refused_empty',
  'refused_closed',
  'in_progress',
  'wait_answered_ms',
  'max_wait_ms',
  'handled',
  'talk_ms',
  'hold_ms',
  'wrap_ms',
  'on_contact_ms',
  'on_hold_ms',
  'wrap_up_ms',
  'available_ms',
  'staffed_ms',
] as const satisfies readonly CounterName[];

/** One group in one bucket. */
export interface Cell {
  readonly counters: Readonly<Record<(typeof COUNTERS)[number], number>>;
  readonly levels: ServiceLevelCounts;
}
export type Unit = 'contacts' | 'fraction' | 'seconds';

export interface Metric {
  readonly name: string;
  readonly unit: Unit;
  readonly doc: string;
  readonly formula: string;
  readonly aliases: readonly string[];
  /** Null where nothing counts: no contact has no service level. */
  readonly value: (cell: Cell, definition: Definition) => number | null;
}

type Counted = (typeof COUNTERS)[number];
const count = (name: Counted, doc: string, aliases: readonly string[] = []): Metric => ({
  name,
  unit: 'contacts',
  doc,
  formula: 'counted',
  aliases,
  value: (cell) => cell.counters[name],
});
const mean = (partMs: number, whole: number): number | null => (whole > 0 ? partMs / whole / 1000 : null);
/** Agents’ time on contacts, hold and wrap-up. */
const busyMs = ({ counters: n }: Cell): number => n.on_contact_ms + n.on_hold_ms + n.wrap_up_ms;

export const METRICS: readonly Metric[] = [
  count('offered', 'Admitted to the queue: answered + abandoned + every exit + in progress.', [
    'ACD calls offered',
  ]),
  count('answered', 'An agent took it.', ['CallsCompleted (Asterisk)', 'nConnected (Genesys)']),
  count('abandoned', 'Left by itself while waiting, also while a phone rang.', ['tAbandon (Genesys)']),
  {
    name: 'short_abandoned',
    unit: 'contacts',
    doc: 'Abandoned after a wait of at most `short_abandon`.',
    formula: 's',
    aliases: ['tShortAbandon (Genesys)'],
    value: ({ levels }) => levels.shortAbandoned,
  },
  count('timed_out', 'Reached the queue’s maximum wait.', ['EXITWITHTIMEOUT (Asterisk)']),
  count('left_empty', 'Removed because no agent was left.', ['EXITEMPTY (Asterisk)']),
  count('key_exit', 'Pressed a key to leave.', ['EXITWITHKEY (Asterisk)']),
  count('overflowed', 'The ACD moved it on.', ['tFlowOut (Genesys)']),
  count('callback', 'Asked to be called back.'),
  count('withdrawn', 'Removed by the system or a supervisor.'),
  count('unknown', 'The feed lost it.'),
  count('refused_full', 'Never admitted: the queue was full. Not offered.', ['FULL (Asterisk)']),
  count('refused_empty', 'Never admitted: no agents. Not offered.', ['JOINEMPTY (Asterisk)']),
  count('refused_closed', 'Never admitted: closed. Not offered.'),
  count('in_progress', 'Still waiting when read.'),
  count('handled', 'Answered, and the contact’s part is over.', ['Contacts handled (Amazon Connect)']),
  {
    name: 'answered_within',
    unit: 'contacts',
    doc: 'Answered after a wait of at most `sl_threshold`.',
    formula: 'a',
    aliases: ['Contacts answered in X seconds (Amazon Connect)'],
    value: ({ levels }) => levels.answeredWithin,
  },
  {
    name: 'service_level',
    unit: 'fraction',
    doc: 'By the formula asked for; see “Service level”.',
    formula: '`sl_formula`',
    aliases: ['Telephone service factor', 'SLA %'],
    value: ({ levels }, definition) => serviceLevel(definition, levels),
  },
  {
    name: 'abandonment_rate',
    unit: 'fraction',
    doc: 'Contacts that count as abandons, of the offered.',
    formula: 'B / offered',
    aliases: ['Abandonment rate (Amazon Connect)'],
    value: ({ counters }, { abandonOutcomes }) =>
      ratio(
        abandonOutcomes.reduce((sum, outcome) => sum + counters[outcome], 0),
        counters.offered,
      ),
  },
  {
    name: 'asa_s',
    unit: 'seconds',
    doc: 'Average speed of answer.',
    formula: 'Σ wait of answered / answered',
    aliases: ['Average queue answer time (Amazon Connect)', 'holdtime (Asterisk)'],
    value: ({ counters: n }) => mean(n.wait_answered_ms, n.answered),
  },
  {
    name: 'aht_s',
    unit: 'seconds',
    doc: 'Average handle time.',
    formula: 'Σ (talk + hold + wrap-up) / handled',
    aliases: ['tHandle (Genesys)', 'Average handle time (Amazon Connect)'],
    value: ({ counters: n }) => mean(n.talk_ms + n.hold_ms + n.wrap_ms, n.handled),
  },
  {
    name: 'avg_talk_s',
    unit: 'seconds',
    doc: 'Average talk time, without hold.',
    formula: 'Σ talk / handled',
    aliases: ['tTalk (Genesys)'],
    value: ({ counters: n }) => mean(n.talk_ms, n.handled),
  },
  {
    name: 'avg_hold_s',
    unit: 'seconds',
    doc: 'Average hold, over all handled and not only the held.',
    formula: 'Σ hold / handled',
    aliases: ['tHeld (Genesys)'],
    value: ({ counters: n }) => mean(n.hold_ms, n.handled),
  },
  {
    name: 'avg_wrap_s',
    unit: 'seconds',
    doc: 'Average after-contact work.',
    formula: 'Σ wrap-up / handled',
    aliases: ['tAcw (Genesys)', 'Average after contact work time (Amazon Connect)'],
    value: ({ counters: n }) => mean(n.wrap_ms, n.handled),
  },
  {
    name: 'max_wait_s',
    unit: 'seconds',
    doc: 'The longest wait of a contact offered here.',
    formula: 'max wait',
    aliases: ['Maximum queued time (Amazon Connect)'],
    value: ({ counters: n }) => (n.offered > 0 ? n.max_wait_ms / 1000 : null),
  },
  {
    name: 'occupancy',
    unit: 'fraction',
    doc: 'Of the time agents were busy or free, the busy part; ringing is on neither side.',
    formula: '(on contact + on hold + wrap-up) / (the same + available)',
    aliases: ['Occupancy (Amazon Connect)'],
    value: (cell) => ratio(busyMs(cell), busyMs(cell) + cell.counters.available_ms),
  },
  {
    name: 'utilisation',
    unit: 'fraction',
    doc: 'Of all the time agents were logged in, the busy part.',
    formula: '(on contact + on hold + wrap-up) / staffed',
    aliases: [],
    value: (cell) => ratio(busyMs(cell), cell.counters.staffed_ms),
  },
  {
    name: 'staffed_s',
    unit: 'seconds',
    doc: 'Agents’ time logged in; that of an agent of n queues is split n ways.',
    formula: 'Σ staffed',
    aliases: ['Staffed time', 'Online time (Amazon Connect)'],
    value: ({ counters: n }) => n.staffed_ms / 1000,
  },
];

/** The figures of one cell, in the table's order. */
export const figuresOf = (cell: Cell, definition: Definition): Record<string, number | null> =>
  Object.fromEntries(METRICS.map((metric) => [metric.name, metric.value(cell, definition)]));

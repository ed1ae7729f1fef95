/**
 * Every figure of an interval as one table: it drives the API's fields, the exports' columns, the OpenAPI schema,
 * `/v1/definitions`, the pages and docs/metrics.md, in this order. Pure.
 */
import type { QueueIntervalRow } from '../../schemas/rows.ts';
import { ratio, type ServiceLevelCounts, serviceLevel } from '../../schemas/service-level.ts';
import type { Definition } from './definition.ts';

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

/** Counters of contacts that the figures need, summed over the cell (`max_wait_ms`: the largest). */
export const CONTACT_COUNTERS = [
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
  'wait_abandoned_ms',
  'max_wait_ms',
  'handled',
  'held',
  'talk_ms',
  'hold_ms',
  'wrap_ms',
  'transferred_blind',
  'transferred_attended',
] as const satisfies readonly CounterName[];

/** Counters of agents' time: known by queue, channel and source only. */
export const AGENT_COUNTERS = [
  'on_contact_ms',
  'on_hold_ms',
  'wrap_up_ms',
  'available_ms',
  'staffed_ms',
] as const satisfies readonly CounterName[];
export const COUNTERS = [...CONTACT_COUNTERS, ...AGENT_COUNTERS] as const;

export type ContactCounters = Readonly<Record<(typeof CONTACT_COUNTERS)[number], number>>;
export type AgentCounters = Readonly<Record<(typeof AGENT_COUNTERS)[number], number>>;

/** One group in one bucket. */
export interface Cell {
  readonly counters: ContactCounters & AgentCounters;
  readonly levels: ServiceLevelCounts;
  /** False where they are counted from single legs, which are there only once they are over. */
  readonly knowsInProgress: boolean;
  /** False where agents' time cannot be told apart by the groups asked for. */
  readonly knowsAgents: boolean;
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

type Counted = (typeof CONTACT_COUNTERS)[number];
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
  {
    name: 'in_progress',
    unit: 'contacts',
    doc: 'Still waiting when read. Null where single legs are counted: one that waits is none yet, and not in `offered`.',
    formula: 'counted',
    aliases: [],
    value: ({ counters, knowsInProgress }) => (knowsInProgress ? counters.in_progress : null),
  },
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
    doc: 'Contacts that count as abandons, of the offered; with `exclude_short=true` without the short ones on either side.',
    formula: 'B / offered, or (B − s) / (offered − s)',
    aliases: ['Abandonment rate (Amazon Connect)'],
    value: ({ counters, levels }, { abandonOutcomes, excludeShort }) => {
      const abandoned = abandonOutcomes.reduce((sum, outcome) => sum + counters[outcome], 0);
      const left = excludeShort ? levels.shortAbandoned : 0;
      return ratio(abandoned - left, counters.offered - left);
    },
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
    value: (cell) =>
      cell.knowsAgents ? ratio(busyMs(cell), busyMs(cell) + cell.counters.available_ms) : null,
  },
  {
    name: 'utilisation',
    unit: 'fraction',
    doc: 'Of all the time agents were logged in, the busy part.',
    formula: '(on contact + on hold + wrap-up) / staffed',
    aliases: [],
    value: (cell) => (cell.knowsAgents ? ratio(busyMs(cell), cell.counters.staffed_ms) : null),
  },
  {
    name: 'staffed_s',
    unit: 'seconds',
    doc: 'Agents’ time logged in; that of an agent of n queues is split n ways.',
    formula: 'Σ staffed',
    aliases: ['Staffed time', 'Online time (Amazon Connect)'],
    value: ({ counters: n, knowsAgents }) => (knowsAgents ? n.staffed_ms / 1000 : null),
  },
  count('held', 'Handled contacts that were on hold.', ['nHeld (Genesys)']),
  count('transferred_blind', 'Handled contacts transferred without asking first.', [
    'nBlindTransferred (Genesys)',
  ]),
  count('transferred_attended', 'Handled contacts transferred after asking.', [
    'nConsultTransferred (Genesys)',
  ]),
  {
    name: 'transfer_rate',
    unit: 'fraction',
    doc: 'Legs transferred out, of the handled.',
    formula: '(transferred blind + attended) / handled',
    aliases: [],
    value: ({ counters: n }) => ratio(n.transferred_blind + n.transferred_attended, n.handled),
  },
  {
    name: 'avg_abandon_wait_s',
    unit: 'seconds',
    doc: 'Average wait of those who left by themselves.',
    formula: 'Σ wait of abandoned / abandoned',
    aliases: ['Average queue abandon time (Amazon Connect)'],
    value: ({ counters: n }) => mean(n.wait_abandoned_ms, n.abandoned),
  },
];

/** Writes the figures of one cell into a row, in the table's order. */
export const writeFigures = (
  row: Record<string, string | number | null>,
  cell: Cell,
  definition: Definition,
): void => {
  for (const { name, value } of METRICS) row[name] = value(cell, definition);
};

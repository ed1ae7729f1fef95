/**
 * The definition a figure is computed by: formula, limits, and which outcomes count as what. It is chosen when read
 * (law 4) and echoed in the reply, so that a number never travels without its meaning. Pure.
 */

import { formatDuration } from '../../schemas/durations.ts';
import { DEFAULT_SERVICE_LEVEL } from '../../schemas/queue-definition.ts';
import type { LegOutcome } from '../../schemas/rows.ts';
import {
  type ServiceLevelFormulaName,
  type ServiceLevelRule,
  spellOut,
} from '../../schemas/service-level.ts';
import { isWaitEdge } from '../../schemas/wait-edges.ts';

export interface Profile {
  readonly name: string;
  readonly doc: string;
  readonly formula: ServiceLevelFormulaName;
  /** Outcomes counted as abandons (B, b, s). */
  readonly abandonOutcomes: readonly LegOutcome[];
}

const LEFT_BY_ITSELF: readonly LegOutcome[] = ['abandoned'];
/** F: the contact left the queue unanswered without giving up (metrics.md). */
const EXITS: readonly LegOutcome[] = ['timed_out', 'left_empty', 'key_exit', 'overflowed'];

/** Vendors' definitions as a whole. Thresholds stay the reader's: every vendor lets the site set them. */
export const PROFILES = [
  {
    name: 'asterisk',
    doc: 'Asterisk’s `queue show` SL2: app_queue.c runs record_abandoned also for a timeout, an empty queue and a withdrawal, but not for a key (EXITWITHKEY). Its SL is the same profile with `sl_formula=answered_only`.',
    formula: 'abandons_positive',
    abandonOutcomes: ['abandoned', 'timed_out', 'left_empty', 'withdrawn'],
  },
  {
    name: 'queuemetrics',
    doc: 'QueueMetrics’ answered SLA: of the answered only.',
    formula: 'answered_only',
    abandonOutcomes: LEFT_BY_ITSELF,
  },
  {
    name: 'wazo',
    doc: 'Wazo’s quality of service: of the answered only.',
    formula: 'answered_only',
    abandonOutcomes: LEFT_BY_ITSELF,
  },
  {
    name: 'cisco-handled-only',
    doc: 'Cisco UCCX, percentage of service level, only handled.',
    formula: 'answered_only',
    abandonOutcomes: LEFT_BY_ITSELF,
  },
  {
    name: 'cisco-negative',
    doc: 'Cisco, abandoned calls have a negative impact.',
    formula: 'abandons_negative',
    abandonOutcomes: LEFT_BY_ITSELF,
  },
  {
    name: 'cisco-positive',
    doc: 'Cisco, abandoned calls have a positive impact.',
    formula: 'abandons_positive',
    abandonOutcomes: LEFT_BY_ITSELF,
  },
  {
    name: 'cisco-ignore',
    doc: 'Cisco, abandoned calls are ignored.',
    formula: 'abandons_ignored',
    abandonOutcomes: LEFT_BY_ITSELF,
  },
  {
    name: 'amazon-connect',
    doc: 'Amazon Connect’s service level X: contacts removed from the queue within X seconds, answered or not, of all.',
    formula: 'abandons_positive',
    abandonOutcomes: LEFT_BY_ITSELF,
  },
  {
    name: 'genesys',
    doc: 'Genesys Cloud with its calculation options as delivered; flow-outs are `count_exits=true`.',
    formula: 'abandons_negative',
    abandonOutcomes: LEFT_BY_ITSELF,
  },
  {
    name: 'mitel',
    doc: 'Mitel: short abandons are taken out.',
    formula: 'short_excluded',
    abandonOutcomes: LEFT_BY_ITSELF,
  },
  {
    name: 'talkdesk',
    doc: 'Talkdesk: short abandons are taken out.',
    formula: 'short_excluded',
    abandonOutcomes: LEFT_BY_ITSELF,
  },
] as const satisfies readonly Profile[];

export type ProfileName = (typeof PROFILES)[number]['name'];
export const PROFILE_NAMES: readonly ProfileName[] = PROFILES.map((profile) => profile.name);
export const isProfileName = (name: string): name is ProfileName =>
  PROFILES.some((profile) => profile.name === name);

/** Which moment of a contact decides the interval it counts in. */
export const BASES = [
  { name: 'arrival', doc: 'When it was offered. The default, and the only one of `queue_intervals`.' },
  { name: 'answer', doc: 'When its wait was over: answered, abandoned or otherwise gone from the queue.' },
  { name: 'end', doc: 'When its leg was over: talk ended, or gone from the queue. Wrap-up may follow.' },
] as const;
/**
 * A leg is looked for this long before an interval, so that `answer` and `end` need not read a queue's whole past. Over
 * 24 h of silence end a leg anyway; longer ones are e-mails that go to and fro, or records that state their own times.
 */
export const LONGEST_LEG_DAYS = 31;
export type Basis = (typeof BASES)[number]['name'];
export const BASIS_NAMES: readonly Basis[] = BASES.map((basis) => basis.name);
export const isBasis = (name: string): name is Basis => BASES.some((basis) => basis.name === name);

export interface Definition extends ServiceLevelRule {
  readonly basis: Basis;
  readonly profile: ProfileName | null;
  readonly thresholdMs: number;
  readonly shortAbandonMs: number;
  /** Takes short abandons out of the abandonment rate. */
  readonly excludeShort: boolean;
  readonly abandonOutcomes: readonly LegOutcome[];
  readonly exitOutcomes: readonly LegOutcome[];
  readonly computedFrom: 'queue_intervals' | 'contact_legs';
}
export interface DefinitionChoice {
  readonly profile?: ProfileName | undefined;
  readonly formula?: ServiceLevelFormulaName | undefined;
  readonly thresholdMs?: number | undefined;
  readonly shortAbandonMs?: number | undefined;
  readonly countExits?: boolean | undefined;
  readonly excludeShort?: boolean | undefined;
  readonly basis?: Basis | undefined;
  /** Groups or filters that only single legs know. */
  readonly needsLegs?: boolean | undefined;
}

/** What is chosen by itself wins over the profile, which wins over the defaults. */
export const defineFigures = (choice: DefinitionChoice): Definition => {
  const profile: Profile | undefined = PROFILES.find((candidate) => candidate.name === choice.profile);
  const thresholdMs = choice.thresholdMs ?? DEFAULT_SERVICE_LEVEL.threshold_ms;
  const shortAbandonMs = choice.shortAbandonMs ?? DEFAULT_SERVICE_LEVEL.short_abandon_ms;
  const abandonOutcomes = profile?.abandonOutcomes ?? LEFT_BY_ITSELF;
  const basis = choice.basis ?? 'arrival';
  const histogramsTell =
    isWaitEdge(thresholdMs) && isWaitEdge(shortAbandonMs) && abandonOutcomes.length === 1;
  const totalsTell = basis === 'arrival' && choice.needsLegs !== true;
  return {
    profile: choice.profile ?? null,
    formula: choice.formula ?? profile?.formula ?? DEFAULT_SERVICE_LEVEL.formula,
    thresholdMs,
    shortAbandonMs,
    countExits: choice.countExits ?? DEFAULT_SERVICE_LEVEL.count_exits,
    excludeShort: choice.excludeShort ?? false,
    basis,
    abandonOutcomes,
    exitOutcomes: EXITS.filter((outcome) => !abandonOutcomes.includes(outcome)),
    computedFrom: histogramsTell && totalsTell ? 'queue_intervals' : 'contact_legs',
  };
};

/** One line that says the whole service level in words and letters. */
export const describeServiceLevel = (definition: Definition): string => {
  const parts = [
    spellOut(definition),
    'A answered',
    `B ${definition.abandonOutcomes.join(' + ')}`,
    'a and b those within sl_threshold',
    's of B within short_abandon',
    ...(definition.countExits ? [`F ${definition.exitOutcomes.join(' + ')}`] : []),
  ];
  return parts.join('; ');
};

/** The definition in one cell: `abandons_negative T=20s S=5s basis=arrival`, with what was switched on behind it. */
export const nameDefinition = (definition: Definition): string =>
  [
    definition.formula,
    `T=${formatDuration(definition.thresholdMs)}`,
    `S=${formatDuration(definition.shortAbandonMs)}`,
    `basis=${definition.basis}`,
    ...(definition.countExits ? ['count_exits'] : []),
    ...(definition.excludeShort ? ['exclude_short'] : []),
    ...(definition.profile === null ? [] : [`profile=${definition.profile}`]),
  ].join(' ');

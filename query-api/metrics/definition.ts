/**
 * The definition a figure is computed by: formula, limits, and which outcomes count as what. It is chosen when read
 * (law 4) and echoed in the reply, so that a number never travels without its meaning. Pure.
 */
import type { LegOutcome } from '../../schemas/rows.ts';
import { isWaitEdge } from '../../schemas/wait-edges.ts';
import { type ServiceLevelFormulaName, type ServiceLevelRule, spellOut } from './service-level.ts';

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

export const DEFAULT_THRESHOLD_MS = 20_000;
export const DEFAULT_SHORT_ABANDON_MS = 5000;

export interface Definition extends ServiceLevelRule {
  readonly profile: ProfileName | null;
  readonly thresholdMs: number;
  readonly shortAbandonMs: number;
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
}

/** What is chosen by itself wins over the profile, which wins over the defaults. */
export const defineFigures = (choice: DefinitionChoice): Definition => {
  const profile: Profile | undefined = PROFILES.find((candidate) => candidate.name === choice.profile);
  const thresholdMs = choice.thresholdMs ?? DEFAULT_THRESHOLD_MS;
  const shortAbandonMs = choice.shortAbandonMs ?? DEFAULT_SHORT_ABANDON_MS;
  const abandonOutcomes = profile?.abandonOutcomes ?? LEFT_BY_ITSELF;
  const histogramsTell =
    isWaitEdge(thresholdMs) && isWaitEdge(shortAbandonMs) && abandonOutcomes.length === 1;
  return {
    profile: choice.profile ?? null,
    formula: choice.formula ?? profile?.formula ?? 'abandons_negative',
    thresholdMs,
    shortAbandonMs,
    countExits: choice.countExits ?? false,
    abandonOutcomes,
    exitOutcomes: EXITS.filter((outcome) => !abandonOutcomes.includes(outcome)),
    computedFrom: histogramsTell ? 'queue_intervals' : 'contact_legs',
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

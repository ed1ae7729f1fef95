/** The six service-level formulas in use, as data (metrics.md). Pure. */

/** What a service level is computed from. All counts come from the same source, so that a part never exceeds its whole. */
export interface ServiceLevelCounts {
  /** A */
  readonly answered: number;
  /** B: outcomes that the definition counts as abandons. */
  readonly abandoned: number;
  /** F: outcomes that the definition counts as exits. */
  readonly exits: number;
  /** a: answered after a wait ≤ threshold. */
  readonly answeredWithin: number;
  /** b: abandoned after a wait ≤ threshold. */
  readonly abandonedWithin: number;
  /** s: abandoned after a wait ≤ short-abandon limit. */
  readonly shortAbandoned: number;
}

export interface ServiceLevelFormula {
  readonly name: string;
  readonly numerator: string;
  readonly denominator: string;
  readonly aliases: readonly string[];
  readonly parts: (counts: ServiceLevelCounts) => readonly [numerator: number, denominator: number];
}

export const SERVICE_LEVEL_FORMULAS = [
  {
    name: 'answered_only',
    numerator: 'a',
    denominator: 'A',
    aliases: ['UCCX handled only', 'QueueMetrics answered SLA', 'Asterisk SL', 'Wazo qos'],
    parts: (n) => [n.answeredWithin, n.answered],
  },
  {
    name: 'abandons_negative',
    numerator: 'a',
    denominator: 'A + B',
    aliases: ['Cisco negative', 'Genesys Cloud (its default)'],
    parts: (n) => [n.answeredWithin, n.answered + n.abandoned],
  },
  {
    name: 'abandons_positive',
    numerator: 'a + b',
    denominator: 'A + B',
    aliases: ['Cisco positive', 'Asterisk SL2 (see the profile)', 'Amazon Connect'],
    parts: (n) => [n.answeredWithin + n.abandonedWithin, n.answered + n.abandoned],
  },
  {
    name: 'abandons_ignored',
    numerator: 'a',
    denominator: 'A + B − b',
    aliases: ['Cisco ignore'],
    parts: (n) => [n.answeredWithin, n.answered + n.abandoned - n.abandonedWithin],
  },
  {
    name: 'short_excluded',
    numerator: 'a',
    denominator: 'A + B − s',
    aliases: ['ICMI', 'Mitel', 'Talkdesk'],
    parts: (n) => [n.answeredWithin, n.answered + n.abandoned - n.shortAbandoned],
  },
  {
    name: 'short_met',
    numerator: 'a + s',
    denominator: 'A + B',
    aliases: ['ICMI'],
    parts: (n) => [n.answeredWithin + n.shortAbandoned, n.answered + n.abandoned],
  },
] as const satisfies readonly ServiceLevelFormula[];

export type ServiceLevelFormulaName = (typeof SERVICE_LEVEL_FORMULAS)[number]['name'];
export const SERVICE_LEVEL_NAMES: readonly ServiceLevelFormulaName[] = SERVICE_LEVEL_FORMULAS.map(
  (f) => f.name,
);
export const isServiceLevelName = (name: string): name is ServiceLevelFormulaName =>
  SERVICE_LEVEL_FORMULAS.some((formula) => formula.name === name);

/** A fraction 0..1; null where nothing counts, never 0 or 100 %. */
export const ratio = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);

const formulaOf = (name: ServiceLevelFormulaName): ServiceLevelFormula => {
  const formula = SERVICE_LEVEL_FORMULAS.find((candidate) => candidate.name === name);
  if (formula === undefined) throw new Error(`no service-level formula ${name}`);
  return formula;
};

export interface ServiceLevelRule {
  readonly formula: ServiceLevelFormulaName;
  /** Adds F to the denominator. */
  readonly countExits: boolean;
}

/** Contacts that met the service level, and those it is of; several queues' are added up before they are divided. */
export const serviceLevelParts = (
  rule: ServiceLevelRule,
  counts: ServiceLevelCounts,
): readonly [met: number, counted: number] => {
  const [met, all] = formulaOf(rule.formula).parts(counts);
  return [met, rule.countExits ? all + counts.exits : all];
};

/** The service level of some counts as a fraction 0..1, or null without contacts. */
export const serviceLevel = (rule: ServiceLevelRule, counts: ServiceLevelCounts): number | null =>
  ratio(...serviceLevelParts(rule, counts));

/** The formula spelled out: `a / (A + B + F)`. */
export const spellOut = (rule: ServiceLevelRule): string => {
  const { numerator, denominator } = formulaOf(rule.formula);
  const whole = rule.countExits ? `${denominator} + F` : denominator;
  const bracketed = (text: string): string => (text.includes(' ') ? `(${text})` : text);
  return `${bracketed(numerator)} / ${bracketed(whole)}`;
};

/** The definition that came with the figures, in sentences. Pure: it says what the answer says, not what was asked. */

/** `definition` of an answer of /v1/intervals, as far as the page uses it. */
export interface AnswerDefinition {
  /** In letters: `a / (A + B); A answered; …`. */
  readonly formula: string;
  readonly sl_formula: string;
  readonly sl_threshold: string;
  readonly short_abandon: string;
  readonly count_exits: boolean;
  readonly exclude_short: boolean;
  readonly profile: string | null;
  readonly abandon_outcomes: readonly string[];
  readonly exit_outcomes: readonly string[];
  readonly interval: string;
  readonly tz: string;
  readonly from: string;
  readonly to: string;
  readonly basis: string;
  readonly computed_from: string;
}

/** Outcomes as people say them. */
const OUTCOME_WORDS: Readonly<Record<string, string>> = {
  abandoned: 'hung up while waiting',
  timed_out: 'reached the maximum wait',
  left_empty: 'were removed because no agent was left',
  key_exit: 'pressed a key to leave',
  overflowed: 'were moved on by the ACD',
  withdrawn: 'were removed by the system or a supervisor',
};
const outcomes = (names: readonly string[]): string =>
  names.map((name) => OUTCOME_WORDS[name] ?? name.replaceAll('_', ' ')).join(', or ');

interface Limits {
  readonly threshold: string;
  readonly short: string;
}
const SERVICE_LEVELS: Readonly<Record<string, (limits: Limits) => string>> = {
  answered_only: ({ threshold }) =>
    `contacts answered within ${threshold}, of all that were answered. Abandoned contacts play no part`,
  abandons_negative: ({ threshold }) =>
    `contacts answered within ${threshold}, of all that were answered or abandoned. Every abandoned contact counts against it`,
  abandons_positive: ({ threshold }) =>
    `contacts answered or abandoned within ${threshold}, of all that were answered or abandoned. Who abandons within ${threshold} counts for it`,
  abandons_ignored: ({ threshold }) =>
    `contacts answered within ${threshold}, of all that were answered, or abandoned after more than ${threshold}. Who abandons sooner is left out`,
  short_excluded: ({ threshold, short }) =>
    `contacts answered within ${threshold}, of all that were answered, or abandoned after more than ${short}. Who abandons within ${short} is left out`,
  short_met: ({ threshold, short }) =>
    `contacts answered within ${threshold} or abandoned within ${short}, of all that were answered or abandoned`,
};

const BASES: Readonly<Record<string, string>> = {
  arrival: 'A contact counts in the interval in which it was offered.',
  answer: 'A contact counts in the interval in which it was answered, or left the queue otherwise.',
  end: 'A contact counts in the interval in which it ended.',
};

const serviceLevel = (definition: AnswerDefinition): string => {
  const limits = { threshold: definition.sl_threshold, short: definition.short_abandon };
  const spelled = SERVICE_LEVELS[definition.sl_formula]?.(limits);
  // A newer server may know a formula that has no words here yet; its letters stand below.
  return spelled === undefined ? `Service level by ${definition.sl_formula}.` : `Service level: ${spelled}.`;
};

const exits = (definition: AnswerDefinition): string =>
  `Contacts that ${outcomes(definition.exit_outcomes)} ${definition.count_exits ? 'count against it too' : 'do not count in it'}.`;

/** One sentence each: service level, abandons, exits, what an interval counts, and the source of the counts. */
export const definitionSentences = (definition: AnswerDefinition): readonly string[] => {
  const basis = BASES[definition.basis];
  return [
    serviceLevel(definition),
    `Abandoned are contacts that ${outcomes(definition.abandon_outcomes)}.`,
    exits(definition),
    ...(definition.exclude_short
      ? [`The abandonment rate leaves out who abandons within ${definition.short_abandon}.`]
      : []),
    ...(basis === undefined ? [] : [basis]),
    ...(definition.profile === null ? [] : [`This is the definition of the profile ${definition.profile}.`]),
    ...(definition.computed_from === 'contact_legs'
      ? ['Counted from the single contacts, because the stored waits do not tell this definition.']
      : []),
  ];
};

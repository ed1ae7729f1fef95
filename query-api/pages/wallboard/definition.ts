/** The definitions of service level that a board's figures are of. Pure. */
import type { LiveDefinition, LiveQueue } from '../../../schemas/live.ts';
import { DEFAULT_SERVICE_LEVEL } from '../../../schemas/queue-definition.ts';
import { spellOut } from '../../../schemas/service-level.ts';
import { liveDefinition } from '../../live/live-definition.ts';
import { percent } from './format.ts';

const DEFAULT = liveDefinition({ ...DEFAULT_SERVICE_LEVEL, target: null });

/** A queue's own, or the default, which no message repeats. */
export const definitionOf = ({ definition }: Pick<LiveQueue, 'definition'>): LiveDefinition =>
  definition ?? DEFAULT;

const LETTERS: Readonly<Record<string, (definition: LiveDefinition) => string>> = {
  a: ({ sl_threshold }) => `a answered within ${sl_threshold}`,
  A: () => 'A answered',
  B: () => 'B abandoned',
  b: ({ sl_threshold }) => `b abandoned within ${sl_threshold}`,
  s: ({ short_abandon }) => `s abandoned within ${short_abandon}`,
  F: () => 'F left otherwise',
};

/** One line: what the service level divides by what, and what is aimed at. */
export const definitionInWords = (definition: LiveDefinition): string => {
  const { sl_formula: formula, count_exits: countExits, sl_target: target } = definition;
  const formulaText = spellOut({ formula, countExits });
  const used = Object.entries(LETTERS).filter(([letter]) => new RegExp(`\\b${letter}\\b`).test(formulaText));
  return [
    `Service level ${formulaText}`,
    ...used.map(([, say]) => say(definition)),
    ...(target === null ? [] : [`target ${percent(target)}`]),
  ].join('; ');
};

/** What decides the figure; a target does not. */
const measureOf = ({ sl_target: _, ...measure }: LiveDefinition): string => JSON.stringify(measure);

/** The one definition that all these queues share; null for several, or for no queue at all. */
export const sharedDefinition = (queues: readonly Pick<LiveQueue, 'definition'>[]): LiveDefinition | null => {
  const [first, ...others] = queues.map(definitionOf);
  if (first === undefined) return null;
  return others.every((other) => measureOf(other) === measureOf(first)) ? first : null;
};

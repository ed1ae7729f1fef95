/** The part of the column map that says what became of a contact: a table of words, and rules that come before it. */
import type { ExitOutcome, RefusalReason } from '../../../schemas/events.ts';
import type { MappedOutcome, OutcomeRule, OutcomeSource } from './column-map.ts';
import {
  type AddFault,
  at,
  fieldsOf,
  isMapping,
  type MapNode,
  mappingOf,
  textOf,
  textsOf,
  wordOf,
} from './map-node.ts';

const EXITS: readonly ExitOutcome[] = [
  'abandoned',
  'timed_out',
  'left_empty',
  'key_exit',
  'overflowed',
  'callback',
  'withdrawn',
  'unknown',
];
const REFUSALS: Readonly<Record<string, RefusalReason>> = {
  refused_full: 'full',
  refused_empty: 'empty',
  refused_closed: 'closed',
};
const OUTCOMES: readonly string[] = ['answered', ...EXITS, ...Object.keys(REFUSALS), 'drop'];
const UNNAMED_DROP = 'dropped';

export const outcomeOf = (node: MapNode | undefined, fault: AddFault): OutcomeSource | null => {
  const fields = fieldsOf(node, 'outcome', ['column', 'values', 'rules'], fault);
  if (fields === null) return null;
  const column = textOf(fields.get('column'), 'outcome.column', fault) ?? '';
  const table = mappingOf(fields.get('values'), 'outcome.values', fault) ?? new Map<string, MapNode>();
  const values = new Map<string, MappedOutcome>();
  for (const [text, of] of table) {
    const outcome = mapped(of, at('outcome.values', text), fault);
    if (outcome !== null) values.set(text, outcome);
  }
  const listed = fields.get('rules') ?? [];
  if (!Array.isArray(listed)) fault('outcome.rules', 'must be a list of { when, then }');
  const rules = (Array.isArray(listed) ? listed : []).map((rule: MapNode, i) =>
    ruleOf(rule, `outcome.rules.${i}`, fault),
  );
  return { column, values, rules: rules.filter((rule) => rule !== null) };
};

const mapped = (node: MapNode | undefined, path: string, fault: AddFault): MappedOutcome | null => {
  if (isMapping(node)) {
    const reason = textOf(fieldsOf(node, path, ['drop'], fault)?.get('drop'), at(path, 'drop'), fault);
    return reason === null ? null : { kind: 'dropped', reason };
  }
  const word = wordOf(node, path, OUTCOMES, fault);
  if (word === null) return null;
  if (word === 'answered') return { kind: 'answered' };
  if (word === 'drop') return { kind: 'dropped', reason: UNNAMED_DROP };
  const reason = REFUSALS[word];
  if (reason !== undefined) return { kind: 'refused', reason };
  const outcome = EXITS.find((exit) => exit === word);
  return outcome === undefined ? null : { kind: 'exited', outcome };
};

const ruleOf = (node: MapNode, path: string, fault: AddFault): OutcomeRule | null => {
  const fields = fieldsOf(node, path, ['when', 'then'], fault);
  if (fields === null) return null;
  const when = mappingOf(fields.get('when'), at(path, 'when'), fault) ?? new Map<string, MapNode>();
  if (when.size === 0) fault(at(path, 'when'), 'must name at least one column');
  const then = mapped(fields.get('then'), at(path, 'then'), fault);
  if (then === null) return null;
  const texts = [...when].map(
    ([column, of]) => [column, new Set(textsOf(of, at(`${path}.when`, column), fault))] as const,
  );
  return { when: new Map(texts), outcome: then };
};

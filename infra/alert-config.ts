/** `alerts:` in busyhour.yaml: the rules that are declared for every source this process feeds. */
import {
  type AlertRule,
  type AlertRuleText,
  MAX_ALERT_RULES,
  parseAlertRule,
} from '../schemas/alert-rule.ts';
import { type Entry, readEntries } from './config-entries.ts';

const FIELDS = ['id', 'when', 'clear', 'clear_after', 'min_offered', 'queues', 'channel'];

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const optional = <K extends keyof AlertRuleText>(name: K, value: unknown): Partial<AlertRuleText> =>
  value === undefined || value === null ? {} : { [name]: textOf(value) };

const queuesOf = (value: unknown): Partial<AlertRuleText> => {
  if (value === undefined || value === null) return {};
  return { queues: (Array.isArray(value) ? value : [value]).map(textOf) };
};

const readRule = (where: string, entry: Entry, faults: string[]): readonly AlertRule[] => {
  for (const name of Object.keys(entry)) {
    if (!FIELDS.includes(name)) faults.push(`${where}.${name} is unknown (known: ${FIELDS.join(', ')})`);
  }
  if (typeof entry.when !== 'string') {
    faults.push(`${where}.when is missing: write a condition such as "waiting > 10"`);
    return [];
  }
  const parsed = parseAlertRule({
    id: entry.id === undefined ? entry.when : textOf(entry.id),
    when: entry.when,
    ...optional('clear', entry.clear),
    ...optional('clearAfter', entry.clear_after),
    ...optional('minOffered', entry.min_offered),
    ...optional('channel', entry.channel),
    ...queuesOf(entry.queues),
  });
  if (parsed.status === 'valid') return [parsed.rule];
  for (const fault of parsed.faults) faults.push(`${where}.${fault}`);
  return [];
};

/** The rules; what is wrong with them goes to `faults`, each with where it stands in `path`. */
export const readAlerts = (path: string, alerts: unknown, faults: string[]): readonly AlertRule[] => {
  const list = {
    name: 'alerts',
    most: MAX_ALERT_RULES,
    noun: 'rules',
    having: 'a condition "when"',
    read: (entry: Entry, where: string) => readRule(where, entry, faults),
  };
  const rules = readEntries(path, alerts, list, faults);
  const seen = new Set<string>();
  for (const { id } of rules) {
    if (seen.has(id)) faults.push(`${path}: alerts: two rules are called "${id}": give each its own id`);
    seen.add(id);
  }
  return rules;
};

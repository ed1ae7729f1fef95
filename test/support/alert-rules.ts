/** Alert rules for scenarios, written as people write them. */
import { type AlertRule, type AlertRuleText, parseAlertRule } from '../../schemas/alert-rule.ts';
import type { EventBody } from '../../schemas/events.ts';
import { DEFAULT_SERVICE_LEVEL, type QueueDefinition } from '../../schemas/queue-definition.ts';

/** The rule; its id is its condition unless named. */
export const ruleOf = (when: string, more: Partial<AlertRuleText> = {}): AlertRule => {
  const result = parseAlertRule({ id: when, when, ...more });
  if (result.status === 'invalid') throw new Error(result.faults.join('; '));
  return result.rule;
};

export const declaring = (...rules: readonly AlertRule[]): EventBody => declaringBy([], ...rules);

/** Rules that measure service levels by these definitions. */
export const declaringBy = (
  definitions: readonly QueueDefinition[],
  ...rules: readonly AlertRule[]
): EventBody => ({ type: 'alert_rules_declared', rules, definitions });

/** A definition that is the default one but for what is said. */
export const definitionFor = (queue: string, rest: Partial<QueueDefinition> = {}): QueueDefinition => ({
  queues: [queue],
  channel: '',
  ...DEFAULT_SERVICE_LEVEL,
  ...rest,
});

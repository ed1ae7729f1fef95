import { describe, expect, it } from 'vitest';
import { declareAlertRules } from '../../../ingest/declare-alert-rules.ts';
import type { AlertRule } from '../../../schemas/alert-rule.ts';
import type { QueueDefinition } from '../../../schemas/queue-definition.ts';
import { definitionFor, ruleOf } from '../../support/alert-rules.ts';
import { keepingPublisher } from '../../support/ingest.ts';

/** A connector that is started again and again with the rules given. */
const connector = () => {
  const publisher = keepingPublisher();
  const cursors = new Map<string, unknown>();
  const state = { savesCursor: true };
  const ledger = {
    cursor: async (name: string) => cursors.get(name) ?? null,
    saveCursor: async (name: string, place: unknown) => {
      if (state.savesCursor) cursors.set(name, JSON.parse(JSON.stringify(place)));
    },
  };
  const declare = (rules: AlertRule[], definitions: QueueDefinition[]) =>
    declareAlertRules({
      ...{ publisher, ledger, tenant: 'default', source: 'pbx' },
      ...{ rules, definitions, nowMs: () => 1 },
    });
  return {
    state,
    definitions: () =>
      publisher.kept.map((record) =>
        record.status === 'accepted' && record.events[0]?.body.type === 'alert_rules_declared'
          ? record.events[0].body.definitions.map(({ threshold_ms }) => threshold_ms)
          : null,
      ),
    declared: () =>
      publisher.kept.map((record) =>
        record.status === 'accepted' && record.events[0]?.body.type === 'alert_rules_declared'
          ? record.events[0].body.rules.map(({ id }) => id)
          : null,
      ),
    start: (...rules: AlertRule[]) => declare(rules, []),
    startBy: (definitions: QueueDefinition[], ...rules: AlertRule[]) => declare(rules, definitions),
  };
};
const A = ruleOf('waiting > 1');
const B = ruleOf('waiting > 2');

describe('rules are declared', () => {
  it('once, until they change, also back to what they were', async () => {
    const pbx = connector();
    for (const rules of [[A], [A], [B], [A, B], [A], []]) await pbx.start(...rules);
    expect(pbx.declared()).toEqual([
      ['waiting > 1'],
      ['waiting > 2'],
      ['waiting > 1', 'waiting > 2'],
      ['waiting > 1'],
      [],
    ]);
  });

  it('not at all where there never were any', async () => {
    const pbx = connector();
    await pbx.start();
    expect(pbx.declared()).toEqual([]);
  });

  it('once, also when the process dies before it has noted that', async () => {
    const pbx = connector();
    pbx.state.savesCursor = false;
    await pbx.start(A);
    pbx.state.savesCursor = true;
    await pbx.start(A);
    await pbx.start(A);
    expect(pbx.declared()).toEqual([['waiting > 1']]);
  });

  it('again when a queue is measured otherwise, if a rule measures a service level', async () => {
    const pbx = connector();
    const level = ruleOf('service_level < 0.8');
    const target = { ...definitionFor('sales', { threshold_ms: 30_000 }), target: 0.9 };
    await pbx.startBy([], A);
    await pbx.startBy([definitionFor('sales')], A);
    await pbx.startBy([definitionFor('sales')], A, level);
    await pbx.startBy([definitionFor('sales', { threshold_ms: 30_000 })], A, level);
    await pbx.startBy([target], A, level);
    expect(pbx.definitions()).toEqual([[], [20_000], [30_000]]);
  });
});

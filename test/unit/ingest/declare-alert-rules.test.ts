import { describe, expect, it } from 'vitest';
import { declareAlertRules } from '../../../ingest/declare-alert-rules.ts';
import type { AlertRule } from '../../../schemas/alert-rule.ts';
import { ruleOf } from '../../support/alert-rules.ts';
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
  return {
    state,
    declared: () =>
      publisher.kept.map((record) =>
        record.status === 'accepted' && record.events[0]?.body.type === 'alert_rules_declared'
          ? record.events[0].body.rules.map(({ id }) => id)
          : null,
      ),
    start: (...rules: AlertRule[]) =>
      declareAlertRules({ publisher, ledger, tenant: 'default', source: 'pbx', rules, nowMs: () => 1 }),
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
});

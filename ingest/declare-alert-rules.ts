/** Declares the configured rules of alerts for a source when they have changed. */
import { hash } from 'node:crypto';
import type { PublishedLedger } from '../infra/ledger/published-ledger.ts';
import type { AlertRule } from '../schemas/alert-rule.ts';
import { measureOf, type QueueDefinition } from '../schemas/queue-definition.ts';
import type { Publisher } from './publish.ts';

export interface AlertRulesOptions {
  readonly publisher: Pick<Publisher, 'publish'>;
  /** Keeps which rules were declared last. */
  readonly ledger: Pick<PublishedLedger, 'cursor' | 'saveCursor'>;
  readonly tenant: string;
  readonly source: string;
  readonly rules: readonly AlertRule[];
  /** The service levels the rules measure by. */
  readonly definitions: readonly QueueDefinition[];
  readonly nowMs: () => number;
}
interface Declared {
  /** 1, 2, …: rules that come back are another declaration. */
  readonly number: number;
  readonly hash: string;
}

/** Nothing is published while the rules are the ones declared last, or while there never were any. */
export const declareAlertRules = async (options: AlertRulesOptions): Promise<void> => {
  const { publisher, ledger, tenant, source, rules, nowMs } = options;
  const cursor = `alert-rules|${tenant}|${source}`;
  const last = (await ledger.cursor(cursor)) as Declared | null;
  // Definitions matter only to rules that measure a service level.
  const definitions = rules.some(({ metric }) => metric === 'service_level')
    ? options.definitions.map((of) => ({ queues: of.queues, channel: of.channel, ...measureOf(of) }))
    : [];
  const said = JSON.stringify(definitions.length === 0 ? rules : { rules, definitions });
  const digest = hash('sha256', said, 'hex').slice(0, 32);
  if (last?.hash === digest || (last === null && rules.length === 0)) return;
  const declared: Declared = { number: (last?.number ?? 0) + 1, hash: digest };
  await publisher.publish([
    {
      status: 'accepted',
      id: `alert_rules:${declared.number}:${declared.hash}`,
      events: [{ event_time: nowMs(), body: { type: 'alert_rules_declared', rules, definitions } }],
    },
  ]);
  // After the log: a crash in between publishes the same declaration again, which the ledger or the fold drops.
  await ledger.saveCursor(cursor, declared);
};

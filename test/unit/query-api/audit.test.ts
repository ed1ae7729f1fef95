/** What becomes of audit entries when the store answers, is away, or refuses them. */

import Fastify from 'fastify';
import { Registry } from 'prom-client';
import { describe, expect, test, vi } from 'vitest';
import { type Store, StoreError } from '../../../infra/clickhouse/store.ts';
import { AUDIT_LIMITS, type AuditEntry, startAudit } from '../../../query-api/audit.ts';
import type { AuditRow } from '../../../schemas/access-rows.ts';

const ENTRY: AuditEntry = {
  principal: { id: 'board', tenant: 'acme' },
  action: 'sql',
  detail: 'SELECT 1',
  outcome: 'done',
};

const auditOn = (insert: (rows: readonly AuditRow[]) => Promise<void>) => {
  const registry = new Registry();
  const logger = Fastify({ logger: false }).log;
  const store: Pick<Store, 'insert'> = { insert: (_table, rows) => insert(rows as readonly AuditRow[]) };
  const audit = startAudit({ store, nowMs: () => 7000, registry, logger, flushMs: 1 });
  const metric = async (name: string): Promise<number> => {
    const { values } = (await registry.getSingleMetric(name)?.get()) ?? { values: [] };
    return values.reduce((sum, { value }) => sum + value, 0);
  };
  return { ...audit, metric };
};
const away = new StoreError('away', 'retry', 'ECONNREFUSED');

describe('audit entries', () => {
  test('are written within moments, each with an id of its own', async () => {
    const rows: AuditRow[] = [];
    const { audit, close, metric } = auditOn(async (batch) => void rows.push(...batch));
    audit(ENTRY);
    audit({ ...ENTRY, outcome: 'refused' });
    await vi.waitFor(() => expect(rows).toHaveLength(2), { interval: 2 });
    const { principal, ...rest } = ENTRY;
    expect(rows[0]).toEqual({
      ...rest,
      tenant: 'acme',
      principal: principal.id,
      at: 7000,
      id: expect.any(String),
    });
    expect(new Set(rows.map(({ id }) => id)).size).toBe(2);
    await close();
    expect(await metric('acd_audit_written_total')).toBe(2);
    expect(await metric('acd_audit_dropped_total')).toBe(0);
  });

  test('wait for a store that is away, in order and in batches, none lost or doubled', async () => {
    const details: string[] = [];
    let answers = false;
    const { audit, close } = auditOn(async (batch) => {
      if (!answers) throw away;
      expect(batch.length).toBeLessThanOrEqual(AUDIT_LIMITS.batchRows);
      details.push(...batch.map(({ detail }) => detail));
    });
    const sent = Array.from({ length: AUDIT_LIMITS.batchRows * 2 + 1 }, (_, n) => `query ${n}`);
    for (const detail of sent) audit({ ...ENTRY, detail });
    answers = true;
    await close();
    expect(details).toEqual(sent);
  });

  test('beyond the buffer are dropped and counted, as are those left on closing', async () => {
    const { audit, close, metric } = auditOn(() => Promise.reject(away));
    for (let n = 0; n < AUDIT_LIMITS.buffered + 3; n += 1) audit(ENTRY);
    expect(await metric('acd_audit_dropped_total')).toBe(3);
    await close();
    expect(await metric('acd_audit_dropped_total')).toBe(AUDIT_LIMITS.buffered + 3);
  });

  test('the store refuses for good are counted, and later ones are written', async () => {
    const details: string[] = [];
    const { audit, close, metric } = auditOn(async (batch) => {
      if (batch.some(({ detail }) => detail === 'bad')) throw new StoreError('no', 'reject', '27');
      details.push(...batch.map(({ detail }) => detail));
    });
    audit({ ...ENTRY, detail: 'bad' });
    await vi.waitFor(async () => expect(await metric('acd_audit_dropped_total')).toBe(1), { interval: 2 });
    audit({ ...ENTRY, detail: 'good' });
    await close();
    expect(details).toEqual(['good']);
  });

  test('are cut to a length', async () => {
    const rows: AuditRow[] = [];
    const { audit, close } = auditOn(async (batch) => void rows.push(...batch));
    audit({ ...ENTRY, detail: 'x'.repeat(AUDIT_LIMITS.detailChars + 1) });
    await close();
    expect(rows[0]?.detail).toHaveLength(AUDIT_LIMITS.detailChars);
  });
});

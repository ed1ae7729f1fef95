/**
 * The audit log: who asked for what, and what was refused. Entries are collected and written a batch at a time; a
 * store that is away costs the caller nothing, and what could not be kept is counted.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { Counter, type Registry } from 'prom-client';
import { type Store, StoreError } from '../infra/clickhouse/store.ts';
import type { AuditRow } from '../schemas/access-rows.ts';
import type { Principal } from './auth.ts';

export const AUDIT_ACTIONS = [
  'sql',
  'export',
  'token_created',
  'token_revoked',
  'request',
  'caller_erased',
  'caller_revealed',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];
export const AUDIT_OUTCOMES = ['done', 'refused', 'failed'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

/** Never holds a secret or what a query returned. */
export interface AuditEntry {
  readonly principal: Pick<Principal, 'id' | 'tenant'>;
  readonly action: AuditAction;
  /** What was asked for: the SQL, or method and path. */
  readonly detail: string;
  readonly outcome: AuditOutcome;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Notes an entry down. Returns at once and never throws. */
    audit: (entry: AuditEntry) => void;
  }
}

export const AUDIT_LIMITS = {
  /** Entries waiting for the store; what comes on top is dropped and counted. */
  buffered: 10_000,
  /** Rows of one insert. */
  batchRows: 1000,
  /** Longest time an entry waits while the store answers. */
  flushMs: 1000,
  /** Time to write what is left on closing. */
  closeMs: 5000,
  /** Characters of a detail; the rest is cut off. */
  detailChars: 4000,
} as const;

export interface Audit {
  readonly audit: (entry: AuditEntry) => void;
  /** Writes what is left, within a time limit. */
  readonly close: () => Promise<void>;
}
export interface AuditOptions {
  readonly store: Pick<Store, 'insert'>;
  readonly nowMs: () => number;
  readonly registry: Registry;
  readonly logger: FastifyBaseLogger;
  /** Tests flush faster. */
  readonly flushMs?: number;
}

/** The row of an entry; its id is its own, so that an insert sent twice leaves one. */
export const auditRow = ({ principal, action, detail, outcome }: AuditEntry, at: number): AuditRow => ({
  tenant: principal.tenant,
  at,
  id: randomUUID(),
  principal: principal.id,
  action,
  detail: detail.slice(0, AUDIT_LIMITS.detailChars),
  outcome,
});

export const startAudit = (options: AuditOptions): Audit => {
  const { store, nowMs, registry, logger } = options;
  const waiting: AuditRow[] = [];
  const dropped = new Counter({
    name: 'acd_audit_dropped_total',
    help: 'Audit entries that could not be kept',
    labelNames: ['reason'],
    registers: [registry],
  });
  const kept = new Counter({
    name: 'acd_audit_written_total',
    help: 'Audit entries that ClickHouse acknowledged',
    registers: [registry],
  });
  /** Writes one batch; false when the store is away and the rows still wait. */
  const writeBatch = async (): Promise<boolean> => {
    const batch = waiting.slice(0, AUDIT_LIMITS.batchRows);
    try {
      await store.insert('audit_rows', batch);
      kept.inc(batch.length);
    } catch (error) {
      if (error instanceof StoreError && error.fault === 'retry') {
        logger.warn({ err: error, waiting: waiting.length }, 'audit entries wait for the store');
        return false;
      }
      logger.error({ err: error, dropped: batch.length }, 'audit entries refused by the store');
      dropped.inc({ reason: 'refused' }, batch.length);
    }
    // Entries are only ever added behind the batch, so these are the batch's own.
    waiting.splice(0, batch.length);
    return true;
  };
  const flush = async (): Promise<void> => {
    let answers = true;
    while (answers && waiting.length > 0) answers = await writeBatch();
  };
  let flushing: Promise<void> | null = null;
  const flushOnce = (): Promise<void> => {
    flushing ??= flush().finally(() => {
      flushing = null;
    });
    return flushing;
  };
  const timer = setInterval(() => void flushOnce(), options.flushMs ?? AUDIT_LIMITS.flushMs);
  return {
    audit: (entry) => {
      if (waiting.length < AUDIT_LIMITS.buffered) waiting.push(auditRow(entry, nowMs()));
      else dropped.inc({ reason: 'buffer_full' });
    },
    close: async () => {
      clearInterval(timer);
      const written = flushOnce().then(flushOnce);
      await Promise.race([written, pause(AUDIT_LIMITS.closeMs, undefined, { ref: false })]);
      if (waiting.length > 0) dropped.inc({ reason: 'closed' }, waiting.length);
    },
  };
};

/** Gives the app its `audit`; closing the app writes what is left. */
export const useAudit = (app: FastifyInstance, options: Omit<AuditOptions, 'logger'>): void => {
  const { audit, close } = startAudit({ ...options, logger: app.log });
  app.decorate('audit', audit);
  app.addHook('onClose', close);
};

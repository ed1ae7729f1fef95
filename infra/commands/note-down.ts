/** Notes in the audit log what is done from the command line. */
import { type AuditEntry, auditRow } from '../../query-api/audit.ts';
import type { Store } from '../clickhouse/store.ts';
import { nowMs } from './about.ts';

/** Whom the audit names: whoever may run commands here has ClickHouse's password anyway. */
export const OPERATOR = 'command line';

export interface Deed extends Omit<AuditEntry, 'principal'> {
  readonly tenant: string;
}

/** Resolves when the entry is stored. Throws `StoreError`. */
export const noteDown = (store: Store, { tenant, ...entry }: Deed): Promise<void> =>
  store.insert('audit_rows', [auditRow({ principal: { id: OPERATOR, tenant }, ...entry }, nowMs())]);

/** SQL of `GET /v1/audit`. */
import type { AuditRow } from '../../schemas/access-rows.ts';

export interface AuditFilter {
  readonly tenant: string;
  /** UTC epoch ms; `toMs` is exclusive. */
  readonly fromMs: number;
  readonly toMs: number;
  /** '' = any. */
  readonly action: string;
  readonly outcome: string;
  readonly principal: string;
  readonly limit: number;
}
export type AuditSelected = Omit<AuditRow, 'at' | 'tenant'> & { readonly at_ms: number };

/** Newest first. */
export const auditQuery = (
  filter: AuditFilter,
): { sql: string; params: Readonly<Record<string, unknown>> } => ({
  sql: `SELECT toUnixTimestamp64Milli(at) AS at_ms, id, principal, action, detail, outcome
    FROM acd.audit_rows FINAL
    WHERE tenant = {tenant:String}
      AND at >= fromUnixTimestamp64Milli({fromMs:Int64}) AND at < fromUnixTimestamp64Milli({toMs:Int64})
      AND {action:String} IN ('', action) AND {outcome:String} IN ('', outcome)
      AND {principal:String} IN ('', principal)
    ORDER BY at DESC, id LIMIT {limit:UInt32}`,
  params: { ...filter },
});

/** Rows of who may ask and who asked what. They do not follow from the log: a replay leaves their tables alone. */
import { type Columns, LC, T3 } from './columns.ts';

/** A token as it is kept: the secret itself never is. */
export interface ApiTokenRow {
  readonly tenant: string;
  readonly id: string;
  readonly name: string;
  /** SHA-256 of the secret, in hex. */
  readonly sha256: string;
  readonly role: string;
  /** `"*"` or the names it may see, as JSON. */
  readonly queues: string;
  readonly created_at: number;
  readonly expires_at: number;
  readonly revoked_at: number | null;
  readonly version: number;
}

/** Something that was done, or refused, in somebody's name. */
export interface AuditRow {
  readonly tenant: string;
  readonly at: number;
  readonly id: string;
  readonly principal: string;
  readonly action: string;
  readonly detail: string;
  readonly outcome: string;
}

/** A caller's number, sealed: only kept where that is asked for. */
export interface OriginalRow {
  readonly tenant: string;
  /** The pseudonym. */
  readonly caller: string;
  /** Where the subject's key is, sealed with the tenant's. */
  readonly place: string;
  /** The number, sealed with the subject's key. */
  readonly number: string;
  readonly kept_at: number;
}

export const ACCESS_TABLES: {
  readonly originals_rows: Columns<OriginalRow>;
  readonly api_tokens_rows: Columns<ApiTokenRow>;
  readonly audit_rows: Columns<AuditRow>;
} = {
  api_tokens_rows: {
    tenant: LC,
    id: 'String',
    name: 'String',
    sha256: 'String',
    role: LC,
    queues: 'String',
    created_at: T3,
    expires_at: T3,
    revoked_at: `Nullable(${T3})`,
    version: 'UInt64',
  },
  originals_rows: {
    tenant: LC,
    caller: 'String',
    place: 'String',
    number: 'String',
    kept_at: T3,
  },
  audit_rows: {
    tenant: LC,
    at: T3,
    id: 'String',
    principal: 'String',
    action: LC,
    detail: 'String',
    outcome: LC,
  },
};

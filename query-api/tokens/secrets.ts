/** New tokens: an id that may be shown, and a secret that is shown once and kept as its hash only. */
import { randomBytes } from 'node:crypto';
import type { ApiTokenRow } from '../../schemas/access-rows.ts';
import { hashToken, type Role } from '../auth.ts';

const SECRET_BYTES = 32;
const ID_BYTES = 6;
/** So that a secret found in a log or a repository can be told for what it is. */
const SECRET_PREFIX = 'bht_';

export interface NewToken {
  readonly tenant: string;
  readonly name: string;
  readonly role: Role;
  readonly queues: readonly string[] | '*';
  readonly createdAt: number;
  readonly expiresAt: number;
}

export const newToken = (token: NewToken): { readonly row: ApiTokenRow; readonly secret: string } => {
  const secret = `${SECRET_PREFIX}${randomBytes(SECRET_BYTES).toString('base64url')}`;
  const { tenant, name, role, queues, createdAt, expiresAt } = token;
  const row: ApiTokenRow = {
    tenant,
    id: randomBytes(ID_BYTES).toString('hex'),
    name,
    sha256: hashToken(secret),
    role,
    queues: JSON.stringify(queues),
    created_at: createdAt,
    expires_at: expiresAt,
    revoked_at: null,
    version: createdAt,
  };
  return { row, secret };
};

/** The same token, no longer valid. Its version is above that of what it replaces, whatever the clocks say. */
export const revoked = (row: ApiTokenRow, revokedAt: number): ApiTokenRow => ({
  ...row,
  revoked_at: revokedAt,
  version: Math.max(revokedAt, row.version + 1),
});

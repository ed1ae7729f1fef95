/**
 * The database user of a tenant: its name, its password, and the row policy that shows it the tenant's rows and no
 * others. The policy stands on the tables below the public views and goes by who asked: the views read those tables as
 * their definer, and there ClickHouse filters while it reads, before anything of the query is evaluated.
 */
import { createHash, createHmac } from 'node:crypto';
import type { DatabaseUser } from './sql-access.ts';

/** No other user may be called so: what follows is taken for the name of a tenant. */
const PREFIX = 'tenant_';

/** What the public may read; the tables below them (`*_rows`) are not granted, the views read those as their definer. */
export const PUBLIC_VIEWS = [
  'contact_legs',
  'queue_intervals',
  'agent_states',
  'agent_intervals',
  'events',
  'dead_letters',
  'anomalies',
  'alerts',
] as const;

/**
 * The user of a tenant. The password follows from `key` and the tenant, so it need be kept nowhere and is the same on
 * every server that knows the key.
 */
export function tenantUser(key: string, tenant: string): DatabaseUser {
  const password = createHmac('sha256', key).update(`database user of ${tenant}`).digest('base64url');
  return { username: tenantUsername(tenant), password };
}

/** Letters, digits and hyphens stand for themselves, any other byte of the name is `_` and two hex digits. */
export function tenantUsername(tenant: string): string {
  const encoded = Array.from(Buffer.from(tenant, 'utf8'), (byte) => {
    const sign = String.fromCharCode(byte);
    return /[A-Za-z0-9-]/.test(sign) ? sign : `_${byte.toString(16).padStart(2, '0')}`;
  });
  return PREFIX + encoded.join('');
}

/** The tables that carry the row policy. In a cluster ClickHouse heeds none on the Distributed table, but each shard its local one's. */
export const FILTERED_TABLES: readonly string[] = PUBLIC_VIEWS.flatMap((view) => [
  `${view}_rows`,
  `${view}_rows_local`,
]);

/**
 * The row policy's condition: all rows for the users named, a tenant's own for its user, none for anybody else.
 * `currentUser()` is who sent the query, also within a view that reads as its definer.
 */
export function rowFilter(unfiltered: readonly string[]): string {
  const all = unfiltered.map(quote).join(', ');
  const tenant = `decodeURLComponent(replaceAll(substring(currentUser(), ${PREFIX.length + 1}), '_', '%'))`;
  return `currentUser() IN (${all}) OR (startsWith(currentUser(), '${PREFIX}') AND tenant = ${tenant})`;
}

/** As ClickHouse wants to be told a password. */
export function passwordHash(password: string): string {
  return createHash('sha256').update(password).digest('hex');
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

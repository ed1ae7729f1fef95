/** As whom a tenant's SQL runs: its database user, which is made here where it is missing and can be made. */
import { getsIn } from './check-tenants.ts';
import type { TenantServer } from './embedded-tenants.ts';
import type { TenantAccess, TenantUsers } from './sql-access.ts';
import { type Store, StoreError } from './store.ts';
import { type TenantDdl, tenantStatements } from './tenant-ddl.ts';
import { tenantUser } from './tenant-users.ts';

/** A tenant is whoever has landed something or has a token; these tables are small and begin with the tenant. */
const WHERE_TENANTS_ARE = [
  'queue_intervals_rows',
  'agent_intervals_rows',
  'dead_letters_rows',
  'api_tokens_rows',
];
const TENANTS = WHERE_TENANTS_ARE.map((table) => `SELECT tenant FROM acd.${table}`).join(' UNION ALL ');

/** Every tenant the store knows of. Throws `StoreError`. */
export async function readTenants(store: Store): Promise<readonly string[]> {
  const rows = await store.query<{ tenant: string }>(`SELECT DISTINCT tenant FROM (${TENANTS})`);
  return rows.map(({ tenant }) => tenant);
}

/** For the process that holds the embedded server: who has no user gets one with a restart of the server. */
export function ownTenantUsers(server: TenantServer, store: Store, key: string): TenantUsers {
  return async (tenant) => {
    if (!server.has(tenant)) {
      const known = await store.query(`SELECT 1 FROM (${TENANTS}) WHERE tenant = {tenant:String} LIMIT 1`, {
        tenant,
      });
      if (known.length === 0) {
        return refused(`tenant "${tenant}" has no data here yet: SQL is there once its first events are in`);
      }
      await server.add([tenant]);
    }
    return { status: 'ready', user: tenantUser(key, tenant) };
  };
}

/** For a command beside the node that holds the embedded server. */
export function joinedTenantUsers(url: string, key: string): TenantUsers {
  return async (tenant) => {
    const user = tenantUser(key, tenant);
    if (await getsIn(url, user)) return { status: 'ready', user };
    return refused(
      `tenant "${tenant}" has no database user in the running node yet: it is made when the node starts, or with the tenant's first query over POST /v1/sql`,
    );
  };
}

/** ClickHouse's codes for a user who may not manage users, or whose server keeps them where they cannot be changed. */
const MAY_NOT: ReadonlySet<string> = new Set(['495', '497', '514']);

/** For an external ClickHouse: users are made by DDL, or have been by its administrator. */
export function externalTenantUsers(store: Store, url: string, ddl: TenantDdl): TenantUsers {
  const ready = new Map<string, Promise<boolean>>();
  const make = async (tenant: string): Promise<boolean> => {
    try {
      for (const statement of tenantStatements(ddl, tenant)) await store.command(statement);
      return true;
    } catch (error) {
      if (error instanceof StoreError && MAY_NOT.has(error.code))
        return getsIn(url, tenantUser(ddl.key, tenant));
      throw error;
    }
  };
  return async (tenant) => {
    // One that failed is tried again: the administrator may have seen to it.
    const made = await (ready.get(tenant) ?? remember(ready, tenant, make(tenant)));
    if (made) return { status: 'ready', user: tenantUser(ddl.key, tenant) };
    return refused(
      `Busyhour's ClickHouse user may not make users: have an administrator run what "busyhour sql --ddl --tenant ${tenant}" prints`,
    );
  };
}

/** Tenants whose user is known to stand; what comes on top is simply made sure of again. */
const REMEMBERED_TENANTS = 10_000;

function remember(
  ready: Map<string, Promise<boolean>>,
  tenant: string,
  making: Promise<boolean>,
): Promise<boolean> {
  if (ready.size >= REMEMBERED_TENANTS) ready.clear();
  ready.set(tenant, making);
  const forget = (): boolean => ready.delete(tenant);
  void making.then((made) => made || forget(), forget);
  return making;
}

function refused(reason: string): TenantAccess {
  return { status: 'refused', reason };
}

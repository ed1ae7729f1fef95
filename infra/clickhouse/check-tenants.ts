/**
 * Whether tenants' database users are what keeps tenants apart: read-only, and behind a row policy on every table. Looked
 * at twice: as the server tells it, and as each user finds it. In a cluster that is the server Busyhour is connected to.
 */
import { openStore } from './clickhouse-store.ts';
import type { DatabaseUser } from './sql-access.ts';
import { type Store, StoreError } from './store.ts';
import type { TenantDdl } from './tenant-ddl.ts';
import { FILTERED_TABLES, PUBLIC_VIEWS, rowFilter, tenantUser } from './tenant-users.ts';

/** Of a store with more tenants the first are looked at: each costs a query a view. */
export const TENANTS_CHECKED = 50;

export interface TenantCheck {
  readonly store: Store;
  readonly url: string;
  readonly ddl: TenantDdl;
  readonly tenants: readonly string[];
}
export interface TenantFindings {
  readonly checked: number;
  /** Who has no user. */
  readonly missing: readonly string[];
  /** Who could not be looked at, having used up its quota. */
  readonly busy: readonly string[];
  /** What lets a tenant do or see what it should not, or keeps its own from it; none ends in what to do. */
  readonly faults: readonly string[];
}

/** ACCESS_DENIED: of Busyhour's own user, that it may not see row policies. */
export const ACCESS_DENIED = '497';

/** Throws `StoreError` where the store cannot be asked. */
export async function checkTenantUsers({ store, url, ddl, tenants }: TenantCheck): Promise<TenantFindings> {
  const faults = [...(await unfilteredTables(store, ddl)), ...(await misreadViews(store, ddl))];
  const missing: string[] = [];
  const busy: string[] = [];
  const looked = tenants.slice(0, TENANTS_CHECKED);
  for (const tenant of looked) {
    const found = await checkUser(url, tenantUser(ddl.key, tenant), tenant);
    if (found === 'missing') missing.push(tenant);
    else if (found === 'busy') busy.push(tenant);
    else faults.push(...found);
  }
  return { checked: looked.length, missing, busy, faults };
}

/** Formatted, because ClickHouse keeps a filter as it has read it. */
const UNFILTERED = `SELECT name FROM system.tables
  WHERE database = 'acd' AND name IN {tables:Array(String)} AND name NOT IN (
    SELECT table FROM system.row_policies
    WHERE database = 'acd' AND NOT is_restrictive AND has(apply_to_list, {definer:String})
      AND formatQuerySingleLineOrNull(concat('SELECT ', select_filter))
        = formatQuerySingleLine(concat('SELECT ', {filter:String})))
  ORDER BY name`;

async function unfilteredTables(
  store: Store,
  { definer, unfiltered }: TenantDdl,
): Promise<readonly string[]> {
  const filter = rowFilter([definer, ...unfiltered]);
  const rows = await store.query<{ name: string }>(UNFILTERED, { tables: FILTERED_TABLES, definer, filter });
  return rows.map(({ name }) => `acd.${name} has no row policy that shows each tenant its own rows alone`);
}

/** A row policy is one of whom the view reads as. */
const MISREAD = `SELECT name FROM system.tables
  WHERE database = 'acd' AND name IN {views:Array(String)}
    AND trim(BOTH '\`' FROM extract(create_table_query, 'DEFINER = (.+?) SQL SECURITY DEFINER')) != {definer:String}
  ORDER BY name`;

async function misreadViews(store: Store, { definer }: TenantDdl): Promise<readonly string[]> {
  const rows = await store.query<{ name: string }>(MISREAD, { views: PUBLIC_VIEWS, definer });
  return rows.map(
    ({ name }) => `the view acd.${name} does not read as ${definer}, to whom the row policies apply`,
  );
}

const AUTHENTICATION_FAILED = '516';
/** Over its quota, or with as many queries running as it may have. */
const BUSY: ReadonlySet<string> = new Set(['201', '202']);

/** Whether the server knows the user by this password. Throws `StoreError`. */
export async function getsIn(url: string, user: DatabaseUser): Promise<boolean> {
  return (await checkAs(url, user, (own) => own.query('SELECT 1'))) !== 'missing';
}

/** Whether Busyhour's own user makes those of tenants, each with the tenant's first query. */
export async function mayMakeUsers(store: Store): Promise<boolean> {
  const grants = await store.query<Record<string, string>>('SHOW GRANTS');
  return grants.flatMap(Object.values).some((grant) => /\b(CREATE USER|ACCESS MANAGEMENT|ALL)\b/.test(grant));
}

function checkUser(
  url: string,
  user: DatabaseUser,
  tenant: string,
): Promise<'missing' | 'busy' | readonly string[]> {
  return checkAs(url, user, async (own) => {
    const faults: string[] = [];
    const [profile] = await own.query<{ readonly: number }>(`SELECT getSetting('readonly') AS readonly`);
    if (profile?.readonly !== 1) faults.push(`tenant "${tenant}" is not read-only`);
    for (const view of PUBLIC_VIEWS) faults.push(...(await checkView(own, view, tenant)));
    return faults;
  });
}

async function checkAs<Found>(
  url: string,
  user: DatabaseUser,
  check: (own: Store) => Promise<Found>,
): Promise<'missing' | 'busy' | Found> {
  const own = openStore({ url, ...user, database: 'acd' });
  try {
    return await check(own);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.code === AUTHENTICATION_FAILED) return 'missing';
    if (BUSY.has(error.code)) return 'busy';
    throw error;
  } finally {
    await own.close();
  }
}

/** Costs next to nothing where the policy stands: its tenant and any other exclude each other by the primary key. */
async function checkView(own: Store, view: string, tenant: string): Promise<readonly string[]> {
  const foreign = `SELECT tenant FROM acd.${view} WHERE tenant != {tenant:String} LIMIT 1`;
  try {
    const [row] = await own.query<{ tenant: string }>(foreign, { tenant });
    return row === undefined ? [] : [`tenant "${tenant}" sees rows of "${row.tenant}" in acd.${view}`];
  } catch (error) {
    if (error instanceof StoreError && error.code === ACCESS_DENIED)
      return [`tenant "${tenant}" may not read acd.${view}`];
    throw error;
  }
}

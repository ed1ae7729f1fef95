/** The statements that give a tenant its database user on an external ClickHouse: the same as users.xml of the embedded one. */
import { onCluster } from './cluster.ts';
import { SQL_LIMITS } from './sql-access.ts';
import { SQL_CHANGEABLE, SQL_SETTINGS } from './sql-limits.ts';
import { FILTERED_TABLES, PUBLIC_VIEWS, passwordHash, rowFilter, tenantUser } from './tenant-users.ts';

export interface TenantDdl {
  /** What the users' passwords are derived from. */
  readonly key: string;
  /** Whose the public views are: the user that ran the migrations. */
  readonly definer: string;
  /** Users beside the definer who see all tenants. */
  readonly unfiltered: readonly string[];
  /** '' = one server. */
  readonly cluster: string;
}

const PROFILE = 'busyhour_tenant';
const POLICY = 'busyhour_tenant';

/** Each may be repeated. The policies come first: no user ever sees what it should not. */
export function tenantStatements(ddl: TenantDdl, tenant: string): readonly string[] {
  const { username, password } = tenantUser(ddl.key, tenant);
  const user = quoteName(username);
  const cluster = onCluster(ddl.cluster);
  const identified = `IDENTIFIED WITH sha256_hash BY '${passwordHash(password)}'`;
  const { queriesPerHour, rowsPerHour } = SQL_LIMITS;
  const views = PUBLIC_VIEWS.map((view) => `GRANT${cluster} SELECT ON acd.${view} TO ${user}`);
  return [
    rowPolicy(ddl),
    `CREATE SETTINGS PROFILE IF NOT EXISTS ${PROFILE}${cluster}`,
    `ALTER SETTINGS PROFILE ${PROFILE}${cluster} SETTINGS ${settings()}`,
    `CREATE USER IF NOT EXISTS ${user}${cluster} ${identified} SETTINGS PROFILE '${PROFILE}'`,
    `ALTER USER ${user}${cluster} ${identified} SETTINGS PROFILE '${PROFILE}'`,
    `CREATE QUOTA OR REPLACE ${user}${cluster} KEYED BY user_name FOR INTERVAL 1 hour MAX queries = ${queriesPerHour}, read_rows = ${rowsPerHour} TO ${user}`,
    ...views,
  ];
}

function rowPolicy({ definer, unfiltered, cluster }: TenantDdl): string {
  const names = FILTERED_TABLES.map((table) => `acd.${table}`).join(', ');
  const filter = rowFilter([definer, ...unfiltered]);
  return `CREATE ROW POLICY OR REPLACE ${POLICY}${onCluster(cluster)} ON ${names} FOR SELECT USING ${filter} TO ${quoteName(definer)}`;
}

function settings(): string {
  const changeable = new Map(Object.entries(SQL_CHANGEABLE));
  return Object.entries(SQL_SETTINGS)
    .map(([name, value]) => {
      const range = changeable.get(name);
      const limits =
        range === undefined ? 'CONST' : `MIN ${range.min} MAX ${range.max} CHANGEABLE_IN_READONLY`;
      return `${name} = ${typeof value === 'number' ? value : `'${value}'`} ${limits}`;
    })
    .join(', ');
}

function quoteName(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``;
}

/** The port of ad-hoc SQL: as whom a tenant's queries run, and what they may use. */

export interface DatabaseUser {
  readonly username: string;
  readonly password: string;
}
export type TenantAccess =
  | { readonly status: 'ready'; readonly user: DatabaseUser }
  /** One line: why this tenant cannot use SQL, and what to do. */
  | { readonly status: 'refused'; readonly reason: string };
/** Throws `StoreError` and `EmbeddedServerError` for what broke. */
export type TenantUsers = (tenant: string) => Promise<TenantAccess>;

export const SQL_LIMITS = {
  /** Time of one query. */
  seconds: 30,
  /** Memory of one query: two of them leave a machine of 8 GB usable. */
  memoryBytes: 2_000_000_000,
  /** Memory of all queries of one tenant. */
  tenantMemoryBytes: 4_000_000_000,
  /** Rows one query may read: ten large tenants' years of legs. */
  rowsToRead: 1_000_000_000,
  resultRows: 1_000_000,
  resultBytes: 1_000_000_000,
  /** Queries of one tenant at the same time. */
  concurrentQueries: 8,
  /** Of one tenant in an hour. Queries that ClickHouse answers without reading are not counted. */
  queriesPerHour: 36_000,
  /**
   * Rows that all queries of one tenant may read in an hour: a hundred of the largest queries there can be. Not time:
   * ClickHouse's quota of it counts from a result's first block on, and thus nothing of a query that aggregates (26.7).
   */
  rowsPerHour: 100_000_000_000,
} as const;

/** The limits of ad-hoc SQL as settings of ClickHouse, for users.xml and for DDL. */
import { SQL_LIMITS } from './sql-access.ts';

/** Settings of a tenant's profile. The first two are what clickhouse-store.ts sends with every query. */
export const SQL_SETTINGS: Readonly<Record<string, string | number>> = {
  date_time_output_format: 'iso',
  output_format_json_quote_64bit_integers: 0,
  readonly: 1,
  allow_ddl: 0,
  allow_introspection_functions: 0,
  max_execution_time: SQL_LIMITS.seconds,
  max_memory_usage: SQL_LIMITS.memoryBytes,
  // A subquery's own settings can lift the limit of the query, but not that of all queries of its user.
  max_memory_usage_for_user: SQL_LIMITS.tenantMemoryBytes,
  max_rows_to_read: SQL_LIMITS.rowsToRead,
  max_result_rows: SQL_LIMITS.resultRows,
  max_result_bytes: SQL_LIMITS.resultBytes,
  max_concurrent_queries_for_user: SQL_LIMITS.concurrentQueries,
  cancel_http_readonly_queries_on_client_close: 1,
  // Answers are packed for whoever sends Accept-Encoding. Grafana's client for Go insists on the setting (conn_http.go), and
  // with readonly = 1 a client may only ask for what holds already.
  enable_http_compression: 1,
  // Otherwise length(queue) of a view asks the table below for a subcolumn the view has not, and fails (26.7).
  optimize_functions_to_subcolumns: 0,
  // What every reader knows, also those in a browser.
  output_format_parquet_compression_method: 'snappy',
  output_format_arrow_compression_method: 'none',
};

/** Downwards, a BI tool may set these itself; every other setting is fixed. 0 would mean no limit. */
export const SQL_CHANGEABLE: Readonly<Record<string, { readonly min: number; readonly max: number }>> = {
  max_execution_time: { min: 1, max: SQL_LIMITS.seconds },
  max_result_rows: { min: 1, max: SQL_LIMITS.resultRows },
};

/**
 * ClickHouse holds the settings of a subquery (`(SELECT … SETTINGS x = 1)`) to no constraint of who asks, but where a
 * view is entered, to those of its definer. These two put conditions of the asker's into the reading of the tables
 * below, where text has dictionaries with other tenants' values (see 0005-plain-text-views.sql).
 */
export const DEFINER_FIXED: readonly string[] = ['additional_table_filters', 'parallel_replicas_custom_key'];

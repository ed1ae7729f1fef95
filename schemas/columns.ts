/** ClickHouse's types of columns that most tables have. */
export const T3 = "DateTime64(3, 'UTC')";
export const LC = 'LowCardinality(String)';

/** Column → ClickHouse type. */
export type Columns<Row> = { readonly [K in keyof Row]-?: string };

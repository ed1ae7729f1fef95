import type { RowsByTable, TableName } from '../../schemas/rows.ts';

/** ClickHouse as the rest of Busyhour sees it. */
export interface Store {
  /** Inserts rows as one block; acknowledged and on disk when it resolves. Throws `StoreError`. */
  insert<T extends TableName>(table: T, rows: readonly RowsByTable[T][]): Promise<void>;
  /** Begins a block of rows that are encoded as they come, so that nothing keeps them as objects until they land. */
  openBlock<T extends TableName>(table: T): RowBlock<RowsByTable[T]>;
  /** Runs a query with bound parameters (`{name:Type}`); rows come as parsed JSON, 64-bit integers as numbers. */
  query<Row>(sql: string, params?: Readonly<Record<string, unknown>>, options?: QueryOptions): Promise<Row[]>;
  /** Streams the raw bytes of a query in any ClickHouse output format. */
  stream(sql: string, options: StreamOptions): Promise<NodeJS.ReadableStream>;
  /** Runs a statement that returns nothing (DDL). */
  command(sql: string): Promise<void>;
  ping(): Promise<boolean>;
  close(): Promise<void>;
}
export interface RowBlock<Row> {
  /** How many rows it was given. */
  readonly length: number;
  /** Throws RangeError for a value its column can't hold; the block then never lands, because it would without that row. */
  add(row: Row): void;
  /** Inserts them as `Store.insert` does; when that has failed, once more. */
  insert(): Promise<void>;
}
export interface QueryOptions {
  readonly signal?: AbortSignal;
  readonly settings?: Readonly<Record<string, string | number>>;
}
export interface StreamOptions extends QueryOptions {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly format: string;
  /** As whom, where it is not the store's own user. */
  readonly as?: { readonly username: string; readonly password: string };
}

/** What a caller should do about a failed call: decided once, by ClickHouse's code or the socket's errno. */
export type StoreFault = 'retry' | 'reject';
export class StoreError extends Error {
  readonly fault: StoreFault;
  /** ClickHouse's numeric error code, or the errno name. */
  readonly code: string;
  constructor(message: string, fault: StoreFault, code: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StoreError';
    this.fault = fault;
    this.code = code;
  }
}

const OWN_FORMAT = /\bFORMAT\s+\w+\s*;?\s*$/i;
/** Code of ClickHouse (src/Common/ErrorCodes.cpp). */
const SYNTAX_ERROR = '62';

/**
 * Whether a query failed because it ends in a FORMAT: the store adds one, and ClickHouse then tells of that one, which
 * nobody wrote.
 */
export const failedByOwnFormat = ({ code }: StoreError, query: string): boolean =>
  code === SYNTAX_ERROR && OWN_FORMAT.test(query);

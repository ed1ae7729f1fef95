/** `Store` over ClickHouse's HTTP interface, embedded or any other. */
import { addAbortSignal, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type ClickHouseClient,
  ClickHouseLogLevel,
  type ClickHouseSettings,
  createClient,
} from '@clickhouse/client';
import { type RowsByTable, TABLES, type TableName } from '../../schemas/rows.ts';
import { createBlocks, type NativeBlock } from './native-block.ts';
import type { QueryOptions, Store, StoreError } from './store.ts';
import { errorOfResponse, toStoreError } from './store-fault.ts';

const CALL_LIMIT_MS = 120_000;
const MAX_CONNECTIONS = 8;
/** Rows are idempotent, so an insert whose fate is unknown is simply sent again; who wants more tries has them. */
const INSERT_TRIES = 4;
const FIRST_PAUSE_MS = 100;
/** The same values stand in the tenants' profile: a readonly user may name a setting only with the value it has. */
const OUTPUT_SETTINGS: ClickHouseSettings = {
  output_format_json_quote_64bit_integers: 0,
  date_time_output_format: 'iso',
};

/** A block has each row once, so looking for older versions in it is work for nothing: a fifth of an insert's. */
const INSERT_SETTINGS: ClickHouseSettings = { optimize_on_insert: 0 };

export interface StoreOptions {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** The database that unqualified names mean. */
  readonly database: string;
  /** Settings of every call. A read-only user may name none. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Calls at the same time; further ones wait. */
  readonly connections?: number;
}

/** Opens a store; nothing is sent before the first call. */
export function openStore(options: StoreOptions): Store {
  const client = connect(options, options.database, options.connections ?? MAX_CONNECTIONS);
  // DDL names its database, and the first of it creates the one that `client` already asks for.
  const ddl = connect(options, 'default', 1);
  const blocks = createTableBlocks();
  const send = (table: TableName, block: readonly Buffer[]): Promise<void> => {
    const columns = Object.keys(TABLES[table]).join(', ');
    const query = `INSERT INTO ${options.database}.${table} (${columns}) FORMAT Native`;
    return insertBlock(client, query, block);
  };
  return {
    async insert(table, rows) {
      if (rows.length === 0) return;
      const block = blocks[table]();
      try {
        for (const row of rows) block.add(row);
        await send(table, block.parts());
      } finally {
        block.release();
      }
    },
    openBlock(table) {
      const block = blocks[table]();
      let [length, landed] = [0, false];
      return {
        get length() {
          return length;
        },
        add: (row) => {
          block.add(row);
          length += 1;
        },
        insert: async () => {
          if (landed) return;
          if (length > 0) await send(table, block.parts());
          landed = true;
          // From here on its memory is another's.
          block.release();
        },
      };
    },
    query: (sql, params = {}, queryOptions = {}) => queryRows(client, sql, params, queryOptions),
    stream: (sql, { format, params = {}, settings = {}, signal, as }) =>
      call(signal, async (abort_signal) => {
        const { stream, response_headers } = await client.exec({
          // On a line of its own: what ends in a comment must not take the format along.
          query: `${sql}\nFORMAT ${format}`,
          query_params: { ...params },
          clickhouse_settings: { ...OUTPUT_SETTINGS, ...settings },
          abort_signal,
          // The client's own reading of an error cuts it off at the first word in capitals that stands in brackets.
          ignore_error_response: true,
          ...(as === undefined ? {} : { auth: { ...as } }),
        });
        const code = response_headers['x-clickhouse-exception-code'];
        if (code !== undefined) throw errorOfResponse(String(code), await text(stream));
        return signal === undefined ? stream : addAbortSignal(signal, stream);
      }),
    async command(sql) {
      await call(undefined, (abort_signal) => ddl.command({ query: sql, abort_signal }));
    },
    ping: async () => (await client.ping({ select: true })).success,
    async close() {
      await Promise.all([client.close(), ddl.close()]);
    },
  };
}

type TableBlocks = { readonly [T in TableName]: () => NativeBlock<RowsByTable[T]> };

function createTableBlocks(): TableBlocks {
  const tables = Object.keys(TABLES) as TableName[];
  return Object.fromEntries(tables.map((table) => [table, createBlocks(table)])) as unknown as TableBlocks;
}

function connect(options: StoreOptions, database: string, connections: number): ClickHouseClient {
  return createClient({
    url: options.url,
    username: options.username,
    password: options.password,
    database,
    max_open_connections: connections,
    request_timeout: CALL_LIMIT_MS,
    clickhouse_settings: { ...options.settings },
    // Faults are told to the caller, who knows whether they matter.
    log: { level: ClickHouseLogLevel.OFF },
  });
}

function queryRows<Row>(
  client: ClickHouseClient,
  sql: string,
  params: Readonly<Record<string, unknown>>,
  { signal, settings }: QueryOptions,
): Promise<Row[]> {
  return call(signal, async (abort_signal) => {
    const result = await client.query({
      query: sql,
      query_params: { ...params },
      format: 'JSONEachRow',
      clickhouse_settings: { ...OUTPUT_SETTINGS, ...settings },
      abort_signal,
    });
    return result.json<Row>();
  });
}

async function insertBlock(client: ClickHouseClient, query: string, block: readonly Buffer[]): Promise<void> {
  for (let tries = 1; ; tries++) {
    const failure = await call(undefined, (signal) => sendBlock(client, query, block, signal)).then(
      () => null,
      (error: StoreError) => error,
    );
    if (failure === null) return;
    if (failure.fault === 'reject' || tries === INSERT_TRIES) throw failure;
    await pause(FIRST_PAUSE_MS * 2 ** tries * (0.5 + Math.random()));
  }
}

async function sendBlock(
  client: ClickHouseClient,
  query: string,
  block: readonly Buffer[],
  signal: AbortSignal,
): Promise<void> {
  const values = Readable.from(block, { objectMode: false });
  const { stream } = await client.exec({
    query,
    values,
    clickhouse_settings: INSERT_SETTINGS,
    abort_signal: signal,
  });
  await finished(stream.resume());
}

/** Runs one request with a time limit; whatever goes wrong comes out as a `StoreError`. */
async function call<T>(
  caller: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), CALL_LIMIT_MS);
  try {
    return await run(caller === undefined ? limit.signal : AbortSignal.any([caller, limit.signal]));
  } catch (error) {
    throw toStoreError(error, { timeout: limit.signal, caller });
  } finally {
    clearTimeout(timer);
  }
}

/** Two tenants in one real ClickHouse: `acme`, who asks, and a foreign one whose every text holds a marker. */
import type { Store } from '../../infra/clickhouse/store.ts';
import { PUBLIC_VIEWS } from '../../infra/clickhouse/tenant-users.ts';
import { TABLES, type TableName } from '../../schemas/rows.ts';
import { startTestClickHouse, type TestClickHouse } from '../support/clickhouse.ts';

export const OWN = 'acme';
/** Also the name of the foreign tenant. */
export const MARKER = 'QUOKKA';
const ROWS = 40;

/** Base64 of the marker where `before` bytes precede it, without the characters that its neighbours change. */
const base64After = (before: number): string =>
  Buffer.from('x'.repeat(before) + MARKER)
    .toString('base64')
    .slice(Math.ceil((before * 4) / 3), Math.floor(((before + MARKER.length) * 4) / 3));
/** The foreign tenant's text however it is written down, and what stands in every machine's list of users. */
const MARKS: readonly string[] = [
  MARKER,
  MARKER.toLowerCase(),
  MARKER.split('').reverse().join(''),
  Buffer.from(MARKER).toString('hex').toUpperCase(),
  Buffer.from(MARKER).toString('hex'),
  ...[0, 1, 2].map(base64After),
  'root:x:0',
];
export const holdsForeign = (text: string): boolean => MARKS.some((mark) => text.includes(mark));

/** The tables below the public views. */
export const LOADED: readonly TableName[] = PUBLIC_VIEWS.map((view) => `${view}_rows` as const);

/** An expression for a column; `n` is the row's number. */
const cellOf = (column: string, type: string, tenant: string): string => {
  const name = tenant === OWN ? 'own' : MARKER;
  if (column === 'tenant') return `'${tenant}'`;
  if (/^(LowCardinality\()?String/.test(type)) return `concat('${name}-${column}-', toString(n % 4))`;
  if (type.includes('DateTime64'))
    return `toDateTime64('2026-11-24 09:00:00', 3, 'UTC') + toIntervalMinute(n * 15)`;
  if (type.startsWith('Map(String')) return `map('${name}', toInt64(n + 1))`;
  if (type.startsWith('Map')) return `map(toUInt32(n * 1000), toInt64(n + 1))`;
  return `n + ${tenant === OWN ? 1 : 1_000_001}`;
};

/** Writes rows of the tenants into every table below a public view. */
export const load = async (store: Store, tenants: readonly string[]): Promise<void> => {
  for (const table of LOADED) {
    const columns = Object.entries(TABLES[table]);
    const names = columns.map(([column]) => column).join(', ');
    const rows = tenants.map((tenant) => {
      const values = columns.map(([column, type]) => cellOf(column, type, tenant)).join(', ');
      return `SELECT ${values} FROM (SELECT number AS n FROM numbers(${ROWS}))`;
    });
    await store.command(`INSERT INTO acd.${table} (${names}) ${rows.join(' UNION ALL ')}`);
    // One part: its rows share their dictionaries, whoever wrote them when.
    await store.command(`OPTIMIZE TABLE acd.${table} FINAL`);
  }
};

/** A server with a database user for each tenant. */
export const startWithTenants = (): Promise<TestClickHouse> => startTestClickHouse([OWN, MARKER]);

export interface RawAnswer {
  readonly status: number;
  readonly text: string;
}
/** Asks ClickHouse's own port as a tenant's user. */
export const askRaw = async (
  { url, user }: TestClickHouse,
  sql: string,
  { tenant = OWN, path = '/', method = 'POST', headers = {} }: RawOptions = {},
): Promise<RawAnswer> => {
  const { username, password } = user(tenant);
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      'X-ClickHouse-User': username,
      'X-ClickHouse-Key': password,
      'accept-encoding': 'identity',
      ...headers,
    },
    ...(method === 'GET' || method === 'HEAD' ? {} : { body: sql }),
  });
  const text = await response.text().catch((error: unknown) => `broken off: ${String(error)}`);
  return { status: response.status, text: text + JSON.stringify([...response.headers]) };
};
interface RawOptions {
  readonly tenant?: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

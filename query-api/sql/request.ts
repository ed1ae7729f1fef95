/** Reads the body of `POST /v1/sql`. Values of parameters are bound by ClickHouse; they never become text of the query. */
import type { Fault } from '../problems.ts';
import { findFormat, SQL_FORMAT_NAMES } from './formats.ts';

export const SQL_REQUEST_LIMITS = {
  /** Characters of a query: what ClickHouse parses by default. */
  queryChars: 262_144,
  parameters: 100,
  /** Characters of all values together: they travel in the address of ClickHouse's HTTP interface. */
  parameterChars: 65_536,
} as const;

const NAME = /^[A-Za-z_]\w{0,63}$/;

export interface SqlBody {
  readonly query: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly format?: string;
}
export interface SqlRequest {
  readonly query: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** ClickHouse's name of the format. */
  readonly format: string;
  readonly contentType: string;
}
export type ParsedSql =
  | { readonly ok: true; readonly value: SqlRequest }
  | { readonly ok: false; readonly faults: readonly Fault[] };

const isScalar = (value: unknown): boolean =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value);
const isValue = (value: unknown): boolean =>
  isScalar(value) || (Array.isArray(value) && value.every((each) => isScalar(each)));
/** JSON readers keep 53 bits of a whole number: a longer one would ask for its neighbour in silence. */
const isRounded = (value: unknown): boolean =>
  [value].flat().some((each) => Number.isInteger(each) && !Number.isSafeInteger(each));

const paramFaults = (params: Readonly<Record<string, unknown>>): Fault[] => {
  const entries = Object.entries(params);
  const faults = entries.flatMap(([name, value]): Fault[] => {
    const path = `params.${name}`;
    if (!NAME.test(name)) return [{ path, message: 'is no name of a parameter: letters, digits and _' }];
    if (isRounded(value)) return [{ path, message: 'is beyond 2^53: send so long a number as text' }];
    return isValue(value)
      ? []
      : [{ path, message: 'must be text, a number, true, false, null, or a list of them' }];
  });
  const { parameters, parameterChars } = SQL_REQUEST_LIMITS;
  if (entries.length > parameters) faults.push({ path: 'params', message: `more than ${parameters}` });
  if (JSON.stringify(params).length > parameterChars)
    faults.push({ path: 'params', message: `longer than ${parameterChars} characters together` });
  return faults;
};

export const parseSql = ({ query, params = {}, format = 'JSON' }: SqlBody): ParsedSql => {
  const faults = paramFaults(params);
  const found = findFormat(format);
  if (found === null)
    faults.push({ path: 'format', message: `must be one of ${SQL_FORMAT_NAMES.join(', ')}` });
  // A closing semicolon is how people end SQL; the text before it stays as it is, because errors name positions in it.
  const statement = query.replace(/;\s*$/, '');
  if (statement.trim() === '') faults.push({ path: 'query', message: 'is empty' });
  if (faults.length > 0 || found === null) return { ok: false, faults };
  const { clickhouse, contentType } = found;
  return { ok: true, value: { query: statement, params, format: clickhouse, contentType } };
};

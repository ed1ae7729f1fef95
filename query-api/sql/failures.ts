/** What a query that failed is answered with: decided by ClickHouse's code alone (src/Common/ErrorCodes.cpp). */
import { SQL_LIMITS } from '../../infra/clickhouse/sql-access.ts';
import { failedByOwnFormat, type StoreError } from '../../infra/clickhouse/store.ts';
import { badRequest, type Problem, type ProblemCode, problem } from '../problems.ts';

const { seconds, memoryBytes, rowsToRead, resultRows, resultBytes } = SQL_LIMITS;
const { concurrentQueries, queriesPerHour, rowsPerHour } = SQL_LIMITS;

const count = (value: number): string => value.toLocaleString('en-GB');
const TOO_LARGE = `the result is larger than ${count(resultRows)} rows or ${count(resultBytes)} bytes: aggregate, narrow the WHERE, or fetch it in parts by time`;
const TOO_COMPLEX = 'the query is too long or too deeply nested: simplify it';

const QUOTA_EXCEEDED = '201';
const LIMITS: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  158: [
    'limit_exceeded',
    `the query would read more than ${count(rowsToRead)} rows: ask for a shorter time or name the queue`,
  ],
  159: [
    'limit_exceeded',
    `the query took longer than ${seconds} s: ask for a shorter time, name the queue, or aggregate first`,
  ],
  160: ['limit_exceeded', `the query would take longer than ${seconds} s: ask for a shorter time`],
  167: ['limit_exceeded', TOO_COMPLEX],
  168: ['limit_exceeded', TOO_COMPLEX],
  [QUOTA_EXCEEDED]: [
    'too_many_requests',
    `this tenant has asked ${count(queriesPerHour)} queries or read ${count(rowsPerHour)} rows in this hour: wait for the next`,
  ],
  202: [
    'too_many_requests',
    `this tenant has ${concurrentQueries} queries running already: wait for one to end`,
  ],
  241: [
    'limit_exceeded',
    `the query needs more than ${count(memoryBytes)} bytes of memory: group by fewer values, or use uniq() and quantile() instead of the exact ones`,
  ],
  307: ['limit_exceeded', TOO_LARGE],
  396: ['limit_exceeded', TOO_LARGE],
};
/** READONLY, SETTING_CONSTRAINT_VIOLATION, ACCESS_DENIED. */
const FORBIDDEN: ReadonlySet<string> = new Set(['164', '452', '497']);
/** LOGICAL_ERROR, UNKNOWN_EXCEPTION, STD_EXCEPTION, and a password that is not what it should be: not the client's doing. */
const OURS: ReadonlySet<string> = new Set(['49', '516', '1001', '1002']);
const MESSAGE_CHARS = 2000;

/** ClickHouse's own line, with the position it names; of several lines the stack, if any, is left out. */
const lineOf = ({ message }: StoreError): string =>
  message
    .replace(/\.?\s*Stack trace[\s\S]*$/i, '')
    .replace(/\s*\(version [^)]*\)\s*$/, '')
    .trim()
    .slice(0, MESSAGE_CHARS);

const HOUR_S = 3_600;
/** Of queries at the same time: how soon one of them may have ended. */
const SOON_S = 5;

/** Seconds after which what was answered 429 may be asked again: ClickHouse counts a quota from one full hour UTC to the next. */
export const retryAfterS = ({ code }: StoreError, nowMs: number): number =>
  code === QUOTA_EXCEEDED ? HOUR_S - (Math.floor(nowMs / 1_000) % HOUR_S) : SOON_S;

/** The problem of a failed query; null when it is not the query's fault, but the store's or Busyhour's. */
export const sqlProblem = (error: StoreError, query: string): Problem | null => {
  const limit = LIMITS[error.code];
  if (limit !== undefined) return problem(limit[0], limit[1]);
  const isFromClickHouse = /^\d+$/.test(error.code);
  if (error.fault === 'retry' || !isFromClickHouse || OURS.has(error.code)) return null;
  if (failedByOwnFormat(error, query))
    return badRequest([
      { path: 'query', message: 'ends in a FORMAT: leave it out, and name it as `format`' },
    ]);
  const line = lineOf(error);
  if (FORBIDDEN.has(error.code))
    return problem('forbidden', `SQL here only reads the views of acd, with fixed settings. ${line}`);
  return problem('bad_request', line, [{ path: 'query', message: line }]);
};

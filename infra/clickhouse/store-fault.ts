/** Decides, once and by code alone, what a caller should do about a failed call to ClickHouse. */
import { ClickHouseError } from '@clickhouse/client';
import { StoreError } from './store.ts';

/** ClickHouse's codes for conditions that pass by themselves or once an operator has made room (src/Common/ErrorCodes.cpp). */
const PASSING_CODES: ReadonlyMap<string, string> = new Map([
  ['75', 'CANNOT_WRITE_TO_FILE_DESCRIPTOR'],
  ['202', 'TOO_MANY_SIMULTANEOUS_QUERIES'],
  ['203', 'NO_FREE_CONNECTION'],
  ['209', 'SOCKET_TIMEOUT'],
  ['210', 'NETWORK_ERROR'],
  ['225', 'NO_ZOOKEEPER'],
  ['236', 'ABORTED'],
  ['241', 'MEMORY_LIMIT_EXCEEDED'],
  ['242', 'TABLE_IS_READ_ONLY'],
  ['243', 'NOT_ENOUGH_SPACE'],
  ['252', 'TOO_MANY_PARTS'],
  ['279', 'ALL_CONNECTION_TRIES_FAILED'],
  ['319', 'UNKNOWN_STATUS_OF_INSERT'],
  ['394', 'QUERY_WAS_CANCELLED'],
  ['439', 'CANNOT_SCHEDULE_TASK'],
  // The table was exchanged with another between being looked up and being written to: a replay's swap.
  ['741', 'TABLE_UUID_MISMATCH'],
  ['999', 'KEEPER_EXCEPTION'],
]);
/** The server is restarting, unreachable, or dropped the connection. */
const PASSING_ERRNOS: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** The signals of the call: the client's own errors for them carry no code. */
export interface CallSignals {
  readonly timeout: AbortSignal;
  readonly caller: AbortSignal | undefined;
}

/** The error that ClickHouse answered with: `Code: 62. DB::Exception: <message>. (SYNTAX_ERROR) (version 26.7.2.1)`. */
export function errorOfResponse(code: string, text: string): ClickHouseError {
  const [, message = text, type = ''] =
    /^Code: \d+\. \S*Exception: (.*?)\s*(?:\((\w+)\)\s*)?(?:\(version [^)]*(?:\([^)]*\))?\)\s*)?$/s.exec(
      text,
    ) ?? [];
  return new ClickHouseError({ message, code, type });
}

export function toStoreError(error: unknown, signals: CallSignals): StoreError {
  if (error instanceof StoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (signals.caller?.aborted) return new StoreError('the caller gave up', 'reject', 'ABORTED', error);
  if (signals.timeout.aborted)
    return new StoreError('ClickHouse did not answer in time', 'retry', 'TIMEOUT', error);
  if (error instanceof ClickHouseError) {
    return new StoreError(message, PASSING_CODES.has(error.code) ? 'retry' : 'reject', error.code, error);
  }
  const errno = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
  return new StoreError(message, PASSING_ERRNOS.has(errno) ? 'retry' : 'reject', errno, error);
}

import { ClickHouseError } from '@clickhouse/client';
import { describe, expect, test } from 'vitest';
import { toStoreError } from '../../../../infra/clickhouse/store-fault.ts';

const QUIET = { timeout: new AbortController().signal, caller: undefined };

function serverError(code: string) {
  return new ClickHouseError({ message: 'said the server', code, type: 'SOME_TYPE' });
}
function socketError(code: string) {
  return Object.assign(new Error('said the socket'), { code });
}

describe('what to do about a failed call', () => {
  test.each([
    ['too many parts', serverError('252'), 'retry', '252'],
    ['memory is short', serverError('241'), 'retry', '241'],
    ['the disk is full', serverError('243'), 'retry', '243'],
    ['a syntax error', serverError('62'), 'reject', '62'],
    ['a wrong password', serverError('516'), 'reject', '516'],
    ['no privilege', serverError('497'), 'reject', '497'],
    ['the server is down', socketError('ECONNREFUSED'), 'retry', 'ECONNREFUSED'],
    ['the server went down meanwhile', socketError('ECONNRESET'), 'retry', 'ECONNRESET'],
    ['something unheard of', new Error('?'), 'reject', 'UNKNOWN'],
  ])('%s', (_, error, fault, code) => {
    expect(toStoreError(error, QUIET)).toMatchObject({ fault, code, cause: error });
  });

  test('the time limit is worth another try, the caller’s change of mind is not', () => {
    const error = new Error('aborted');
    expect(toStoreError(error, { timeout: AbortSignal.abort(), caller: undefined })).toMatchObject({
      fault: 'retry',
      code: 'TIMEOUT',
    });
    expect(toStoreError(error, { timeout: QUIET.timeout, caller: AbortSignal.abort() })).toMatchObject({
      fault: 'reject',
      code: 'ABORTED',
    });
  });
});

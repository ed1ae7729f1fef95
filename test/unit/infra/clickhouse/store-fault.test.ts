import { ClickHouseError } from '@clickhouse/client';
import { describe, expect, test } from 'vitest';
import { errorOfResponse, toStoreError } from '../../../../infra/clickhouse/store-fault.ts';

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

describe('what ClickHouse says of an error', () => {
  test.each([
    [
      'with a word in capitals in brackets',
      'Code: 62. DB::Exception: Syntax error: failed at position 10 (FORMAT) (line 2, col 1): FORMAT JSON. Expected one of: token. (SYNTAX_ERROR) (version 26.7.2.1)\n',
      'Syntax error: failed at position 10 (FORMAT) (line 2, col 1): FORMAT JSON. Expected one of: token.',
    ],
    [
      'of an official build',
      'Code: 47. DB::Exception: Unknown identifier x. (UNKNOWN_IDENTIFIER) (version 25.8.1.1 (official build))\n',
      'Unknown identifier x.',
    ],
    [
      'that quotes another',
      "Code: 395. DB::Exception: Code: 1. DB::Exception: (version 1): while executing 'x'. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO) (version 26.7.2.1)",
      "Code: 1. DB::Exception: (version 1): while executing 'x'.",
    ],
    [
      'of the operating system',
      'Code: 107. DB::ErrnoException: Cannot open file. (FILE_DOESNT_EXIST) (version 26.7.2.1)',
      'Cannot open file.',
    ],
    ['of another form', 'no such page', 'no such page'],
  ])('%s', (_, text, message) => {
    expect(errorOfResponse('62', text)).toMatchObject({ code: '62', message });
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fragmentOf, MAX_FRAGMENT, readFragment } from '../../../../../query-api/pages/sql/address.ts';

describe('the query in the address', () => {
  test('a fragment without a query is none', () => {
    expect(readFragment('')).toBeNull();
    expect(readFragment('#token=secret')).toBeNull();
  });

  test('every query and its parameters come back', () => {
    const text = fc.string({
      unit: fc.constantFrom(
        'a',
        '1',
        "'",
        '%',
        '#',
        '&',
        '=',
        '+',
        '?',
        '/',
        '{q:String}',
        ' ',
        '\n',
        '\t',
        '\\',
        'ß',
        '€',
        '😀',
      ),
    });
    const name = fc.constantFrom('q', 'from_ms', '_n1', 'Zone');
    fc.assert(
      fc.property(text, fc.dictionary(name, text), (query, params) => {
        const fragment = fragmentOf({ query, params });
        expect(fragment).not.toBeNull();
        expect(readFragment(fragment ?? '')).toEqual({ query, params: { ...params } });
      }),
      { numRuns: 200 },
    );
  });

  test('a query too long for an address is not put there', () => {
    expect(fragmentOf({ query: 'x'.repeat(MAX_FRAGMENT), params: {} })).toBeNull();
  });
});

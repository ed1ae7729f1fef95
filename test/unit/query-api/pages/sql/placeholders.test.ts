import { describe, expect, test } from 'vitest';
import { boundValues, placeholdersOf } from '../../../../../query-api/pages/sql/placeholders.ts';

describe('placeholders of a query', () => {
  test.each([
    ['SELECT {q:String}', [{ name: 'q', type: 'String' }]],
    ['SELECT { q : String }, {q:String}', [{ name: 'q', type: 'String' }]],
    [
      "x IN {names:Array(String)} AND t > {from:DateTime64(3, 'UTC')}",
      [
        { name: 'names', type: 'Array(String)' },
        { name: 'from', type: "DateTime64(3, 'UTC')" },
      ],
    ],
    ["SELECT '{q:String}', 'it''s {a:String}', 'x\\'{b:String}'", []],
    ['SELECT 1 -- {q:String}\n, {n:UInt8}', [{ name: 'n', type: 'UInt8' }]],
    ['SELECT /* {q:String}\n*/ "{a:String}", `{b:String}`', []],
    ["SELECT '{\"a\":1}', map('k', {v:String})", [{ name: 'v', type: 'String' }]],
  ])('%s has %j', (query, expected) => {
    expect(placeholdersOf(query)).toEqual(expected);
  });

  test('only values of the query’s own placeholders are sent', () => {
    const values = { q: 'sales', old: 'x', empty: '' };
    expect(boundValues('SELECT {q:String}, {empty:String}', values)).toEqual({ q: 'sales' });
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeName, splitNames } from '../../../query-api/name-lists.ts';

describe('names in a text', () => {
  test.each([
    [[], []],
    [[''], []],
    [['sales'], ['sales']],
    [
      ['sales, help', 'sales'],
      ['sales', 'help'],
    ],
    [[' , ,'], []],
    [['Sales\\, north,help'], ['Sales, north', 'help']],
    [['DOMAIN\\sales'], ['DOMAIN\\sales']],
    [['a\\\\,b'], ['a\\', 'b']],
    [['ends with\\'], ['ends with\\']],
  ])('%j are %j', (texts, names) => {
    expect(splitNames(texts)).toEqual(names);
  });

  test('an escaped name is read whole, alone or among others', () => {
    const name = fc.string({ minLength: 1 }).filter((text) => text.trim() === text);
    fc.assert(
      fc.property(fc.uniqueArray(name), (names) => {
        expect(splitNames(names.map(escapeName))).toEqual(names);
        expect(splitNames([names.map(escapeName).join(',')])).toEqual(names);
      }),
    );
  });
});

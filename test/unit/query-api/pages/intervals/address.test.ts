import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addressOf,
  type Choice,
  LISTS,
  readChoice,
  readView,
  requestOf,
  SINGLES,
} from '../../../../../query-api/pages/intervals/address.ts';

const NO_VIEW = { allColumns: false, hideEmpty: false, chart: '' };
const choiceOf = (search: string): Choice => readChoice(search);

describe('the address of the planner’s page', () => {
  test('an empty address asks for the API’s defaults', () => {
    const choice = choiceOf('');
    expect(choice.group_by).toBeNull();
    expect(requestOf(choice)).toBe('/v1/intervals');
    expect(addressOf(choice, NO_VIEW)).toBe('');
  });

  test('what the API is asked for is what the address says, without what only the page knows', () => {
    const search =
      '?from=2026-10-25&to=2026-10-26&interval=1h&tz=Europe%2FBerlin&queue=sales&queue=support&columns=all&empty=hide&chart=sales';
    const choice = choiceOf(search);
    expect(readView(search)).toEqual({ allColumns: true, hideEmpty: true, chart: 'sales' });
    expect(requestOf(choice, { format: 'csv' })).toBe(
      '/v1/intervals?from=2026-10-25&to=2026-10-26&interval=1h&tz=Europe%2FBerlin&queue=sales&queue=support&format=csv',
    );
    expect(addressOf(choice, readView(search))).toBe(search);
  });

  test.each([
    ['?queue=a,b&queue=b', 'queue', ['a', 'b']],
    ['?queue=north%5C,%20east,west', 'queue', ['north, east', 'west']],
    ['?group_by=', 'group_by', []],
    ['?group_by=queue,channel', 'group_by', ['queue', 'channel']],
    ['?percentiles=50,%2090', 'percentiles', ['50', '90']],
  ] as const)('%s names %s %j', (search, name, expected) => {
    expect(choiceOf(search)[name]).toEqual(expected);
  });

  test('everything together stays everything together in the address', () => {
    const choice = choiceOf('?group_by=');
    expect(addressOf(choice, NO_VIEW)).toBe('?group_by=');
    expect(requestOf(choice)).toBe('/v1/intervals?group_by=');
  });

  test('every choice comes back from its address', () => {
    const name = fc.string({ minLength: 1 }).map((text) => text.trim());
    const names = fc.uniqueArray(name.filter((text) => text !== ''));
    const singles = fc.record(Object.fromEntries(SINGLES.map((single) => [single, name])));
    const lists = fc.record(Object.fromEntries(LISTS.map((list) => [list, names])));
    fc.assert(
      fc.property(singles, lists, (some, several) => {
        const choice: Choice = { ...choiceOf(''), ...some, ...several };
        expect(readChoice(addressOf(choice, NO_VIEW))).toEqual(choice);
      }),
      { numRuns: 200 },
    );
  });
});

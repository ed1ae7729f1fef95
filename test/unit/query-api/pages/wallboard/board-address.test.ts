import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Board,
  DEFAULT_BOARD,
  readBoard,
  writeBoard,
} from '../../../../../query-api/pages/wallboard/board-address.ts';

describe('a board in the address', () => {
  test.each<[string, Partial<Board>]>([
    ['', {}],
    ['?queues=sales,support', { queues: ['sales', 'support'] }],
    ['?queues=a%2Cb,c&queues=d,c', { queues: ['a,b', 'c', 'd'] }],
    ['?queue=sales%20%26%20co', { queue: 'sales & co' }],
    ['?view=tv&page=15s', { view: 'tv' }],
    ['?view=tv&page=2m', { view: 'tv', pageMs: 120_000 }],
    ['?sl=80:90', { serviceLevel: { warn: 0.9, bad: 0.8 } }],
    ['?sl=90:80', { serviceLevel: { warn: 0.9, bad: 0.8 } }],
    ['?sl=82.5', { serviceLevel: { warn: 0.825, bad: 0.825 } }],
    ['?wait=60s:120s', { longestWaitMs: { warn: 60_000, bad: 120_000 } }],
    ['?wait=90:2m', { longestWaitMs: { warn: 90_000, bad: 120_000 } }],
    ['?abandon=3:6', { abandonment: { warn: 0.03, bad: 0.06 } }],
    ['?waiting=5:10', { waiting: { warn: 5, bad: 10 } }],
    ['?tiles=4x3&chart=off&theme=dark', { tiles: { columns: 4, rows: 3 }, chart: false, theme: 'dark' }],
  ])('%s', (search, said) => {
    expect(readBoard(search)).toEqual({ board: { ...DEFAULT_BOARD, ...said }, faults: [] });
  });

  test.each([
    'view=cinema',
    'page=1s',
    'page=1h',
    'page=never',
    'tiles=9x9',
    'tiles=0x2',
    'chart=yes',
    'theme=pink',
    'sl=101',
    'sl=80:70:60',
    'wait=soon',
    'waiting=-1',
    'abandon=few',
    'que=sales',
  ])('%s is not understood, is said, and keeps the default', (part) => {
    const { board, faults } = readBoard(`?${part}`);
    expect(board).toEqual(DEFAULT_BOARD);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(part);
  });

  test('says only what differs from the default', () => {
    expect(writeBoard(DEFAULT_BOARD)).toBe('');
    expect(writeBoard({ ...DEFAULT_BOARD, view: 'tv', queues: ['a,b', 'c'] })).toBe(
      '?queues=a%2Cb,c&view=tv',
    );
  });

  test('whatever is written is read back as the same board', () => {
    const name = fc
      .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
      .filter((text) => text.isWellFormed());
    const rising = (most: number, unit: number) =>
      fc
        .tuple(fc.integer({ min: 0, max: most }), fc.integer({ min: 0, max: most }))
        .map(([a, b]) => ({ warn: Math.min(a, b) / unit, bad: Math.max(a, b) / unit }));
    const side = fc.integer({ min: 1, max: 8 });
    const board: fc.Arbitrary<Board> = fc.record({
      queues: fc.option(fc.uniqueArray(name, { minLength: 1, maxLength: 5 })),
      queue: fc.option(name),
      view: fc.constantFrom('grid', 'tv'),
      pageMs: fc.integer({ min: 3000, max: 600_000 }),
      tiles: fc.option(fc.record({ columns: side, rows: side })),
      chart: fc.boolean(),
      theme: fc.option(fc.constantFrom('auto', 'light', 'dark')),
      serviceLevel: rising(1000, 1000).map(({ warn, bad }) => ({ warn: bad, bad: warn })),
      abandonment: rising(1000, 1000),
      longestWaitMs: rising(999, 1).map(({ warn, bad }) => ({ warn: warn * 1000, bad: bad * 1000 })),
      waiting: fc.option(rising(9999, 1)),
    });
    fc.assert(
      fc.property(board, (given) => {
        expect(readBoard(writeBoard(given))).toEqual({ board: given, faults: [] });
      }),
    );
  });
});

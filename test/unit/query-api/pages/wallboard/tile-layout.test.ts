import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { layGrid, layTiles } from '../../../../../query-api/pages/wallboard/tile-layout.ts';

const HD = { width: 1900, height: 1010 };

describe('tiles on a TV', () => {
  test.each([
    [1, { columns: 1, rows: 1, pages: 1 }],
    [2, { columns: 2, rows: 1, pages: 1 }],
    [4, { columns: 2, rows: 2, pages: 1 }],
    [6, { columns: 3, rows: 2, pages: 1 }],
    [7, { columns: 3, rows: 2, pages: 2 }],
    [40, { columns: 3, rows: 2, pages: 7 }],
  ])('%i tiles at 1920 × 1080', (count, layout) => {
    expect(layTiles(HD, 1080, count, null)).toMatchObject(layout);
  });

  test('the same at 4K, twice as large', () => {
    const hd = layTiles(HD, 1080, 9, null);
    const fourK = layTiles({ width: 3800, height: 2020 }, 2160, 9, null);
    expect(fourK).toMatchObject({ columns: hd.columns, rows: hd.rows, pages: hd.pages });
    expect(fourK.fontPx).toBeCloseTo(hd.fontPx * 2, 0);
  });

  test('a wish of the reader comes first', () => {
    expect(layTiles(HD, 1080, 20, { columns: 5, rows: 2 })).toMatchObject({ columns: 5, rows: 2, pages: 2 });
  });

  test('every tile has its page, and fits', () => {
    const side = fc.integer({ min: 200, max: 8000 });
    fc.assert(
      fc.property(side, side, fc.integer({ min: 0, max: 500 }), (width, height, count) => {
        const { columns, rows, pages, fontPx } = layTiles({ width, height }, height, count, null);
        expect(columns * rows * pages).toBeGreaterThanOrEqual(count);
        expect(fontPx).toBeGreaterThan(0);
      }),
    );
  });
});

describe('tiles at a desk', () => {
  test.each([
    [360, 800, 6, 1],
    [1400, 900, 6, 3],
    [3840, 2160, 6, 3],
    [1400, 900, 2, 2],
  ])('%i × %i with %i tiles: %i columns', (width, height, count, columns) => {
    expect(layGrid(width, height, count).columns).toBe(columns);
  });

  test('type never gets too small to read', () => {
    fc.assert(
      fc.property(fc.integer({ min: 320, max: 8000 }), fc.integer({ min: 1, max: 300 }), (width, count) => {
        expect(layGrid(width, 900, count).fontPx).toBeGreaterThanOrEqual(12.5);
      }),
    );
  });
});

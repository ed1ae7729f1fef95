import { describe, expect, test } from 'vitest';
import {
  cellText,
  chartOf,
  isNumeric,
  NULL,
  type Result,
} from '../../../../../query-api/pages/sql/result.ts';

const column = (name: string, type: string) => ({ name, type });

describe('a result', () => {
  test.each([
    ['UInt64', true],
    ['Nullable(Float64)', true],
    ['LowCardinality(Nullable(Int32))', true],
    ['Decimal(9, 2)', true],
    ['LowCardinality(String)', false],
    ['Array(UInt8)', false],
    ['Interval', false],
  ])('%s is numeric: %s', (type, expected) => {
    expect(isNumeric(column('x', type))).toBe(expected);
  });

  test('values are shown as ClickHouse said them', () => {
    expect([1, 'a', true, null, [1, 2], { k: 1 }].map(cellText)).toEqual([
      '1',
      'a',
      'true',
      NULL,
      '[1,2]',
      '{"k":1}',
    ]);
  });

  test('over time, in order, with every number as a line', () => {
    const result: Result = {
      meta: [column('n', 'UInt64'), column('t', "DateTime64(3, 'UTC')"), column('q', 'String')],
      data: [
        [2, '2026-11-24T10:15:00Z', 'a'],
        [1, '2026-11-24T10:00:00Z', 'b'],
      ],
    };
    expect(chartOf(result)).toEqual({
      kind: 'time',
      xName: 't',
      x: [Date.UTC(2026, 10, 24, 10) / 1000, Date.UTC(2026, 10, 24, 10, 15) / 1000],
      labels: ['2026-11-24T10:00:00Z', '2026-11-24T10:15:00Z'],
      series: [{ name: 'n', values: [1, 2] }],
    });
  });

  test('over names in the order of the rows; what is no number is a gap', () => {
    const result: Result = {
      meta: [column('queue', 'String'), column('sl', 'Nullable(Float64)')],
      data: [
        ['sales', 0.5],
        ['support', null],
      ],
    };
    expect(chartOf(result)).toMatchObject({
      kind: 'category',
      x: [0, 1],
      labels: ['sales', 'support'],
      series: [{ name: 'sl', values: [0.5, null] }],
    });
  });

  test('several columns of text are one name', () => {
    const result: Result = {
      meta: [column('queue', 'String'), column('n', 'UInt64'), column('outcome', 'String')],
      data: [
        ['sales', 1, 'answered'],
        ['sales', 2, 'abandoned'],
      ],
    };
    expect(chartOf(result)).toMatchObject({
      xName: 'queue, outcome',
      labels: ['sales, answered', 'sales, abandoned'],
    });
  });

  test.each<[string, Result]>([
    ['one row', { meta: [column('a', 'String'), column('n', 'UInt8')], data: [['x', 1]] }],
    ['no number', { meta: [column('a', 'String')], data: [['x'], ['y']] }],
    ['nothing', { meta: [], data: [] }],
  ])('%s is no chart', (_, result) => {
    expect(chartOf(result)).toBeNull();
  });
});

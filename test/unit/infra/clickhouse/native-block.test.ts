import { describe, expect, test } from 'vitest';
import { createBlocks, type NativeBlock } from '../../../../infra/clickhouse/native-block.ts';
import type { RowsByTable, TableName } from '../../../../schemas/rows.ts';
import { agentIntervalRow, eventRow, intervalRow, legRow } from '../../../support/rows.ts';

const blockOf = <T extends TableName>(
  table: T,
  rows: readonly RowsByTable[T][],
): NativeBlock<RowsByTable[T]> => {
  const block = createBlocks(table)();
  for (const row of rows) block.add(row);
  return block;
};
const bytesOf = <Row>(block: NativeBlock<Row>): Buffer => Buffer.concat(block.parts());

const text = (of: string): number[] => [Buffer.byteLength(of), ...Buffer.from(of)];
const uint64 = (of: number): number[] => [of & 255, of >>> 8, 0, 0, 0, 0, 0, 0];

describe('a Native block', () => {
  test('is its columns one after another, and a repeated text stands there once', () => {
    const row = { topic: 'té', partition: 258, next_offset: 2 ** 32 + 5, fold_version: 1, state: '' };
    const block = blockOf('snapshots_rows', [row, { ...row, topic: '', state: 'x' }, row]);
    const dictionary = [...uint64(1), ...uint64(0x602), ...uint64(2), 0, ...text('té'), ...uint64(3)];
    const nextOffset = [5, 0, 0, 0, 1, 0, 0, 0];
    const bytes = [
      [5, 3],
      [...text('topic'), ...text('LowCardinality(String)'), ...dictionary],
      [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0],
      [...text('partition'), ...text('UInt32'), 2, 1, 0, 0, 2, 1, 0, 0, 2, 1, 0, 0],
      [...text('next_offset'), ...text('UInt64'), ...nextOffset, ...nextOffset, ...nextOffset],
      [...text('fold_version'), ...text('UInt32'), 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0],
      [...text('state'), ...text('String'), 0, ...text('x'), 0],
    ].flat();
    expect([...bytesOf(block)]).toEqual(bytes);
  });

  test.each([0, 1, 41, 42, 43, 127, 128, 16_383, 16_384, 200_000])(
    'a text of %i characters keeps its length',
    (size) => {
      const empty = bytesOf(blockOf('events_rows', [eventRow({ body: '' })])).length;
      const lengthBytes = size < 128 ? 1 : size < 16_384 ? 2 : 3;
      const block = blockOf('events_rows', [eventRow({ body: 'x'.repeat(size) })]);
      expect(bytesOf(block)).toHaveLength(empty - 1 + lengthBytes + size);
    },
  );

  test.each([
    [48, [96]],
    [63, [126]],
    [64, [128, 1]],
    [127, [254, 1]],
    [128, [128, 2]],
    [8_192, [128, 128, 1]],
  ])('a text of %i umlauts has its length in bytes before it', (size, length) => {
    const body = 'ä'.repeat(size);
    const written = Buffer.concat([Buffer.from([...text('String'), ...length]), Buffer.from(body)]);
    expect(bytesOf(blockOf('events_rows', [eventRow({ body })])).includes(written)).toBe(true);
  });

  test('that is used again has nothing left of what it held', () => {
    const take = createBlocks('queue_intervals_rows');
    const first = take();
    const row = intervalRow({ tenant: 'other', wait_answered: new Map([[1_000, 3]]) });
    first.add(row);
    first.add(row);
    first.release();
    const again = take();
    expect(again).toBe(first);
    expect(again.rows()).toBe(0);
    again.add(intervalRow());
    expect(bytesOf(again)).toEqual(bytesOf(blockOf('queue_intervals_rows', [intervalRow()])));
  });

  test('is another’s only when it has been given back', () => {
    const take = createBlocks('events_rows');
    expect(take()).not.toBe(take());
  });
});

describe('a value its column cannot hold names the column', () => {
  test.each([
    ['contact_legs_rows.leg', () => blockOf('contact_legs_rows', [legRow({ leg: -1 })])],
    ['contact_legs_rows.leg', () => blockOf('contact_legs_rows', [legRow({ leg: 2 ** 32 })])],
    ['contact_legs_rows.wait_ms', () => blockOf('contact_legs_rows', [legRow({ wait_ms: 0.5 })])],
    [
      'contact_legs_rows.offered_at',
      () => blockOf('contact_legs_rows', [legRow({ offered_at: Number.NaN })]),
    ],
    ['events_rows.log_offset', () => blockOf('events_rows', [eventRow({ log_offset: -1 })])],
    [
      'queue_intervals_rows.offered',
      () => blockOf('queue_intervals_rows', [intervalRow({ offered: 2 ** 53 })]),
    ],
    [
      'agent_intervals_rows.reasons',
      () => blockOf('agent_intervals_rows', [agentIntervalRow({ reasons: new Map([['lunch', 1.5]]) })]),
    ],
  ])('%s', (column, write) => {
    expect(write).toThrow(column);
  });

  test('and what was added before does not land without it', () => {
    const block = blockOf('events_rows', [eventRow()]);
    expect(() => block.add(eventRow({ log_offset: -1 }))).toThrow(RangeError);
    expect(() => block.parts()).toThrow('events_rows.log_offset');
  });
});

import { describe, expect, test } from 'vitest';
import { createBlockWriter } from '../../../../infra/clickhouse/row-binary.ts';
import { agentIntervalRow, eventRow, intervalRow, legRow } from '../../../support/rows.ts';

describe('a RowBinary block', () => {
  test('is the columns one after another in the table’s order', () => {
    const write = createBlockWriter('snapshots_rows');
    const row = { topic: 'té', partition: 258, next_offset: 2 ** 32 + 5, fold_version: 1, state: '' };
    const topic = [3, 0x74, 0xc3, 0xa9];
    const partition = [2, 1, 0, 0];
    const nextOffset = [5, 0, 0, 0, 1, 0, 0, 0];
    const foldVersion = [1, 0, 0, 0];
    const state = [0];
    const bytes = [topic, partition, nextOffset, foldVersion, state].flat();
    expect([...write([row])]).toEqual(bytes);
  });

  test('holds as many rows as it is given, and none for none', () => {
    const write = createBlockWriter('events_rows');
    const one = write([eventRow()]);
    expect(write([eventRow(), eventRow(), eventRow()])).toEqual(Buffer.concat([one, one, one]));
    expect(write([])).toHaveLength(0);
  });

  test.each([0, 1, 41, 42, 43, 127, 128, 16_383, 16_384, 200_000])(
    'a text of %i characters keeps its length',
    (size) => {
      const empty = createBlockWriter('events_rows')([eventRow({ body: '' })]).length;
      const lengthBytes = size < 128 ? 1 : size < 16_384 ? 2 : 3;
      const block = createBlockWriter('events_rows')([eventRow({ body: 'x'.repeat(size) })]);
      expect(block).toHaveLength(empty - 1 + lengthBytes + size);
    },
  );
});

describe('a value its column cannot hold names the column', () => {
  test.each([
    ['contact_legs_rows.leg', () => createBlockWriter('contact_legs_rows')([legRow({ leg: -1 })])],
    ['contact_legs_rows.leg', () => createBlockWriter('contact_legs_rows')([legRow({ leg: 2 ** 32 })])],
    ['contact_legs_rows.wait_ms', () => createBlockWriter('contact_legs_rows')([legRow({ wait_ms: 0.5 })])],
    [
      'contact_legs_rows.offered_at',
      () => createBlockWriter('contact_legs_rows')([legRow({ offered_at: Number.NaN })]),
    ],
    ['events_rows.log_offset', () => createBlockWriter('events_rows')([eventRow({ log_offset: -1 })])],
    [
      'queue_intervals_rows.offered',
      () => createBlockWriter('queue_intervals_rows')([intervalRow({ offered: 2 ** 53 })]),
    ],
    [
      'agent_intervals_rows.reasons',
      () =>
        createBlockWriter('agent_intervals_rows')([agentIntervalRow({ reasons: new Map([['lunch', 1.5]]) })]),
    ],
  ])('%s', (column, write) => {
    expect(write).toThrow(column);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hold, type ReorderBuffer, release, type Timed } from '../../../../processors/domain/reorder.ts';

const drain = (heap: ReorderBuffer<Timed>, watermarkMs: number): Timed[] => {
  const out: Timed[] = [];
  for (let due = release(heap, watermarkMs); due !== null; due = release(heap, watermarkMs)) out.push(due);
  return out;
};

describe('reorder buffer', () => {
  it('gives back any arrival order in the order of time, then of seq', () => {
    const events = fc.uniqueArray(
      fc.record({
        event_time: fc.integer({ min: 0, max: 20 }),
        seq: fc.string({ minLength: 1, maxLength: 3 }),
      }),
      { selector: ({ event_time, seq }) => `${event_time}|${seq}` },
    );
    fc.assert(
      fc.property(events, (arrived) => {
        const heap: ReorderBuffer<Timed> = [];
        for (const event of arrived) hold(heap, event);
        const expected = [...arrived].sort((a, b) =>
          a.event_time === b.event_time ? (a.seq < b.seq ? -1 : 1) : a.event_time - b.event_time,
        );
        expect(drain(heap, 20)).toEqual(expected);
      }),
    );
  });

  it('keeps what is newer than the watermark', () => {
    const heap: ReorderBuffer<Timed> = [];
    hold(heap, { event_time: 12, seq: 'b' });
    hold(heap, { event_time: 10, seq: 'a' });
    expect(drain(heap, 11)).toEqual([{ event_time: 10, seq: 'a' }]);
    expect(heap).toHaveLength(1);
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAgenda } from '../../../../ingest/feeds/simulator/agenda.ts';

test('tasks come by time, and those of one time in the order they were planned', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
      const agenda = createAgenda<{ at: number; place: number }>();
      const tasks = times.map((at, place) => ({ at, place }));
      for (const task of tasks) agenda.plan(task.at, task);
      const taken = [];
      for (let task = agenda.take(); task !== null; task = agenda.take()) taken.push(task);
      expect(taken).toEqual(tasks.toSorted((a, b) => a.at - b.at || a.place - b.place));
      expect(agenda.nextAt()).toBe(Number.POSITIVE_INFINITY);
    }),
  );
});

import { expect, it } from 'vitest';
import type { CanonicalEvent } from '../../../../schemas/events.ts';
import { clock, exited, logOf, offered, progressed } from '../../../support/events.ts';
import { publicLegs, publicTables, run } from '../../../support/folding.ts';

const DAY_MS = 24 * 3_600_000;

it('a contact named again after it was forgotten has both its legs, also when both land at once', () => {
  const [first, gone, silence, again, over] = logOf([
    ['09:00:00', offered('c1', 'sales')],
    ['09:00:30', exited('c1', 'sales')],
    ['09:00:00', progressed],
    ['09:00:00', offered('c1', 'sales')],
    ['09:00:50', exited('c1', 'sales')],
  ]);
  const later = (event: CanonicalEvent | undefined): CanonicalEvent[] =>
    event === undefined ? [] : [{ ...event, event_time: event.event_time + 3 * DAY_MS }];
  const log = [first, gone].flatMap((event) => event ?? []).concat([silence, again, over].flatMap(later));
  const whole = run(log);
  expect(publicLegs(whole).map(({ leg, offered_at }) => [leg, offered_at])).toEqual([
    [1, clock('09:00:00')],
    [1, clock('09:00:00') + 3 * DAY_MS],
  ]);
  expect(publicTables(run(log, { batches: [1] }))).toEqual(publicTables(whole));
});

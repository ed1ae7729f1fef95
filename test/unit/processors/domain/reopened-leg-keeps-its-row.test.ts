import { describe, expect, it } from 'vitest';
import { answered, ended, logOf, offered } from '../../../support/events.ts';
import { publicLegs, publicTables, run } from '../../../support/folding.ts';

describe('a leg given up as lost at a restart, and answered after all', () => {
  const log = logOf([
    ['12:00:00', offered('c1', 'sales')],
    ['12:00:30', { type: 'source_restarted' }],
    ['12:00:40', answered('c1', 'sales', 'Ann')],
    ['12:02:00', ended('c1', 'sales', 'Ann')],
  ]);

  it('shows as answered while it talks, and not as lost', () => {
    expect(publicLegs(run(log.slice(0, 3)))).toMatchObject([
      { outcome: 'answered', wait_ms: 40_000, agent: 'Ann', ended_at: null, talk_ms: null },
    ]);
  });

  it.each([1, 2, 3, 4])(
    'is the same row whether the log is landed in ones or at once, after %i events',
    (n) => {
      const log_n = log.slice(0, n);
      expect(publicTables(run(log_n, { batches: [1] }))).toEqual(publicTables(run(log_n)));
    },
  );
});

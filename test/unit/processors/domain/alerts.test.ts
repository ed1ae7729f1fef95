import { describe, expect, it } from 'vitest';
import type { AlertRule } from '../../../../schemas/alert-rule.ts';
import type { EventBody } from '../../../../schemas/events.ts';
import type { QueueDefinition } from '../../../../schemas/queue-definition.ts';
import { declaring, declaringBy, definitionFor, ruleOf } from '../../../support/alert-rules.ts';
import { answered, clock, exited, logOf, offered, progressed } from '../../../support/events.ts';
import { publicAlerts, run } from '../../../support/folding.ts';

type Lines = readonly (readonly [time: string, body: EventBody])[];

const time = (atMs: number | null): string =>
  atMs === null ? '' : new Date(atMs).toISOString().slice(11, 23).replace('.000', '');
/** The alerts of a story as `queue value raised–cleared`. */
const alertsOf = (rules: readonly AlertRule[], lines: Lines): string[] =>
  publicAlerts(run(logOf([['08:00:00', declaring(...rules)], ...lines])))
    .sort((a, b) => a.raised_at - b.raised_at || (a.queue < b.queue ? -1 : 1))
    .map(({ queue, value, raised_at, cleared_at, status }) => {
      expect(status).toBe(cleared_at === null ? 'raised' : 'cleared');
      return `${queue} ${value} ${time(raised_at)}–${time(cleared_at)}`;
    });

const call = (n: number, queue = 'sales'): EventBody => offered(`c${n}`, queue);
const gone = (n: number, queue = 'sales'): EventBody => exited(`c${n}`, queue);

describe('waiting > 1', () => {
  const calls: Lines = [
    ['09:00:00', call(1)],
    ['09:00:10', call(2)],
    ['09:00:20', call(3)],
    ['09:00:30', gone(1)],
    ['09:00:40', gone(2)],
    ['09:10:00', progressed],
  ];
  it.each<[string, AlertRule, string[]]>([
    ['at once', ruleOf('waiting > 1'), ['sales 2 09:00:10–09:00:40']],
    ['or more', ruleOf('waiting >= 3'), ['sales 3 09:00:20–09:00:30']],
    ['cleared further down', ruleOf('waiting > 2', { clear: '1' }), ['sales 3 09:00:20–09:00:40']],
    [
      'held for long enough',
      ruleOf('waiting > 1 for 20 s', { clearAfter: '0 s' }),
      ['sales 2 09:00:30–09:00:40'],
    ],
    ['not for long enough', ruleOf('waiting > 1 for 31 s'), []],
    ['for just that long', ruleOf('waiting > 1 for 30 s'), []],
    [
      'well again for long enough',
      ruleOf('waiting > 1', { clearAfter: '1 min' }),
      ['sales 2 09:00:10–09:01:40'],
    ],
    ['not of this queue', ruleOf('waiting > 1', { queues: ['support'] }), []],
    ['of this pattern', ruleOf('waiting > 2', { queues: ['s*'] }), ['sales 3 09:00:20–09:00:30']],
    ['not of this channel', ruleOf('waiting > 1', { channel: 'chat' }), []],
  ])('%s', (_, rule, alerts) => {
    expect(alertsOf([rule], calls)).toEqual(alerts);
  });

  it('broken again before it is cleared goes on', () => {
    const rule = ruleOf('waiting > 0', { clearAfter: '60 s' });
    const lines: Lines = [
      ['09:00:00', call(1)],
      ['09:00:30', gone(1)],
      ['09:01:00', call(2)],
      ['09:01:10', gone(2)],
      ['09:05:00', progressed],
    ];
    expect(alertsOf([rule], lines)).toEqual(['sales 1 09:00:00–09:02:10']);
  });

  it('adds up the channels of a queue, and keeps queues apart', () => {
    const lines: Lines = [
      ['09:00:00', offered('a', 'sales')],
      ['09:00:01', offered('b', 'sales', { channel: 'chat' })],
      ['09:00:02', offered('c', 'support')],
    ];
    expect(alertsOf([ruleOf('waiting > 1')], lines)).toEqual(['sales 2 09:00:01–']);
    expect(alertsOf([ruleOf('waiting > 0', { channel: 'chat' })], lines)).toEqual(['sales 1 09:00:01–']);
  });
});

describe('oldest_waiting > 120 s', () => {
  const rule = ruleOf('oldest_waiting > 120 s');
  it('is raised at the moment it is true, though nothing happens then', () => {
    const lines: Lines = [
      ['09:00:00', call(1)],
      ['09:04:00', gone(1)],
    ];
    expect(alertsOf([rule], lines)).toEqual(['sales 120.001 09:02:00.001–09:04:00']);
    expect(alertsOf([ruleOf('oldest_waiting >= 120 s')], lines)).toEqual(['sales 120 09:02:00–09:04:00']);
  });
  it('by an event of another queue, or a heartbeat', () => {
    expect(
      alertsOf(
        [rule],
        [
          ['09:00:00', call(1)],
          ['09:02:01', call(2, 'support')],
        ],
      ),
    ).toEqual(['sales 120.001 09:02:00.001–']);
    expect(
      alertsOf(
        [rule],
        [
          ['09:00:00', call(1)],
          ['09:02:01', progressed],
        ],
      ),
    ).toEqual(['sales 120.001 09:02:00.001–']);
    expect(
      alertsOf(
        [rule],
        [
          ['09:00:00', call(1)],
          ['09:02:00', progressed],
        ],
      ),
    ).toEqual([]);
  });
  it('goes on with the next oldest', () => {
    const lines: Lines = [
      ['09:00:00', call(1)],
      ['09:01:00', call(2)],
      ['09:02:30', gone(1)],
      ['09:05:00', gone(2)],
    ];
    expect(alertsOf([rule], lines)).toEqual([
      'sales 120.001 09:02:00.001–09:02:30',
      'sales 120.001 09:03:00.001–09:05:00',
    ]);
  });
  it('with hysteresis waits for a short queue', () => {
    const slack = ruleOf('oldest_waiting > 120 s', { clear: '60 s', clearAfter: '50 s' });
    const lines: Lines = [
      ['09:00:00', call(1)],
      ['09:02:00', call(2)],
      ['09:02:30', gone(1)],
      // 09:03:00.001: c2 has waited for more than 60 s, before 50 s were over.
      ['09:03:10', gone(2)],
      ['09:10:00', progressed],
    ];
    expect(alertsOf([slack], lines)).toEqual(['sales 120.001 09:02:00.001–09:04:00']);
  });
});

describe('figures of the quarter hour', () => {
  const served = (n: number, at: string, waitS: number): Lines => [
    [`09:${at}`, call(n)],
    [time(clock(`09:${at}`) + waitS * 1000), answered(`c${n}`, 'sales', 'kim')],
  ];
  it('service_level < 0.8 for 3 min is raised when it has lasted, and is over with the quarter hour', () => {
    const lines: Lines = [...served(1, '00:00', 5), ...served(2, '01:00', 30), ['09:30:00', progressed]];
    expect(alertsOf([ruleOf('service_level < 0.8 for 3 min', { clearAfter: '0 s' })], lines)).toEqual([
      'sales 0.5 09:04:30–09:15:00',
    ]);
    expect(alertsOf([ruleOf('service_level < 0.8 for 3 min')], lines)).toEqual([
      'sales 0.5 09:04:30–09:18:00',
    ]);
    expect(alertsOf([ruleOf('service_level < 0.5')], lines)).toEqual([]);
  });
  it('are by the queue’s own definition', () => {
    const lines: Lines = [...served(1, '00:00', 25), ['09:10:00', progressed]];
    const rule = ruleOf('service_level < 0.8');
    const by = (rest: Partial<QueueDefinition>): Lines => [
      ['08:00:00', declaringBy([definitionFor('sales', rest)], rule)],
      ...lines,
    ];
    expect(alertsOf([rule], lines)).toEqual(['sales 0 09:00:25–']);
    expect(alertsOf([], by({ threshold_ms: 25_000 }))).toEqual([]);
    expect(alertsOf([], by({ threshold_ms: 24_000 }))).toEqual(['sales 0 09:00:25–']);
    expect(alertsOf([], by({ threshold_ms: 25_000, channel: 'email' }))).toEqual(['sales 0 09:00:25–']);
  });
  it('are measured anew when the queue’s definition changes, and are not told twice where nothing does', () => {
    const rule = ruleOf('service_level < 0.8');
    const lines: Lines = [
      ...served(1, '00:00', 25),
      ['09:05:00', declaringBy([definitionFor('sales')], rule)],
      ['09:06:00', declaringBy([definitionFor('sales', { threshold_ms: 30_000 })], rule)],
      ['09:07:00', progressed],
    ];
    expect(alertsOf([rule], lines)).toEqual(['sales 0 09:00:25–09:00:25']);
  });
  it('that come to nothing before they last long enough raise nothing', () => {
    const lines: Lines = [...served(1, '13:00', 30), ['09:30:00', progressed]];
    expect(alertsOf([ruleOf('service_level < 0.8 for 3 min')], lines)).toEqual([]);
  });
  it('say nothing below min_offered', () => {
    const lines: Lines = [...served(1, '00:00', 30), ...served(2, '01:00', 30), ...served(3, '02:00', 30)];
    expect(alertsOf([ruleOf('service_level < 0.8', { minOffered: '3' })], lines)).toEqual([
      'sales 0 09:02:00–',
    ]);
  });
  it('abandonment_rate > 0.3 falls with every contact that is offered', () => {
    const lines: Lines = [
      ['09:00:00', call(1)],
      ['09:00:10', gone(1)],
      ['09:01:00', call(2)],
      ['09:02:00', call(3)],
      ['09:03:00', call(4)],
    ];
    expect(alertsOf([ruleOf('abandonment_rate > 0.3')], lines)).toEqual(['sales 1 09:00:10–09:03:00']);
  });
});

describe('agents', () => {
  const kim = 'kim';
  const logsIn: EventBody = { type: 'agent_logged_in', agent: kim };
  const joins: EventBody = { type: 'agent_joined_queue', agent: kim, queue: 'sales', paused: false };
  const leaves: EventBody = { type: 'agent_left_queue', agent: kim, queue: 'sales' };
  const pauses: EventBody = { type: 'agent_paused', agent: kim, queue: '', reason: 'lunch' };
  it('agents_staffed < 1: nobody is there', () => {
    const lines: Lines = [
      ['09:00:00', call(1)],
      ['09:01:00', logsIn],
      ['09:01:00', joins],
      ['09:02:00', pauses],
      ['09:05:00', leaves],
    ];
    expect(alertsOf([ruleOf('agents_staffed < 1')], lines)).toEqual([
      'sales 0 09:00:00–09:01:00',
      'sales 0 09:05:00–',
    ]);
    expect(alertsOf([ruleOf('agents_available < 1', { clearAfter: '0 s' })], lines)).toEqual([
      'sales 0 09:00:00–09:01:00',
      'sales 0 09:02:00–',
    ]);
  });
  it('of whom the source tells nothing break no rule', () => {
    const lines: Lines = [
      ['08:59:00', { type: 'source_declared', feed: 'x', lateness_ms: 0, tracks_agents: false }],
      ['09:00:00', call(1)],
      ['09:10:00', progressed],
    ];
    expect(alertsOf([ruleOf('agents_staffed < 1')], lines)).toEqual([]);
  });
});

describe('silent_for > 60 s', () => {
  it('is raised by heartbeats that tell nothing, and over with the next event', () => {
    const lines: Lines = [
      ['09:00:00', call(1)],
      ['09:00:30', progressed],
      ['09:02:00', progressed],
      ['09:03:00', gone(1)],
    ];
    expect(alertsOf([ruleOf('silent_for > 60 s')], lines)).toEqual([' 60.001 09:01:00.001–09:03:00']);
  });
  it('is seen in the gap between two events too', () => {
    expect(
      alertsOf(
        [ruleOf('silent_for > 60 s')],
        [
          ['09:00:00', call(1)],
          ['09:03:00', gone(1)],
        ],
      ),
    ).toEqual([' 60.001 09:01:00.001–09:03:00']);
  });
  it('says nothing of a source never heard of', () => {
    expect(
      alertsOf(
        [ruleOf('silent_for > 60 s')],
        [
          ['09:00:00', progressed],
          ['09:10:00', progressed],
        ],
      ),
    ).toEqual([]);
  });
});

describe('rules declared anew', () => {
  const waiting = ruleOf('waiting > 0');
  const oldest = ruleOf('oldest_waiting > 60 s');
  it('raise what is broken already', () => {
    const log = logOf([
      ['09:00:00', call(1)],
      ['09:00:30', declaring(waiting)],
    ]);
    expect(publicAlerts(run(log))).toMatchObject([{ queue: 'sales', raised_at: clock('09:00:00') }]);
  });
  it('clear the alerts of rules that are gone or changed, and let the others go on', () => {
    const changed = ruleOf('waiting > 5', { id: 'waiting > 0' });
    const lines: Lines = [
      ['09:00:00', call(1)],
      ['09:02:00', progressed],
      ['09:02:30', declaring(oldest, changed)],
      ['09:03:00', progressed],
    ];
    expect(alertsOf([waiting, oldest], lines)).toEqual([
      'sales 1 09:00:00–09:02:00',
      'sales 60.001 09:01:00.001–',
    ]);
  });
  it('are taken back by none', () => {
    const lines: Lines = [
      ['09:00:00', call(1)],
      ['09:01:00', declaring()],
      ['09:02:00', call(2)],
    ];
    expect(alertsOf([waiting], lines)).toEqual(['sales 1 09:00:00–09:00:00']);
  });
});

it('an event from before the newest one changes the alert now, not then', () => {
  const lines: Lines = [
    ['09:00:00', call(1)],
    ['09:05:00', call(2)],
    ['09:01:00', gone(1)],
  ];
  expect(alertsOf([ruleOf('waiting > 1')], lines)).toEqual(['sales 2 09:05:00–09:05:00']);
});

import { describe, expect, it } from 'vitest';
import { type AlertRuleText, parseAlertRule } from '../../../schemas/alert-rule.ts';

const parsed = (text: Partial<AlertRuleText>) => parseAlertRule({ id: 'r', when: 'waiting > 10', ...text });

describe('a condition', () => {
  it.each([
    ['waiting > 10', 'waiting', 'greater', 10, 0],
    ['waiting>=10', 'waiting', 'greater_or_equal', 10, 0],
    ['service_level < 0.8 for 3 min', 'service_level', 'less', 0.8, 180_000],
    ['service_level < 80 % for 90 s', 'service_level', 'less', 0.8, 90_000],
    ['abandonment_rate > 10%', 'abandonment_rate', 'greater', 0.1, 0],
    ['oldest_waiting > 120 s', 'oldest_waiting', 'greater', 120, 0],
    ['oldest_waiting > 120', 'oldest_waiting', 'greater', 120, 0],
    ['oldest_waiting >= 2min', 'oldest_waiting', 'greater_or_equal', 120, 0],
    ['agents_staffed < 1', 'agents_staffed', 'less', 1, 0],
    ['agents_available <= 2 for 1.5 h', 'agents_available', 'less_or_equal', 2, 5_400_000],
    ['silent_for > 500 ms', 'silent_for', 'greater', 0.5, 0],
  ])('%s', (when, metric, operator, threshold, forMs) => {
    expect(parsed({ when })).toMatchObject({
      status: 'valid',
      rule: { metric, operator, threshold, clear_threshold: threshold, for_ms: forMs, clear_after_ms: forMs },
    });
  });

  it('is about all queues and channels unless it says otherwise', () => {
    expect(parsed({})).toMatchObject({ rule: { queues: ['*'], channel: '', min_offered: 0 } });
    expect(parsed({ queues: ['sales', 'support-*'], channel: 'chat' })).toMatchObject({
      rule: { queues: ['sales', 'support-*'], channel: 'chat' },
    });
    expect(parsed({ when: 'silent_for > 60 s' })).toMatchObject({ rule: { queues: [] } });
  });

  it('has its hysteresis in a second threshold, a time, or both', () => {
    expect(parsed({ clear: '5', clearAfter: '2 min' })).toMatchObject({
      rule: { threshold: 10, clear_threshold: 5, clear_after_ms: 120_000 },
    });
    expect(parsed({ when: 'service_level < 80% for 3 min', clear: '85 %', clearAfter: '0 s' })).toMatchObject(
      { rule: { clear_threshold: 0.85, for_ms: 180_000, clear_after_ms: 0 } },
    );
  });
});

describe('what is wrong is said', () => {
  it.each<[Partial<AlertRuleText>, string]>([
    [{ when: 'too many waiting' }, 'when: "too many waiting" is no condition'],
    [{ when: 'waiting = 10' }, 'is no condition'],
    [{ when: 'queue_length > 10' }, '"queue_length" is no metric (known: waiting'],
    [{ when: 'constructor > 10' }, '"constructor" is no metric'],
    [{ when: 'waiting > ten' }, 'a whole number of contacts'],
    [{ when: 'waiting > 1.5' }, 'a whole number of contacts'],
    [{ when: 'agents_staffed < 10 %' }, 'a whole number of agents'],
    [{ when: 'service_level < 80' }, 'a fraction such as 0.8, or 80 %'],
    [{ when: 'service_level < 120 %' }, 'a fraction'],
    [{ when: 'oldest_waiting > 2 days' }, 'a duration such as 120 s'],
    [{ when: 'oldest_waiting < 20 s' }, 'grows by itself: it goes with > or >= only'],
    [{ when: 'waiting > 10 for ever' }, '"for ever" needs a duration'],
    [{ when: 'waiting > 10 for 8000 h' }, 'at most 7 days'],
    [{ clear: '11' }, 'clear: 11 must be on the other side of the threshold 10'],
    [{ when: 'service_level < 0.8', clear: '0.7' }, 'on the other side'],
    [{ clear: 'few' }, 'clear: "few" must be a whole number'],
    [{ clearAfter: 'later' }, 'clear_after: "later"'],
    [{ minOffered: '5' }, 'min_offered goes with service_level and abandonment_rate only'],
    [{ when: 'service_level < 0.8', minOffered: 'some' }, 'min_offered: "some"'],
    [{ channel: 'fax' }, 'channel: "fax" must be one of voice'],
    [{ queues: [] }, 'queues: must be 1 to'],
    [{ when: 'silent_for > 60 s', queues: ['sales'] }, 'about a source as a whole'],
    [{ id: '' }, 'id: must be a name'],
  ])('%j', (text, fault) => {
    const result = parsed(text);
    expect(result).toMatchObject({ status: 'invalid' });
    expect(result.status === 'invalid' ? result.faults.join('\n') : '').toContain(fault);
  });

  it('all at once', () => {
    expect(parsed({ clear: '11', channel: 'fax' })).toMatchObject({
      faults: [expect.anything(), expect.anything()],
    });
  });
});

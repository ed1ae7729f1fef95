import { describe, expect, test } from 'vitest';
import {
  type AnswerDefinition,
  definitionSentences,
} from '../../../../../query-api/pages/intervals/definition-words.ts';
import { SERVICE_LEVEL_NAMES } from '../../../../../schemas/service-level.ts';

const DEFINITION: AnswerDefinition = {
  formula: 'a / (A + B)',
  sl_formula: 'abandons_negative',
  sl_threshold: '20s',
  short_abandon: '5s',
  count_exits: false,
  exclude_short: false,
  profile: null,
  abandon_outcomes: ['abandoned'],
  exit_outcomes: ['timed_out', 'left_empty', 'key_exit', 'overflowed'],
  interval: '15m',
  tz: 'UTC',
  from: '2026-11-24T00:00:00Z',
  to: '2026-11-25T00:00:00Z',
  basis: 'arrival',
  computed_from: 'queue_intervals',
};
const words = (part: Partial<AnswerDefinition> = {}): string =>
  definitionSentences({ ...DEFINITION, ...part }).join(' ');

describe('the definition in words', () => {
  test('says all of the default', () => {
    expect(words()).toBe(
      'Service level: contacts answered within 20s, of all that were answered or abandoned. Every abandoned contact counts against it. Abandoned are contacts that hung up while waiting. Contacts that reached the maximum wait, or were removed because no agent was left, or pressed a key to leave, or were moved on by the ACD do not count in it. A contact counts in the interval in which it was offered.',
    );
  });

  test('every formula has words of its own', () => {
    const all = SERVICE_LEVEL_NAMES.map(
      (sl_formula) => definitionSentences({ ...DEFINITION, sl_formula })[0],
    );
    expect(new Set(all).size).toBe(SERVICE_LEVEL_NAMES.length);
    for (const sentence of all) expect(sentence).toMatch(/^Service level: contacts answered .*20s/);
  });

  test.each<[Partial<AnswerDefinition>, string]>([
    [{ count_exits: true }, 'count against it too'],
    [{ exclude_short: true }, 'The abandonment rate leaves out who abandons within 5s.'],
    [{ profile: 'asterisk' }, 'profile asterisk'],
    [{ basis: 'end' }, 'in which it ended'],
    [{ computed_from: 'contact_legs' }, 'Counted from the single contacts'],
    [
      { abandon_outcomes: ['abandoned', 'withdrawn'] },
      'hung up while waiting, or were removed by the system',
    ],
    [{ sl_formula: 'new_one' }, 'Service level by new_one.'],
  ])('%j says %s', (part, expected) => {
    expect(words(part)).toContain(expected);
  });
});

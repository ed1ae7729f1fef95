import { describe, expect, test } from 'vitest';
import { placeOf } from '../../../../../query-api/pages/sql/error-place.ts';

const marked = (query: string, message: string): string | null => {
  const place = placeOf(query, message);
  return place === null ? null : query.slice(place.from, place.to);
};

describe('where an error lies', () => {
  test.each([
    [
      'SELECT 1 FRM events',
      'Syntax error: failed at position 14 (events): events. Expected one of: …',
      'events',
    ],
    ['SELECT 1\nFROM x\nWHER y', 'Syntax error: failed at position 22 (y) (line 3, col 6): y.', 'y'],
    ['SELECT ‘ü’, 1 FRM x', 'failed at position 22 (x) (line 1, col 26): x', 'x'],
    ['SELECT (1', 'Syntax error: failed at position 10 (end of query): . Expected one of: …', '1'],
    ['SELECT queu FROM contact_legs', 'Unknown expression identifier `queu` in scope SELECT queu', 'queu'],
    ['SELECT l.queu FROM contact_legs AS l', "Identifier 'l.queu' cannot be resolved", 'queu'],
    ['SELECT summ(1)', 'Function with name `summ` does not exist. In scope SELECT summ(1)', 'summ'],
    ['SELECT 1 FROM nowhere', 'Unknown table expression identifier `nowhere` in scope', 'nowhere'],
    ['SELECT 1 / 0', 'Division by zero', null],
    ['SELECT 1', 'failed at position 99 (x)', '1'],
  ])('%s: %s', (query, message, expected) => {
    expect(marked(query, message)).toBe(expected);
  });
});

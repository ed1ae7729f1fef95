import { describe, expect, it } from 'vitest';
import { hideInBody } from '../../../ingest/hide-in-body.ts';
import { normaliseNumber, numberPattern } from '../../../ingest/pseudonymise.ts';
import { answered } from '../../support/events.ts';

const noted = (text: string, kind = 'NOTE') =>
  ({ type: 'annotated', kind, contact_id: 'c', queue: 'q', agent: '', text }) as const;
const hidden = (text: string): unknown =>
  Object.values(hideInBody(noted(text), (number) => `<${normaliseNumber(number)}>`)).at(-1);

describe('numbers in free text', () => {
  it.each([
    ['0301234567', '<0301234567>'],
    ['ring +49 (30) 123-4567 back', 'ring <0049301234567> back'],
    ['0301234567@from-internal', '<0301234567>@from-internal'],
    ['a|0301234567|b', 'a|<0301234567>|b'],
    ['Local/0301234567@ctx', 'Local/<0301234567>@ctx'],
  ])('%s becomes %s', (text, shown) => {
    expect(hidden(text)).toBe(shown);
  });

  it.each([
    ['an extension', '1234@from-internal'],
    ['a channel', 'PJSIP/100-0000001a,PJSIP/trunk-00000012'],
    ['the id of a call', '1700000000.42'],
    ['a UUID', '01234567-0123-0123-0123-012345678901'],
    ['a pseudonym', '0123456789abcdef0123456789abcdef'],
    ['a date', '2026-03-01 08:00'],
  ])('%s stays', (_what, text) => {
    expect(hidden(text)).toBe(text);
  });

  it('the number that was dialled stays: it is the centre’s own', () => {
    expect(hideInBody(noted('0301234567', 'DID'), () => 'x')).toEqual(noted('0301234567', 'DID'));
  });

  it('an event without free text is the very same', () => {
    const body = answered('c', 'q', 'kim');
    expect(hideInBody(body, () => 'x')).toBe(body);
  });
});

describe('the pattern of a number', () => {
  const finds = (number: string, text: string): boolean =>
    new RegExp(numberPattern(number) ?? '$^').test(text);
  it.each([
    ['+4930111222', '0049 30 111-222', true],
    ['+4930111222', 'x,+49(30)111222,y', true],
    ['004930111222', '+4930111222', true],
    ['+4930111222', '+49301112223', false],
    ['+4930111222', '004930111223', false],
    ['030111222', '030 111 222', true],
    ['030111222', '1030111222', false],
  ])('%s in %j: %s', (number, text, found) => {
    expect(finds(number, text)).toBe(found);
  });

  it.each(['1001', 'ann@example.org', ''])(
    'there is none of %j, which is too short or no number',
    (number) => {
      expect(numberPattern(number)).toBeNull();
    },
  );
});

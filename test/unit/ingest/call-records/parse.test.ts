import { describe, expect, it } from 'vitest';
import { createCallRecordParser, type ParsedRecord } from '../../../../ingest/feeds/call-records/parse.ts';
import { mapOf, NOW_MS } from './reading.ts';

const COLUMNS = [
  'id',
  'q',
  'media',
  'from',
  'who',
  'start',
  'answer',
  'end',
  'wait',
  'talk',
  'hold',
  'wrap',
  'res',
];
const MAP = `
contact_id: id
queue: q
channel: { column: media, values: { PHONE: voice, MAIL: email } }
caller: from
agent: who
agent_none: [nobody]
offered_at: { column: start, format: YYYY-MM-DD HH:MM:SS }
answered_at: { column: answer, format: YYYY-MM-DD HH:MM:SS }
ended_at: { column: end, format: YYYY-MM-DD HH:MM:SS }
wait: { column: wait, unit: s }
talk: { column: talk, unit: s }
hold: { column: hold, unit: s }
wrap: { column: wrap, unit: s }
outcome:
  column: res
  values: { OK: answered, LOST: abandoned, LATE: timed_out, FULL: refused_full, TEST: { drop: test_call }, X: drop }
`;
const CALL = {
  id: '7',
  q: 'sales',
  media: 'PHONE',
  from: '5550001',
  who: 'ann',
  start: '2026-05-04 12:00:00',
  answer: '',
  end: '',
  wait: '30',
  talk: '60',
  hold: '15',
  wrap: '',
  res: 'OK',
};

const parse = (changes: Partial<typeof CALL>, map = MAP): ParsedRecord => {
  const call: Readonly<Record<string, string>> = { ...CALL, ...changes };
  const parser = createCallRecordParser({
    map: mapOf(map),
    places: new Map(COLUMNS.map((column, place) => [column, place])),
    timeZone: 'Europe/Berlin',
    pseudonymise: (number) => (number === '' ? '' : `pseudonym-${number.length}`),
    nowMs: NOW_MS,
  });
  return parser(COLUMNS.map((column) => call[column] ?? ''));
};
/** `type second` of each event, seconds counted from noon of the call's day in Berlin. */
const story = (parsed: ParsedRecord): string[] =>
  parsed.status === 'events'
    ? parsed.events.map(
        ({ event_time, body }) => `${body.type} ${(event_time - Date.UTC(2026, 4, 4, 10)) / 1_000}`,
      )
    : [`${parsed.status}: ${parsed.reason}`];
const bodyOf = (parsed: ParsedRecord, type: string): unknown =>
  parsed.status === 'events' ? parsed.events.find(({ body }) => body.type === type)?.body : parsed;

describe('when things happened', () => {
  it.each([
    ['wait and talk alone', {}, [0, 30, 105]],
    ['stamps', { answer: '2026-05-04 12:00:31', end: '2026-05-04 12:01:50' }, [0, 31, 110]],
    ['end and talk', { wait: '', end: '2026-05-04 12:01:50' }, [0, 35, 110]],
    [
      'stamps alone',
      { wait: '', talk: '', answer: '2026-05-04 12:00:31', end: '2026-05-04 12:01:50' },
      [0, 31, 110],
    ],
    ['stamps that run backwards', { answer: '2026-05-04 11:59:59', end: '2026-05-04 11:59:58' }, [0, 0, 0]],
  ])('answered, from %s', (_, changes, [offered, answered, ended]) => {
    expect(story(parse(changes))).toEqual([
      `contact_offered ${offered}`,
      `contact_answered ${answered}`,
      `contact_ended ${ended}`,
    ]);
  });

  it('wrap-up ends after the contact, where it is known', () => {
    const parsed = parse({ wrap: '20' });
    expect(story(parsed).at(-1)).toBe('wrap_up_ended 125');
    expect(bodyOf(parsed, 'wrap_up_ended')).toMatchObject({ wrap_ms: 20_000, agent: 'ann' });
  });

  it.each([
    ['wait', { res: 'LOST' }, 'contact_exited 30', 'abandoned'],
    ['end', { res: 'LATE', wait: '', end: '2026-05-04 12:00:44' }, 'contact_exited 44', 'timed_out'],
  ])('left unanswered, from %s', (_, changes, exit, outcome) => {
    const parsed = parse(changes);
    expect(story(parsed)).toEqual(['contact_offered 0', exit]);
    expect(bodyOf(parsed, 'contact_exited')).toMatchObject({ outcome });
  });

  it('never let in, at once', () => {
    const parsed = parse({ res: 'FULL' });
    expect(story(parsed)).toEqual(['contact_refused 0']);
    expect(bodyOf(parsed, 'contact_refused')).toMatchObject({ reason: 'full', queue: 'sales' });
  });

  it('a stated duration stands, and stamps running backwards are told as such', () => {
    const stated = parse({ answer: '2026-05-04 12:00:31', end: '2026-05-04 12:01:50' });
    expect(bodyOf(stated, 'contact_answered')).toMatchObject({ wait_ms: 30_000 });
    expect(bodyOf(stated, 'contact_ended')).toMatchObject({ talk_ms: 60_000, hold_ms: 15_000 });
    const backwards = parse({ wait: '', answer: '2026-05-04 11:59:59' });
    expect(bodyOf(backwards, 'contact_answered')).toMatchObject({ wait_ms: -1_000 });
  });
});

describe('what a record says', () => {
  it('is translated, and its caller has a pseudonym', () => {
    expect(bodyOf(parse({ media: 'MAIL' }), 'contact_offered')).toMatchObject({
      contact_id: '7',
      queue: 'sales',
      channel: 'email',
      caller: 'pseudonym-7',
    });
    expect(bodyOf(parse({ who: 'nobody' }), 'contact_answered')).toMatchObject({ agent: '' });
    expect(bodyOf(parse({ q: ' sales ' }), 'contact_offered')).toMatchObject({ queue: 'sales' });
  });

  it.each([
    [{ res: 'TEST' }, { status: 'dropped', reason: 'test_call' }],
    [
      { res: 'X', start: 'rubbish' },
      { status: 'dropped', reason: 'dropped' },
    ],
  ])('with %o is left out', (changes, expected) => {
    expect(parse(changes)).toEqual(expected);
  });

  it.each([
    [{ res: 'BUSY' }, 'outcome: the map has no meaning for "BUSY"'],
    [{ media: 'FAX' }, 'channel: the map has no meaning for "FAX"'],
    [{ id: '' }, 'contact_id is empty'],
    [{ q: ' ' }, 'queue is empty'],
    [{ start: '' }, 'offered_at is empty'],
    [{ start: '2026-02-30 12:00:00' }, 'offered_at: "2026-02-30 12:00:00" is no YYYY-MM-DD HH:MM:SS'],
    [{ start: '2026-05-04 25:00:00' }, 'offered_at: "2026-05-04 25:00:00" is no YYYY-MM-DD HH:MM:SS'],
    [{ answer: 'soon' }, 'answered_at: "soon" is no YYYY-MM-DD HH:MM:SS'],
    [{ wait: 'long' }, 'wait: "long" is no duration in s'],
    [{ wait: '', talk: '' }, 'answered, but neither answered_at nor wait nor ended_at with talk says when'],
    [{ talk: '' }, 'answered, but neither ended_at nor talk says how long'],
    [{ res: 'LOST', wait: '' }, 'abandoned, but neither ended_at nor wait says when'],
    [
      { start: '2062-05-04 12:00:00' },
      'contact_offered would be in the future: check the formats of its dates and times',
    ],
    [
      { start: '1962-05-04 12:00:00' },
      'contact_offered would be before 1970: check the formats of its dates and times',
    ],
  ])('with %o is rejected', (changes, reason) => {
    expect(parse(changes)).toEqual({ status: 'rejected', reason });
  });
});

describe('how times are written', () => {
  const offeredAt = (format: string, start: string): string => {
    const map = MAP.replace('{ column: start, format: YYYY-MM-DD HH:MM:SS }', format);
    const parsed = parse({ start, res: 'FULL' }, map);
    const ms = parsed.status === 'events' ? parsed.events[0]?.event_time : undefined;
    return ms === undefined ? JSON.stringify(parsed) : new Date(ms).toISOString();
  };
  it.each([
    ['{ column: start, format: iso }', '2026-05-04T12:00:00Z', '2026-05-04T12:00:00.000Z'],
    ['{ column: start, format: iso }', '2026-05-04T12:00:00.25+05:45', '2026-05-04T06:15:00.250Z'],
    ['{ column: start, format: iso }', '2026-05-04 12:00', '2026-05-04T10:00:00.000Z'],
    ['{ column: start, format: epoch_s }', '1777888800.5', '2026-05-04T10:00:00.500Z'],
    ['{ column: start, format: epoch_ms }', '1777888800500', '2026-05-04T10:00:00.500Z'],
    ['{ column: start, format: DD.MM.YYYY HH:MM:SS }', '4.5.2026 12:00:01', '2026-05-04T10:00:01.000Z'],
    ['{ column: start, format: MM/DD/YY HH:MM }', '5/4/26 1:05 PM', '2026-05-04T11:05:00.000Z'],
    ['{ column: start, format: YYMMDD HH:MM:SS }', '990504 12:00:00', '1999-05-04T10:00:00.000Z'],
    ['{ column: start, date: { column: end, format: YYYYMMDD } }', '02:30', 'no date'],
  ])('%s reads %s', (format, text, expected) => {
    expect(offeredAt(format, text)).toBe(
      expected === 'no date'
        ? '{"status":"rejected","reason":"\\"\\" in column \\"end\\" is no date YYYYMMDD"}'
        : expected,
    );
  });
});

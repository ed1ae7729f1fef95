/** Lines of the feed `events`: what is taken, what is refused and why, and that no number gets through. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEventLineParser, MAX_LINE_LENGTH } from '../../../../ingest/feeds/events/parse.ts';
import { createPseudonymiser } from '../../../../ingest/pseudonymise.ts';
import { eventRow } from '../../../../processors/domain/changes.ts';
import type { CanonicalEvent, EventBody } from '../../../../schemas/events.ts';
import { answered, clock, ended, exited, offered, progressed } from '../../../support/events.ts';
import { steadyKeys } from '../../../support/subject-keys.ts';

const NOW = clock('12:00:00');
const pseudonymise = createPseudonymiser('key', 'default', steadyKeys);
const parserFor = (source: string | null) =>
  createEventLineParser({ tenant: 'default', source, pseudonymise, nowMs: () => NOW });
const parse = parserFor(null);

const BODY = offered('c1', 'sales', { caller: '+27 82 555 0001' });
const line = (changes: object = {}): string =>
  JSON.stringify({ source: 'pbx', seq: '1', event_time: clock('08:00:00'), body: BODY, ...changes });
const bodyWith = (changes: object): string => line({ body: { ...BODY, ...changes } });
const reasonOf = (text: string): string => {
  const parsed = parse(text);
  return parsed.status === 'accepted' ? 'accepted' : parsed.reason;
};

describe('a line that is an event', () => {
  test('is taken by its seq, the caller as the pseudonym that other feeds give him', () => {
    expect(parse(line())).toEqual({
      status: 'accepted',
      source: 'pbx',
      id: '1',
      events: [{ event_time: clock('08:00:00'), body: { ...BODY, caller: pseudonymise('0027825550001') } }],
    });
  });

  test.each([
    ['milliseconds', { event_time: clock('08:00:00') }],
    ['ISO 8601', { event_time: '2026-03-01T08:00:00Z' }],
    ['ISO 8601 with an offset', { event_time: '2026-03-01T10:00:00.000+02:00' }],
    ['as ClickHouse writes the column at', { event_time: undefined, at: '2026-03-01 08:00:00.000' }],
  ])('may say its time in %s', (_, changes) => {
    expect(parse(line(changes))).toMatchObject({ events: [{ event_time: clock('08:00:00') }] });
  });

  test('may leave out what is not known', () => {
    const { caller: _c, language: _l, site: _s, tier: _t, position: _p, ...known } = BODY;
    const unknown = { caller: '', language: '', site: '', tier: '', position: null };
    expect(parse(line({ body: known }))).toMatchObject({ events: [{ body: { ...known, ...unknown } }] });
  });

  test('keeps a caller who is a pseudonym already', () => {
    const caller = pseudonymise('0825550001');
    expect(parse(bodyWith({ caller }))).toMatchObject({ events: [{ body: { caller } }] });
  });

  test('of a schedule may lie far ahead', () => {
    const at = clock('08:00:00') + 90 * 86_400_000;
    const activities = [{ activity: 'work', starts_at: at, ends_at: at + 1 }];
    const body = { type: 'agent_scheduled', agent: 'ann', day: '2026-05-30', activities };
    expect(parse(line({ event_time: at, body }))).toMatchObject({ status: 'accepted' });
  });
});

describe('a line that is refused says why, and stays without its numbers', () => {
  test.each<[string, string, string | RegExp]>([
    ['nonsense', 'nonsense', 'not JSON'],
    ['a list', '[1]', 'not a JSON object'],
    ['too long', `"${'x'.repeat(MAX_LINE_LENGTH)}"`, 'more than 32768 characters'],
    ['an unknown field', line({ evnt: 1 }), /^evnt is none of tenant, source, seq/],
    ['no source', line({ source: undefined }), /^source must be a text/],
    ['a source with a slash', line({ source: 'b/c' }), /^source must be a text .* without "\/"$/],
    ["another's tenant", line({ tenant: 'other' }), 'tenant is not yours'],
    ['no seq', line({ seq: undefined }), /^seq must be a text/],
    ['an empty seq', line({ seq: '' }), /^seq must be a text/],
    ['a number as seq', line({ seq: 7 }), /^seq must be a text/],
    ['no time', line({ event_time: undefined }), 'event_time is missing'],
    ['a time that is none', line({ event_time: 'noon' }), /^event_time must be/],
    ['seconds with a fraction', line({ event_time: 1.5 }), /^event_time must be/],
    ['before 1970', line({ event_time: -1 }), /^event_time must be/],
    ['two days ahead', line({ event_time: NOW + 2 * 86_400_000 }), 'event_time is more than a day ahead'],
    ['no body', line({ body: undefined }), 'body must be an object, or its JSON as a text'],
    ['a body that is torn text', line({ body: '{"type"' }), 'body must be an object, or its JSON as a text'],
    ['an unknown type', line({ body: { type: 'contact_lost' } }), /^body.type is none of source_declared/],
    [
      'a field missing',
      line({ body: { ...answered('c1', 'sales', 'ann'), agent: undefined } }),
      /^body.agent/,
    ],
    ['a field too many', bodyWith({ number: 5 }), /^body.number is none of type, contact_id/],
    ['another channel', bodyWith({ channel: 'fax' }), /^body.channel is none of voice, chat/],
    ['a number as text', bodyWith({ position: '1' }), 'body.position must be a whole number'],
    ['half a millisecond', line({ body: { ...ended('c1', 'sales', 'ann'), talk_ms: 0.5 } }), /^body.talk_ms/],
    ['no contact', bodyWith({ contact_id: '' }), 'body.contact_id must not be empty'],
    ['no agent', line({ body: { type: 'agent_logged_in', agent: '' } }), 'body.agent must not be empty'],
    ['a kind that is another', line({ kind: 'contact_exited' }), 'kind is not what the body says'],
    ['a queue that is another', line({ queue: 'support' }), 'queue is not what the body says'],
    [
      'a stretch of a schedule without an end',
      line({
        body: {
          type: 'agent_scheduled',
          agent: 'ann',
          day: '',
          activities: [{ activity: 'work', starts_at: 1 }],
        },
      }),
      'body.activities[0].ends_at is missing',
    ],
  ])('%s', (_, text, reason) => {
    if (typeof reason === 'string') expect(reasonOf(text)).toBe(reason);
    else expect(reasonOf(text)).toMatch(reason);
  });

  test.each([
    ['in the field it belongs in', bodyWith({ channel: 'fax' })],
    ['as a number', bodyWith({ caller: 27_825_550_001 })],
    ['in a field nobody knows', bodyWith({ phone: '+27 (82) 555-0001' })],
    ['in a line that is no JSON', '{"caller":"+27825550001",'],
    ['in a body that is text', line({ kind: 'x', body: JSON.stringify({ ...BODY, caller: '0825550001' }) })],
  ])('a number %s becomes a pseudonym', (_, text) => {
    const parsed = parse(text);
    expect(parsed.status).toBe('rejected');
    expect(JSON.stringify(parsed)).not.toMatch(/2782555|082555|82\) 555|82 555/);
    expect(parse(text)).toEqual(parsed);
  });
});

describe('a file of one source', () => {
  test('may leave the source out, and leaves out lines of others', () => {
    const ofLab = parserFor('lab');
    expect(ofLab(line({ source: undefined }))).toMatchObject({ status: 'accepted', source: 'lab' });
    expect(ofLab(line({ source: 'pbx' }))).toEqual({ status: 'dropped', reason: 'of another source' });
    expect(ofLab(line({ source: 'lab', tenant: 'b' }))).toMatchObject({ status: 'dropped' });
  });
});

const text = fc.string({ minLength: 1, maxLength: 20 }).filter((name) => !/\p{Cc}/u.test(name));
const ms = fc.option(fc.nat(10_000_000));
const body: fc.Arbitrary<EventBody> = fc.oneof(
  fc.tuple(text, text).map(([id, queue]) => offered(id, queue, { language: 'en', position: 3 })),
  fc.tuple(text, text, text, ms).map(([id, queue, agent, ring]) => answered(id, queue, agent, ring)),
  fc.tuple(text, text, text).map(([id, queue, agent]) => ended(id, queue, agent)),
  fc.tuple(text, text).map(([id, queue]) => exited(id, queue, 'key_exit')),
  fc
    .tuple(text, text)
    .map(([agent, queue]): EventBody => ({ type: 'agent_joined_queue', agent, queue, paused: true })),
  fc
    .tuple(text, text)
    .map(([agent, reason]): EventBody => ({ type: 'agent_paused', agent, queue: '', reason })),
  fc.constant<EventBody>({ type: 'source_declared', feed: 'x', lateness_ms: 5, tracks_agents: true }),
  fc.constant(progressed),
);

test('law: a row of acd.events, written as JSON, is the event it came from', () => {
  fc.assert(
    fc.property(body, text, fc.nat(NOW), (of, seq, event_time) => {
      const event: CanonicalEvent = {
        tenant: 'default',
        source: 'pbx',
        seq,
        event_time,
        recorded_at: 0,
        body: of,
      };
      const { at, ...row } = eventRow(event, 3, 17);
      const exported = JSON.stringify({
        ...row,
        at: new Date(at).toISOString().replace('T', ' ').slice(0, 23),
      });
      expect(parse(exported)).toEqual({
        status: 'accepted',
        source: 'pbx',
        id: seq,
        events: [{ event_time, body: of }],
      });
    }),
  );
});

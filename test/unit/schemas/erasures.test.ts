import { describe, expect, it } from 'vitest';
import { type Erasure, isCallerToken, noErasures } from '../../../schemas/erasures.ts';
import type { CanonicalEvent, EventBody } from '../../../schemas/events.ts';
import { ended, offered } from '../../support/events.ts';

const [ANN, BOB] = ['a'.repeat(32), 'b'.repeat(32)];
const erasure: Erasure = {
  tenant: 'acme',
  callers: [ANN],
  letters: [{ source: 'pbx', feed: 'events', seq: '7' }],
  texts: [{ source: 'pbx', seq: '8' }],
  by: 'number',
  erased_at: 1,
};
const event = (body: EventBody, changes: Partial<CanonicalEvent> = {}): CanonicalEvent => ({
  ...{ tenant: 'acme', source: 'pbx', seq: '1', event_time: 5, recorded_at: 6, body },
  ...changes,
});
const transferred = (to: string): EventBody => ({
  ...{ type: 'contact_transferred', contact_id: 'c', queue: 'q', agent: 'kim', kind: 'blind', to },
  ...{ wait_ms: null, talk_ms: null, hold_ms: null },
});
const annotated = (text: string): EventBody => ({
  ...{ type: 'annotated', kind: 'NOTE', contact_id: 'c', queue: 'q', agent: '', text },
});
const letter = {
  tenant: 'acme',
  source: 'pbx',
  feed: 'events',
  seq: '1',
  received_at: 1,
  reason: 'x',
  place: 'y',
};

describe('what is read of the log once a caller is erased', () => {
  const erased = noErasures();
  erased.add(erasure);

  it.each([
    ['his contact', offered('c', 'q', { caller: ANN }), offered('c', 'q')],
    ['a transfer to him', transferred(`${ANN}@ext`), transferred('@ext')],
    ['a note of him and another', annotated(`${ANN} asked for ${BOB}`), annotated(` asked for ${BOB}`)],
  ])('%s does not name him', (_what, body, left) => {
    expect(erased.event(event(body))).toEqual(event(left));
  });

  it.each([
    ['another caller', event(offered('c', 'q', { caller: BOB }))],
    ['the same text at another tenant', event(offered('c', 'q', { caller: ANN }), { tenant: 'other' })],
    ['an event that names no caller', event(ended('c', 'q', 'kim'))],
    ['a transfer to another', event(transferred(BOB))],
  ])('%s is the very same event', (_what, same) => {
    expect(erased.event(same)).toBe(same);
  });

  it('free text that held his number is empty', () => {
    expect(erased.event(event(annotated('030 111 222'), { seq: '8' })).body).toEqual(annotated(''));
    expect(erased.event(event(transferred('030 111 222'), { seq: '8' })).body).toEqual(transferred(''));
  });

  it('dead letters that are named or hold his pseudonym have no text, others keep it', () => {
    const lineOf = (seq: string, line: string, tenant = 'acme'): string =>
      erased.letter({ ...letter, tenant, seq, line }).line;
    expect(lineOf('7', 'raw')).toBe('');
    expect(lineOf('1', `1|${ANN}|2`)).toBe('');
    expect(lineOf('1', `1|${BOB}|2`)).toBe(`1|${BOB}|2`);
    expect(lineOf('7', 'raw', 'other')).toBe('raw');
  });

  it('nothing is filtered before there is an erasure', () => {
    expect([noErasures().size() > 0, erased.size() > 0]).toEqual([false, true]);
  });
});

describe('a pseudonym', () => {
  it.each([
    [ANN, true],
    ['caller-0f1e2d3c', true],
    ['+493011122233', false],
    [`${ANN}0`, false],
    ["' OR 1", false],
  ])('%j: %s', (text, isOne) => {
    expect(isCallerToken(text)).toBe(isOne);
  });
});

/**
 * The event types, the Avro files and the released schemas agree, and no change can make stored events unreadable.
 * After a change of the schema this test asks for a new released file; write it by
 * `BUSYHOUR_RELEASE_SCHEMA=1 npx vitest run test/unit/schemas/event-schema.test.ts` and commit it with the change.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { incompatibilities } from '../../../schemas/compatibility.ts';
import {
  composeEventSchema,
  EVENTS_DIR,
  fileOfEventType,
  readRecord,
} from '../../../schemas/event-schema.ts';
import { EVENT_TYPES } from '../../../schemas/events.ts';

const RELEASED_DIR = join(EVENTS_DIR, 'released');
const current = JSON.stringify(composeEventSchema());

const released = (): readonly string[] =>
  readdirSync(RELEASED_DIR)
    .sort()
    .map((name) => JSON.stringify(JSON.parse(readFileSync(join(RELEASED_DIR, name), 'utf8'))));

if (process.env.BUSYHOUR_RELEASE_SCHEMA && released().at(-1) !== current) {
  const name = `${String(released().length + 1).padStart(4, '0')}.json`;
  writeFileSync(join(RELEASED_DIR, name), `${JSON.stringify(JSON.parse(current), null, 2)}\n`);
}

const pascal = (type: string): string =>
  type.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());

describe('event types and Avro files', () => {
  test('there is one file for the envelope and one for every event type', () => {
    const files = readdirSync(EVENTS_DIR).filter((name) => name.endsWith('.avsc'));
    const expected = ['canonical-event', ...EVENT_TYPES.map(fileOfEventType)].map((name) => `${name}.avsc`);
    expect(files.toSorted()).toEqual(expected.toSorted());
  });

  test('the envelope names the bodies in the order of the event types', () => {
    const body = readRecord('canonical-event').fields.find(({ name }) => name === 'body');
    expect(body?.type).toEqual(EVENT_TYPES.map(pascal));
  });

  test.each(EVENT_TYPES)('%s begins with its own type as an enum of one symbol', (type) => {
    const record = readRecord(fileOfEventType(type));
    expect(record).toMatchObject({ type: 'record', name: pascal(type), namespace: 'busyhour.events' });
    expect(record.fields[0]).toEqual({
      name: 'type',
      type: { type: 'enum', name: `${pascal(type)}Type`, symbols: [type] },
    });
  });
});

describe('evolution', () => {
  test('the newest released schema is the current one', () => {
    expect(released().at(-1)).toBe(current);
  });

  test('the current schema may follow every released one', () => {
    expect(released().map((older) => incompatibilities(older, current))).toEqual(released().map(() => []));
  });

  /** Each change is planted into the text of the current schema, so that the table shows it as an author would make it. */
  const planted: readonly (readonly [change: string, from: string, to: string])[] = [
    [
      'a field without a default',
      '{"name":"reason","type":"string"}',
      '{"name":"reason","type":"string"},{"name":"by","type":"string"}',
    ],
    ['a field renamed', '"name":"talk_ms"', '"name":"speech_ms"'],
    ['another type', '{"name":"ring_ms","type":"long"}', '{"name":"ring_ms","type":"string"}'],
    ['a type narrowed', '{"name":"lateness_ms","type":"long"}', '{"name":"lateness_ms","type":"int"}'],
    [
      'a number no longer nullable',
      '{"name":"position","type":["null","long"]}',
      '{"name":"position","type":"long"}',
    ],
    [
      'a nullable turned round',
      '{"name":"wrap_ms","type":["null","long"]}',
      '{"name":"wrap_ms","type":["long","null"]}',
    ],
    ['an enum symbol dropped', '"timed_out",', ''],
    ['an enum symbol renamed', '"timed_out"', '"timeout"'],
    ['an enum symbol in the middle', '"timed_out"', '"timed_out","evicted"'],
    ['enum symbols in another order', '"blind","attended"', '"attended","blind"'],
    ['a record renamed', '"name":"AgentPaused"', '"name":"AgentStopped"'],
    [
      'a namespace changed',
      '"name":"CanonicalEvent","namespace":"busyhour.events"',
      '"name":"CanonicalEvent","namespace":"busyhour.facts"',
    ],
  ];
  const plant = (from: string, to: string): string => {
    expect(current).toContain(from);
    return current.replaceAll(from, to);
  };

  test.each(planted)('refused: %s', (_, from, to) => {
    expect(incompatibilities(current, plant(from, to))).not.toEqual([]);
  });

  const withBranches = (change: (branches: readonly unknown[]) => readonly unknown[]): string => {
    const envelope = composeEventSchema();
    const fields = envelope.fields.map((field) =>
      field.name === 'body' && Array.isArray(field.type) ? { ...field, type: change(field.type) } : field,
    );
    return JSON.stringify({ ...envelope, fields });
  };
  const newBranch = {
    type: 'record',
    name: 'ContactRated',
    namespace: 'busyhour.events',
    fields: [{ name: 'stars', type: 'long' }],
  };

  test.each<readonly [string, (branches: readonly unknown[]) => readonly unknown[]]>([
    ['a body dropped from the end', (branches) => branches.slice(0, -1)],
    ['a body in the middle', (branches) => [branches[0], newBranch, ...branches.slice(1)]],
    ['two bodies in another order', (branches) => [branches[1], branches[0], ...branches.slice(2)]],
  ])('refused: %s', (_, change) => {
    expect(incompatibilities(current, withBranches(change))).not.toEqual([]);
  });

  test.each([
    ['nothing changed', current],
    [
      'a field with a default',
      plant(
        '{"name":"reason","type":"string"}',
        '{"name":"reason","type":"string"},{"name":"by","type":"string","default":""}',
      ),
    ],
    ['a field removed', plant(',{"name":"tracks_agents","type":"boolean"}', '')],
    ['an enum symbol at the end', plant('"withdrawn","unknown"', '"withdrawn","unknown","evicted"')],
    ['a body at the end', withBranches((branches) => [...branches, newBranch])],
    ['a documentation', plant('"name":"CanonicalEvent"', '"name":"CanonicalEvent","doc":"Everything."')],
  ])('accepted: %s', (_, changed) => {
    expect(incompatibilities(current, changed)).toEqual([]);
  });

  test('the reason names the place', () => {
    const reasons = incompatibilities(current, plant('"blind","attended"', '"attended","blind"'));
    expect(reasons).toEqual([expect.stringContaining('busyhour.events.TransferKind')]);
  });
});

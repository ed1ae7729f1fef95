import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseColumnMap } from '../../../../ingest/feeds/call-records/column-map.ts';

const GOOD = [
  'contact_id: id',
  'queue: queue',
  'offered_at: { column: start, format: iso }',
  'wait: { column: wait, unit: s }',
  'outcome: { column: result, values: { OK: answered, LOST: abandoned } }',
];
const faultsOf = (yaml: string): readonly string[] => {
  const parsed = parseColumnMap(yaml);
  return parsed.status === 'invalid' ? parsed.faults : [];
};
const withLine = (line: string): string => {
  const key = line.slice(0, line.indexOf(':'));
  return [...GOOD.filter((good) => !good.startsWith(`${key}:`)), line].join('\n');
};

describe('a column map', () => {
  it('needs little', () => {
    expect(parseColumnMap(GOOD.join('\n'))).toMatchObject({
      status: 'valid',
      map: {
        delimiter: ',',
        contactId: ['id'],
        texts: {
          channel: { kind: 'constant', value: 'voice' },
          direction: { kind: 'constant', value: 'inbound' },
          agent: { kind: 'constant', value: '' },
        },
        durations: { wait: { column: 'wait', unit: 's' } },
      },
    });
  });

  it('takes texts as they stand: no is not false, 007 not seven, 0:00:00 not a number', () => {
    const yaml = withLine(
      'outcome: { column: result, values: { no: abandoned, 007: answered, 0:00:00: drop } }',
    );
    const parsed = parseColumnMap(yaml);
    expect(parsed.status === 'valid' && [...parsed.map.outcome.values.keys()]).toEqual([
      'no',
      '007',
      '0:00:00',
    ]);
  });

  it.each([
    ['colour: red', 'colour: unknown key: here may stand delimiter, contact_id, queue'],
    ['delimiter: tabs', 'delimiter: "tabs" is neither tab, comma, semicolon, pipe nor one character'],
    ['contact_id: []', 'contact_id: must name at least one column'],
    ['queue: []', 'queue: is a list, must be a mapping'],
    ['queue: { colum: q }', 'queue.colum: unknown key: here may stand column, constant, values'],
    ['queue: { constant: a, column: b }', 'queue: has a constant: nothing else may stand beside it'],
    [
      'channel: { constant: phone }',
      'channel.constant: "phone" is none of voice, chat, email, social, messaging',
    ],
    ['channel: { column: c, values: { PHONE: fon } }', 'channel.values.PHONE: "fon" is none of voice'],
    ['channel: { column: c, values: [] }', 'channel.values: must be a mapping'],
    ['agent_none: { a: b }', 'agent_none: must be a list of words'],
    ['date: { column: d, format: YYYY-MM }', 'date.format: "YYYY-MM" is no date pattern'],
    ['date: { format: YYMMDD }', 'date.column: is missing'],
    ['offered_at: { column: start }', 'offered_at.format: a time of day needs a date'],
    ['offered_at: { column: start, format: unix }', 'offered_at.format: "unix" is none of time_of_day, iso'],
    ['offered_at: start', 'offered_at: is a word, must be a mapping'],
    [
      'offered_at: { column: start, format: iso, date: { column: d, format: YYMMDD } }',
      'offered_at.date: goes with format time_of_day',
    ],
    ['wait: { column: wait }', 'wait.unit: is missing'],
    ['wait: { column: wait, unit: min }', 'wait.unit: "min" is none of s, ms, hms'],
    ['outcome: { column: result }', 'outcome.values: is missing'],
    [
      'outcome: { column: result, values: { A: lost } }',
      'outcome.values.A: "lost" is none of answered, abandoned',
    ],
    ['outcome: { column: r, values: { A: { dorp: x } } }', 'outcome.values.A.dorp: unknown key'],
    ['outcome: { column: r, values: {}, rules: x }', 'outcome.rules: must be a list'],
    ['outcome: { column: r, values: {}, rules: [{ then: drop }] }', 'outcome.rules.0.when: is missing'],
    ['outcome: { column: r, values: {}, rules: [{ when: { a: b } }] }', 'outcome.rules.0.then: is missing'],
  ])('with %s says %s', (line, fault) => {
    expect(faultsOf(withLine(line)).map((text) => text.slice(0, fault.length))).toContain(fault);
  });

  it('tells all faults at once', () => {
    expect(faultsOf('queue: { colum: q }\nwait: { column: w, unit: min }')).toEqual([
      expect.stringMatching(/^queue\.colum: unknown key/),
      'queue.column: is missing',
      'wait.unit: "min" is none of s, ms, hms',
      'outcome: is missing',
      'offered_at: is missing',
      'contact_id: must name at least one column',
    ]);
  });

  it.each([
    ['', 'the map is empty or no mapping: see docs/call-records.md'],
    ['- a\n- b', 'the map is empty or no mapping: see docs/call-records.md'],
    ['queue: a\nqueue: b', 'Map keys must be unique at line 2, column 1:'],
    ['queue: [a', 'Flow sequence in block collection must be sufficiently indented'],
  ])('that is %j says so', (yaml, fault) => {
    expect(faultsOf(yaml)[0]?.slice(0, fault.length)).toBe(fault);
  });

  it('of each example in docs/call-records.md is valid', () => {
    const page = readFileSync(
      join(resolve(import.meta.dirname, '../../../..'), 'docs/call-records.md'),
      'utf8',
    );
    const examples = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = '']) => yaml);
    expect(examples.length).toBeGreaterThan(0);
    for (const yaml of examples) expect(faultsOf(yaml)).toEqual([]);
  });
});

import { describe, expect, test } from 'vitest';
import { METRICS } from '../../../../../query-api/metrics/metrics.ts';
import {
  columnsOf,
  type FigureRow,
  hasContent,
  intervalLabels,
  knownFigures,
  NOT_YET,
  NOTHING,
  whyAbsent,
  written,
} from '../../../../../query-api/pages/intervals/figures.ts';

const IDENTITY = { interval_start: '2026-11-24T10:15:00Z', queue: 'sales' };
const ROW: FigureRow = {
  ...IDENTITY,
  ...Object.fromEntries(METRICS.map(({ name }) => [name, 0])),
  answer_p90_s: 12,
  finality: 'final',
};

describe('the table of figures', () => {
  test('all figures are there when asked for, in the API’s order, the usual ones else', () => {
    const all = columnsOf([ROW], 'all');
    expect(all.groups.map(({ name }) => name)).toEqual(['queue']);
    expect(all.figures.map(({ name }) => name)).toEqual([
      ...METRICS.map(({ name }) => name),
      'answer_p90_s',
      'finality',
    ]);
    const usual = columnsOf([ROW], 'usual').figures.map(({ name }) => name);
    expect(usual).toContain('service_level');
    expect(usual).toContain('answer_p90_s');
    expect(usual).not.toContain('callback');
  });

  test('every figure has a label of its own and says what it is', () => {
    const { figures } = columnsOf([ROW], 'all');
    expect(new Set(figures.map(({ label, sign }) => label + sign)).size).toBe(figures.length);
    for (const { name, doc } of figures) expect(doc, name).not.toBe('');
  });

  test('a column of a newer server is shown as it is', () => {
    const { figures } = columnsOf([{ interval_start: 'x', new_thing: 'a' }], 'all');
    expect(figures).toEqual([{ name: 'new_thing', label: 'New thing', sign: '', doc: '', unit: 'text' }]);
  });

  test.each([
    [0.7368421, 'fraction', '73.7'],
    [1, 'fraction', '100.0'],
    [24.25, 'seconds', '24.3'],
    [1435, 'contacts', '1,435'],
    ['final', 'text', 'final'],
    [null, 'fraction', NOTHING],
    [undefined, 'seconds', NOTHING],
  ] as const)('%s as %s is written %s', (value, unit, expected) => {
    expect(written(value, unit)).toBe(expected);
  });

  test('whatever may be missing says why', () => {
    const missing = ['service_level', 'abandonment_rate', 'asa_s', 'aht_s', 'occupancy', 'answer_p50_s'];
    for (const name of missing) expect(whyAbsent(name)).toMatch(/^(No|Not) .*\.$/);
  });

  test.each([
    ['15m', '2026-11-24T10:15:00Z', 'Tue 2026-11-24 10:15'],
    ['1d', '2026-11-24T00:00:00+01:00', 'Tue 2026-11-24'],
    ['1w', '2026-11-23T00:00:00Z', 'from Mon 2026-11-23'],
    ['1mo', '2026-11-01T00:00:00Z', '2026-11'],
    ['1mo', '2026-11-10T00:00:00Z', 'from 2026-11-10'],
    ['total', '2026-11-10T00:00:00Z', 'All together'],
  ])('an interval of %s beginning %s is called %s', (interval, start, label) => {
    expect(intervalLabels([start], interval).get(start)).toBe(label);
  });

  test('the hour that happens twice is told apart', () => {
    const starts = ['2026-10-25T01:00:00+02:00', '2026-10-25T02:00:00+02:00', '2026-10-25T02:00:00+01:00'];
    expect([...intervalLabels(starts, '1h').values()]).toEqual([
      'Sun 2026-10-25 01:00',
      'Sun 2026-10-25 02:00 +02:00',
      'Sun 2026-10-25 02:00 +01:00',
    ]);
  });

  test('an interval has content when somebody came, was refused, or was there to answer', () => {
    expect(hasContent(ROW)).toBe(false);
    expect(hasContent({ ...ROW, offered: 1 })).toBe(true);
    expect(hasContent({ ...ROW, refused_full: 1 })).toBe(true);
    expect(hasContent({ ...ROW, staffed_s: 900 })).toBe(true);
  });

  describe('an interval to come was shown as 0', () => {
    const OPEN = { ...ROW, occupancy: null, finality: 'open', answer_p90_s: null };
    const AT = '2026-11-24T10:15:00Z';

    test.each(['2026-11-24T09:59:59Z', AT, null])('with data up to %s it has no figures', (upTo) => {
      const known = knownFigures({ ...OPEN, data_up_to: upTo, late_corrections: 0 });
      expect(known).toMatchObject({ ...IDENTITY, finality: NOT_YET, late_corrections: 0, data_up_to: upTo });
      for (const { name } of METRICS) expect(known[name], name).toBeNull();
      expect(hasContent(known)).toBe(false);
      expect(whyAbsent('offered', known.finality)).toBe(
        'The data does not reach the beginning of the interval yet.',
      );
    });

    test.each([
      ['the running one, of which nothing came yet', { data_up_to: '2026-11-24T10:15:01Z' }],
      ['the running one in another zone', { data_up_to: '2026-11-24T11:15:01+01:00' }],
      ['one that another source has reached', { data_up_to: '2026-11-24T09:00:00Z', callback: 1 }],
      ['one that is over', { data_up_to: '2026-11-24T10:30:00Z', finality: 'provisional' }],
    ])('%s stays as the API has it', (_, rest) => {
      const row = { ...OPEN, ...rest };
      expect(knownFigures(row)).toBe(row);
    });
  });
});

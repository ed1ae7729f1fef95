/** The figures of `/v1/intervals` against a real ClickHouse: definitions, time zones, gaps and formats. */
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fieldsOf } from '../../../query-api/export/export-intervals.ts';
import { SERVICE_LEVEL_NAMES } from '../../../schemas/service-level.ts';
import { type Figures, only, type SeededApi, startSeededApi } from './seeded-intervals.ts';

const FIELDS = fieldsOf({ groupBy: ['queue'], percentiles: [] });
let api: SeededApi;
const get: SeededApi['get'] = (...asked) => api.get(...asked);
const ask: SeededApi['ask'] = (...asked) => api.ask(...asked);

beforeAll(async () => {
  api = await startSeededApi();
});
afterAll(async () => {
  await api?.close();
});

describe('service level', () => {
  const BOOK = [0.86, 0.8113, 0.8302, 0.8269, 0.819, 0.8208];
  test.each(SERVICE_LEVEL_NAMES.map((name, i) => [name, BOOK[i] as number] as const))(
    '%s gives the figure of metrics.md, from intervals and from legs',
    async (formula, expected) => {
      const query = `interval=total&queue=book&sl_formula=${formula}`;
      const fromIntervals = await ask(query);
      const fromLegs = await ask(`${query}&sl_threshold=20s&short_abandon=5500ms`);
      expect(fromIntervals.definition.computed_from).toBe('queue_intervals');
      expect(fromLegs.definition.computed_from).toBe('contact_legs');
      expect(only(fromIntervals).service_level).toBeCloseTo(expected, 4);
      expect(only(fromLegs).service_level).toBe(only(fromIntervals).service_level);
      expect({ ...only(fromLegs), definition: '' }).toEqual({ ...only(fromIntervals), definition: '' });
    },
  );

  test('a threshold between the histogram edges is computed from single legs', async () => {
    const row = only(await ask('interval=total&queue=book&sl_threshold=20001ms'));
    expect(row.answered_within).toBe(1000);
  });

  test('profile=asterisk counts as Asterisk itself: timeouts, empty exits and withdrawals, but no key', async () => {
    const reply = await ask('interval=total&queue=asterisk&profile=asterisk');
    const row = only(reply);
    expect(reply.definition).toMatchObject({
      profile: 'asterisk',
      sl_formula: 'abandons_positive',
      computed_from: 'contact_legs',
      abandon_outcomes: ['abandoned', 'timed_out', 'left_empty', 'withdrawn'],
    });
    expect(row.service_level).toBeCloseTo(56 / 76, 10);
    expect(row.abandonment_rate).toBeCloseTo(36 / 81, 10);
    const plain = only(await ask('interval=total&queue=asterisk&profile=asterisk&sl_formula=answered_only'));
    expect(plain.service_level).toBe(0.75);
  });

  test('count_exits adds exits to the denominator', async () => {
    const reply = await ask('interval=total&queue=asterisk&count_exits=true');
    expect(reply.definition.formula).toContain('a / (A + B + F)');
    expect(only(reply).service_level).toBeCloseTo(30 / (40 + 10 + 18 + 6 + 5), 10);
  });
});

describe('other figures', () => {
  test('times are means in seconds', async () => {
    const row = only(await ask('interval=total&queue=book'));
    expect(row).toMatchObject({
      offered: 1060,
      handled: 1000,
      aht_s: 60,
      avg_talk_s: 60,
      avg_hold_s: 0,
      max_wait_s: 30,
    });
    expect(row.asa_s).toBeCloseTo((860 * 20 + 140 * 20.001) / 1000, 9);
  });
  test('agents’ time gives occupancy and utilisation, and no contact gives no service level', async () => {
    expect(only(await ask('interval=total&queue=agents'))).toMatchObject({
      occupancy: 0.75,
      utilisation: 0.5,
      staffed_s: 900,
      service_level: null,
      abandonment_rate: null,
      asa_s: null,
      aht_s: null,
      max_wait_s: null,
    });
  });
  test('sources are summed, or told apart when grouped by', async () => {
    const together = only(await ask('interval=total&queue=two'));
    expect(together).toMatchObject({ queue: 'two', offered: 5, max_wait_s: 9 });
    const apart = await ask('interval=total&queue=two&group_by=source,channel');
    expect(apart.rows.map(({ source, channel, offered }) => [source, channel, offered])).toEqual([
      ['a', 'voice', 2],
      ['b', 'voice', 3],
    ]);
    expect(only(await ask('interval=total&queue=two&group_by=&source=b')).offered).toBe(3);
  });
});

describe('intervals of a time zone', () => {
  test.each([
    ['2026-03-29', 23, '2026-03-29T00:00:00+01:00'],
    ['2026-10-25', 25, '2026-10-25T00:00:00+02:00'],
  ])('%s in Berlin has %i hours, in one day and hour by hour', async (date, hours, start) => {
    const next = new Date(Date.parse(date) + 86_400_000).toISOString().slice(0, 10);
    const query = `queue=clock&tz=Europe/Berlin&from=${date}&to=${next}`;
    const day = only(await ask(`${query}&interval=1d`));
    expect(day).toMatchObject({ interval_start: start, offered: hours * 4 });
    const byHour = await ask(`${query}&interval=1h`);
    expect(byHour.rows).toHaveLength(hours);
    expect(byHour.rows.every((row) => row.offered === 4)).toBe(true);
    expect(new Set(byHour.rows.map((row) => row.interval_start)).size).toBe(hours);
  });

  test('an hour of Kathmandu begins at a quarter past UTC', async () => {
    const { rows } = await ask('queue=clock&tz=Asia/Kathmandu&from=2026-10-25&to=2026-10-26&interval=1h');
    expect(rows).toHaveLength(24);
    expect(rows[0]).toMatchObject({ interval_start: '2026-10-25T00:00:00+05:45', offered: 4 });
  });

  test('a year of quarter hours fits one query', async () => {
    const { rows } = await ask('queue=clock&tz=Europe/Berlin&from=2026-01-01&to=2027-01-01');
    expect(rows).toHaveLength(365 * 96);
    expect(rows.reduce((sum, row) => sum + Number(row.offered), 0)).toBe(6 * 96);
  });
});

describe('gaps and order', () => {
  test('every group seen has a row in every interval, by interval and then by group', async () => {
    const { rows } = await ask('queue=book,two&from=2026-03-02T11:45Z&to=2026-03-02T12:30Z');
    expect(rows.map(({ interval_start, queue, offered }) => [interval_start, queue, offered])).toEqual([
      ['2026-03-02T11:45:00Z', 'book', 0],
      ['2026-03-02T11:45:00Z', 'two', 0],
      ['2026-03-02T12:00:00Z', 'book', 1060],
      ['2026-03-02T12:00:00Z', 'two', 5],
      ['2026-03-02T12:15:00Z', 'book', 0],
      ['2026-03-02T12:15:00Z', 'two', 0],
    ]);
    expect(Object.keys(rows[0] ?? {})).toEqual(FIELDS);
  });
  test('a queue asked for by name is shown though nothing ever happened in it', async () => {
    const row = only(await ask('queue=nobody&interval=1d&from=2026-03-02&to=2026-03-03'));
    expect(row).toMatchObject({ queue: 'nobody', offered: 0, service_level: null });
  });
  test('today is the default, by quarter hours', async () => {
    const { rows, definition } = await ask('queue=book');
    expect(rows).toHaveLength(96);
    expect(definition).toMatchObject({
      from: '2026-03-02T00:00:00Z',
      to: '2026-03-03T00:00:00Z',
      basis: 'arrival',
    });
  });
});

describe('formats', () => {
  test('csv has a header, the same figures, and no formula', async () => {
    const query = 'from=2026-03-02T12:00Z&to=2026-03-02T12:15Z';
    const response = await get(`/v1/intervals?${query}&format=csv`);
    expect(response.headers['content-type']).toContain('text/csv');
    expect(JSON.parse(String(response.headers['busyhour-definition']))).toMatchObject({ basis: 'arrival' });
    const [header, ...lines] = parse(response.body, { record_delimiter: '\r\n' }) as string[][];
    expect(header).toEqual(FIELDS);
    const { rows } = await ask(query);
    const asText = (value: string | number | null | undefined) => (value === null ? '' : String(value));
    const expected = rows.map((row) => FIELDS.map((field) => asText(row[field]).replace(/^=/, "'=")));
    expect(lines).toEqual(expected);
    expect(response.body).toContain(`"'=cmd(""x"")"`);
  });
  test.each(SERVICE_LEVEL_NAMES)(
    'csv by %s carries the formula, whose signs no header may hold as they are',
    async (name) => {
      const response = await get(`/v1/intervals?queue=book&interval=1d&sl_formula=${name}&format=csv`);
      expect(response.statusCode).toBe(200);
      const { definition } = await ask(`queue=book&interval=1d&sl_formula=${name}`);
      expect(JSON.parse(String(response.headers['busyhour-definition']))).toEqual(definition);
    },
  );
  test('ndjson has one row a line', async () => {
    const response = await get('/v1/intervals?queue=book&interval=1d&format=ndjson');
    const lines = response.body.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as Figures)).toMatchObject([
      { queue: 'book', offered: 1060 },
    ]);
  });
});

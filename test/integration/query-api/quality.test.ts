/** `/v1/quality` against a real ClickHouse: stories of callers who come back, and many of them beside a plain count. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ContactLegRow } from '../../../schemas/rows.ts';
import { startTestClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';
import { normal, readParquet } from './read-exports.ts';
import { legRow } from './rows.ts';
import { startTestServer, type TestServer, token } from './test-server.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FIRST = Date.parse('2026-03-02T09:00:00Z');
const QUEUE_GROUPS = { sales: ['sales-de', 'sales-en'], german: ['sales-de', 'help-de'] };

interface Visit {
  readonly caller: string;
  readonly queue: string;
  /** From nine o'clock of the first day on. */
  readonly hours: number;
  readonly answered?: boolean;
  readonly also?: Partial<ContactLegRow>;
}
const legOf = (id: string, { caller, queue, hours, answered = true, also = {} }: Visit): ContactLegRow => ({
  ...legRow(id, {
    queue,
    offeredAtMs: FIRST + hours * HOUR_MS,
    outcome: answered ? 'answered' : 'abandoned',
    waitMs: 5000,
  }),
  caller,
  ...also,
});

const STORIES: readonly Visit[] = [
  // Comes back to another queue of the group.
  { caller: 'anna', queue: 'sales-de', hours: 0, also: { language: 'de' } },
  { caller: 'anna', queue: 'sales-en', hours: 48, answered: false },
  // To a queue that has nothing to do with the first one.
  { caller: 'ben', queue: 'help', hours: 0 },
  { caller: 'ben', queue: 'sales-en', hours: 24, answered: false },
  // After more than a week.
  { caller: 'cleo', queue: 'help', hours: 1 },
  { caller: 'cleo', queue: 'help', hours: 9 * 24, answered: false },
  // Nobody knows whether they are the same.
  { caller: '', queue: 'help', hours: 2 },
  { caller: '', queue: 'help', hours: 3 },
  // Is called back, and does not come back.
  { caller: 'dora', queue: 'help', hours: 2 },
  { caller: 'dora', queue: 'help', hours: 4, also: { direction: 'outbound' } },
  // Is transferred within one contact.
  { caller: 'emil', queue: 'help', hours: 4, also: { contact_id: 'emils' } },
  { caller: 'emil', queue: 'help', hours: 4.1, also: { contact_id: 'emils', leg: 2 } },
  // The same number at another centre.
  { caller: 'fred', queue: 'help', hours: 5 },
  { caller: 'fred', queue: 'help', hours: 6, also: { tenant: 'other' } },
  // To the closed queue.
  { caller: 'gina', queue: 'help', hours: 6 },
  { caller: 'gina', queue: 'help', hours: 7, also: { outcome: 'refused_closed', answered_at: null } },
];

const MANY: readonly Visit[] = fc.sample(
  fc.record({
    caller: fc.constantFrom('', 'a', 'b', 'c', 'd', 'e', 'f'),
    queue: fc.constantFrom('sales-de', 'sales-en', 'help-de', 'help'),
    hours: fc.integer({ min: 0, max: 2000 }),
    answered: fc.boolean(),
  }),
  { numRuns: 150, seed: 4 },
);

let clickHouse: TestClickHouse;
let server: TestServer;

beforeAll(async () => {
  clickHouse = await startTestClickHouse();
  await clickHouse.store.insert('contact_legs_rows', [
    ...STORIES.map((visit, i) => legOf(`c${i}`, visit)),
    ...MANY.map((visit, i) => ({ ...legOf(`m${i}`, visit), tenant: 'many' })),
  ]);
  server = await startTestServer(clickHouse.store, {
    tokens: [
      token('plan', 'planner'),
      token('wall', 'wallboard'),
      token('de', 'planner', { queues: ['sales-de'] }),
      token('many', 'planner', { tenant: 'many' }),
    ],
    nowMs: () => FIRST + 8 * DAY_MS,
    queueGroups: QUEUE_GROUPS,
  });
});
afterAll(async () => {
  await server?.close();
  await clickHouse?.close();
});

const get = (query: string, secret = 'plan') =>
  server.app.inject({ url: `/v1/quality?${query}`, headers: { authorization: `Bearer ${secret}` } });
type Row = Record<string, unknown>;
const ask = async (query: string, secret = 'plan'): Promise<readonly Row[]> => {
  const reply = await get(query, secret);
  expect(reply.statusCode, reply.body).toBe(200);
  return reply.json<{ rows: Row[] }>().rows;
};
const FIRST_DAY = 'from=2026-03-02&to=2026-03-03';

describe('first-contact resolution', () => {
  test('counts who came back to the same group of queues within the window', async () => {
    expect(await ask(FIRST_DAY)).toEqual([
      {
        interval_start: '2026-03-02T00:00:00Z',
        queue: 'help',
        answered: 8,
        answered_known: 6,
        repeated: 1,
        fcr: 5 / 6,
        matured: true,
      },
      {
        interval_start: '2026-03-02T00:00:00Z',
        queue: 'sales-de',
        answered: 1,
        answered_known: 1,
        repeated: 1,
        fcr: 0,
        matured: true,
      },
    ]);
  });

  test.each([
    ['group_by=&queue=help&fcr_window=10d', [2, 4 / 6]],
    ['group_by=&queue=@sales&fcr_window=1d', [0, 1]],
    ['group_by=&language=de', [1, 0]],
    ['group_by=&channel=chat', undefined],
  ])('%s', async (query, expected) => {
    const [row] = await ask(`${FIRST_DAY}&${query}`);
    expect(row && [row.repeated, row.fcr]).toEqual(expected);
  });

  test('has matured once the window of its last contact has passed', async () => {
    const rows = await ask('from=2026-03-01&to=2026-03-12&group_by=&fcr_window=1d');
    expect(rows.map(({ interval_start, matured }) => [interval_start, matured])).toEqual([
      ['2026-03-02T00:00:00Z', true],
    ]);
    expect(await ask(`${FIRST_DAY}&group_by=&fcr_window=10d`)).toMatchObject([{ matured: false }]);
  });

  test.each([7, 20])(
    'of many callers is what a plain count gives, with a window of %i days',
    async (days) => {
      const [from, to] = [FIRST + 10 * DAY_MS, FIRST + 60 * DAY_MS];
      const familiesOf = (queue: string): string[] => [
        queue,
        ...Object.entries(QUEUE_GROUPS).flatMap(([name, queues]) =>
          queues.includes(queue) ? [`@${name}`] : [],
        ),
      ];
      const counts = new Map<string, [number, number, number]>();
      MANY.forEach((visit, i) => {
        const at = FIRST + visit.hours * HOUR_MS;
        if (!visit.answered || at < from || at >= to) return;
        const isReturn = (other: Visit, j: number): boolean =>
          j !== i &&
          visit.caller !== '' &&
          other.caller === visit.caller &&
          (other.hours > visit.hours || (other.hours === visit.hours && `m${j}` > `m${i}`)) &&
          other.hours - visit.hours <= days * 24 &&
          familiesOf(other.queue).some((family) => familiesOf(visit.queue).includes(family));
        const [answered, known, repeated] = counts.get(visit.queue) ?? [0, 0, 0];
        counts.set(visit.queue, [
          answered + 1,
          known + Number(visit.caller !== ''),
          repeated + Number(MANY.some(isReturn)),
        ]);
      });
      const span = `from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`;
      const rows = await ask(`${span}&interval=total&fcr_window=${days}d`, 'many');
      expect(rows.map((row) => [row.queue, [row.answered, row.answered_known, row.repeated]])).toEqual(
        [...counts].sort(([a], [b]) => (a < b ? -1 : 1)),
      );
      expect(rows).toHaveLength(4);
    },
  );
});

test('exports have the same rows', async () => {
  const expected = (await ask(FIRST_DAY)).map((row) => normal(row, ['interval_start']));
  const reply = await get(`${FIRST_DAY}&format=parquet`);
  const found = await readParquet(reply.rawPayload);
  expect(found.map((row) => normal(row, ['interval_start']))).toEqual(expected);
  expect((await get(`${FIRST_DAY}&format=csv`)).body.split('\r\n')[0]).toBe(
    'interval_start,queue,answered,answered_known,repeated,fcr,matured',
  );
});

test.each([
  ['fcr_window=32d', 'fcr_window'],
  ['fcr_window=soon', 'fcr_window'],
  ['interval=15m', 'interval'],
  ['interval=never', 'interval'],
  ['from=2026-01-01&to=2026-06-01', 'from'],
  ['queue=@nobody', 'queue'],
  ['sl_threshold=20s', 'sl_threshold'],
])('%s is refused by its name', async (query, path) => {
  const reply = await get(query);
  expect(reply.statusCode).toBe(400);
  expect(reply.json<{ errors: { path: string }[] }>().errors.map((error) => error.path)).toEqual([path]);
});

test('a token of some queues sees those only, also of who comes back', async () => {
  const rows = await ask(FIRST_DAY, 'de');
  expect(rows.map(({ queue, repeated }) => [queue, repeated])).toEqual([['sales-de', 0]]);
  expect((await get(`${FIRST_DAY}&queue=help`, 'de')).statusCode).toBe(403);
  expect((await get(FIRST_DAY, 'wall')).statusCode).toBe(403);
});

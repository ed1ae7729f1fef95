/** `/v1/agents` and `/v1/contacts` over a real ClickHouse that holds what the fold made of a real queue_log. */
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AWAY_ACTIVITIES, isAway, WORKING_STATES } from '../../../query-api/metrics/adherence.ts';
import type { ContactLegRow } from '../../../schemas/rows.ts';
import { QUEUE_LOG_FROM_MS, QUEUE_LOG_TO_MS } from '../../support/folded-queue-log.ts';
import { DAY, type FoldedApi, MINUTE_MS, PLAN, startFoldedApi } from './folded-api.ts';
import { normal, readArrow, readParquet } from './read-exports.ts';

let api: FoldedApi;
let folded: FoldedApi['folded'];

beforeAll(async () => {
  api = await startFoldedApi();
  folded = api.folded;
});
afterAll(async () => {
  await api?.close();
});

// Shapes differ by address: tests look at what they name.
interface Body {
  readonly agents: readonly Record<string, unknown>[];
  readonly rows: readonly Record<string, unknown>[];
  readonly legs: readonly Record<string, unknown>[];
  readonly events: readonly Record<string, unknown>[];
  readonly definition: Record<string, unknown>;
  readonly next_cursor: string | null;
}
const get = async (url: string, secret = 'all') => {
  const reply = await api.get(url, secret);
  return { status: reply.statusCode, type: reply.headers['content-type'], body: reply.json<Body>() };
};
const ids = (rows: readonly Record<string, unknown>[]): unknown[] => rows.map(({ contact_id }) => contact_id);

describe('GET /v1/contacts', () => {
  const newestFirst = (legs: readonly ContactLegRow[]): string[] =>
    legs
      .toSorted((a, b) =>
        a.offered_at === b.offered_at ? (a.contact_id < b.contact_id ? 1 : -1) : b.offered_at - a.offered_at,
      )
      .map(({ contact_id }) => contact_id);
  const known = (wanted: (leg: ContactLegRow) => boolean): string[] =>
    newestFirst(folded.rows.contact_legs_rows.filter(wanted));

  test.each<[string, (leg: ContactLegRow) => boolean]>([
    ['', () => true],
    ['queue=support', ({ queue }) => queue === 'support'],
    ['agent=Agent%202,Agent%203', ({ agent }) => agent === 'Agent 2' || agent === 'Agent 3'],
    [
      'outcome=abandoned&outcome=timed_out',
      ({ outcome }) => outcome === 'abandoned' || outcome === 'timed_out',
    ],
    ['min_wait=10s', ({ wait_ms }) => (wait_ms ?? 0) >= 10_000],
    ['channel=chat', () => false],
    [
      'source=pbx&queue=sales&min_wait=5s',
      ({ queue, wait_ms }) => queue === 'sales' && (wait_ms ?? 0) >= 5_000,
    ],
  ])('%s finds what the fold made, newest first', async (query, wanted) => {
    const { status, body } = await get(`/v1/contacts?${DAY}&limit=1000&${query}`);
    expect(status).toBe(200);
    expect(ids(body.rows)).toEqual(known(wanted));
    expect(body.next_cursor).toBeNull();
  });

  test('a known caller is found by his number, however it is written, and by his pseudonym', async () => {
    const pseudonym = folded.pseudonymise('27825550001');
    const expected = known(({ caller }) => caller === pseudonym);
    expect(expected.length).toBeGreaterThan(0);
    for (const caller of ['27825550001', '27%20825%20550001', pseudonym]) {
      expect(ids((await get(`/v1/contacts?${DAY}&caller=${caller}`)).body.rows)).toEqual(expected);
    }
    expect((await get(`/v1/contacts?${DAY}&caller=0825559999`)).body.rows).toEqual([]);
  });

  test('pages are the whole, no leg twice, none left out', async () => {
    const all = known(() => true);
    const paged: unknown[] = [];
    let cursor = '';
    do {
      const { body } = await get(`/v1/contacts?${DAY}&limit=7${cursor}`);
      paged.push(...ids(body.rows));
      cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`;
    } while (cursor !== '');
    expect(paged).toEqual(all);
  });

  test('a leg is shown as it is stored, its times in ISO 8601, without the tenant', async () => {
    const [row] = (await get(`/v1/contacts?${DAY}&limit=1`)).body.rows;
    const stored = folded.rows.contact_legs_rows.find(({ contact_id }) => contact_id === row?.contact_id);
    expect(row).toMatchObject({
      queue: stored?.queue,
      caller: stored?.caller,
      wait_ms: stored?.wait_ms,
      offered_at: new Date(stored?.offered_at ?? 0).toISOString(),
      version: stored?.revision,
    });
    expect(row).not.toHaveProperty('tenant');
  });

  test.each([
    ['limit=1001', 'limit'],
    ['limit=0', 'limit'],
    ['outcome=lost', 'outcome'],
    ['channel=fax', 'channel'],
    ['min_wait=long', 'min_wait'],
    ['cursor=abc', 'cursor'],
    ['from=yesterday', 'from'],
    ['tz=Berlin', 'tz'],
    ['calller=1', 'calller'],
  ])('%s is refused by its name', async (query, path) => {
    const { status, type, body } = await get(`/v1/contacts?${query}`);
    expect([status, type]).toEqual([400, expect.stringMatching(/^application\/problem\+json/)]);
    expect(body).toMatchObject({ errors: [{ path }] });
  });

  test('tenant, queues and role hold', async () => {
    expect((await get(`/v1/contacts?${DAY}`, 'none')).body.rows).toEqual([]);
    const { body } = await get(`/v1/contacts?${DAY}&limit=1000`, 'sales');
    expect(ids(body.rows)).toEqual(known(({ queue }) => queue === 'sales'));
    expect((await get(`/v1/contacts?${DAY}&queue=support`, 'sales')).status).toBe(403);
    expect((await get('/v1/contacts', 'plan')).status).toBe(403);
    expect((await get('/v1/contacts', 'wrong')).status).toBe(401);
  });
});

describe('GET /v1/contacts/{id}', () => {
  const anyOf = (queue: string): string =>
    folded.rows.contact_legs_rows.find((leg) => leg.queue === queue && leg.outcome === 'answered')
      ?.contact_id ?? '';

  test('is everything the log says of it, in order, with its legs', async () => {
    const id = anyOf('support');
    const { body } = await get(`/v1/contacts/${encodeURIComponent(id)}`);
    const stored = folded.rows.events_rows.filter(({ contact_id }) => contact_id === id);
    expect(body.events.map(({ kind, at }) => [kind, at])).toEqual(
      stored.map(({ kind, at }) => [kind, new Date(at).toISOString()]),
    );
    expect(body.events.map(({ body: of }) => of)).toEqual(
      stored.map((row) => JSON.parse(row.body) as unknown),
    );
    expect(body.legs.length).toBe(
      folded.rows.contact_legs_rows.filter((leg) => leg.contact_id === id).length,
    );
  });

  test('is no contact beyond the tenant and the queues, whether or not it exists', async () => {
    const replies = await Promise.all([
      get(`/v1/contacts/${encodeURIComponent(anyOf('support'))}`, 'sales'),
      get(`/v1/contacts/${encodeURIComponent(anyOf('support'))}`, 'none'),
      get('/v1/contacts/no-such'),
    ]);
    expect(replies.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect(replies[0]).toEqual(replies[2]);
    expect((await get(`/v1/contacts/${encodeURIComponent(anyOf('sales'))}`, 'sales')).status).toBe(200);
  });
});

describe('GET /v1/agents', () => {
  test('is where the source’s last word left them', async () => {
    const { body } = await get('/v1/agents', 'plan');
    expect(body.agents).toEqual(
      folded.agents
        .toSorted((a, b) => (a.agent < b.agent ? -1 : 1))
        .map(({ agent, source, state, reason, since, contact_id, queue, queues }) => ({
          ...{ agent, source, state, reason, contact_id, queue, queues: [...queues] },
          since: new Date(since).toISOString(),
          as_of: new Date(QUEUE_LOG_TO_MS).toISOString(),
          stale: true,
        })),
    );
  });

  test('shows who works a queue of the token, and only what is the token’s', async () => {
    const { body } = await get('/v1/agents', 'sales');
    const inSales = folded.agents.filter(({ queues }) => queues.includes('sales')).map(({ agent }) => agent);
    expect(body.agents.map(({ agent }) => agent)).toEqual(inSales.sort());
    expect(inSales).not.toContain('Agent 4');
    expect(JSON.stringify(body)).not.toContain('support');
    expect((await get('/v1/agents?queue=support', 'sales')).status).toBe(403);
    expect((await get('/v1/agents', 'other')).body.agents).toEqual([]);
    expect((await get('/v1/agents', 'wall')).status).toBe(403);
  });
});

describe('GET /v1/agents/{agent}/states', () => {
  test('are the stretches the fold made, and the one that goes on', async () => {
    const { body } = await get(`/v1/agents/Agent%202/states?${DAY}`);
    const over = folded.rows.agent_states_rows.filter(({ agent }) => agent === 'Agent 2');
    const now = folded.agents.find(({ agent }) => agent === 'Agent 2');
    expect(body.rows.map(({ state, started_at, ended_at }) => [state, started_at, ended_at])).toEqual([
      ...over.map((row) => [
        row.state,
        new Date(row.started_at).toISOString(),
        new Date(row.ended_at).toISOString(),
      ]),
      [now?.state, new Date(now?.since ?? 0).toISOString(), null],
    ]);
  });

  test('say nothing of queues beyond the token, nor of agents', async () => {
    const { body } = await get(`/v1/agents/Agent%202/states?${DAY}`, 'sales');
    expect(body.rows.length).toBeGreaterThan(10);
    expect(body.rows.some(({ state, queue }) => state === 'on_contact' && queue === '')).toBe(true);
    expect(JSON.stringify(body)).not.toContain('support');
    expect((await get(`/v1/agents/Agent%204/states?${DAY}`, 'sales')).status).toBe(404);
    expect((await get(`/v1/agents/nobody/states?${DAY}`)).status).toBe(404);
  });
});

describe('GET /v1/agents/{agent}/intervals', () => {
  const rowsOf = async (query: string, agent = '*', secret = 'plan') => {
    const { status, body } = await get(`/v1/agents/${encodeURIComponent(agent)}/intervals?${query}`, secret);
    expect(status).toBe(200);
    return body.rows;
  };

  test('add up to what the fold counted, and figures follow from them', async () => {
    const rows = await rowsOf(`${DAY}&interval=1d`);
    for (const row of rows) {
      const stored = folded.rows.agent_intervals_rows.filter(({ agent }) => agent === row.agent);
      const sum = (
        name: 'on_contact_ms' | 'on_hold_ms' | 'wrap_up_ms' | 'available_ms' | 'staffed_ms' | 'handled',
      ) => stored.reduce((total, interval) => total + interval[name], 0);
      const busy = sum('on_contact_ms') + sum('on_hold_ms') + sum('wrap_up_ms');
      expect(row).toMatchObject({
        available_ms: sum('available_ms'),
        staffed_ms: sum('staffed_ms'),
        handled: sum('handled'),
        occupancy: busy + sum('available_ms') === 0 ? null : busy / (busy + sum('available_ms')),
        utilisation: sum('staffed_ms') === 0 ? null : busy / sum('staffed_ms'),
      });
    }
    expect(rows.map(({ agent }) => agent)).toEqual(['Agent 1', 'Agent 2', 'Agent 3', 'Agent 4', 'new']);
    const [first] = rows;
    expect(first?.reasons).toMatchObject({ coaching: expect.any(Number) as number });
  });

  test.each([
    ['as named', '', AWAY_ACTIVITIES],
    ['with an activity named as away', '&away=team%20time', [...AWAY_ACTIVITIES, 'team time']],
  ])(
    'adherence to the newest plan, %s, is what a count millisecond by millisecond gives',
    async (_, query, away) => {
      const [row] = await rowsOf(`${DAY}&interval=total${query}`, 'Agent 2');
      const now = folded.agents.find(({ agent }) => agent === 'Agent 2');
      const stretches = [
        ...folded.rows.agent_states_rows.filter(({ agent }) => agent === 'Agent 2'),
        { state: now?.state ?? 'offline', started_at: now?.since ?? 0, ended_at: QUEUE_LOG_TO_MS },
      ];
      let scheduled = 0;
      let adherent = 0;
      for (let at = QUEUE_LOG_FROM_MS; at < QUEUE_LOG_TO_MS; at += 1) {
        const plan = PLAN.activities.find(({ starts_at, ends_at }) => starts_at <= at && at < ends_at);
        const state = stretches.find(({ started_at, ended_at }) => started_at <= at && at < ended_at)?.state;
        scheduled += 1;
        const works = WORKING_STATES.some((working) => working === state);
        if (works !== isAway(plan?.activity ?? '', away)) adherent += 1;
      }
      expect(row).toMatchObject({
        scheduled_ms: scheduled,
        adherent_ms: adherent,
        adherence: adherent / scheduled,
      });
      expect(row?.conformance).toBe(Number(row?.staffed_ms) / scheduled);
    },
  );

  test('an activity with letters that no header may hold is named in the definition of a csv', async () => {
    const activity = 'besprechung – ärzte €';
    const url = `/v1/agents/*/intervals?${DAY}&interval=1d&away=${encodeURIComponent(activity)}&format=csv`;
    const reply = await api.get(url, 'all');
    expect(reply.statusCode).toBe(200);
    const { away_activities } = JSON.parse(String(reply.headers['busyhour-definition'])) as {
      away_activities: string[];
    };
    expect(away_activities).toContain(activity);
  });

  test('who was planned and never came has a row, with adherence 0 and nobody else’s time', async () => {
    const [row] = await rowsOf(`${DAY}&interval=total`, 'new');
    expect(row).toMatchObject({
      staffed_ms: 0,
      scheduled_ms: MINUTE_MS,
      adherence: 0,
      conformance: 0,
      occupancy: null,
    });
  });

  test('gaps are filled, in the zone asked for', async () => {
    const rows = await rowsOf(
      'from=2026-11-24T11:30&to=2026-11-24T13:00&tz=Africa/Johannesburg&interval=30m',
      'Agent 1',
    );
    expect(rows.map(({ interval_start, staffed_ms }) => [interval_start, Number(staffed_ms) > 0])).toEqual([
      ['2026-11-24T11:30:00+02:00', false],
      ['2026-11-24T12:00:00+02:00', true],
      ['2026-11-24T12:30:00+02:00', false],
    ]);
  });

  test('tenant and queues hold', async () => {
    expect((await rowsOf(`${DAY}&interval=1d`, '*', 'sales')).map(({ agent }) => agent)).toEqual(
      folded.agents
        .filter(({ queues }) => queues.includes('sales'))
        .map(({ agent }) => agent)
        .sort(),
    );
    expect(await rowsOf(`${DAY}&interval=1d`, '*', 'none')).toEqual([]);
    expect((await get(`/v1/agents/Agent%204/intervals?${DAY}`, 'sales')).status).toBe(404);
    expect((await get(`/v1/agents/*/intervals?interval=2h`)).status).toBe(400);
    expect((await get(`/v1/agents/*/intervals?from=1990-01-01&to=2026-01-01`)).status).toBe(400);
  });
});

describe('exports of agents', () => {
  const ADDRESSES = [
    ['/v1/agents?', 'agents', ['since', 'as_of']],
    [`/v1/agents/*/states?${DAY}&`, 'rows', ['started_at', 'ended_at']],
    [`/v1/agents/Agent%202/intervals?${DAY}&interval=1h&`, 'rows', ['interval_start']],
  ] as const;
  const shown = async (url: string, key: 'agents' | 'rows', times: readonly string[]) => {
    const rows = (await get(url)).body[key];
    expect(rows.length).toBeGreaterThan(3);
    return rows.map((row) => normal(row, times));
  };

  test.each(ADDRESSES)(
    '%s gives the same rows as JSON lines, CSV, Parquet and Arrow',
    async (url, key, times) => {
      const expected = await shown(url, key, times);
      const lines = (await api.get(`${url}format=ndjson`)).body.trimEnd().split('\n');
      expect(lines.map((line) => normal(JSON.parse(line) as Record<string, unknown>, times))).toEqual(
        expected,
      );
      for (const [format, read] of [
        ['parquet', readParquet],
        ['arrow', readArrow],
      ] as const) {
        const reply = await api.get(`${url}format=${format}`);
        expect(reply.statusCode, reply.body).toBe(200);
        expect((await read(reply.rawPayload)).map((row) => normal(row, times))).toEqual(expected);
      }
      const csv = await api.get(`${url}format=csv`);
      expect(csv.headers['content-disposition']).toMatch(/^attachment; filename="agent[a-z-]*\.csv"$/);
      const cells = parse(csv.body, { columns: true, record_delimiter: '\r\n' }) as Record<string, string>[];
      expect(cells.map((row) => row.agent)).toEqual(expected.map((row) => row.agent));
    },
  );
});

/** Canonical events in: what was exported comes back as the same tables, and POST /v1/events takes each event once. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { busyhour, type DataDir, makeDataDir, type RunningNode, startNode } from '../../support/cli.ts';

const QUEUE_LOG = join(import.meta.dirname, '../../fixtures/asterisk22/queue_log');

/** Three commands, each with a ClickHouse of its own or a wait for one: a machine under load needs its time. */
const SLOW_MS = 240_000;

let first: DataDir;
let second: DataDir;
let node: RunningNode;
beforeAll(async () => {
  first = makeDataDir();
  second = makeDataDir();
  node = await startNode(first.path, ['--no-demo']);
});
afterAll(async () => {
  await node.stop();
  first.remove();
  second.remove();
});

const select = async (data: DataDir, query: string): Promise<string> => {
  const { code, stdout, stderr } = await busyhour(data.path, ['sql', query, '--format', 'JSONEachRow']);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
};
/** Everything a reader sees but where in the log it stands, as one query. */
const allTables = (): string => {
  const columns = {
    contact_legs: '*',
    queue_intervals: '*',
    agent_intervals: '*',
    agent_states: '* EXCEPT (version)',
    events: '* EXCEPT (log_offset)',
  };
  const parts = Object.entries(columns).map(
    ([table, shown]) => `SELECT '${table}' AS table, toString(tuple(${shown})) AS row FROM ${table}`,
  );
  return `SELECT * FROM (${parts.join(' UNION ALL ')}) ORDER BY table, row`;
};

const post = async (body: string, type = 'application/x-ndjson') => {
  const reply = await fetch(`${node.url}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${node.token}`, 'content-type': type },
    body,
  });
  return {
    status: reply.status,
    type: reply.headers.get('content-type'),
    body: (await reply.json()) as unknown,
  };
};
/** The rows as JSON lines, from the node: a command of its own would take seconds. */
const onNode = async (query: string): Promise<string> => {
  const headers = { authorization: `Bearer ${node.token}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ query, format: 'NDJSON' });
  return (await fetch(`${node.url}/v1/sql`, { method: 'POST', headers, body })).text();
};
const event = (seq: string, body: object, changes: object = {}): string =>
  JSON.stringify({ source: 'posted', seq, event_time: '2026-03-01T08:00:00Z', body, ...changes });
const PROBLEM = expect.stringMatching(/^application\/problem\+json/) as string;
const OFFERED = {
  type: 'contact_offered',
  contact_id: 'p1',
  queue: 'mail',
  channel: 'email',
  direction: 'inbound',
  caller: '+27 82 555 0009',
};
const EXITED = { type: 'contact_exited', contact_id: 'p1', queue: 'mail', outcome: 'abandoned' };

describe('rows of acd.events as JSON lines', () => {
  it(
    'imported into another data directory give the same tables',
    async () => {
      const args = ['import', 'asterisk-queue-log', QUEUE_LOG, '--source', 'lab', '--json'];
      expect((await busyhour(first.path, args)).code).toBe(0);
      const lines = await onNode('SELECT * FROM events ORDER BY log_partition, log_offset');
      const file = join(second.path, 'events.jsonl.gz');
      writeFileSync(file, gzipSync(lines));
      const read = lines.trimEnd().split('\n').length;
      const { code, stdout, stderr } = await busyhour(second.path, [
        ...['import', 'events', file, '--source', 'lab', '--json'],
      ]);
      expect([code, stderr]).toEqual([0, '']);
      expect(JSON.parse(stdout)).toMatchObject({ read, published: read, duplicates: 0, rejected: 0 });
      const wanted = await onNode(allTables());
      expect(wanted.split('\n').length).toBeGreaterThan(read);
      expect(await select(second, allTables())).toBe(wanted);
    },
    SLOW_MS,
  );
});

describe('POST /v1/events', () => {
  it('takes JSON lines, each event once, and names the lines it refuses', async () => {
    const lines = [event('1', OFFERED), 'nonsense', event('2', EXITED), event('2', EXITED), ''].join('\n');
    expect(await post(lines)).toMatchObject({
      status: 202,
      body: { taken: 2, repeated: 1, rejected: [{ line: 2, reason: 'not JSON' }] },
    });
    expect(await post(lines)).toMatchObject({ status: 202, body: { taken: 0, repeated: 3 } });
  });

  it('takes a JSON list, and a single event', async () => {
    const paused = { type: 'agent_paused', agent: 'ann', queue: '', reason: 'lunch' };
    const list = `[${event('3', paused)},${event('4', { ...paused, reason: 5 })}]`;
    expect((await post(list, 'application/json')).body).toEqual({
      taken: 1,
      repeated: 0,
      rejected: [{ line: 2, reason: 'body.reason must be a text' }],
    });
    const progressed = event('5', { type: 'source_progressed' }, { event_time: '2026-03-01T09:00:00Z' });
    expect((await post(progressed, 'application/json')).body).toMatchObject({ taken: 1 });
  });

  it('what was taken lands as from any other feed, the refused as dead letters, no number anywhere', async () => {
    const wanted = '{"queue":"mail","channel":"email","outcome":"abandoned"}\n';
    const query =
      "SELECT queue, channel, outcome FROM contact_legs WHERE source = 'posted' AND length(caller) = 32";
    const letters =
      "SELECT count() AS n FROM dead_letters WHERE feed = 'events' AND source IN ('', 'posted')";
    await expect.poll(() => onNode(query), { timeout: 10_000 }).toBe(wanted);
    await expect.poll(() => onNode(letters), { timeout: 10_000 }).toBe('{"n":2}\n');
  });

  it('refuses without a token, and a body of another kind', async () => {
    const anonymous = await fetch(`${node.url}/v1/events`, { method: 'POST', body: '[]' });
    expect(anonymous.status).toBe(401);
    for (const type of ['text/csv', 'text/plain', 'application/x-www-form-urlencoded'])
      expect(await post('a,b', type)).toMatchObject({ status: 415, type: PROBLEM });
    expect(await post('{"torn', 'application/json')).toMatchObject({ status: 400 });
    const many = `${event('9', EXITED)}\n`.repeat(10_002);
    expect(await post(many)).toMatchObject({ status: 400, type: PROBLEM });
  });
});

describe('ingest events', () => {
  it('reads a pipe to its end, and what it read has landed', async () => {
    const line = event('1', OFFERED, { source: 'piped' });
    const { code, stderr } = await busyhour(
      first.path,
      ['ingest', 'events', '-', '--source', 'piped'],
      {},
      `${line}\n`,
    );
    expect([code, stderr]).toEqual([0, '']);
    const query = "SELECT kind FROM events WHERE source = 'piped'";
    await expect.poll(() => onNode(query), { timeout: 10_000 }).toBe('{"kind":"contact_offered"}\n');
  });
});

describe('a schedule', () => {
  const FILE = 'schedule.csv';
  const plan = async (activity: string): Promise<unknown> => {
    const path = join(first.path, FILE);
    const rows = `Agent 1,2026-11-24 10:10,2026-11-24 10:12,${activity}\nAgent 1,2026-11-24 10:12,bad,work\n`;
    writeFileSync(path, `agent,start,end,activity\n${rows}`);
    const args = ['import', 'schedule', path, '--source', 'lab', '--tz', 'UTC', '--json'];
    const { code, stdout, stderr } = await busyhour(first.path, args);
    expect([code, stderr]).toEqual([0, '']);
    return JSON.parse(stdout);
  };
  const adherent = async (): Promise<[scheduled: number, adherent: number]> => {
    const reply = await node.get(
      '/v1/agents/Agent%201/intervals?from=2026-11-24&to=2026-11-25&interval=total&source=lab',
    );
    const { rows } = (await reply.json()) as { rows: readonly Record<string, unknown>[] };
    return [Number(rows[0]?.scheduled_ms), Number(rows[0]?.adherent_ms)];
  };

  it('is what adherence is measured by', async () => {
    expect(await plan('work')).toMatchObject({ published: 1, rejected: 1 });
    expect(await adherent()).toEqual([120_000, expect.any(Number)]);
  });

  it('replaces the one before', async () => {
    const [, worked] = await adherent();
    expect(await plan('lunch')).toMatchObject({ published: 1, duplicates: 1 });
    expect(await adherent()).toEqual([120_000, 120_000 - worked]);
  });

  it('brought back counts again', async () => {
    const [, away] = await adherent();
    expect(await plan('work')).toMatchObject({ published: 1 });
    expect(await adherent()).toEqual([120_000, 120_000 - away]);
  });

  it('that stands already changes nothing', async () => {
    expect(await plan('work')).toMatchObject({ published: 0, duplicates: 2 });
  });

  it('moves no clock: where agents are stays what it was', async () => {
    const { agents } = (await (await node.get('/v1/agents?source=lab')).json()) as {
      agents: readonly Record<string, unknown>[];
    };
    expect(agents.map(({ agent }) => agent)).toEqual(['Agent 1', 'Agent 2', 'Agent 3', 'Agent 4']);
    expect(new Set(agents.map(({ as_of }) => as_of))).toEqual(new Set(['2026-11-24T10:15:22.000Z']));
  });
});

/**
 * `busyhour erase` where each role is a process of its own: a connector and two workers on a Kafka broker, an API, and
 * the commands beside them.
 */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ANN, ANNS_DIGITS, BOB } from '../../support/ann-and-bob.ts';
import {
  CLUSTER_SECRETS,
  type Cluster,
  startCluster,
  until,
  type WorkerProcess,
} from '../../support/cluster.ts';
import { findTestBroker } from '../../support/kafka.ts';

const source = await findTestBroker('an erasure over separate roles');

const LIMIT_MS = 60_000;
/** Ann's and Bob's calls, of which one is transferred to her; Ann's number is also in a transfer, a note and a line that cannot be read. */
const QUEUE_LOG = `1772442000|a1|sales|NONE|ENTERQUEUE||${ANN}|1
1772442010|a1|sales|PJSIP/1|CONNECT|10|x|5000
1772442050|a1|sales|PJSIP/1|COMPLETECALLER|10|40|1
1772442100|b1|sales|NONE|ENTERQUEUE||${BOB}|1
1772442120|b1|sales|NONE|ABANDON|1|1|20
1772442200|a2|sales|NONE|ENTERQUEUE||0049 30 111222|1
1772442220|a2|sales|NONE|ABANDON|1|1|20
1772442300|b2|sales|NONE|ENTERQUEUE||${BOB}|1
1772442301|b2|sales|NONE|NOTE|for ${ANN}
1772442310|b2|sales|PJSIP/1|CONNECT|10|x|5000
1772442350|b2|sales|PJSIP/1|BLINDTRANSFER|004930111222|ext|10|40|1
not a time|a4|sales|NONE|ENTERQUEUE||${ANN}|1
not a time|b4|sales|NONE|ENTERQUEUE||${BOB}|1
`;
const laterCall = (n: number): string => `${1_772_443_000 + 10 * n}|later${n}|sales|NONE|ENTERQUEUE||${ANN}|1
${1_772_443_001 + 10 * n}|later${n}|sales|NONE|NOTE|for ${ANN}
not a time|bad${n}|sales|NONE|ENTERQUEUE||${ANN}|1
${1_772_443_005 + 10 * n}|later${n}|sales|NONE|ABANDON|1|1|5
`;
const DAY = { from: '2026-03-02', to: '2026-03-03' } as const;

interface Leg {
  readonly contact_id: string;
  readonly caller: string;
}

describe.skipIf(source.kind === 'none')('an erasure over separate roles', { timeout: LIMIT_MS }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'busyhour-erase-roles-'));
  const queueLog = join(dir, 'queue_log');
  let cluster: Cluster;
  let api: string;
  let ann: string;
  let bob: string;
  let next: string;
  let rowsBefore: number;

  const ask = (path: string, body?: object): Promise<Response> =>
    fetch(`${api}${path}`, {
      headers: {
        authorization: `Bearer ${CLUSTER_SECRETS.BUSYHOUR_API_TOKEN}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
  const textOf = async (path: string, body?: object): Promise<string> => {
    const response = await ask(path, body);
    const text = await response.text();
    expect([path, response.status, response.ok ? '' : text]).toEqual([path, 200, '']);
    return text;
  };
  const CONTACTS = `/v1/contacts?from=${DAY.from}&to=${DAY.to}&tz=UTC`;
  const legs = async (): Promise<readonly Leg[]> =>
    (JSON.parse(await textOf(CONTACTS)) as { rows: Leg[] }).rows;
  const callerOf = async (contactId: string): Promise<string | undefined> =>
    (await legs()).find(({ contact_id }) => contact_id === contactId)?.caller;
  const sql = (query: string): Promise<string> => textOf('/v1/sql', { query, format: 'NDJSON' });
  const command = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await cluster.spawn(args).finished;
    expect([args[0], code, code === 0 ? '' : stderr]).toEqual([args[0], 0, '']);
    return stdout;
  };
  /** Every row of every table that Busyhour keeps, all versions of it. */
  const allRows = async (): Promise<readonly string[]> => {
    const tables = await cluster.store.query<{ database: string; name: string }>(
      `SELECT database, name FROM system.tables WHERE startsWith(database, 'acd') AND endsWith(name, '_rows') ORDER BY name`,
    );
    const found = await Promise.all(
      tables.map(async ({ database, name }) => {
        const rows = await cluster.store.query<object>(`SELECT * FROM ${database}.${name}`);
        return rows.map((row) => `${name} ${JSON.stringify(row)}`);
      }),
    );
    return found.flat();
  };
  /** What anybody gets to see: by API, exported, by SQL. */
  const published = async (): Promise<readonly string[]> => {
    const views = ['contact_legs', 'events', 'dead_letters', 'anomalies', 'alerts'];
    return Promise.all([
      textOf(CONTACTS),
      textOf(`${CONTACTS}&format=csv`),
      ...['a1', 'a2', 'b1', 'b2'].map((contact) => textOf(`/v1/contacts/${contact}`)),
      ...views.map((view) => sql(`SELECT * FROM ${view}`)),
    ]);
  };
  const namesAnn = (text: string): boolean => text.includes(ann) || ANNS_DIGITS.test(text);

  const isUp = (role: WorkerProcess, words: string): Promise<void> =>
    until(words, LIMIT_MS, () => role.output().includes(words) || !role.isRunning(), role.output);

  beforeAll(async () => {
    cluster = await startCluster(source);
    writeFileSync(queueLog, QUEUE_LOG);
    const kept = { BUSYHOUR_KEEP_NUMBERS: 'encrypted' };
    const serving = cluster.spawn(['serve'], kept);
    const following = cluster.spawn(['ingest', 'asterisk-queue-log', queueLog, '--source', 'pbx'], kept);
    await Promise.all([
      cluster.startWorker(),
      cluster.startWorker(),
      isUp(serving, 'serving http'),
      isUp(following, 'following'),
    ]);
    api = /serving (http:\S+);/.exec(serving.output())?.[1] ?? '';
    const landed = async (): Promise<void> => {
      expect((await legs()).map(({ contact_id }) => contact_id).toSorted()).toEqual(['a1', 'a2', 'b1', 'b2']);
      expect((await sql('SELECT line FROM dead_letters')).trim().split('\n')).toHaveLength(2);
      expect(await cluster.store.query('SELECT DISTINCT caller FROM originals_rows')).toHaveLength(2);
    };
    await vi.waitFor(landed, { timeout: LIMIT_MS, interval: 200 });
    ann = (await callerOf('a1')) ?? '';
    bob = (await callerOf('b1')) ?? '';
    rowsBefore = (await allRows()).filter(namesAnn).length;
  }, 2 * LIMIT_MS);
  afterAll(async () => {
    await cluster?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  test('takes a caller out of tables, API, SQL, exports and dead letters, while connector and workers go on', async () => {
    expect(rowsBefore).toBeGreaterThan(5);
    expect([ann, bob]).toEqual([
      expect.stringMatching(/^[0-9a-f]{32}$/),
      expect.stringMatching(/^[0-9a-f]{32}$/),
    ]);
    expect((await published()).filter(namesAnn).length).toBeGreaterThan(5);
    expect(JSON.parse(await command('erase', '--number', ANN, '--json'))).toMatchObject({
      ...{ status: 'erased', key_replaced: true },
      found: { contact_legs: 3, dead_letters: 1, originals: 1 },
    });
    expect((await allRows()).filter(namesAnn)).toEqual([]);
    const days = ['--from', DAY.from, '--to', DAY.to, '--tz', 'UTC'];
    const exported = command('export', 'contacts', ...days, '--out', '-');
    const seen = [...(await published()), await exported];
    expect(seen.filter(namesAnn)).toEqual([]);
    expect(seen.filter((text) => text.includes(bob)).length).toBeGreaterThan(5);
  });

  test('makes the next call of that number somebody new, and the calls on the way to that nobody', async () => {
    let calls = 0;
    const call = async (): Promise<string> => {
      const n = calls++;
      appendFileSync(queueLog, laterCall(n));
      const told = async (): Promise<string> => {
        const caller = await callerOf(`later${n}`);
        if (caller === undefined) throw new Error(`later${n} has not landed`);
        return caller;
      };
      return vi.waitFor(told, { timeout: 20_000, interval: 100 });
    };
    const callers = new Set<string>();
    await vi.waitFor(
      async () => {
        callers.add(await call());
        expect([...callers].some((caller) => caller !== '')).toBe(true);
      },
      { timeout: 20_000, interval: 1 },
    );
    next = await call();
    callers.add(next);
    callers.delete('');
    expect([...callers]).toEqual([next]);
    expect([ann, bob]).not.toContain(next);
    expect(await callerOf('a1')).toBe('');
    expect(await callerOf('b1')).toBe(bob);
  });

  test('stays away after a replay, and the number goes on being the new caller', async () => {
    const before = await legs();
    await command('replay', '--json');
    expect((await allRows()).filter(namesAnn)).toEqual([]);
    expect((await published()).filter(namesAnn)).toEqual([]);
    expect(await legs()).toEqual(before);
    appendFileSync(queueLog, laterCall(500));
    await vi.waitFor(async () => expect(await callerOf('later500')).toBe(next), {
      timeout: 20_000,
      interval: 100,
    });
  });
});

/** `busyhour erase` on a log and a ClickHouse of its own: killed on the way, replayed, and rebuilt from nothing. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openStore } from '../../../infra/clickhouse/clickhouse-store.ts';
import { startEmbeddedClickHouse } from '../../../infra/clickhouse/embedded-server.ts';
import type { Store } from '../../../infra/clickhouse/store.ts';
import { loadSecrets } from '../../../infra/data-dir.ts';
import { openSqliteLog, type SqliteLog } from '../../../infra/log/sqlite-log.ts';
import { openEmbeddedRegistry } from '../../../infra/schema-registry/embedded-registry.ts';
import { openSubjectKeys } from '../../../infra/subjects/subject-keys.ts';
import { createSubjectFinder, type FindSubject } from '../../../ingest/pseudonymise.ts';
import { replay } from '../../../processors/runtime/replay.ts';
import { openEventCodec } from '../../../schemas/codec.ts';
import { DEAD_LETTERS, EVENTS, partitionOf } from '../../../schemas/topics.ts';
import { ANN, ANNS_DIGITS, BOB } from '../../support/ann-and-bob.ts';
import { busyhour, type DataDir, makeDataDir, spawnBusyhour } from '../../support/cli.ts';
import { replayOptions, type Server } from '../processors/rebuilding.ts';

const READ = { maxRecords: 10_000, maxBytes: 1e8 };

/** Ann's and Bob's calls; her number is also in a transfer, and in notes, of which one is written as nobody writes it. */
const QUEUE_LOG = `1772442000|a1|sales|NONE|ENTERQUEUE||${ANN}|1
1772442010|a1|sales|PJSIP/1|CONNECT|10|x|5000
1772442050|a1|sales|PJSIP/1|COMPLETECALLER|10|40|1
1772442100|b1|sales|NONE|ENTERQUEUE||${BOB}|1
1772442120|b1|sales|NONE|ABANDON|1|1|20
1772442200|a2|sales|NONE|ENTERQUEUE||0049 30 111222|1
1772442210|a2|sales|PJSIP/1|CONNECT|10|x|5000
1772442250|a2|sales|PJSIP/1|BLINDTRANSFER|004930111222|ext|10|40|1
1772442300|b2|sales|NONE|ENTERQUEUE||${BOB}|1
1772442301|b2|sales|NONE|NOTE|for 0049 (30) 111-222
1772442302|b2|sales|NONE|NOTE|for ${ANN} or ${BOB}
1772442310|b2|sales|PJSIP/1|CONNECT|10|x|5000
1772442350|b2|sales|PJSIP/1|BLINDTRANSFER|004930999888|ext|10|40|1
1772442400|a3|sales|NONE|ENTERQUEUE||${ANN}|1
not a time|a4|sales|NONE|ENTERQUEUE||${ANN}|1
not a time|b4|sales|NONE|ENTERQUEUE||${BOB}|1
`;
const ANNS_NEXT_CALL = `1772443000|a5|sales|NONE|ENTERQUEUE||${ANN}|1
1772443001|a5|sales|NONE|ABANDON|1|1|1
`;

let data: DataDir;
let queueLog: string;
const run = async (...args: readonly string[]) => {
  const finished = await busyhour(data.path, args, { BUSYHOUR_KEEP_NUMBERS: 'encrypted' });
  expect(finished.code, finished.stderr).toBe(0);
  return finished.stdout;
};
const importCalls = async () =>
  JSON.parse(await run('import', 'asterisk-queue-log', queueLog, '--source', 'pbx', '--json')) as unknown;
const erase = async (...args: readonly string[]) =>
  JSON.parse(await run('erase', '--number', ANN, '--json', ...args)) as unknown;

interface Inside extends Server {
  readonly log: SqliteLog;
  readonly find: FindSubject;
}
/** Looks into log and ClickHouse while nobody holds them. */
const inspect = async <T>(look: (inside: Inside) => Promise<T>): Promise<T> => {
  const dataDir = join(data.path, 'data');
  const { clickhouseAdminPassword: password, pseudonymKey } = loadSecrets(dataDir);
  const server = await startEmbeddedClickHouse({
    ...{ dataDir, httpPort: 0, tcpPort: null, adminPassword: password, tenants: [] },
  });
  const admin = { username: server.adminUser, password };
  const store = openStore({ url: server.url, ...admin, database: 'acd' });
  const log = openSqliteLog({ file: join(dataDir, 'log.sqlite') });
  const keys = await openSubjectKeys(log, pseudonymKey);
  try {
    const find = createSubjectFinder(pseudonymKey, 'default', keys);
    return await look({ url: server.url, admin, store, log, find });
  } finally {
    keys.close();
    await log.close();
    await store.close();
    await server.close();
  }
};

/** Every row of every table, all versions of it, as text. */
const rowsOf = async (store: Store): Promise<readonly string[]> => {
  const tables = await store.query<{ database: string; name: string }>(
    `SELECT database, name FROM system.tables WHERE startsWith(database, 'acd') AND endsWith(name, '_rows') ORDER BY name`,
  );
  const rows: string[] = [];
  for (const { database, name } of tables) {
    const found = await store.query<object>(`SELECT * FROM ${database}.${name} ORDER BY ALL`);
    rows.push(...found.map((row) => `${name} ${JSON.stringify(row)}`));
  }
  return rows;
};
/** What follows from the log, as readers see it. */
const derivedOf = async (store: Store): Promise<readonly string[]> => {
  const rows: string[] = [];
  for (const view of [
    'contact_legs',
    'events',
    'queue_intervals',
    'agent_states',
    'agent_intervals',
    'dead_letters',
  ]) {
    const found = await store.query<object>(`SELECT * FROM acd.${view} ORDER BY ALL`);
    rows.push(...found.map((row) => `${view} ${JSON.stringify(row)}`));
  }
  return rows;
};
const callersInLog = async (log: SqliteLog): Promise<readonly string[]> => {
  const codec = await openEventCodec(openEmbeddedRegistry({ file: join(data.path, 'data', 'log.sqlite') }));
  const records = await log.read(EVENTS.name, partitionOf('default', 'pbx'), 0, READ);
  return records.flatMap(({ value }) => {
    const { body } = codec.decode(value);
    return 'caller' in body && body.caller !== '' ? [body.caller] : [];
  });
};
/** Files of the directory that hold the text as it is. */
const filesWith = (folder: string, text: string | RegExp): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => {
      const content = readFileSync(file, 'latin1');
      return typeof text === 'string' ? content.includes(text) : text.test(content);
    });

/** What a version that did not yet hide numbers left. */
const OLD_LETTER = {
  ...{
    tenant: 'default',
    source: 'crm',
    feed: 'call-records',
    seq: 'x1',
    received_at: 5,
    reason: 'r',
    place: 'p:1',
  },
  line: 'no columns;0049 30 111-222',
};

/** ClickHouse deletes the files of rewritten parts when it comes round to it: in half a minute, where it is told to. */
const WAITS_FOR_FILES = process.env.BUSYHOUR_TEST_FULL === '1';
const dropOldPartsSoon = async (store: Store): Promise<void> => {
  const tables = await store.query<{ name: string }>(
    `SELECT name FROM system.tables WHERE database = 'acd' AND engine LIKE '%MergeTree'`,
  );
  for (const { name } of tables) {
    await store.command(`ALTER TABLE acd.${name} MODIFY SETTING old_parts_lifetime = 0`);
  }
};
const untilOldPartsGone = async (store: Store): Promise<void> => {
  const gone = async (): Promise<void> =>
    expect(await store.query(`SELECT name FROM system.parts WHERE database = 'acd' AND NOT active`)).toEqual(
      [],
    );
  await vi.waitFor(gone, { timeout: 300_000, interval: 100 });
};

let ann: string;
let bob: string;
let before: readonly string[];
const names = (row: string): boolean => row.includes(ann) || ANNS_DIGITS.test(row);

beforeAll(async () => {
  data = makeDataDir();
  queueLog = join(data.path, 'queue_log');
  writeFileSync(queueLog, QUEUE_LOG);
  await importCalls();
  await inspect(async ({ log, store, find }) => {
    if (WAITS_FOR_FILES) await dropOldPartsSoon(store);
    ann = find(ANN)?.caller ?? '';
    bob = find(BOB)?.caller ?? '';
    await log.append(DEAD_LETTERS.name, 0, [{ key: 'x', value: Buffer.from(JSON.stringify(OLD_LETTER)) }]);
    await store.insert('audit_rows', [
      {
        ...{ tenant: 'default', at: 1, id: '1', principal: 'kim', action: 'sql', outcome: 'done' },
        detail: `SELECT * FROM contact_legs WHERE caller = '${ann}'`,
      },
    ]);
  });
  // Lands the letter.
  await importCalls();
  before = await inspect(({ store }) => derivedOf(store));
}, 90_000);
afterAll(() => data.remove());

/** Runs an erasure until it says `step`, and kills it there. */
const killAt = async (step: string): Promise<void> => {
  const { child, output, finished } = spawnBusyhour(data.path, ['erase', '--number', ANN]);
  await vi.waitFor(() => expect(output()).toContain(step), { timeout: 60_000, interval: 5 });
  child.kill('SIGKILL');
  await finished;
};

describe('a caller who is erased', () => {
  it('is counted first, and nothing is changed', async () => {
    expect(await erase('--dry-run')).toEqual({
      status: 'found',
      found: { contact_legs: 2, events: 6, dead_letters: 2, audit: 1, originals: 1 },
      key_replaced: false,
    });
    expect(await run('reveal', ann)).toBe('+4930111222\n');
    const rows = await inspect(({ store }) => rowsOf(store));
    expect(rows.filter(names).length).toBeGreaterThan(10);
    expect(rows.filter((row) => row.includes('111222'))).toEqual([]);
  }, 60_000);

  it('is gone from every table and export once the command ends, however often it was killed before', async () => {
    for (const step of ['telling everybody', 'rewriting the tables', 'replacing the key']) await killAt(step);
    const again = (await erase()) as { status: string };
    expect(['erased', 'nothing']).toContain(again.status);
    const rows = await inspect(async ({ store }) => {
      if (WAITS_FOR_FILES) await untilOldPartsGone(store);
      return rowsOf(store);
    });
    expect(rows.filter(names)).toEqual([]);
    expect(rows.filter((row) => row.includes(bob)).length).toBeGreaterThan(4);
    const days = ['--from', '2026-03-01', '--to', '2026-03-09'];
    const exported = await run('export', 'contacts', ...days, '--out', '-');
    expect([exported.includes(ann), exported.includes(bob)]).toEqual([false, true]);
    // Old parts' files may still be there; what else is (the text of mutations, logs) never named her.
    const waitedFor = (file: string): boolean => WAITS_FOR_FILES || !file.endsWith('.bin');
    const clickhouse = join(data.path, 'data', 'clickhouse');
    expect(filesWith(clickhouse, ann).filter(waitedFor)).toEqual([]);
    expect(filesWith(clickhouse, ANNS_DIGITS).filter(waitedFor)).toEqual([]);
  }, 400_000);

  it('cannot be found in the log, with all keys and the number in hand; everybody else can', async () => {
    await inspect(async ({ log, find }) => {
      const inLog = new Set(await callersInLog(log));
      expect(inLog).toEqual(new Set([ann, bob]));
      const subject = find(ANN);
      expect(
        [subject?.caller, ...(subject?.earlier ?? [])].filter((caller) => inLog.has(caller ?? '')),
      ).toEqual([]);
      expect(find(BOB)?.caller).toBe(bob);
    });
  }, 60_000);

  it('changes no other row and no total, and stays away after a replay and in an empty ClickHouse', async () => {
    const after = await inspect(async (inside) => {
      const { log, store } = inside;
      const erased = await derivedOf(store);
      const codec = await openEventCodec(
        openEmbeddedRegistry({ file: join(data.path, 'data', 'log.sqlite') }),
      );
      const replayed = await replay({ ...replayOptions(log, codec, inside), heedsErasures: true });
      expect(replayed).toMatchObject({ status: 'replayed' });
      expect(await derivedOf(store)).toEqual(erased);
      expect((await rowsOf(store)).filter(names)).toEqual([]);
      return erased;
    });
    expect(after).toHaveLength(before.length);
    for (const row of before.filter((each) => !names(each))) expect(after).toContain(row);
    rmSync(join(data.path, 'data', 'clickhouse'), { recursive: true });
    expect(await importCalls()).toMatchObject({ read: 16, published: 0 });
    await inspect(async ({ store }) => {
      expect(await derivedOf(store)).toEqual(after);
      expect((await rowsOf(store)).filter(names)).toEqual([]);
    });
  }, 120_000);

  it('is somebody new when calling again, and the old number is not to be had', async () => {
    writeFileSync(queueLog, QUEUE_LOG + ANNS_NEXT_CALL);
    expect(await importCalls()).toMatchObject({ published: 2 });
    await inspect(async ({ store, find }) => {
      const callers = await store.query<{ contact_id: string; caller: string }>(
        `SELECT contact_id, caller FROM acd.contact_legs WHERE contact_id IN ('a1', 'a5', 'b1') ORDER BY contact_id`,
      );
      const next = find(ANN)?.caller;
      expect(callers.map(({ caller }) => caller)).toEqual(['', next, bob]);
      expect(next).not.toBe(ann);
    });
    const { code, stderr } = await busyhour(data.path, ['reveal', ann]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('no number is kept of this caller')]);
  }, 60_000);
});

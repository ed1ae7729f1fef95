import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { REBUILT_TABLES } from '../../../infra/clickhouse/rebuild.ts';
import { type Store, StoreError } from '../../../infra/clickhouse/store.ts';
import { openSqliteLog, type SqliteLog } from '../../../infra/log/sqlite-log.ts';
import { openEmbeddedRegistry } from '../../../infra/schema-registry/embedded-registry.ts';
import { type ReplayProgress, type ReplayResult, replay } from '../../../processors/runtime/replay.ts';
import { type EventCodec, openEventCodec } from '../../../schemas/codec.ts';
import { ALERTS, DEAD_LETTERS, EVENTS, LIVE, partitionOf } from '../../../schemas/topics.ts';
import { startTestClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';
import {
  appendPoison,
  bytesOf,
  readerOf,
  replayOptions,
  simulatedTraffic,
  startNode,
  type Traffic,
} from './rebuilding.ts';

const CHILD = resolve(import.meta.dirname, 'replay-child.ts');

let live: TestClickHouse;
let reference: TestClickHouse;
let dir: string;
let file: string;
let log: SqliteLog;
let codec: EventCodec;
let traffic: Traffic;

beforeAll(async () => {
  [live, reference] = await Promise.all([startTestClickHouse(), startTestClickHouse()]);
  dir = mkdtempSync(join(tmpdir(), 'busyhour-replay-'));
  file = join(dir, 'log.sqlite');
  log = openSqliteLog({ file });
  await log.ensureTopics([EVENTS, LIVE, DEAD_LETTERS, ALERTS]);
  codec = await openEventCodec(openEmbeddedRegistry({ file }));
  traffic = simulatedTraffic(log, codec);
  await traffic(700);
  await appendPoison(log, 'north');
  await traffic(700);
  const node = await startNode(log, codec, live.store);
  await node.landed();
  await node.close();
});
afterAll(async () => {
  await log.close();
  await Promise.all([live.close(), reference.close()]);
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(() => damage(live.store));

/** Everything right of the log can be deleted. */
const damage = async (store: Store): Promise<void> => {
  await store.command('TRUNCATE TABLE acd.queue_intervals_rows');
  await store.command('TRUNCATE TABLE acd.dead_letters_rows');
  await store.command(`DELETE FROM acd.contact_legs_rows WHERE source = 'south'`);
};
const options = () => replayOptions(log, codec, live);
const rebuilds = (): Promise<unknown[]> =>
  live.store.query(`SELECT name FROM system.databases WHERE startsWith(name, 'acd_rebuild')`);

const legs = async (): Promise<number> => {
  const [row] = await live.store.query<{ count: number }>('SELECT count() AS count FROM acd.contact_legs');
  return row?.count ?? 0;
};
const mirrors = async (): Promise<number> => {
  const found = await live.store.query(
    `SELECT name FROM system.tables WHERE startsWith(database, 'acd_rebuild') AND engine = 'MaterializedView'`,
  );
  return found.length;
};
/** A store that carries out only some statements, as for a process that is killed. */
const cutOff = (goesThrough: (sql: string) => boolean): Store => ({
  ...live.store,
  command: async (sql) => {
    if (!goesThrough(sql)) throw new StoreError('cut off', 'reject', 'TEST');
    await live.store.command(sql);
  },
});
/** A store that answers nothing more once `over`. */
const afterwards = (store: Store, over: () => boolean): Store => ({
  ...store,
  query: async (...asked) => {
    if (over()) throw new StoreError('cut off', 'reject', 'TEST');
    return store.query(...asked);
  },
  insert: async (...inserted) => {
    if (over()) throw new StoreError('cut off', 'reject', 'TEST');
    await store.insert(...inserted);
  },
});

/** Holds the live ClickHouse to one that has folded the same log plainly. */
const expectAgreement = async (): Promise<void> => {
  const node = await startNode(readerOf(log), codec, reference.store);
  await node.landed();
  await node.close();
  const expected = await bytesOf(reference.store);
  expect(Object.values(expected).filter((found) => found.startsWith('0 rows'))).toEqual([]);
  expect(await bytesOf(live.store)).toEqual(expected);
};

/** Appends for as long as the replay runs, and a while longer, at the pace of a reader who must never see rows go. */
const appendDuring = async (replaying: Promise<ReplayResult>): Promise<number> => {
  let seen = await legs();
  let rounds = 0;
  let roundsAfter = 0;
  let running = true;
  const stop = (): void => {
    running = false;
  };
  replaying.then(stop, stop);
  while (running || roundsAfter < 20) {
    await traffic(5);
    const now = await legs();
    expect(now).toBeGreaterThanOrEqual(seen);
    seen = now;
    if (running) rounds += 1;
    else roundsAfter += 1;
  }
  return rounds;
};

describe('a replay on a real log and a real ClickHouse', () => {
  it('rebuilds what was deleted while no worker runs, and tells how far it is', async () => {
    const told: ReplayProgress[] = [];
    const result = await replay({ ...options(), onProgress: (progress) => told.push(progress) });
    expect(result).toMatchObject({ status: 'replayed', poisoned: 1 });
    const { recordsDone = 0, recordsTotal } = told.at(-1) ?? {};
    expect(recordsDone).toBeGreaterThan(4_200);
    expect(recordsTotal).toBe(recordsDone);
    expect(told[0]?.recordsDone).toBeLessThan(recordsDone);
    await expectAgreement();
    expect(await rebuilds()).toEqual([]);
  });

  it('loses nothing of what workers land before, during and after the swap, and their snapshots stay right', async () => {
    const node = await startNode(log, codec, live.store);
    const replaying = replay(options());
    expect(await appendDuring(replaying)).toBeGreaterThan(20);
    expect(await replaying).toMatchObject({ status: 'replayed' });
    await node.landed();
    await expectAgreement();
    await node.close();

    await traffic(200);
    const successor = await startNode(log, codec, live.store);
    await successor.landed();
    await successor.close();
    await expectAgreement();
  });

  it('killed midway it has changed nothing, is taken to be at work for a while, and the next one starts afresh', async () => {
    const before = await bytesOf(live.store);
    const child = spawn(process.execPath, [CHILD, file, live.url, live.admin.username, live.admin.password], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await bytesOf(live.store)).toEqual(before);
    expect(await replay(options())).toMatchObject({
      status: 'refused',
      reason: expect.stringContaining('Another replay or erasure is at work'),
    });
    expect(await replay({ ...options(), silentAfterMs: 0 })).toMatchObject({ status: 'replayed' });
    await expectAgreement();
    expect(await rebuilds()).toEqual([]);
  });

  it('killed before the swap it leaves mirrors that harm no worker, and the next one drops them', async () => {
    const node = await startNode(log, codec, live.store);
    const killed = cutOff((sql) => !/^(EXCHANGE|DROP)/.test(sql));
    await expect(replay({ ...options(), store: killed })).rejects.toThrow('cut off');
    expect(await mirrors()).toBe(REBUILT_TABLES.length);
    await traffic(50);
    await node.landed();
    const replaying = replay({ ...options(), silentAfterMs: 0 });
    await appendDuring(replaying);
    expect(await replaying).toMatchObject({ status: 'replayed' });
    await node.landed();
    await node.close();
    await expectAgreement();
    expect(await rebuilds()).toEqual([]);
  });

  it('killed at the swap, with workers at work, it has left whole tables', async () => {
    const node = await startNode(log, codec, live.store);
    let swapped = false;
    const killed = cutOff((sql) => {
      const goesThrough = !swapped;
      swapped ||= sql.startsWith('EXCHANGE');
      return goesThrough;
    });
    const replaying = replay({ ...options(), store: afterwards(killed, () => swapped) });
    const rejected = expect(replaying).rejects.toThrow('cut off');
    await appendDuring(replaying);
    await rejected;
    await node.landed();
    await expectAgreement();
    await node.close();
    expect(await replay({ ...options(), silentAfterMs: 0 })).toMatchObject({ status: 'replayed' });
    await expectAgreement();
  });

  it('given up by its user it drops what it made, and nothing has changed', async () => {
    const before = await bytesOf(live.store);
    const user = new AbortController();
    const stopped = { signal: user.signal, onProgress: () => user.abort(new Error('enough')) };
    await expect(replay({ ...options(), ...stopped })).rejects.toThrow('enough');
    expect(await bytesOf(live.store)).toEqual(before);
    expect(await rebuilds()).toEqual([]);
  });

  it('leaves to the next worker a record that is no event and that none has seen', async () => {
    const letters = `SELECT count() AS count FROM acd.dead_letters WHERE source = 'west'`;
    await appendPoison(log, 'west');
    expect(await replay(options())).toMatchObject({ status: 'replayed', poisoned: 2 });
    expect(await live.store.query(letters)).toEqual([{ count: 0 }]);
    const node = await startNode(log, codec, live.store);
    await node.landed();
    await node.close();
    expect(await live.store.query(letters)).toEqual([{ count: 1 }]);
    await expectAgreement();
  });

  it('of two at once, one is refused', async () => {
    const results = await Promise.all([replay(options()), replay(options())]);
    expect(results.map(({ status }) => status).sort()).toEqual(['refused', 'replayed']);
    await expectAgreement();
  });

  it('one that slept while another took its place wakes up to no tables, and swaps nothing', async () => {
    const asleep = Promise.withResolvers<void>();
    const awake = Promise.withResolvers<void>();
    const openStore = (database: string): Store => {
      const store = options().openStore(database);
      return {
        ...store,
        insert: async (...inserted) => {
          asleep.resolve();
          await awake.promise;
          await store.insert(...inserted);
        },
      };
    };
    const sleeper = replay({ ...options(), openStore });
    const rejected = expect(sleeper).rejects.toThrow(/acd_rebuild_\d+ does not exist/);
    await asleep.promise;
    expect(await replay({ ...options(), silentAfterMs: 0 })).toMatchObject({ status: 'replayed' });
    awake.resolve();
    await rejected;
    await expectAgreement();
  });

  it('is refused, and changes nothing, when the log has lost its beginning', async () => {
    const shortened = openSqliteLog({ file: join(dir, 'shortened.sqlite') });
    await shortened.ensureTopics([EVENTS, LIVE, DEAD_LETTERS, ALERTS]);
    await appendPoison(shortened, 'north');
    await appendPoison(shortened, 'north');
    await shortened.trim(EVENTS.name, partitionOf('default', 'north'), 1);
    const before = await bytesOf(live.store);
    expect(await replay({ ...options(), log: shortened })).toMatchObject({
      status: 'refused',
      reason: expect.stringContaining('no longer holds the beginning'),
    });
    expect(await bytesOf(live.store)).toEqual(before);
    await shortened.close();
  });
});

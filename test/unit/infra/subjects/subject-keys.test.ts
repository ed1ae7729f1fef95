import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Store } from '../../../../infra/clickhouse/store.ts';
import { openSqliteLog, type SqliteLog } from '../../../../infra/log/sqlite-log.ts';
import { appendErasure, readErasures } from '../../../../infra/subjects/erasure-log.ts';
import { originalRow, readOriginal, startOriginals } from '../../../../infra/subjects/originals.ts';
import { openSubjectKeys, type SubjectKeyStore } from '../../../../infra/subjects/subject-keys.ts';
import { createPseudonymiser, createSubjectFinder } from '../../../../ingest/pseudonymise.ts';
import type { Erasure } from '../../../../schemas/erasures.ts';
import { ERASURES, EVENTS, SUBJECT_KEYS } from '../../../../schemas/topics.ts';

const SECRET = 'secret';
const [ANN, BOB] = ['+49 30 111222', '+49 30 999888'];

let dir: string;
let log: SqliteLog;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'busyhour-keys-'));
  log = openSqliteLog({ file: join(dir, 'log.sqlite') });
  await log.ensureTopics([EVENTS, ERASURES, SUBJECT_KEYS]);
});
afterEach(async () => {
  await log.close();
  rmSync(dir, { recursive: true, force: true });
});
const open = async (): Promise<SubjectKeyStore> => {
  const keys = await openSubjectKeys(log, SECRET);
  onTestFinished(keys.close);
  return keys;
};
const callersOf = (keys: SubjectKeyStore, tenant = 'acme'): readonly string[] =>
  [ANN, BOB].map(createPseudonymiser(SECRET, tenant, keys));
const pathOf = (keys: SubjectKeyStore, number: string): string =>
  createSubjectFinder(SECRET, 'acme', keys)(number)?.path ?? '';
const erasure = (callers: readonly string[], by: Erasure['by']): Erasure => ({
  ...{ tenant: 'acme', callers, letters: [], texts: [], by, erased_at: 1 },
});

describe('the keys of subjects', () => {
  it('are the same for every process on a log, also for those that begin at once', async () => {
    const [a, b] = await Promise.all([open(), open()]);
    const later = await open();
    const callers = callersOf(a);
    expect(callersOf(b)).toEqual(callers);
    expect(callersOf(later)).toEqual(callers);
    expect(new Set([...callers, ...callersOf(a, 'other')]).size).toBe(4);
  });

  it('once replaced give a caller a new pseudonym and everybody else the old one, here and in other processes', async () => {
    const [here, there] = [await open(), await open()];
    const ofThere = createPseudonymiser(SECRET, 'acme', there);
    const [ann, bob] = [ANN, BOB].map(ofThere);
    await here.replace(pathOf(here, ANN));
    await there.refresh();
    expect(ofThere(ANN)).not.toBe(ann);
    expect(ofThere(BOB)).toBe(bob);
    expect([ofThere(ANN), ofThere(BOB)]).toEqual(callersOf(here));
    expect(callersOf(await open())).toEqual(callersOf(here));
  });

  it('once replaced are in no record of the log and in no free page of its file', async () => {
    const keys = await open();
    const before = await log.read(SUBJECT_KEYS.name, 0, 0, { maxRecords: 1_000, maxBytes: 1e7 });
    const path = pathOf(keys, ANN);
    const old = before.find(({ key }) => path.startsWith(key.split('/')[1] ?? '-'));
    await keys.replace(path);
    const after = await log.read(SUBJECT_KEYS.name, 0, 0, { maxRecords: 1_000, maxBytes: 1e7 });
    expect(after).toHaveLength(before.length);
    const bytes = Buffer.from(old?.value ?? new Uint8Array()).subarray(0, 24);
    expect(bytes).toHaveLength(24);
    expect(after.some(({ value }) => Buffer.from(value).includes(bytes))).toBe(false);
    keys.close();
    // The last connection to close takes the write-ahead log into the file.
    await log.close();
    const holding = readdirSync(dir).filter((name) => readFileSync(join(dir, name)).includes(bytes));
    expect(holding).toEqual([]);
  });

  it('of another secret are others, and leave those of the first as they are', async () => {
    const callers = callersOf(await open());
    const other = await openSubjectKeys(log, 'another');
    onTestFinished(other.close);
    const path = pathOf(other, ANN);
    await other.replace(path);
    expect(callersOf(other)).not.toEqual(callers);
    expect(callersOf(await open())).toEqual(callers);
  });

  it('are neither the secret nor anything else that can be read in the log', async () => {
    const keys = await open();
    const path = pathOf(keys, ANN);
    const key = Buffer.from(keys.keyOf(path));
    const records = await log.read(SUBJECT_KEYS.name, 0, 0, { maxRecords: 1_000, maxBytes: 1e7 });
    const all = Buffer.concat(records.map(({ value }) => Buffer.from(value)));
    for (const hidden of [key, key.toString('base64url'), SECRET]) expect(all.includes(hidden)).toBe(false);
  });

  it('make another pseudonym after one that was erased by itself, and remember which came before', async () => {
    const keys = await open();
    const [ann = '', bob] = callersOf(keys);
    await appendErasure(log, erasure([ann], 'caller'));
    await keys.refresh();
    const subject = createSubjectFinder(SECRET, 'acme', keys)(ANN);
    expect(subject?.earlier).toEqual([ann]);
    expect(callersOf(keys)).toEqual([subject?.caller, bob]);
    expect(subject?.caller).not.toBe(ann);
    expect(callersOf(await open())).toEqual(callersOf(keys));
  });

  it('go on making the pseudonym while its erasure by number is under way: the same call finds it again', async () => {
    const keys = await open();
    const [ann = ''] = callersOf(keys);
    await appendErasure(log, erasure([ann], 'number'));
    await keys.refresh();
    expect(callersOf(keys)[0]).toBe(ann);
  });
});

describe('an erasure in the log', () => {
  it('is in every partition once, however often and however far it was written before', async () => {
    const first = erasure(['0'.repeat(32)], 'number');
    await log.append(ERASURES.name, 3, [{ key: 'acme', value: Buffer.from(JSON.stringify(first)) }]);
    await appendErasure(log, first);
    await appendErasure(log, first);
    for (let partition = 0; partition < ERASURES.partitions; partition++) {
      expect(await readErasures(log, partition, 0)).toEqual({ erasures: [first], nextOffset: 1 });
    }
    const more = { ...first, letters: [{ source: 'pbx', feed: 'events', seq: '1' }] };
    await appendErasure(log, more);
    expect((await readErasures(log, 0, 1)).erasures).toEqual([more]);
  });
});

describe('a number that is kept', () => {
  it('can be read until its key is replaced, under no other pseudonym and with no other secret', async () => {
    const keys = await open();
    const subject = createSubjectFinder(SECRET, 'acme', keys)(ANN);
    if (subject === null) throw new Error('a number has a subject');
    const row = originalRow(SECRET, 'acme', subject, '004930111222', 5);
    expect(JSON.stringify(row)).not.toContain('111222');
    expect(readOriginal(SECRET, keys, row)).toBe('004930111222');
    expect(readOriginal(SECRET, keys, { ...row, caller: '0'.repeat(32) })).toBeNull();
    expect(readOriginal(SECRET, keys, { ...row, tenant: 'other' })).toBeNull();
    expect(readOriginal('another', keys, row)).toBeNull();
    await keys.replace(subject.path);
    expect(readOriginal(SECRET, keys, row)).toBeNull();
  });

  it('is not kept any more once an erasure has told of its pseudonym, though its key still be the old one', async () => {
    const [connector, elsewhere] = [await open(), await open()];
    const [ann, bob] = [ANN, BOB].map(createSubjectFinder(SECRET, 'acme', connector));
    if (ann === undefined || ann === null || bob === undefined || bob === null) throw new Error('no subject');
    const kept: string[] = [];
    const store: Pick<Store, 'insert'> = {
      insert: async (_table, rows) => {
        for (const row of rows) if ('caller' in row) kept.push(row.caller);
      },
    };
    const originals = startOriginals(store, SECRET, connector, () => 5);
    await appendErasure(log, erasure([ann.caller], 'number'));
    // The connector has not looked since.
    expect(connector.isErased('acme', ann.caller)).toBe(false);
    originals.keep('acme', ann, '004930111222');
    originals.keep('acme', bob, '004930999888');
    await originals.close();
    expect(kept).toEqual([bob.caller]);
    await elsewhere.refresh();
    expect([ann, bob].map(({ caller }) => elsewhere.isErased('acme', caller))).toEqual([true, false]);
    expect(elsewhere.isErased('other', ann.caller)).toBe(false);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteLedger, type SqliteLedger } from '../../../infra/ledger/sqlite-ledger.ts';
import { openSqliteLog, type SqliteLog } from '../../../infra/log/sqlite-log.ts';
import { openEmbeddedRegistry } from '../../../infra/schema-registry/embedded-registry.ts';
import { createPseudonymiser, normaliseNumber } from '../../../ingest/pseudonymise.ts';
import {
  type AcceptedRecord,
  createPublisher,
  MAX_PUBLISH_BATCH,
  type Publisher,
} from '../../../ingest/publish.ts';
import { RECENT_SEQS } from '../../../processors/domain/fold.ts';
import { type EventCodec, openEventCodec } from '../../../schemas/codec.ts';
import type { CanonicalEvent } from '../../../schemas/events.ts';
import { DEAD_LETTERS, EVENTS, LIVE, partitionOf } from '../../../schemas/topics.ts';
import { steadyKeys } from '../../support/subject-keys.ts';

let dir: string;
let log: SqliteLog;
let ledger: SqliteLedger;
let codec: EventCodec;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'busyhour-publish-'));
  const file = join(dir, 'log.sqlite');
  log = openSqliteLog({ file });
  await log.ensureTopics([EVENTS, LIVE, DEAD_LETTERS]);
  ledger = openSqliteLedger({ file });
  codec = await openEventCodec(openEmbeddedRegistry({ file }));
});
afterEach(async () => {
  await ledger.close();
  await log.close();
  rmSync(dir, { recursive: true, force: true });
});

const publisher = (overrides: Partial<{ log: SqliteLog; ledger: SqliteLedger }> = {}): Publisher =>
  createPublisher({
    log,
    ledger,
    encode: (event) => codec.encode(event),
    nowMs: () => 7,
    tenant: 'default',
    source: 'pbx',
    feed: 'test',
    ...overrides,
  });
const record = (id: string, events = 1): AcceptedRecord => ({
  status: 'accepted',
  id,
  events: Array.from({ length: events }, (_, n) => ({
    event_time: n,
    body: { type: 'agent_logged_in', agent: `${id}` },
  })),
});
const published = async (): Promise<CanonicalEvent[]> => {
  const events: CanonicalEvent[] = [];
  const limits = { maxRecords: 1_000_000, maxBytes: 1 << 30 };
  for (const { value } of await log.read(EVENTS.name, partitionOf('default', 'pbx'), 0, limits)) {
    events.push(codec.decode(value));
  }
  return events;
};

describe('publishing', () => {
  it('wraps each record in the envelope, in order, its events numbered', async () => {
    const counts = await publisher().publish([record('a'), record('b', 2)]);
    expect(counts).toEqual({ published: 2, duplicates: 0, rejected: 0 });
    expect(
      (await published()).map(({ tenant, source, seq, recorded_at }) => [tenant, source, seq, recorded_at]),
    ).toEqual([
      ['default', 'pbx', 'a', 7],
      ['default', 'pbx', 'b.0', 7],
      ['default', 'pbx', 'b.1', 7],
    ]);
  });

  it('publishes a record once, doubled in a batch or in another', async () => {
    await publisher().publish([record('a'), record('a')]);
    expect(await publisher().publish([record('a'), record('b')])).toEqual({
      published: 1,
      duplicates: 1,
      rejected: 0,
    });
    expect((await published()).map(({ seq }) => seq)).toEqual(['a', 'b']);
  });

  it('keeps what was rejected as a dead letter, once, and lets the same line in when a later version understands it', async () => {
    const rejected = { status: 'rejected', id: 'a', reason: 'no', place: 'f:1', line: 'x|y' } as const;
    await publisher().publish([rejected]);
    expect(await publisher().publish([rejected])).toEqual({ published: 0, duplicates: 1, rejected: 0 });
    const letters = await log.read(DEAD_LETTERS.name, 0, 0, { maxRecords: 9, maxBytes: 1 << 20 });
    expect(letters.map(({ value }) => JSON.parse(Buffer.from(value).toString()))).toEqual([
      {
        tenant: 'default',
        source: 'pbx',
        feed: 'test',
        seq: 'a',
        received_at: 7,
        reason: 'no',
        place: 'f:1',
        line: 'x|y',
      },
    ]);
    expect(await publisher().publish([record('a')])).toMatchObject({ published: 1 });
  });

  it('never tears the events of a record apart, and never appends more than the fold remembers', async () => {
    const appended: number[] = [];
    const watched: SqliteLog = {
      ...log,
      append: (topic, partition, records) => {
        appended.push(records.length);
        return log.append(topic, partition, records);
      },
    };
    await publisher({ log: watched }).publish(Array.from({ length: 1_500 }, (_, i) => record(`r${i}`, 3)));
    expect(appended.every((size) => size % 3 === 0 && size <= MAX_PUBLISH_BATCH)).toBe(true);
    expect(MAX_PUBLISH_BATCH).toBeLessThan(RECENT_SEQS);
  });

  it('a crash between log and ledger publishes that batch again, with the same seqs', async () => {
    const forgetful: SqliteLedger = {
      ...ledger,
      remember: async () => {
        throw new Error('crash');
      },
    };
    await expect(publisher({ ledger: forgetful }).publish([record('a')])).rejects.toThrow('crash');
    await publisher().publish([record('a')]);
    expect((await published()).map(({ seq }) => seq)).toEqual(['a', 'a']);
  });

  it('states what the fold may assume once, and a heartbeat once a moment', async () => {
    for (let i = 0; i < 2; i++) {
      await publisher().declare(0, true, 5);
      await publisher().progress(9);
    }
    expect((await published()).map(({ event_time, body }) => [event_time, body.type])).toEqual([
      [5, 'source_declared'],
      [9, 'source_progressed'],
    ]);
  });
});

describe('pseudonyms of callers', () => {
  const of = createPseudonymiser('key', 'acme', steadyKeys);
  it('are the same for one number however it is written', () => {
    const spellings = ['+27 (82) 555-0001', '0027825550001', '0027 82 555 0001'];
    expect(new Set(spellings.map(of)).size).toBe(1);
    expect(of('+27825550001')).toMatch(/^[0-9a-f]{32}$/);
    expect(normaliseNumber('+27 82')).toBe('002782');
  });
  it('differ by tenant and by key', () => {
    const pseudonyms = [
      of('0821'),
      createPseudonymiser('key', 'other', steadyKeys)('0821'),
      createPseudonymiser('other', 'acme', steadyKeys)('0821'),
    ];
    expect(new Set(pseudonyms).size).toBe(3);
  });
  it.each(['', 'anonymous', 'Anonymous', 'unknown', '<unknown>', ' '])(
    'a withheld number (%j) has none',
    (number) => {
      expect(of(number)).toBe('');
    },
  );
});

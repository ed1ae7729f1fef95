/** A connector that is killed (-9) again and again, while its log is written to and rotated, publishes every line. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openSqliteLog, type SqliteLog } from '../../../infra/log/sqlite-log.ts';
import { openEmbeddedRegistry } from '../../../infra/schema-registry/embedded-registry.ts';
import { MAX_PUBLISH_BATCH } from '../../../ingest/publish.ts';
import { openEventCodec } from '../../../schemas/codec.ts';
import type { CanonicalEvent } from '../../../schemas/events.ts';
import { ALERTS, DEAD_LETTERS, EVENTS, LIVE, partitionOf } from '../../../schemas/topics.ts';

const CHILD = join(import.meta.dirname, 'follow-child.ts');
const PARTITION = partitionOf('default', 'pbx');
const LINES_A_LOG = 6_000;
const LOGS = 4;

let dir: string;
let file: string;
let path: string;
let log: SqliteLog;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'busyhour-killed-'));
  file = join(dir, 'log.sqlite');
  path = join(dir, 'queue_log');
  log = openSqliteLog({ file });
  await log.ensureTopics([EVENTS, LIVE, DEAD_LETTERS, ALERTS]);
});
afterEach(async () => {
  await log.close();
  rmSync(dir, { recursive: true, force: true });
});

const linesOf = (nth: number): string[] =>
  Array.from({ length: LINES_A_LOG }, (_, i) => {
    const n = nth * LINES_A_LOG + i;
    return `${1_795_515_000 + n}|c.${n}|sales|NONE|DID|${n}\n`;
  });
const startFollower = (): ChildProcess =>
  spawn(process.execPath, [CHILD, file, path], { stdio: ['ignore', 'ignore', 'inherit'] });
const untilLogGrows = async (): Promise<void> => {
  const from = await log.endOffset(EVENTS.name, PARTITION);
  await vi.waitFor(async () => expect(await log.endOffset(EVENTS.name, PARTITION)).toBeGreaterThan(from), {
    timeout: 20_000,
    interval: 1,
  });
};
const kill = async (child: ChildProcess): Promise<void> => {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
};
const published = async (): Promise<CanonicalEvent[]> => {
  const codec = await openEventCodec(openEmbeddedRegistry({ file }));
  const events: CanonicalEvent[] = [];
  const limits = { maxRecords: 10_000, maxBytes: 1 << 26 };
  for (let from = 0; ; ) {
    const records = await log.read(EVENTS.name, PARTITION, from, limits);
    const last = records.at(-1);
    if (last === undefined) return events;
    for (const { value } of records) events.push(codec.decode(value));
    from = last.offset + 1;
  }
};
const textsOf = (events: readonly CanonicalEvent[]): string[] =>
  events.flatMap(({ body }) => (body.type === 'annotated' ? [body.text] : []));

it('each line is in the log, in order, and only a batch that was under way at a kill is there again', async () => {
  let kills = 0;
  for (let nth = 0; nth < LOGS; nth++) {
    if (nth > 0) {
      // While nobody follows: rotated away, and every other one zipped.
      const old = `${path}.${LOGS - nth}`;
      renameSync(path, old);
      if (nth % 2 === 0) {
        writeFileSync(`${old}.gz`, gzipSync(readFileSync(old)));
        rmSync(old);
      }
    }
    const lines = linesOf(nth);
    const half = LINES_A_LOG / 2;
    writeFileSync(path, lines.slice(0, half).join(''));
    const follower = startFollower();
    await untilLogGrows();
    appendFileSync(path, lines.slice(half).join(''));
    await kill(follower);
    kills++;
  }
  const follower = startFollower();
  const all = Array.from({ length: LOGS * LINES_A_LOG }, (_, n) => String(n));
  await vi.waitFor(async () => expect(textsOf(await published()).at(-1)).toBe(all.at(-1)), {
    timeout: 30_000,
    interval: 50,
  });
  await kill(follower);

  const events = await published();
  const bySeq = new Map(events.map((event) => [event.seq, event]));
  expect(textsOf([...bySeq.values()])).toEqual(all);
  expect(events.length - bySeq.size).toBeLessThanOrEqual(kills * MAX_PUBLISH_BATCH);
}, 120_000);

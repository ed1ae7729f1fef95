/** Following a file of events, and reading them as they come through a pipe. */
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { followEvents } from '../../../../ingest/feeds/events/follow.ts';
import { clock, offered } from '../../../support/events.ts';
import { type KeptPublisher, keepingPublisher } from '../../../support/ingest.ts';

let dir: string;
let path: string;
let publisher: KeptPublisher;
let cursor: unknown;
let stop: AbortController;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'busyhour-events-'));
  path = join(dir, 'events.jsonl');
  publisher = keepingPublisher();
  cursor = null;
  stop = new AbortController();
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const line = (seq: number): string =>
  `${JSON.stringify({ seq: String(seq), event_time: clock('08:00:00') + seq, body: offered(`c${seq}`, 'sales') })}\n`;
const follow = (from = path, stdin?: Readable): Promise<void> =>
  followEvents({
    tenant: 'default',
    source: 'pbx',
    pseudonymise: (number) => number,
    nowMs: () => clock('12:00:00'),
    path: from,
    publisher,
    ledger: {
      cursor: async () => cursor,
      saveCursor: async (_name, place) => {
        cursor = place;
      },
    },
    cursorName: 'test',
    signal: stop.signal,
    pollMs: 5,
    ...(stdin === undefined ? {} : { stdin }),
  });
const kept = (): string[] => publisher.kept.map(({ id }) => id);
const untilKept = (ids: readonly string[]) => vi.waitFor(() => expect(kept()).toEqual(ids));

test('a file that does not exist yet, grows, and is rotated away', async () => {
  const following = follow();
  writeFileSync(path, line(1) + line(2).slice(0, 20));
  await untilKept(['1']);
  appendFileSync(path, line(2).slice(20));
  await untilKept(['1', '2']);
  renameSync(path, `${path}.1`);
  appendFileSync(`${path}.1`, line(3));
  writeFileSync(path, line(4));
  await untilKept(['1', '2', '3', '4']);
  stop.abort();
  await following;
});

test('goes on where it stopped', async () => {
  writeFileSync(path, line(1));
  const first = follow();
  await vi.waitFor(() => expect(cursor).not.toBeNull());
  stop.abort();
  await first;
  publisher = keepingPublisher();
  stop = new AbortController();
  appendFileSync(path, line(2));
  const second = follow();
  await untilKept(['2']);
  stop.abort();
  await second;
});

test('a file that was cut and written anew is read from its beginning, each event once', async () => {
  writeFileSync(path, line(1) + line(2));
  const following = follow();
  await untilKept(['1', '2']);
  writeFileSync(path, line(2));
  await vi.waitFor(() => expect(cursor).toMatchObject({ position: line(2).length }));
  appendFileSync(path, line(3));
  await untilKept(['1', '2', '3']);
  stop.abort();
  await following;
});

test('standard input is read to its end, a last line without a newline included', async () => {
  await follow('-', Readable.from([line(1), 'nonsense\n', line(2).trimEnd()]));
  expect(publisher.kept.map(({ status }) => status)).toEqual(['accepted', 'rejected', 'accepted']);
});

test('standard input that goes on is left when asked to stop', async () => {
  const stdin = new Readable({ read: () => undefined });
  const following = follow('-', stdin);
  stdin.push(line(1));
  await untilKept(['1']);
  stop.abort();
  await following;
});

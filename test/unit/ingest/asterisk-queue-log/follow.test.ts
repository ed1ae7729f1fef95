import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { followQueueLog } from '../../../../ingest/feeds/asterisk-queue-log/follow.ts';
import { type KeptPublisher, keepingPublisher } from '../../../support/ingest.ts';

const root = mkdtempSync(join(tmpdir(), 'busyhour-follow-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let path: string;
let publisher: KeptPublisher;
let cursors: Map<string, unknown>;
let now: number;
beforeEach(() => {
  path = join(mkdtempSync(join(root, 'pbx-')), 'queue_log');
  publisher = keepingPublisher();
  cursors = new Map();
  now = 1_800_000_000_000;
});

const line = (n: number): string => `17955150${String(n).padStart(2, '0')}|c.${n}|sales|NONE|DID|${n}\n`;
const seen = (): string[] =>
  publisher.kept.map((record) => {
    const body = record.status === 'accepted' ? record.events[0]?.body : undefined;
    return body?.type === 'annotated' ? body.text : '?';
  });
const follow = (): { done: Promise<void>; stop: () => Promise<void> } => {
  const stopping = new AbortController();
  const done = followQueueLog({
    path,
    publisher,
    ledger: {
      cursor: async (name) => cursors.get(name) ?? null,
      saveCursor: async (name, place) => {
        cursors.set(name, place);
      },
    },
    cursorName: 'test',
    signal: stopping.signal,
    pollMs: 5,
    pseudonymise: (number) => number,
    agentName: (name) => name,
    nowMs: () => now,
  });
  return {
    done,
    stop: async () => {
      stopping.abort();
      await done;
    },
  };
};
const until = (texts: readonly string[]): Promise<void> =>
  vi.waitFor(() => expect(seen()).toEqual(texts), { timeout: 5_000, interval: 5 });

describe('following a queue_log', () => {
  it('reads what is there and what is written later, whole lines only', async () => {
    writeFileSync(path, line(1));
    const follower = follow();
    await until(['1']);
    appendFileSync(path, line(2) + line(3).slice(0, 20));
    await until(['1', '2']);
    appendFileSync(path, line(3).slice(20));
    await until(['1', '2', '3']);
    await follower.stop();
  });

  it('waits for a file that is not there yet', async () => {
    const follower = follow();
    writeFileSync(path, line(1));
    await until(['1']);
    await follower.stop();
  });

  it('finishes the old file when it is rotated, then takes the new one', async () => {
    writeFileSync(path, line(1));
    const follower = follow();
    await until(['1']);
    appendFileSync(path, line(2));
    renameSync(path, `${path}.1`);
    appendFileSync(`${path}.1`, line(3));
    writeFileSync(path, line(4));
    await until(['1', '2', '3', '4']);
    await follower.stop();
  });

  it('stays with a renamed file until the new one is written to: Asterisk does, until it is told to reload', async () => {
    writeFileSync(path, line(1));
    const follower = follow();
    await until(['1']);
    renameSync(path, `${path}.1`);
    writeFileSync(path, '');
    appendFileSync(`${path}.1`, line(2));
    await until(['1', '2']);
    appendFileSync(`${path}.1`, line(3));
    await until(['1', '2', '3']);
    writeFileSync(path, line(4));
    await until(['1', '2', '3', '4']);
    await follower.stop();
  });

  it('reads on in the renamed file when it is started again before the new one is written to', async () => {
    writeFileSync(path, line(1));
    const first = follow();
    await until(['1']);
    await first.stop();
    renameSync(path, `${path}.1`);
    writeFileSync(path, '');
    const second = follow();
    appendFileSync(`${path}.1`, line(2));
    writeFileSync(path, line(3));
    await until(['1', '2', '3']);
    await second.stop();
  });

  it('misses no line when a log is copied and truncated between two looks', async () => {
    writeFileSync(path, line(1));
    const follower = follow();
    await until(['1']);
    appendFileSync(path, line(2));
    copyFileSync(path, `${path}.1`);
    writeFileSync(path, line(3));
    await until(['1', '2', '3']);
    await follower.stop();
  });

  it('misses no log when two are rotated between two looks', async () => {
    writeFileSync(path, line(1));
    const follower = follow();
    await until(['1']);
    renameSync(path, `${path}.2`);
    writeFileSync(`${path}.1`, line(2));
    writeFileSync(path, line(3));
    await until(['1', '2', '3']);
    await follower.stop();
  });

  it('takes the last line of a log that was left unfinished, once it is rotated away', async () => {
    writeFileSync(path, line(1) + line(2).trimEnd());
    const follower = follow();
    await until(['1']);
    renameSync(path, `${path}.1`);
    writeFileSync(path, line(3));
    await until(['1', '2', '3']);
    await follower.stop();
  });

  it('a log being zipped is read once, and a damaged one is told of', async () => {
    writeFileSync(path, line(1));
    const first = follow();
    await until(['1']);
    await first.stop();
    renameSync(path, `${path}.2`);
    writeFileSync(`${path}.2.gz`, gzipSync(line(1)).subarray(0, 12));
    const many = Array.from({ length: 3_000 }, (_, n) => `1795515002|c.${Math.sin(n)}|sales|NONE|DID|x\n`);
    const zipped = gzipSync(many.join(''));
    writeFileSync(`${path}.1.gz`, zipped.subarray(0, zipped.length - 100));
    writeFileSync(path, line(9));
    const second = follow();
    await vi.waitFor(() => expect(seen().at(-1)).toBe('9'), { timeout: 5_000, interval: 5 });
    const rejected = publisher.kept.filter((record) => record.status === 'rejected');
    expect(rejected).toMatchObject([{ place: `${path}.1.gz` }]);
    expect(rejected[0]?.status === 'rejected' ? rejected[0].reason : '').toMatch(/damaged or cut off/);
    await second.stop();
  });

  it('broken off in its first batch, with the log rotated away by its next start, it reads it to the end', async () => {
    writeFileSync(path, line(1) + line(2));
    const sound = publisher;
    publisher = { ...sound, publish: async () => Promise.reject(new Error('killed')) };
    await expect(follow().done).rejects.toThrow('killed');
    publisher = sound;
    renameSync(path, `${path}.1`);
    writeFileSync(path, line(3));
    const second = follow();
    await until(['1', '2', '3']);
    await second.stop();
  });

  it('begins again when the file is truncated in place', async () => {
    writeFileSync(path, line(1) + line(2));
    const follower = follow();
    await until(['1', '2']);
    truncateSync(path);
    writeFileSync(path, line(3));
    await until(['1', '2', '3']);
    // Truncated and grown past where we were between two looks.
    writeFileSync(path, line(4) + line(5) + line(6));
    await until(['1', '2', '3', '4', '5', '6']);
    await follower.stop();
  });

  it('goes on where it stopped', async () => {
    writeFileSync(path, line(1));
    const first = follow();
    await until(['1']);
    await first.stop();
    appendFileSync(path, line(2));
    publisher = keepingPublisher();
    const second = follow();
    await until(['2']);
    await second.stop();
  });

  it('reads what was rotated away while it was stopped, in order, zipped or not', async () => {
    writeFileSync(path, line(1));
    const first = follow();
    await until(['1']);
    await first.stop();
    writeFileSync(`${path}.2.gz`, gzipSync(line(1) + line(2)));
    writeFileSync(`${path}.1`, line(3) + line(4));
    utimesSync(`${path}.2.gz`, 1_795_000_000, 1_795_000_000);
    writeFileSync(path, line(5));
    const second = follow();
    await until(['1', '2', '3', '4', '5']);
    await second.stop();
  });

  it('says now and then that nothing is outstanding, a little before now', async () => {
    writeFileSync(path, line(1));
    const follower = follow();
    await until(['1']);
    now += 10_000;
    await vi.waitFor(() => expect(publisher.progressed).toEqual([now - 2_000]), {
      timeout: 5_000,
      interval: 5,
    });
    await follower.stop();
  });
});

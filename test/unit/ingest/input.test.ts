import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { InputError, openInput } from '../../../ingest/input.ts';

const dir = mkdtempSync(join(tmpdir(), 'busyhour-input-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const written = (name: string, content: Buffer | string): string => {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
};
const read = async (file: string, stdin?: Readable): Promise<string> => {
  const { chunks } = await openInput(file, stdin);
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString();
};
/** Does not compress, so that there is more than one chunk of it also when zipped. */
const long = Array.from({ length: 20_000 }, (_, n) => createHash('sha256').update(`${n}`).digest('hex')).join(
  '\n',
);

describe('an input', () => {
  it.each<[string, Buffer, string]>([
    ['plain', Buffer.from(long), long],
    ['zipped', gzipSync(long), long],
    ['zipped in parts', Buffer.concat([gzipSync('one\n'), gzipSync('two\n')]), 'one\ntwo\n'],
    ['empty', Buffer.alloc(0), ''],
    ['of one byte', Buffer.from([0x1f]), '\x1f'],
  ])('%s is read whole, as a file and as standard input', async (name, bytes, text) => {
    expect(await read(written(name, bytes))).toBe(text);
    expect(await read('-', Readable.from([bytes.subarray(0, 1), bytes.subarray(1)]))).toBe(text);
  });

  it('tells how much of the file it has taken, and of how much', async () => {
    const bytes = gzipSync(long);
    const { chunks, bytesRead, bytesTotal } = await openInput(written('counted', bytes));
    expect([bytesRead(), bytesTotal]).toEqual([0, bytes.length]);
    for await (const _ of chunks) expect(bytesRead()).toBeGreaterThan(0);
    expect(bytesRead()).toBe(bytes.length);
  });

  it('a gzip file that is cut off is told in one line that names it', async () => {
    const cut = written('cut.gz', gzipSync(long).subarray(0, 500_000));
    const failure: unknown = await read(cut).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InputError);
    expect(String(failure)).toMatch(
      /^InputError: \S+cut\.gz: the gzip file is damaged or cut off \([^\n]+\)$/,
    );
  });

  it.skipIf(process.platform !== 'linux').each(['left', 'left.gz'])(
    '%s unread in the middle leaves no file open',
    async (name) => {
      const file = written(name, name.endsWith('.gz') ? gzipSync(long) : long);
      const { chunks } = await openInput(file);
      for await (const _ of chunks) break;
      const open = (): string[] =>
        readdirSync('/proc/self/fd').map((fd) => {
          try {
            return readlinkSync(`/proc/self/fd/${fd}`);
          } catch {
            return '';
          }
        });
      await vi.waitFor(() => expect(open()).not.toContain(file));
    },
  );
});

import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  createLineSplitter,
  type Line,
  readQueueLog,
} from '../../../../ingest/feeds/asterisk-queue-log/lines.ts';
import type { ParseOptions } from '../../../../ingest/feeds/asterisk-queue-log/parse.ts';
import { oldestFirst } from '../../../../ingest/feeds/asterisk-queue-log/rotated-logs.ts';
import type { IngestRecord } from '../../../../ingest/publish.ts';

const FIXTURE = join(import.meta.dirname, '../../../fixtures/asterisk22/queue_log');
const dir = mkdtempSync(join(tmpdir(), 'busyhour-lines-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const options: ParseOptions = {
  pseudonymise: (number) => number,
  agentName: (name) => name,
  nowMs: () => 1_800_000_000_000,
};
const read = async (file: string): Promise<IngestRecord[]> => {
  const records: IngestRecord[] = [];
  for await (const batch of readQueueLog(file, options)) records.push(...batch.records);
  return records;
};
const written = (name: string, content: string | Buffer): string => {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
};
const LINE = '1795515000|c.1|sales|NONE|DID|1';

describe('a line splitter', () => {
  const lines = fc.array(fc.stringMatching(/^[a-z|]{0,12}$/), { maxLength: 20 });
  it('finds the same lines at the same places however the bytes arrive', () => {
    fc.assert(
      fc.property(lines, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (texts, sizes) => {
        const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
        const splitter = createLineSplitter();
        const found: Line[] = [];
        for (let from = 0, i = 0; from < bytes.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          found.push(...splitter.push(bytes.subarray(from, from + size)));
          from += size;
        }
        expect(found.map(({ text }) => text)).toEqual(texts);
        for (const { text, position } of found) {
          expect(bytes.subarray(position, position + text.length).toString()).toBe(text);
        }
        expect(splitter.rest()).toBeNull();
      }),
    );
  });
});

describe('several logs', () => {
  it('are read the oldest first, however the shell names them and whether they are zipped', async () => {
    const newest = written('log', '1795515003|c.1|sales|NONE|DID|3\n');
    const oldest = written('log.2.gz', gzipSync('1795515001|c.1|sales|NONE|DID|1\n'));
    const between = written('log.1', '1795515002|c.1|sales|NONE|DID|2\n');
    const strange = written('log.txt', 'no log\n');
    expect(await oldestFirst(['-', strange, newest, between, oldest])).toEqual([
      oldest,
      between,
      newest,
      '-',
      strange,
    ]);
  });
});

describe('reading a queue_log', () => {
  it('a name does not depend on the number of the caller: it could be found by trying all numbers', async () => {
    const enter = (number: string): string => `1795515000|c.1|sales|NONE|ENTERQUEUE||${number}|1\n`;
    const [one] = await read(written('one', enter('0820000001')));
    const [other] = await read(written('other', enter('0820000002')));
    expect(one?.id).toBe(other?.id);
  });

  it('gives the same identities for a copy, a zipped file and one in several zipped parts', async () => {
    const plain = await read(FIXTURE);
    expect(plain).toHaveLength(373);
    const bytes = readFileSync(FIXTURE);
    const copy = join(dir, 'queue_log.1');
    copyFileSync(FIXTURE, copy);
    expect(await read(copy)).toEqual(plain);
    expect(await read(written('whole.gz', gzipSync(bytes)))).toEqual(plain);
    const parts = Buffer.concat([gzipSync(bytes.subarray(0, 5_000)), gzipSync(bytes.subarray(5_000))]);
    expect(await read(written('parts.gz', parts))).toEqual(plain);
  });

  it('tells equal lines at different places apart', async () => {
    const ids = (await read(written('twice', `${LINE}\n${LINE}\n`))).map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
  });

  it('tolerates CRLF, empty lines and a last line without an end', async () => {
    const records = await read(written('dos', `${LINE}\r\n\r\n${LINE}`));
    expect(records.map(({ status }) => status)).toEqual(['accepted', 'accepted']);
  });

  it('rejects what is no line of a queue_log, with its place, and reads on', async () => {
    const path = written('torn', `${LINE}\nnonsense\n${LINE}\n`);
    expect(await read(path)).toMatchObject([
      { status: 'accepted' },
      { status: 'rejected', place: `${path}:${LINE.length + 1}`, line: 'nonsense' },
      { status: 'accepted' },
    ]);
  });

  it('reads bytes that are no UTF-8', async () => {
    const path = written('latin1', Buffer.from(`1795515000|c.1|sales|J\xfcrgen|AGENTDUMP|\n`, 'latin1'));
    expect(await read(path)).toMatchObject([{ events: [{ body: { agent: 'J\uFFFDrgen' } }] }]);
  });

  it('keeps a line without end out of memory', async () => {
    const path = written('endless', Buffer.alloc(20_000_000, 'x'));
    const [record] = await read(path);
    expect(record).toMatchObject({ status: 'rejected', reason: 'longer than 8192 characters' });
    expect(record?.status === 'rejected' ? record.line.length : 0).toBeLessThan(50_000);
  });
});

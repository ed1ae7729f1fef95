import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fileWith, mapOf, optionsOf, readAll } from './reading.ts';

const MAP = mapOf(`
contact_id: id
queue: queue
caller: from
offered_at: { column: start, format: epoch_s }
wait: { column: wait, unit: s }
outcome: { column: result, values: { LOST: abandoned } }
`);
const OPTIONS = optionsOf(MAP);
const HEADER = 'id,queue,from,start,wait,result,note\n';
const row = (id: number, note = ''): string => `${id},sales,5550001,1777888800,30,LOST,${note}\n`;
const contacts = ({ accepted }: Awaited<ReturnType<typeof readAll>>): string[] =>
  accepted.flatMap(({ events }) =>
    events.flatMap(({ body }) => (body.type === 'contact_offered' ? [body.contact_id] : [])),
  );

describe('reading rows', () => {
  it.each([
    [
      'CRLF, a byte order mark, empty lines and no newline at the end',
      `\uFEFF${HEADER}\r\n${row(1)}\r\n${row(2).trim()}`,
    ],
    ['a quote inside a text', HEADER + row(1, 'a 5" pipe') + row(2)],
    ['a quoted text with delimiters', HEADER + row(1, '"a, b ""c"""') + row(2)],
    ['a quoted text over lines', HEADER + row(1, '"first\nsecond\nthird"') + row(2)],
    ['a quoted header', `"id","queue","from","start","wait","result","note"\n${row(1)}${row(2)}`],
  ])('%s', async (_, content) => {
    const read = await readAll(fileWith(content), OPTIONS);
    expect(contacts(read)).toEqual(['1', '2']);
    expect(read.rejected).toEqual([]);
  });

  it.each([
    ['too few columns', 'id only\n', '7 columns expected, 1 found'],
    ['too many columns', row(9, 'a,b'), '7 columns expected, 8 found'],
    ['a quote left open', row(9, '"never closed'), 'a quote is opened and not closed'],
    [
      'an outcome without a meaning',
      row(9).replace('LOST', 'WON'),
      'outcome: the map has no meaning for "WON"',
    ],
    ['a line that never ends', `${'x'.repeat(300_000)}\n`, 'the line is too long'],
  ])('%s costs one row, which is kept with its reason and place', async (_, bad, reason) => {
    const file = fileWith(HEADER + row(1) + bad + row(2) + row(3));
    const read = await readAll(file, OPTIONS);
    expect(contacts(read)).toEqual(['1', '2', '3']);
    expect(read.rejected).toEqual([expect.objectContaining({ reason, place: `${file}:3` })]);
  });

  it('says the line number also after a text over lines', async () => {
    const file = fileWith(`${HEADER}${row(1, '"first\nsecond"')}bad\n`);
    expect((await readAll(file, OPTIONS)).rejected[0]?.place).toBe(`${file}:4`);
  });

  it('keeps no number of a caller, not even in a rejected line', async () => {
    const read = await readAll(fileWith(HEADER + row(9).replace('LOST', 'WON')), OPTIONS);
    expect(read.rejected[0]?.line).toBe('9,sales,pseudonym-7,1777888800,30,WON,');
  });

  it('a file of a header alone has no records', async () => {
    const read = await readAll(fileWith(HEADER), OPTIONS);
    expect(read.batches).toHaveLength(1);
    expect(read.batches[0]).toMatchObject({ records: [], dropped: {}, lines: 1, firstEventMs: null });
  });
});

describe('where bytes come from', () => {
  const zipped = gzipSync(HEADER + row(1) + row(2));

  it('a gzip file is known by its bytes, not its name', async () => {
    const read = await readAll(fileWith(zipped, 'calls.csv'), OPTIONS);
    expect(contacts(read)).toEqual(['1', '2']);
    expect(read.batches.at(-1)).toMatchObject({ bytesRead: zipped.length, bytesTotal: zipped.length });
  });

  it.each([
    ['plain', Buffer.from(HEADER + row(1) + row(2))],
    ['zipped', zipped],
  ])('standard input, %s, in the smallest pieces', async (_, bytes) => {
    const stdin = Readable.from([...bytes].map((byte) => Buffer.from([byte])));
    const read = await readAll('-', { ...OPTIONS, stdin });
    expect(contacts(read)).toEqual(['1', '2']);
    expect(read.batches.at(-1)).toMatchObject({ bytesRead: bytes.length, bytesTotal: null });
  });

  it('a gzip file cut off says so in one line', async () => {
    const file = fileWith(zipped.subarray(0, zipped.length - 12), 'calls.csv.gz');
    await expect(readAll(file, OPTIONS)).rejects.toThrow(`${file}: the gzip file is damaged or cut off`);
  });

  it('a file that is not there is the error of Node', async () => {
    await expect(readAll('/nowhere/calls.csv', OPTIONS)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('a reader that stops early closes the file', async () => {
    const { readCallRecords } = await import('../../../../ingest/feeds/call-records/read.ts');
    const rows = Array.from({ length: 5_000 }, (_, id) => row(id)).join('');
    const reading = readCallRecords(fileWith(gzipSync(HEADER + rows)), OPTIONS);
    const first = await reading.next();
    expect(first.value?.records).toHaveLength(1_000);
    expect(await reading.return(undefined)).toEqual({ done: true, value: undefined });
  });
});

describe('a header that does not fit the map', () => {
  it.each([
    ['id,queue,from,wait,result\n', '"start" (offered_at); its header has id, queue, from, wait, result'],
    ['id;queue;from;start;wait;result\n', '"id" (contact_id), "queue" (queue)'],
    ['', 'the file is empty'],
  ])('%j names what is missing', async (content, message) => {
    await expect(readAll(fileWith(content), OPTIONS)).rejects.toThrow(message);
  });

  it('with a column of the map twice', async () => {
    await expect(readAll(fileWith('id,id,queue,from,start,wait,result\n'), OPTIONS)).rejects.toThrow(
      'the header has columns of the map twice: "id" (contact_id)',
    );
  });
});

import { describe, expect, it } from 'vitest';
import { type ImportOptions, type ReadBatch, runImport } from '../../../ingest/import.ts';
import type { IngestRecord } from '../../../ingest/publish.ts';
import { keepingPublisher } from '../../support/ingest.ts';

const rejected = (id: string): IngestRecord => ({
  status: 'rejected',
  id,
  reason: 'no',
  place: 'f',
  line: 'x',
});
const accepted = (id: string, event_time: number): IngestRecord => ({
  status: 'accepted',
  id,
  events: [{ event_time, body: { type: 'source_restarted' } }],
});
const batchOf = (records: readonly IngestRecord[], dropped: Record<string, number> = {}): ReadBatch => {
  const times = records.flatMap((record) =>
    record.status === 'accepted' ? record.events.map(({ event_time }) => event_time) : [],
  );
  return {
    records,
    dropped,
    bytesRead: 0,
    bytesTotal: null,
    lines: records.length,
    firstEventMs: times[0] ?? null,
    lastEventMs: times.length === 0 ? null : Math.max(...times),
  };
};
const importing = (
  files: Readonly<Record<string, readonly ReadBatch[]>>,
  options: Partial<ImportOptions> = {},
): ImportOptions => ({
  files: Object.keys(files),
  order: async (names) => names,
  async *read(file) {
    yield* files[file] ?? [];
  },
  pseudonymise: (number) => number,
  publisher: keepingPublisher(),
  latenessMs: 0,
  tracksAgents: true,
  onProgress: () => {},
  ...options,
});

describe('an import', () => {
  it('adds up what became of every record, and says at the end that nothing is outstanding', async () => {
    const publisher = keepingPublisher();
    const files = {
      a: [
        batchOf([accepted('1', 50), rejected('2')], { menu: 2 }),
        batchOf([accepted('3', 40)], { menu: 1 }),
      ],
      b: [batchOf([accepted('1', 50), accepted('4', 20)])],
    };
    expect(await runImport(importing(files, { publisher }))).toEqual({
      read: 8,
      published: 3,
      duplicates: 1,
      rejected: 1,
      dropped: { menu: 3 },
      warnings: [],
    });
    expect(publisher.progressed).toEqual([50]);
  });

  it('reads files in the order of the feed', async () => {
    const publisher = keepingPublisher();
    const files = { new: [batchOf([accepted('2', 2)])], old: [batchOf([accepted('1', 1)])] };
    await runImport(importing(files, { publisher, order: async (names) => names.toReversed() }));
    expect(publisher.kept.map(({ id }) => id)).toEqual(['1', '2']);
  });

  it('of nothing says nothing', async () => {
    const publisher = keepingPublisher();
    expect(await runImport(importing({ a: [batchOf([])] }, { publisher }))).toMatchObject({
      read: 0,
      warnings: [],
    });
    expect([publisher.kept, publisher.progressed]).toEqual([[], []]);
  });

  const hundred = Array.from({ length: 100 }, (_, n) => rejected(`r${n}`));
  it.each<[string, readonly ReadBatch[], boolean]>([
    ['a page of HTML, every line of it rejected', [batchOf(hundred.slice(0, 7))], true],
    [
      'a hundred lines rejected, though one is understood by chance later',
      [batchOf([...hundred, accepted('a', 1)])],
      true,
    ],
    ['the hundredth line understood', [batchOf([...hundred.slice(1), accepted('a', 1)])], false],
    ['nothing but records that count as no contact', [batchOf([], { phantom: 3 })], false],
    ['rejected lines beside such records', [batchOf(hundred, { phantom: 3 })], false],
  ])('warns that a file may be of another kind: %s', async (_name, batches, warned) => {
    const { warnings } = await runImport(importing({ 'page.html': batches }));
    expect(warnings.length > 0).toBe(warned);
    if (warned) expect(warnings[0]).toMatch(/^page\.html: none of its first \d+ lines could be understood/);
  });

  it('warns again when such a file is imported again', async () => {
    const publisher = keepingPublisher();
    const files = { page: [batchOf(hundred)] };
    await runImport(importing(files, { publisher }));
    expect((await runImport(importing(files, { publisher }))).warnings).toHaveLength(1);
  });
});

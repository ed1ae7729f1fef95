import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type AcceptedRecord, MAX_PUBLISH_BATCH } from '../../../../ingest/publish.ts';
import type { EventBody } from '../../../../schemas/events.ts';
import { fileWith, mapOf, optionsOf, readAll } from './reading.ts';

const ROOT = resolve(import.meta.dirname, '../../../..');
const FIXTURES = join(ROOT, 'test/fixtures/bank-1999-02');
const MAP = mapOf(readFileSync(join(ROOT, 'ingest/feeds/call-records/maps/anonymous-bank.yaml'), 'utf8'));
const OPTIONS = optionsOf(MAP, 'Asia/Jerusalem');
const THREE_DAYS = readFileSync(join(FIXTURES, 'three-days.tsv'), 'utf8');
const [HEADER = '', ...CALLS] = THREE_DAYS.trimEnd().split('\n');

const bodies = (records: readonly AcceptedRecord[]): EventBody[] =>
  records.flatMap(({ events }) => events.map(({ body }) => body));
const sum = (numbers: readonly (number | null)[]): number =>
  numbers.reduce<number>((total, number) => total + (number ?? 0), 0);

const figuresOf = (records: readonly AcceptedRecord[]) => {
  const all = bodies(records);
  const waits = (type: 'contact_answered' | 'contact_exited'): number[] =>
    all.flatMap((body) => (body.type === type ? [body.wait_ms ?? Number.NaN] : []));
  const answered = waits('contact_answered');
  const abandoned = waits('contact_exited');
  const queues: Record<string, number> = {};
  for (const body of all) {
    if (body.type === 'contact_offered') queues[body.queue] = (queues[body.queue] ?? 0) + 1;
  }
  return {
    answered: answered.length,
    abandoned: abandoned.length,
    within20s: [answered, abandoned].map((some) => some.filter((wait) => wait <= 20_000).length),
    waitSeconds: [answered, abandoned].map((some) => sum(some) / 1_000),
    serviceSeconds: sum(all.map((body) => (body.type === 'contact_ended' ? body.talk_ms : null))) / 1_000,
    queues,
  };
};

// The figures are those of test/fixtures/bank-1999-02/figures.py: see test/fixtures/README.md.
describe('the bank', () => {
  it.each([
    {
      file: 'three-days.tsv',
      figures: {
        answered: 1851,
        abandoned: 221,
        within20s: [1141, 75],
        waitSeconds: [65_824, 14_483],
        serviceSeconds: 335_869,
        queues: { IN: 19, NE: 143, NW: 497, PE: 15, PS: 1326, TT: 72 },
      },
      dropped: { never_offered: 147, phantom: 23 },
      lines: 2_243,
      offered: ['1999-02-05T04:51:14.000Z', '1999-02-15T21:59:54.000Z'],
    },
    {
      file: 'calls.tsv.gz',
      figures: {
        answered: 27_162,
        abandoned: 3_963,
        within20s: [16_209, 1_257],
        waitSeconds: [1_107_512, 259_695],
        serviceSeconds: 4_790_100,
        queues: { IN: 261, NE: 2702, NW: 6959, PE: 136, PS: 20_027, TT: 1040 },
      },
      dropped: { never_offered: 1_941, phantom: 278 },
      lines: 33_345,
      offered: ['1999-02-01T04:59:54.000Z', '1999-02-28T21:44:01.000Z'],
    },
  ])(
    '$file gives the figures counted without Busyhour',
    async ({ file, figures, dropped, lines, offered }) => {
      const read = await readAll(join(FIXTURES, file), OPTIONS);
      expect(figuresOf(read.accepted)).toEqual(figures);
      expect(read.dropped).toEqual(dropped);
      expect(read.rejected).toEqual([]);
      expect(read.batches.at(-1)?.lines).toBe(lines);
      const offeredMs = read.accepted
        .map(({ events }) => events[0]?.event_time ?? Number.NaN)
        .sort((a, b) => a - b);
      expect([offeredMs[0], offeredMs.at(-1)].map((ms) => new Date(ms ?? 0).toISOString())).toEqual(offered);
    },
  );

  it('has the events of a leg in order, and no leg longer than an hour and a half', async () => {
    const { accepted } = await readAll(join(FIXTURES, 'calls.tsv.gz'), OPTIONS);
    const spans = accepted.map(({ events }) => {
      const times = events.map(({ event_time }) => event_time);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      return (times.at(-1) ?? 0) - (times[0] ?? 0);
    });
    expect(Math.max(...spans)).toBeLessThan(90 * 60_000);
  });

  it('comes in batches a publisher takes at once, and tells how far it is', async () => {
    const { batches } = await readAll(join(FIXTURES, 'calls.tsv.gz'), OPTIONS);
    for (const { records } of batches) {
      expect(sum(records.map((r) => (r.status === 'accepted' ? r.events.length : 1)))).toBeLessThanOrEqual(
        MAX_PUBLISH_BATCH,
      );
    }
    const last = batches.at(-1);
    expect(last?.bytesRead).toBe(last?.bytesTotal);
    for (const { firstEventMs, lastEventMs } of batches) expect(firstEventMs).toBeLessThan(lastEventMs ?? 0);
  });
});

const call = (text: string): string => `${HEADER}\n${text.replaceAll(' ', '\t')}\n`;
const timesOf = (record: AcceptedRecord | undefined): string[] =>
  (record?.events ?? []).map(({ event_time, body }) => `${body.type} ${new Date(event_time).toISOString()}`);

describe('the traps of the bank', () => {
  // Local time is two hours ahead of UTC in February.
  it.each([
    [
      'no stay in the queue: offered when the menu was left, even if the service clock is a second behind',
      'AA0101 34536 0 0 PS 990201 7:02:47 7:02:56 9 0:00:00 0:00:00 0 AGENT 7:02:55 7:05:41 166 AGENT01',
      ['offered 1999-02-01T05:02:56', 'answered 1999-02-01T05:02:56', 'ended 1999-02-01T05:05:41'],
    ],
    [
      'answered after midnight',
      'AA0215 13852 0 0 PS 990211 23:59:39 23:59:39 0 0:00:00 0:00:00 0 AGENT 0:00:09 0:00:29 20 AGENT13',
      ['offered 1999-02-11T21:59:39', 'answered 1999-02-11T22:00:09', 'ended 1999-02-11T22:00:29'],
    ],
    [
      'in the queue from after midnight on',
      'AA0115 14375 0 1 PS 990210 23:59:56 23:59:56 0 0:00:02 0:00:29 27 AGENT 0:00:29 0:00:58 29 AGENT13',
      ['offered 1999-02-10T22:00:02', 'answered 1999-02-10T22:00:29', 'ended 1999-02-10T22:00:58'],
    ],
    [
      'hung up after midnight',
      'AA0105 35608 0 0 NW 990210 23:59:19 23:59:19 0 23:59:29 0:00:26 57 HANG 0:00:00 0:00:00 0 NO_SERVER',
      ['offered 1999-02-10T21:59:29', 'exited 1999-02-10T22:00:26'],
    ],
    [
      'a menu left before it was entered is no day',
      'AA0103 25730 0 2 PS 990201 17:12:19 17:11:29 -50 17:11:29 17:12:32 63 AGENT 17:12:31 17:13:46 75 AGENT12',
      ['offered 1999-02-01T15:11:29', 'answered 1999-02-01T15:12:31', 'ended 1999-02-01T15:13:46'],
    ],
    [
      'nor is it over midnight',
      'AA0103 25730 0 2 PS 990202 0:00:10 23:59:50 -20 23:59:50 0:00:20 30 AGENT 0:00:20 0:00:30 10 AGENT12',
      ['offered 1999-02-01T21:59:50', 'answered 1999-02-01T22:00:20', 'ended 1999-02-01T22:00:30'],
    ],
    [
      'answered without a stamp: the durations say when',
      'AA0101 34648 0 2 PS 990202 13:44:47 13:44:53 6 13:44:53 13:45:06 13 AGENT 0:00:00 0:00:00 0 AGENT07',
      ['offered 1999-02-02T11:44:53', 'answered 1999-02-02T11:45:06', 'ended 1999-02-02T11:45:06'],
    ],
    [
      'hung up, with a service that nobody gave',
      'AA0101 35050 0 2 PS 990208 18:11:39 18:11:44 5 18:11:44 18:12:10 26 HANG 18:12:10 18:14:17 127 NO_SERVER',
      ['offered 1999-02-08T16:11:44', 'exited 1999-02-08T16:12:10'],
    ],
  ])('%s', async (_, line, expected) => {
    const { accepted, rejected } = await readAll(fileWith(call(line)), OPTIONS);
    expect(rejected).toEqual([]);
    expect(timesOf(accepted[0])).toEqual(expected.map((text) => `contact_${text}.000Z`));
  });

  it('an answer by NO_SERVER has no known agent, and durations are passed on as recorded', async () => {
    const line =
      'AA0101 34537 0 0 PS 990201 7:31:45 7:31:55 10 0:00:00 0:00:00 0 AGENT 7:31:54 7:31:59 5 NO_SERVER';
    const { accepted } = await readAll(fileWith(call(line)), OPTIONS);
    const about = { contact_id: 'AA0101-34537-990201', queue: 'PS', agent: '' };
    expect(bodies(accepted)).toEqual([
      {
        type: 'contact_offered',
        contact_id: 'AA0101-34537-990201',
        queue: 'PS',
        channel: 'voice',
        direction: 'inbound',
        language: '',
        site: '',
        tier: '',
        caller: '',
        position: null,
      },
      { type: 'contact_answered', ...about, wait_ms: 0, ring_ms: null },
      { type: 'contact_ended', ...about, ended_by: 'unknown', wait_ms: null, talk_ms: 5_000, hold_ms: null },
    ]);
  });
});

describe('a record is its content', () => {
  it('wherever it stands: a shuffled file has the same records', async () => {
    const shuffled = CALLS.map((line, i) => ({ line, place: (i * 7_919) % 10_007 }))
      .sort((a, b) => a.place - b.place)
      .map(({ line }) => line);
    expect(shuffled).not.toEqual(CALLS);
    const before = await readAll(join(FIXTURES, 'three-days.tsv'), OPTIONS);
    const after = await readAll(fileWith([HEADER, ...shuffled].join('\r\n')), OPTIONS);
    const byId = (records: readonly AcceptedRecord[]) => records.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    expect(byId(after.accepted)).toEqual(byId(before.accepted));
    expect(new Set(before.accepted.map(({ id }) => id)).size).toBe(before.accepted.length);
  });

  it('however often it stands: a doubled line is the same record', async () => {
    const [line = ''] = CALLS;
    const { accepted } = await readAll(fileWith(`${HEADER}\n${line}\n${line}\n`), OPTIONS);
    expect(accepted).toHaveLength(2);
    expect(accepted[0]).toEqual(accepted[1]);
  });
});

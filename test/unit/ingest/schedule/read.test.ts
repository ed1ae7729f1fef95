/** A schedule as plans of agents' days: what is read, what is refused, and what replaces what. */
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { AcceptedRecord, IngestRecord } from '../../../../ingest/publish.ts';
import { dayKey, readSchedule, type StandingPlan } from '../../../../ingest/schedule/read.ts';

type Standing = ReadonlyMap<string, StandingPlan>;
const read = async (
  text: string,
  standing: Standing = new Map(),
  timeZone = 'UTC',
): Promise<IngestRecord[]> => {
  const records: IngestRecord[] = [];
  const options = { timeZone, standing: async () => standing, stdin: Readable.from([text]) };
  for await (const batch of readSchedule('-', options)) records.push(...batch.records);
  return records;
};
const plansOf = (records: readonly IngestRecord[]): AcceptedRecord[] =>
  records.filter((record) => record.status === 'accepted');
const at = (time: string): number => Date.parse(time);
const HEAD = 'agent,start,end,activity\n';
const DAY = `${HEAD}ann,2026-03-02 09:00,2026-03-02 12:00,work\nann,2026-03-02 12:00,2026-03-02 12:30,lunch\n`;

test('rows become one event for each agent’s day, at the day’s beginning', async () => {
  const records = await read(`${DAY}bob,2026-03-02T22:00Z,2026-03-03T06:00Z,Sales\n`);
  expect(plansOf(records).map(({ events }) => events)).toEqual([
    [
      {
        event_time: at('2026-03-02T00:00Z'),
        body: {
          type: 'agent_scheduled',
          agent: 'ann',
          day: '2026-03-02',
          activities: [
            { activity: 'work', starts_at: at('2026-03-02T09:00Z'), ends_at: at('2026-03-02T12:00Z') },
            { activity: 'lunch', starts_at: at('2026-03-02T12:00Z'), ends_at: at('2026-03-02T12:30Z') },
          ],
        },
      },
    ],
    [
      {
        event_time: at('2026-03-02T00:00Z'),
        body: {
          type: 'agent_scheduled',
          agent: 'bob',
          day: '2026-03-02',
          activities: [
            { activity: 'Sales', starts_at: at('2026-03-02T22:00Z'), ends_at: at('2026-03-03T06:00Z') },
          ],
        },
      },
    ],
  ]);
});

test('local times are the zone’s, on a day of 23 hours too; columns may stand in any order', async () => {
  const text = 'activity,end,agent,start\nwork,2026-03-29 10:00,ann,2026-03-29 01:00\n';
  const [plan] = plansOf(await read(text, new Map(), 'Europe/Berlin'));
  expect(plan?.events).toMatchObject([
    {
      event_time: at('2026-03-28T23:00Z'),
      body: {
        day: '2026-03-29',
        activities: [{ starts_at: at('2026-03-29T00:00Z'), ends_at: at('2026-03-29T08:00Z') }],
      },
    },
  ]);
});

test.each([
  ['no agent', ',2026-03-02 09:00,2026-03-02 10:00,work', 'agent is empty'],
  ['no activity', 'ann,2026-03-02 09:00,2026-03-02 10:00,', 'activity is empty'],
  ['no time', 'ann,nine,2026-03-02 10:00,work', 'start is no time such as 2026-03-01 09:00'],
  [
    'a date that is none',
    'ann,2026-03-02 09:00,2026-02-30 10:00,work',
    'end is no time such as 2026-03-01 17:30',
  ],
  ['an end before the start', 'ann,2026-03-02 09:00,2026-03-02 09:00,work', 'end is not after start'],
  ['two days', 'ann,2026-03-02 09:00,2026-03-03 09:01,work', 'longer than 24 hours'],
])('a row with %s is rejected with its place', async (_, row, reason) => {
  const records = await read(`${HEAD}${row}\n`);
  expect(records).toMatchObject([{ status: 'rejected', reason, place: '-:2', line: row }]);
});

test('a row that overlaps the agent’s row before it is rejected, another agent’s is not', async () => {
  const records = await read(
    `${DAY}ann,2026-03-02 11:00,2026-03-02 13:00,work\nbob,2026-03-02 11:00,2026-03-02 13:00,work\n`,
  );
  expect(records.map(({ status }) => status)).toEqual(['accepted', 'accepted', 'rejected']);
  expect(records.at(-1)).toMatchObject({ reason: 'overlaps with line 2' });
});

test('a file without the columns is no schedule', async () => {
  await expect(read('name,from\n')).rejects.toThrow('missing: agent, start, end, activity');
  await expect(read('')).rejects.toThrow('missing: agent, start, end, activity');
});

describe('identity', () => {
  const identity = async (text: string, standing: Standing): Promise<string> =>
    plansOf(await read(text, standing))[0]?.id ?? '';
  /** What stands after some plans were imported one after the other. */
  const standingAfter = async (texts: readonly string[]): Promise<{ standing: Standing; ids: string[] }> => {
    let standing: Standing = new Map();
    const ids: string[] = [];
    for (const text of texts) {
      const [plan] = plansOf(await read(text, standing));
      const body = plan?.events[0]?.body;
      if (plan === undefined || body?.type !== 'agent_scheduled') throw new Error('no plan');
      ids.push(plan.id);
      standing = new Map([[dayKey(body.agent, body.day), { seq: plan.id, activities: body.activities }]]);
    }
    return { standing, ids };
  };
  const OTHER = DAY.replace('lunch', 'meeting');

  test('the same plan again is the same record', async () => {
    const { standing, ids } = await standingAfter([DAY]);
    expect(await identity(DAY, standing)).toBe(ids[0]);
  });

  test('another plan is another record, and so is the first one brought back', async () => {
    const { ids } = await standingAfter([DAY, OTHER, DAY, OTHER]);
    expect(new Set(ids).size).toBe(4);
    expect((await standingAfter([DAY, OTHER, DAY, OTHER])).ids).toEqual(ids);
  });
});

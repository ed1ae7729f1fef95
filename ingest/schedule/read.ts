/**
 * Reads a schedule and makes it the plan of each agent's days, one event a day, which replaces that day's plan. A day
 * planned as it stands already is the same record; planned back to what it was, it is a new one.
 */
import { hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { ScheduledActivity } from '../../schemas/events.ts';
import { rowsOf } from '../feeds/call-records/rows.ts';
import { openTextLines } from '../feeds/call-records/text-lines.ts';
import type { ReadBatch } from '../import.ts';
import { InputError } from '../input.ts';
import { createLocalToUtc } from '../local-time.ts';
import {
  type AcceptedRecord,
  type IngestRecord,
  MAX_PUBLISH_BATCH,
  type RejectedRecord,
} from '../publish.ts';
import { parseScheduleRow, placesOf, type ScheduleRow, startOfDay, type Zone } from './parse.ts';

/** Rows of one file: a day has to be known whole before it is published. A year of 500 agents with seven stretches a day. */
const MAX_ROWS = 1_500_000;
/** Stretches of one agent's day; the feed `events` takes as many. */
const MAX_ACTIVITIES = 500;
const DAY_MS = 86_400_000;
const ID_HEX_DIGITS = 32;

/** The plan of one agent's day that stands. */
export interface StandingPlan {
  readonly seq: string;
  readonly activities: readonly ScheduledActivity[];
}
/** Names an agent's day. */
export const dayKey = (agent: string, day: string): string => JSON.stringify([agent, day]);

export interface ReadScheduleOptions {
  readonly timeZone: string;
  /** What stands of days that begin from `fromMs` on and before `toMs`, by `dayKey`. */
  readonly standing: (fromMs: number, toMs: number) => Promise<ReadonlyMap<string, StandingPlan>>;
  /** What `-` reads. */
  readonly stdin?: Readable;
}

/** Reads a file, zipped or not, or standard input (`-`). Throws an `InputError` for a file that as a whole is no schedule. */
export async function* readSchedule(file: string, options: ReadScheduleOptions): AsyncGenerator<ReadBatch> {
  const zone = { name: options.timeZone, toUtc: createLocalToUtc(options.timeZone) };
  const input = await openTextLines(file, options.stdin);
  try {
    const { rows, rejected, lines } = await readRows(file, input.lines, zone);
    const days = daysOf(rows, rejected, file);
    const records: IngestRecord[] = [...(await plansOf(days, zone, options)), ...rejected];
    const progress = { bytesRead: input.bytesRead(), bytesTotal: input.bytesTotal, lines };
    for (let i = 0; i === 0 || i < records.length; i += MAX_PUBLISH_BATCH) {
      const batch = records.slice(i, i + MAX_PUBLISH_BATCH);
      yield { records: batch, ...progress, firstEventMs: null, lastEventMs: null };
    }
  } finally {
    await input.lines.return(undefined);
  }
}

type NumberedRow = ScheduleRow & { readonly line: string; readonly number: number };

const rejection = (file: string, line: string, number: number, reason: string): RejectedRecord => ({
  status: 'rejected',
  id: `schedule:${hash('sha256', line, 'hex').slice(0, ID_HEX_DIGITS)}`,
  reason,
  place: `${file}:${number}`,
  line,
});

const readRows = async (
  file: string,
  lines: Parameters<typeof rowsOf>[0],
  zone: Zone,
): Promise<{ rows: NumberedRow[]; rejected: RejectedRecord[]; lines: number }> => {
  const table = rowsOf(lines, ',');
  const header = await table.next();
  const places = placesOf(header.done === true ? [] : (header.value.fields ?? []));
  if (!('agent' in places)) {
    throw new InputError(`${file}: its first line must name the columns; missing: ${places.join(', ')}`);
  }
  const rows: NumberedRow[] = [];
  const rejected: RejectedRecord[] = [];
  let last = 1;
  for await (const { fields, fault, line, number } of table) {
    last = number;
    const row = fields === null ? fault : parseScheduleRow(fields, places, zone);
    if (typeof row === 'string') rejected.push(rejection(file, line, number, row));
    else rows.push({ ...row, line, number });
    if (rows.length > MAX_ROWS)
      throw new InputError(`${file}: more than ${MAX_ROWS} rows; cut it in several`);
  }
  return { rows, rejected, lines: last };
};

interface Day {
  readonly agent: string;
  readonly day: string;
  readonly activities: ScheduledActivity[];
}

/** The days in order. A row that begins before the agent's last one ends is rejected: nobody does two things at once. */
const daysOf = (rows: readonly NumberedRow[], rejected: RejectedRecord[], file: string): readonly Day[] => {
  const days = new Map<string, Day>();
  const lastOf = new Map<string, NumberedRow>();
  for (const row of [...rows].sort((a, b) => a.starts_at - b.starts_at || a.number - b.number)) {
    const { agent, day, activity, starts_at, ends_at } = row;
    const last = lastOf.get(agent);
    if (last !== undefined && starts_at < last.ends_at) {
      rejected.push(rejection(file, row.line, row.number, `overlaps with line ${last.number}`));
      continue;
    }
    const key = dayKey(agent, day);
    const known = days.get(key) ?? { agent, day, activities: [] };
    if (known.activities.length === MAX_ACTIVITIES) {
      rejected.push(rejection(file, row.line, row.number, `more than ${MAX_ACTIVITIES} stretches in a day`));
      continue;
    }
    lastOf.set(agent, row);
    days.set(key, known);
    known.activities.push({ activity, starts_at, ends_at });
  }
  return [...days.values()];
};

const plansOf = async (
  days: readonly Day[],
  zone: Zone,
  { standing }: ReadScheduleOptions,
): Promise<readonly AcceptedRecord[]> => {
  const times = days.map(({ day }) => startOfDay(zone, day));
  let fromMs = Number.POSITIVE_INFINITY;
  let toMs = 0;
  for (const atMs of times) {
    fromMs = Math.min(fromMs, atMs);
    toMs = Math.max(toMs, atMs + 1);
  }
  // The day may have been planned in another zone before: its beginning then lies up to a day away.
  const plans = days.length === 0 ? new Map() : await standing(fromMs - DAY_MS, toMs + DAY_MS);
  return days.map(({ agent, day, activities }, i) => ({
    status: 'accepted',
    id: identityOf({ agent, day, activities }, plans.get(dayKey(agent, day))),
    events: [{ event_time: times[i] ?? 0, body: { type: 'agent_scheduled', agent, day, activities } }],
  }));
};

/** The standing plan's own name where nothing changes; else a name made of the change. */
const identityOf = ({ agent, day, activities }: Day, standing: StandingPlan | undefined): string => {
  const content = contentOf(activities);
  if (standing !== undefined && contentOf(standing.activities) === content) return standing.seq;
  const change = JSON.stringify([agent, day, content, standing?.seq ?? '']);
  return `schedule:${hash('sha256', change, 'hex').slice(0, ID_HEX_DIGITS)}`;
};
const contentOf = (activities: readonly ScheduledActivity[]): string =>
  JSON.stringify(activities.map(({ activity, starts_at, ends_at }) => [activity, starts_at, ends_at]));

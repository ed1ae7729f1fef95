/** `busyhour import schedule`: plans of agents' days, read against those that stand. */
import { dayKey, readSchedule, type StandingPlan } from '../../ingest/schedule/read.ts';
import { type DayPlanRow, readActivities, schedulesQuery } from '../../query-api/queries/schedules.ts';
import type { ImportFlags } from '../cli/command-line.ts';
import type { Foundation } from '../foundation.ts';

export const SCHEDULE = 'schedule';

/** What an import needs of it, as of a feed; a schedule moves no clock and declares nothing of its source. */
export const scheduleFeed = ({ store }: Foundation, { tenant, source }: ImportFlags, timeZone: string) => {
  const standing = async (fromMs: number, toMs: number): Promise<ReadonlyMap<string, StandingPlan>> => {
    const { sql, params } = schedulesQuery({
      tenant,
      sources: [source],
      agents: null,
      range: { fromMs, toMs },
    });
    const rows = await store.query<DayPlanRow>(sql, params);
    return new Map(
      rows.map((row) => [dayKey(row.agent, row.day), { seq: row.seq, activities: readActivities(row) }]),
    );
  };
  return {
    latenessMs: 0,
    tracksAgents: true,
    selfDescribed: true,
    order: async (files: readonly string[]) => files,
    read: (file: string) => readSchedule(file, { timeZone, standing }),
  };
};

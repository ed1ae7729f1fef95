/** How many rows of one source readers can see: what an import adds to. */
import type { Store } from './store.ts';

const VIEWS = [
  'contact_legs',
  'queue_intervals',
  'agent_states',
  'agent_intervals',
  'events',
  'dead_letters',
] as const;
export type SourceRows = Readonly<Record<(typeof VIEWS)[number], number>>;

export const countSourceRows = async (store: Store, tenant: string, source: string): Promise<SourceRows> => {
  const counted = await Promise.all(
    VIEWS.map(async (view) => {
      const [row] = await store.query<{ rows: number }>(
        `SELECT count() AS rows FROM acd.${view} WHERE tenant = {tenant:String} AND source = {source:String}`,
        { tenant, source },
      );
      return [view, row?.rows ?? 0] as const;
    }),
  );
  return Object.fromEntries(counted) as SourceRows;
};

/** What came on top. */
export const addedRows = (before: SourceRows, after: SourceRows): SourceRows =>
  Object.fromEntries(VIEWS.map((view) => [view, after[view] - before[view]])) as SourceRows;

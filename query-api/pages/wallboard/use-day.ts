/** Today's intervals from the API, asked for again every minute; days change by themselves. */
import { useEffect, useState } from 'preact/hooks';
import type { LiveDefinition } from '../../../schemas/live.ts';
import { escapeName } from '../../name-lists.ts';
import type { Api } from '../shared/api.ts';
import type { DayRow } from './day.ts';

const REFRESH_MS = 60_000;

export type DayRows =
  | { readonly status: 'waiting' }
  | { readonly status: 'ok'; readonly rows: readonly DayRow[] }
  /** This token may not read intervals, or they could not be read. */
  | { readonly status: 'refused' | 'failed'; readonly message: string };

export interface DayQuestion {
  /** All together; null = every queue the token may see. */
  readonly queues: readonly string[] | null;
  /** How their service level is measured; null where each has its own, and together they have none. */
  readonly definition: LiveDefinition | null;
}

const parametersOf = ({ sl_formula, sl_threshold, short_abandon, count_exits }: LiveDefinition) => ({
  ...{ sl_formula, sl_threshold, short_abandon },
  count_exits: String(count_exits),
});

/** Nothing is asked for while `wanted` is false. */
export const useDay = (api: Api, { queues, definition }: DayQuestion, wanted: boolean): DayRows => {
  const [day, setDay] = useState<DayRows>({ status: 'waiting' });
  const query = new URLSearchParams({
    interval: '15m',
    group_by: '',
    ...(definition === null ? {} : parametersOf(definition)),
  });
  for (const name of queues ?? []) query.append('queue', escapeName(name));
  const path = `/v1/intervals?${query}`;
  useEffect(() => {
    if (!wanted) return undefined;
    const stopping = new AbortController();
    const { signal } = stopping;
    const load = async (): Promise<void> => {
      const answer = await api.json<{ rows: DayRow[] }>(path, { signal });
      if (signal.aborted) return;
      if (answer.status === 'ok') setDay({ status: 'ok', rows: answer.value.rows });
      else if (answer.status === 'forbidden') {
        setDay({ status: 'refused', message: answer.message });
        clearInterval(timer);
      } else setDay({ status: 'failed', message: answer.message });
    };
    const timer = setInterval(() => void load(), REFRESH_MS);
    void load();
    return () => {
      stopping.abort();
      clearInterval(timer);
    };
  }, [api, path, wanted]);
  return day;
};

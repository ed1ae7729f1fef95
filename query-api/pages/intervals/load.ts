/** Fetches what the page shows: the rows, their total, and the curve of all groups together. */
import type { Answer, Api } from '../shared/api.ts';
import { type Choice, requestOf } from './address.ts';
import type { AnswerDefinition } from './definition-words.ts';
import { type FigureRow, knownFigures } from './figures.ts';

interface IntervalsAnswer {
  readonly definition: AnswerDefinition;
  readonly rows: readonly FigureRow[];
}
export interface Loaded extends IntervalsAnswer {
  readonly total: FigureRow | null;
  /** One row an interval, all groups together. */
  readonly together: readonly FigureRow[];
}

const isOneGroup = ({ rows }: IntervalsAnswer): boolean =>
  new Set(rows.map((row) => row.interval_start)).size === rows.length;

/** Sums are the API's too: a ratio of all is not the sum or the mean of ratios. */
export const loadIntervals = async (
  api: Api,
  choice: Choice,
  signal: AbortSignal,
): Promise<Answer<Loaded>> => {
  const ask = (path: string) => api.json<IntervalsAnswer>(path, { signal });
  const main = await ask(requestOf(choice));
  if (main.status !== 'ok') return main;
  const { from, to } = main.value.definition;
  // Named, because a request for the total without a range means all there is.
  const range = { from, to };
  const [total, together] = await Promise.all([
    ask(requestOf(choice, { ...range, interval: 'total', group_by: '' })),
    isOneGroup(main.value) ? main : ask(requestOf(choice, { ...range, group_by: '' })),
  ]);
  if (total.status !== 'ok') return total;
  if (together.status !== 'ok') return together;
  return {
    status: 'ok',
    value: {
      ...main.value,
      rows: main.value.rows.map(knownFigures),
      total: total.value.rows[0] ?? null,
      together: together.value.rows.map(knownFigures),
    },
  };
};

export interface QueueSummary {
  readonly queue: string;
  readonly channels: readonly string[];
  readonly sources: readonly string[];
  readonly first_interval: string;
  readonly last_interval: string;
}

export const loadQueues = (api: Api): Promise<Answer<{ readonly queues: readonly QueueSummary[] }>> =>
  api.json('/v1/queues');

interface Definitions {
  readonly queue_groups: readonly { readonly name: string }[];
  readonly defaults: { readonly tz: string };
}
export const loadDefinitions = (api: Api): Promise<Answer<Definitions>> => api.json('/v1/definitions');

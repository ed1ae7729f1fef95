/** The public views and their columns, as the store itself describes them. */
import type { Api } from '../shared/api.ts';
import { cellText } from './result.ts';
import { type RunAnswer, runQuery } from './run.ts';

export interface SchemaColumn {
  readonly name: string;
  readonly type: string;
  readonly comment: string;
}
export interface SchemaView {
  readonly name: string;
  readonly columns: readonly SchemaColumn[];
}
export type Schema = readonly SchemaView[];

const COLUMNS = `SELECT table, name, type, comment FROM system.columns
WHERE database = 'acd' AND NOT endsWith(table, '_rows') ORDER BY table, position`;

export type SchemaAnswer =
  | { readonly status: 'ok'; readonly value: Schema }
  | Exclude<RunAnswer, { status: 'ok' }>;

/** The views the token may read. */
export const loadSchema = async (api: Api, signal: AbortSignal): Promise<SchemaAnswer> => {
  const answer = await runQuery(api, { query: COLUMNS, params: {} }, signal);
  if (answer.status !== 'ok') return answer;
  const byView = Map.groupBy(answer.value.data, ([table]) => cellText(table));
  const views = [...byView].map(([name, rows]) => ({
    name,
    columns: rows.map(([, column, type, comment]) => ({
      name: cellText(column),
      type: cellText(type),
      comment: cellText(comment),
    })),
  }));
  return { status: 'ok', value: views };
};

/**
 * What is asked for, kept in the address: the names are the API's own, so that an address is also a request. An empty
 * text is the API's default and is left out. Pure.
 */
import { escapeName, splitNames } from '../../name-lists.ts';

/** The names of single parameters, as the API spells them. */
export const SINGLES = [
  'from',
  'to',
  'interval',
  'tz',
  'basis',
  'profile',
  'sl_formula',
  'sl_threshold',
  'short_abandon',
  'count_exits',
  'exclude_short',
] as const;
export const LISTS = [
  'queue',
  'queue_group',
  'channel',
  'source',
  'direction',
  'language',
  'site',
  'tier',
  'agent',
  'percentiles',
  'group_by',
] as const;
export type Single = (typeof SINGLES)[number];
export type List = (typeof LISTS)[number];

/** `group_by` null is the default (by queue); an empty list is everything together. */
export type Choice = Readonly<Record<Single, string>> &
  Readonly<Record<Exclude<List, 'group_by'>, readonly string[]>> & {
    readonly group_by: readonly string[] | null;
  };

/** How the page shows it; not part of a request. */
export interface View {
  /** All figures, not only the usual ones. */
  readonly allColumns: boolean;
  /** Without intervals in which nothing happened. */
  readonly hideEmpty: boolean;
  /** Which group the chart draws; empty: everything together. */
  readonly chart: string;
}

const listIn = (params: URLSearchParams, name: List): readonly string[] => splitNames(params.getAll(name));

export const readChoice = (search: string): Choice => {
  const params = new URLSearchParams(search);
  const single = (name: Single): readonly [Single, string] => [name, params.get(name)?.trim() ?? ''];
  const lists = LISTS.map((name) => [name, listIn(params, name)]);
  return {
    ...(Object.fromEntries(SINGLES.map(single)) as Record<Single, string>),
    ...(Object.fromEntries(lists) as Record<List, readonly string[]>),
    group_by: params.has('group_by') ? listIn(params, 'group_by') : null,
  };
};

export const readView = (search: string): View => {
  const params = new URLSearchParams(search);
  return {
    allColumns: params.get('columns') === 'all',
    hideEmpty: params.get('empty') === 'hide',
    chart: params.get('chart') ?? '',
  };
};

const paramsOf = (choice: Choice): URLSearchParams => {
  const params = new URLSearchParams();
  for (const name of SINGLES) if (choice[name] !== '') params.set(name, choice[name]);
  for (const name of LISTS) {
    const values = choice[name];
    for (const value of values ?? []) params.append(name, escapeName(value));
    if (name === 'group_by' && values?.length === 0) params.append(name, '');
  }
  return params;
};

/** The address's query, `` or `?…`, the same for the same choice. */
export const addressOf = (choice: Choice, view: View): string => {
  const params = paramsOf(choice);
  if (view.allColumns) params.set('columns', 'all');
  if (view.hideEmpty) params.set('empty', 'hide');
  if (view.chart !== '') params.set('chart', view.chart);
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
};

/** The request that answers a choice, with `extra` parameters over it. */
export const requestOf = (choice: Choice, extra: Readonly<Record<string, string>> = {}): string => {
  const params = paramsOf(choice);
  for (const [name, value] of Object.entries(extra)) params.set(name, value);
  const text = params.toString();
  return text === '' ? '/v1/intervals' : `/v1/intervals?${text}`;
};

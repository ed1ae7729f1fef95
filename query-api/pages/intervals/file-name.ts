/** What a download is called: each kind by a name of its own, so that none is taken for another. Pure. */
import { addDays, type Span } from './days.ts';

export interface Kind {
  readonly extension: 'csv' | 'parquet';
  /** Empty for the table as it is shown. */
  readonly layout: 'wfm' | '';
}

/** `interval` as the address has it, where nothing means quarter hours. */
export const fileName = (interval: string, { from, to }: Span, { extension, layout }: Kind): string => {
  const parts = ['intervals', layout, interval === '' ? '15m' : interval, from, addDays(to, -1)];
  return `${parts.filter((part) => part !== '').join('-')}.${extension}`;
};

/** Asks /v1/sql. */
import type { Answer, Api } from '../shared/api.ts';
import type { Download } from '../shared/download.ts';
import type { Written } from './address.ts';
import { boundValues } from './placeholders.ts';
import type { Result } from './result.ts';

const post = ({ query, params }: Written, format: string): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ query, params: boundValues(query, params), format }),
});

/** The signal's abort closes the connection, at which the server ends the query. */
export const runQuery = (api: Api, written: Written, signal: AbortSignal): Promise<Answer<Result>> =>
  api.json<Result>('/v1/sql', { ...post(written, 'JSONCompact'), signal });

export type DownloadFormat = 'CSV' | 'Parquet';

/** The whole result as a file, asked for anew. */
export const downloadOf = (written: Written, format: DownloadFormat): Download => ({
  path: '/v1/sql',
  init: post(written, format),
  fileName: `query.${format.toLowerCase()}`,
});

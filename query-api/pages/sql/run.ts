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

/** What a page can hold of a result; the downloads have no such limit. */
export const MAX_RESULT_BYTES = 64 * 1024 * 1024;

export type RunAnswer = Answer<Result> | { readonly status: 'too_large'; readonly message: string };

const TOO_LARGE = {
  status: 'too_large',
  message: `The result is larger than ${MAX_RESULT_BYTES / 1024 / 1024} MB, too much for a page: add a LIMIT, aggregate, or download it.`,
} as const;
/** The server breaks the connection off when a query fails after its first bytes. */
const BROKEN_OFF = {
  status: 'unreachable',
  message:
    'The answer broke off: the query failed or reached a limit on its way. Narrow it and run it again.',
} as const;

const readResult = async (response: Response): Promise<RunAnswer> => {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body?.values() ?? []) {
      bytes += chunk.byteLength;
      if (bytes > MAX_RESULT_BYTES) return TOO_LARGE;
      chunks.push(chunk);
    }
  } catch {
    return BROKEN_OFF;
  }
  return { status: 'ok', value: JSON.parse(await new Blob(chunks).text()) as Result };
};

/** The signal's abort closes the connection, at which the server ends the query. */
export const runQuery = async (api: Api, written: Written, signal: AbortSignal): Promise<RunAnswer> => {
  const answer = await api.request('/v1/sql', { ...post(written, 'JSONCompact'), signal });
  return answer.status === 'ok' ? await readResult(answer.value) : answer;
};

export type DownloadFormat = 'CSV' | 'Parquet';

/** The whole result as a file, asked for anew. */
export const downloadOf = (written: Written, format: DownloadFormat): Download => ({
  path: '/v1/sql',
  init: post(written, format),
  fileName: `query.${format.toLowerCase()}`,
});

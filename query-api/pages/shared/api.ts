/** How a page asks the API: with the token it was opened with, and every answer as a value. */
import type { Problem } from '../../problems.ts';

/** Also read by /docs, so that one address opens every page. */
const TOKEN_KEY = 'busyhour-token';

/** Keeps a token for this browser tab, as one from the address would be. */
export const keepToken = (token: string): void => sessionStorage.setItem(TOKEN_KEY, token);

/**
 * The token of the address (`/#token=…`) or of this browser tab. It is moved out of sight at once, so that it is not
 * shown on a wall or kept in bookmarks. Null where none was given.
 */
export const takeToken = (): string | null => {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given !== null) {
    keepToken(given);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return given ?? sessionStorage.getItem(TOKEN_KEY);
};

export type Answer<Value> =
  | { readonly status: 'ok'; readonly value: Value }
  /** 401: no token, or one that is no longer valid. 403: a valid one that may not do this. */
  | { readonly status: 'unauthorized' | 'forbidden'; readonly message: string }
  | { readonly status: 'failed'; readonly message: string; readonly problem: Problem | null }
  /** The server cannot be reached. */
  | { readonly status: 'unreachable'; readonly message: string };

export interface Api {
  readonly token: string | null;
  /** The response's JSON, which the caller names the shape of. */
  readonly json: <Value>(path: string, init?: RequestInit) => Promise<Answer<Value>>;
  /** The response itself, for downloads and texts. */
  readonly request: (path: string, init?: RequestInit) => Promise<Answer<Response>>;
}

const problemOf = async (response: Response): Promise<Problem | null> => {
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json') === true;
  return isProblem ? ((await response.json()) as Problem) : null;
};

const refusal = async (response: Response): Promise<Exclude<Answer<never>, { status: 'ok' }>> => {
  const problem = await problemOf(response);
  const message = problem?.detail ?? problem?.title ?? `the server answered ${response.status}`;
  if (response.status === 401) return { status: 'unauthorized', message };
  if (response.status === 403) return { status: 'forbidden', message };
  return { status: 'failed', message, problem };
};

const unreachable = (error: unknown): Answer<never> => ({
  status: 'unreachable',
  message: error instanceof Error ? error.message : String(error),
});

export const createApi = (token: string | null): Api => {
  const request: Api['request'] = async (path, init = {}) => {
    const headers = new Headers(init.headers);
    if (token !== null) headers.set('authorization', `Bearer ${token}`);
    try {
      const response = await fetch(path, { ...init, headers });
      return response.ok ? { status: 'ok', value: response } : await refusal(response);
    } catch (error) {
      return unreachable(error);
    }
  };
  return {
    token,
    request,
    json: async (path, init) => {
      const answer = await request(path, init);
      if (answer.status !== 'ok') return answer;
      try {
        return { status: 'ok', value: await answer.value.json() };
      } catch (error) {
        // It was given up, or the connection broke, after the first bytes.
        return unreachable(error);
      }
    },
  };
};

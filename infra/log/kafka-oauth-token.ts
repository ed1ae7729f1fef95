/** Bearer tokens for OAUTHBEARER by OAuth's client credentials grant (RFC 6749, 4.4), kept until shortly before they run out. */
import { LogError } from './log-error.ts';

export interface OauthClient {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string;
}

const REQUEST_LIMIT_MS = 10_000;
/** A token this close to its end is not used any more. */
const RENEW_BEFORE_MS = 60_000;
/** RFC 6749 leaves out how long a token lives where the server does not say. */
const UNSTATED_LIFE_MS = 300_000;

interface Token {
  readonly value: string;
  readonly usableUntilMs: number;
}

/** Answers with a token that is good for a minute or more. Rejects with LogError LOG_DENIED or LOG_UNREACHABLE. */
export const openTokenSource = (client: OauthClient, nowMs: () => number = Date.now) => {
  let token: Token | null = null;
  return async (): Promise<string> => {
    if (token === null || nowMs() >= token.usableUntilMs) token = await fetchToken(client, nowMs());
    return token.value;
  };
};

const fetchToken = async (client: OauthClient, askedAtMs: number): Promise<Token> => {
  const response = await request(client);
  if (!response.ok) {
    throw new LogError('LOG_DENIED', `log: ${client.tokenUrl} gave no token: HTTP ${response.status}`);
  }
  const { access_token: value, expires_in: lifeSeconds } = (await response.json()) as {
    access_token?: unknown;
    expires_in?: unknown;
  };
  if (typeof value !== 'string') {
    throw new LogError('LOG_DENIED', `log: ${client.tokenUrl} gave no token: its answer has no access_token`);
  }
  const lifeMs = typeof lifeSeconds === 'number' ? lifeSeconds * 1_000 : UNSTATED_LIFE_MS;
  return { value, usableUntilMs: askedAtMs + lifeMs - RENEW_BEFORE_MS };
};

const request = async ({ tokenUrl, clientId, clientSecret, scope }: OauthClient): Promise<Response> => {
  try {
    return await fetch(tokenUrl, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')}`,
      },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope ? { scope } : {}) }),
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
    });
  } catch (error) {
    throw new LogError('LOG_UNREACHABLE', `log: ${tokenUrl} cannot be asked for a token`, error);
  }
};

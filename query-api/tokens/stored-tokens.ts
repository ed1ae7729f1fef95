/** Tokens as ClickHouse keeps them, in `acd.api_tokens_rows`: every process that serves reads the same ones. */
import type { Store } from '../../infra/clickhouse/store.ts';
import type { ApiTokenRow } from '../../schemas/access-rows.ts';
import { ROLES, type Role, type Token } from '../auth.ts';

export const STORED_TOKEN_LIMITS = {
  /** Tokens a process keeps in memory. */
  tokens: 10_000,
  /** How long an expired token is still known, so that its holder is told why it is refused. */
  rememberedMs: 7 * 24 * 3_600_000,
} as const;

/** Times as epoch ms: DateTime64 would come as text. */
const COLUMNS = `tenant, id, name, sha256, role, queues, version,
  toUnixTimestamp64Milli(created_at) AS created_ms, toUnixTimestamp64Milli(expires_at) AS expires_ms,
  toUnixTimestamp64Milli(revoked_at) AS revoked_ms`;

type Selected = Omit<ApiTokenRow, 'created_at' | 'expires_at' | 'revoked_at'> & {
  readonly created_ms: number;
  readonly expires_ms: number;
  readonly revoked_ms: number | null;
};
const rowOf = ({ created_ms, expires_ms, revoked_ms, ...rest }: Selected): ApiTokenRow => ({
  ...rest,
  created_at: created_ms,
  expires_at: expires_ms,
  revoked_at: revoked_ms,
});

const select = async (
  store: Pick<Store, 'query'>,
  where: string,
  params: Readonly<Record<string, string | number>>,
): Promise<ApiTokenRow[]> => {
  const rows = await store.query<Selected>(
    `SELECT ${COLUMNS} FROM acd.api_tokens_rows FINAL WHERE ${where}
    ORDER BY revoked_at IS NULL DESC, expires_at DESC, id LIMIT {limit:UInt32}`,
    { ...params, limit: STORED_TOKEN_LIMITS.tokens },
  );
  return rows.map(rowOf);
};

/** Tokens that are valid or were until lately, the valid ones first. Throws `StoreError`. */
export const readTokens = (store: Pick<Store, 'query'>, nowMs: number): Promise<ApiTokenRow[]> =>
  select(store, 'expires_at > fromUnixTimestamp64Milli({since:Int64})', {
    since: nowMs - STORED_TOKEN_LIMITS.rememberedMs,
  });

/** All tokens there ever were, up to the limit, the valid ones first. Throws `StoreError`. */
export const listTokens = (store: Pick<Store, 'query'>): Promise<ApiTokenRow[]> => select(store, '1', {});

/** The token of an id, or null. Throws `StoreError`. */
export const findStoredToken = async (store: Pick<Store, 'query'>, id: string): Promise<ApiTokenRow | null> =>
  (await select(store, 'id = {id:String}', { id }))[0] ?? null;

const isRole = (text: string): text is Role => (ROLES as readonly string[]).includes(text);
const isNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string');

/** What `queues` of a row says; null when it is no such text. */
const parseQueues = (text: string): readonly string[] | '*' | null => {
  try {
    const value: unknown = JSON.parse(text);
    return value === '*' || isNames(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};

/** The token of a row; null when the row is of another version of Busyhour, whose words this one does not know. */
export const tokenOf = (row: ApiTokenRow): Token | null => {
  const { id, tenant, sha256, role, expires_at, revoked_at } = row;
  const queues = parseQueues(row.queues);
  if (!isRole(role) || queues === null) return null;
  return { id, tenant, sha256, role, queues, expiresAt: expires_at, revoked: revoked_at !== null };
};

/** `busyhour token`: makes, lists and revokes tokens. Processes that serve notice within seconds. */
import type { AuditAction } from '../../query-api/audit.ts';
import { ROLES, type Role } from '../../query-api/auth.ts';
import { splitNames } from '../../query-api/name-lists.ts';
import { newToken, revoked } from '../../query-api/tokens/secrets.ts';
import { findStoredToken, listTokens, STORED_TOKEN_LIMITS } from '../../query-api/tokens/stored-tokens.ts';
import type { ApiTokenRow } from '../../schemas/access-rows.ts';
import { parseDuration } from '../../schemas/durations.ts';
import { DONE, failed, type Outcome, usage } from '../cli/outcome.ts';
import type { TokenCommands, TokenCreateFlags } from '../cli/token-commands.ts';
import type { Store } from '../clickhouse/store.ts';
import type { Config } from '../config.ts';
import { nowMs } from './about.ts';
import { noteDown } from './note-down.ts';
import { withFoundation } from './running.ts';

const SHORTEST_MS = 60_000;
const MAX_NAME_LENGTH = 200;

const onStore = (config: Config, work: (store: Store) => Promise<Outcome>): Promise<Outcome> =>
  withFoundation({ ...config, clickhouseHttpPort: 0 }, 'command', ({ store }) => work(store));

const audit = (store: Store, action: AuditAction, { tenant, id, role }: ApiTokenRow): Promise<void> =>
  noteDown(store, { tenant, action, detail: `token ${id}, ${role}`, outcome: 'done' });

const isRole = (text: string): text is Role => (ROLES as readonly string[]).includes(text);

interface Asked {
  readonly role: Role;
  readonly tenant: string;
  readonly name: string;
  readonly queues: readonly string[] | '*';
  readonly validMs: number;
}
/** What is asked for, or in one line what is wrong with it. */
const readFlags = ({ role, tenant, name, queues, expires }: TokenCreateFlags): Asked | string => {
  if (!isRole(role)) return `--role: "${role}" must be one of ${ROLES.join(', ')}`;
  if (tenant === '' || tenant.length > MAX_NAME_LENGTH)
    return '--tenant: a name of up to 200 characters is needed';
  if (name.length > MAX_NAME_LENGTH) return '--name: up to 200 characters';
  const names = queues === undefined ? '*' : splitNames([queues]);
  // An empty list would be a token that sees nothing; it is more likely a variable that was not set.
  if (names.length === 0) return '--queues: name at least one queue, or leave it out for all';
  // A bare number would be seconds.
  const validMs = /[a-z]$/.test(expires) ? parseDuration(expires) : null;
  if (validMs === null || validMs < SHORTEST_MS) {
    return `--expires: "${expires}" must be from 1m to a year, such as 12h or 90d`;
  }
  return { role, tenant, name, queues: names, validMs };
};

const isValid = ({ revoked_at, expires_at }: ApiTokenRow): boolean =>
  revoked_at === null && expires_at > nowMs();
const standingOf = (row: ApiTokenRow): 'valid' | 'revoked' | 'expired' => {
  if (isValid(row)) return 'valid';
  return row.revoked_at === null ? 'expired' : 'revoked';
};
const iso = (atMs: number): string => new Date(atMs).toISOString();
const shown = (row: ApiTokenRow) => ({
  id: row.id,
  standing: standingOf(row),
  tenant: row.tenant,
  role: row.role,
  queues: JSON.parse(row.queues) as readonly string[] | '*',
  expires: iso(row.expires_at),
  created: iso(row.created_at),
  name: row.name,
});
const lineOf = (row: ApiTokenRow): string => {
  const { id, standing, tenant, role, queues, expires, name } = shown(row);
  const scope = queues === '*' ? 'all queues' : `queues ${queues.join(', ')}`;
  return `${id}  ${standing}  ${role} of ${tenant}, ${scope}, until ${expires}${name === '' ? '' : `  ${name}`}`;
};

const create: TokenCommands['create'] = async (config, flags) => {
  const asked = readFlags(flags);
  if (typeof asked === 'string') return usage(asked);
  return onStore(config, async (store) => {
    const valid = (await listTokens(store)).filter(isValid).length;
    if (valid >= STORED_TOKEN_LIMITS.tokens) {
      return failed(`there are ${valid} valid tokens, as many as can be: revoke some first`);
    }
    const { validMs, ...rest } = asked;
    const createdAt = nowMs();
    const { row, secret } = newToken({ ...rest, createdAt, expiresAt: createdAt + validMs });
    await store.insert('api_tokens_rows', [row]);
    await audit(store, 'token_created', row);
    if (flags.json === true) process.stdout.write(`${JSON.stringify({ ...shown(row), token: secret })}\n`);
    else {
      // Only the secret goes to standard output, so that a script can take it.
      process.stderr.write(`${lineOf(row)}\nThe token, shown this once:\n`);
      process.stdout.write(`${secret}\n`);
    }
    return DONE;
  });
};

const list: TokenCommands['list'] = (config, { tenant, json }) =>
  onStore(config, async (store) => {
    const rows = (await listTokens(store)).filter((row) => tenant === undefined || row.tenant === tenant);
    for (const row of rows)
      process.stdout.write(`${json === true ? JSON.stringify(shown(row)) : lineOf(row)}\n`);
    return DONE;
  });

const revoke: TokenCommands['revoke'] = (config, id) =>
  onStore(config, async (store) => {
    const row = await findStoredToken(store, id);
    if (row === null) return failed(`there is no token ${id}: "token list" shows them`);
    if (row.revoked_at === null) {
      await store.insert('api_tokens_rows', [revoked(row, nowMs())]);
      await audit(store, 'token_revoked', row);
    }
    process.stdout.write(`token ${id} is revoked; its open sockets end within seconds\n`);
    return DONE;
  });

export const token: TokenCommands = { create, list, revoke };

/** `busyhour token` beside a running node, which notices without a restart. */
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { busyhour, type DataDir, makeDataDir, type RunningNode, startNode } from '../../support/cli.ts';

/** What the documentation says of how soon a change is noticed, and some for a machine under load. */
const NOTICED = { timeout: 15_000, interval: 100 };

let data: DataDir;
let node: RunningNode;
beforeAll(async () => {
  data = makeDataDir();
  node = await startNode(data.path, ['--no-demo']);
}, 60_000);
afterAll(async () => {
  await node?.stop();
  data.remove();
});

const statusOf = async (secret: string, path = '/v1/about'): Promise<number> =>
  (await fetch(`${node.url}${path}`, { headers: { authorization: `Bearer ${secret}` } })).status;
const untilStatus = (secret: string, status: number): Promise<void> =>
  vi.waitFor(async () => expect(await statusOf(secret)).toBe(status), NOTICED);

describe('a token from the command line', () => {
  it('is taken by the node within seconds, listed without its secret, and ends with its socket when revoked', async () => {
    const args = ['--role', 'wallboard', '--queues', 'sales, support', '--expires', '12h', '--name', 'lobby'];
    const created = await busyhour(data.path, ['token', 'create', ...args]);
    expect(created, created.stderr).toMatchObject({ code: 0 });
    const secret = created.stdout.trim();
    expect(secret).toMatch(/^bht_[\w-]{43}$/);
    expect(created.stderr).not.toContain(secret);

    await untilStatus(secret, 200);
    expect(await statusOf(secret, '/v1/audit')).toBe(403);
    const socket = new WebSocket(`${node.url.replace('http', 'ws')}/v1/live`, ['busyhour.v1', secret]);
    await once(socket, 'open');
    const closed = once(socket, 'close') as Promise<[number, Buffer]>;

    const listed = await busyhour(data.path, ['token', 'list', '--json']);
    const token = JSON.parse(listed.stdout) as { id: string };
    expect(token).toMatchObject({ standing: 'valid', role: 'wallboard', tenant: 'default', name: 'lobby' });
    expect(token).toMatchObject({ queues: ['sales', 'support'] });
    expect(listed.stdout).not.toContain(secret.slice(4));

    expect(await busyhour(data.path, ['token', 'revoke', token.id])).toMatchObject({ code: 0 });
    const [code, reason] = await closed;
    expect([code, reason.toString()]).toEqual([4401, 'token revoked']);
    expect(await statusOf(secret)).toBe(401);
    const again = await busyhour(data.path, ['token', 'list']);
    expect(again.stdout).toContain(`${token.id}  revoked  wallboard of default`);

    const response = await node.get('/v1/audit');
    const { entries } = (await response.json()) as { entries: { action: string; detail: string }[] };
    const changes = entries.filter(({ action }) => action.startsWith('token_'));
    expect(changes.map(({ action }) => action)).toEqual(['token_revoked', 'token_created']);
    for (const { detail } of changes) expect(detail).toBe(`token ${token.id}, wallboard`);
  }, 90_000);

  it('that is not there cannot be revoked', async () => {
    const { code, stderr } = await busyhour(data.path, ['token', 'revoke', 'nobody']);
    expect(code).toBe(1);
    expect(stderr).toBe('busyhour: there is no token nobody: "token list" shows them\n');
  });
});

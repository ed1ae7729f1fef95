import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { busyhour, type DataDir, makeDataDir, type RunningNode, startNode } from '../../support/cli.ts';

const QUEUE_LOG = join(import.meta.dirname, '../../fixtures/asterisk22/queue_log');
const LEGS = 'SELECT tenant, count() > 0 AS any FROM contact_legs GROUP BY tenant';

let data: DataDir;
let node: RunningNode;
beforeAll(async () => {
  data = makeDataDir();
  node = await startNode(data.path, ['--no-demo']);
  await importFor('default');
});
afterAll(async () => {
  await node?.stop();
  data.remove();
});

const importFor = async (tenant: string): Promise<void> => {
  const args = ['import', 'asterisk-queue-log', QUEUE_LOG, '--source', 'lab', '--tenant', tenant];
  expect(await busyhour(data.path, args)).toMatchObject({ code: 0 });
};
const sql = (...args: string[]) => busyhour(data.path, ['sql', ...args, '--format', 'CSV']);

describe('busyhour sql beside a node', { timeout: 120_000 }, () => {
  it('reads the default tenant and binds parameters', async () => {
    expect(await sql(LEGS)).toMatchObject({ code: 0, stdout: '"default",1\n' });
    const query = 'SELECT {q:String} AS q, {n:UInt8} + 1 AS n';
    expect(await sql(query, '--param', "q=it's = x", '--param', 'n=2')).toMatchObject({
      code: 0,
      stdout: '"it\'s = x",3\n',
    });
  });

  it.each([
    ['no query', []],
    ['a parameter without a value', ['SELECT 1', '--param', 'q']],
    ['a format within the query', ['SELECT 1 FORMAT TSV']],
  ])('takes %s for wrong usage', async (_, args) => {
    expect(await sql(...args)).toMatchObject({ code: 2, stdout: '' });
  });

  it('is noted in the audit log, and so is an export, which takes a number but leaves none there', async () => {
    const number = '27825550001';
    const args = ['--from', '2026-11-24', '--to', '2026-11-25', '--caller', number, '--format', 'ndjson'];
    const exported = await busyhour(data.path, ['export', 'contacts', ...args, '--out', '-']);
    expect(exported.code, exported.stderr).toBe(0);
    const found = exported.stdout.trimEnd().split('\n');
    const callers = new Set(found.map((line) => (JSON.parse(line) as { caller: string }).caller));
    expect(callers).toEqual(new Set([expect.stringMatching(/^[0-9a-f]{32}$/)]));
    expect(await sql('SELECT no_such_column FROM contact_legs')).toMatchObject({ code: 1 });
    expect(await sql('SELECT 42')).toMatchObject({ code: 0 });

    const noted = await (await node.get('/v1/audit?principal=command%20line&from=2026-01-01')).text();
    expect(noted).not.toContain(number);
    const { entries } = JSON.parse(noted) as {
      entries: { action: string; detail: string; outcome: string }[];
    };
    expect(entries.map(({ action, detail, outcome }) => [action, outcome, detail])).toEqual(
      expect.arrayContaining([
        ['sql', 'done', 'SELECT 42'],
        ['sql', 'failed', 'SELECT no_such_column FROM contact_legs'],
        [
          'export',
          'done',
          'export contacts format=ndjson from=2026-11-24 to=2026-11-25 caller=(not kept) out=-',
        ],
      ]),
    );
  });

  it('a new tenant has SQL with its first query over the API, without a restart of the node', async () => {
    await importFor('acme');
    const early = await sql(LEGS, '--tenant', 'acme');
    expect([early.code, early.stderr]).toEqual([
      1,
      expect.stringContaining('no database user in the running node yet'),
    ]);
    const create = ['token', 'create', '--role', 'analyst', '--tenant', 'acme'];
    const token = (await busyhour(data.path, create)).stdout.trim();
    const ask = (): Promise<Response> =>
      fetch(`${node.url}/v1/sql`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ query: LEGS }),
      });
    // The node notices a new token within seconds.
    const answer = await vi.waitFor(
      async () => {
        const response = await ask();
        expect(response.status).not.toBe(401);
        return response.json();
      },
      { timeout: 30_000, interval: 100 },
    );
    expect(answer).toMatchObject({ data: [{ tenant: 'acme', any: 1 }] });
    expect(await sql(LEGS, '--tenant', 'acme')).toMatchObject({ code: 0, stdout: '"acme",1\n' });
    // The node has come through its ClickHouse's restart: what is imported now still lands.
    await importFor('third');
  });

  it('--credentials let a BI tool in, as the tenant', async () => {
    const { stdout } = await busyhour(data.path, ['sql', '--credentials', '--tenant', 'acme']);
    const shown = new Map(stdout.split('\n').map((line) => line.split(/\s+/) as [string, string]));
    expect(shown.get('user')).toBe('tenant_acme');
    const response = await fetch(`${shown.get('url')}/?database=${shown.get('database')}`, {
      method: 'POST',
      headers: {
        'X-ClickHouse-User': shown.get('user') ?? '',
        'X-ClickHouse-Key': shown.get('password') ?? '',
      },
      body: LEGS,
    });
    expect(await response.text()).toBe('acme\t1\n');
  });
});

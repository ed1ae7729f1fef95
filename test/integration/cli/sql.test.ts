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
  ])('takes %s for wrong usage', async (_, args) => {
    expect(await sql(...args)).toMatchObject({ code: 2, stdout: '' });
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

/** A real Prometheus scrapes a real node, and is asked what the dashboards and the alarms ask. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type DataDir, makeDataDir, type RunningNode, startNode } from '../../support/cli.ts';
import { freePort } from '../../support/own-clickhouse.ts';
import { dashboardOf, PROMETHEUS_DIR, prometheusAlerts } from './observability-files.ts';

const START_LIMIT_MS = 60_000;
/** Several scrapes, a second apart. */
const RATE_INTERVAL = '10s';

const hasPrometheus = (): boolean => {
  try {
    execFileSync('prometheus', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    const notRun = 'Queries of dashboards and alarms: NOT RUN, no prometheus here: install the package';
    if (process.env.CI) throw new Error(notRun);
    process.stderr.write(`${notRun}\n`);
    return false;
  }
};

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value: [number, string];
    }[];
  };
}
interface Rules {
  readonly data: {
    readonly groups: readonly {
      readonly rules: readonly { readonly name: string; readonly health: string }[];
    }[];
  };
}

/** The shipped configuration, for one node and in seconds. Gives what ends it. */
const runPrometheus = (dir: string, port: number, node: string): (() => Promise<void>) => {
  const config = readFileSync(join(PROMETHEUS_DIR, 'prometheus.yml'), 'utf8')
    .replaceAll('15s', '1s')
    .replace(/targets: \[.*\]/, `targets: ["${new URL(node).host}"]`);
  writeFileSync(join(dir, 'prometheus.yml'), config);
  cpSync(join(PROMETHEUS_DIR, 'alerts.yml'), join(dir, 'alerts.yml'));
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(dir, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(dir, 'tsdb')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  return async () => {
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
};

describe.skipIf(!hasPrometheus())('asked of a running Prometheus', () => {
  let dataDir: DataDir;
  let node: RunningNode;
  let dir: string;
  let url: string;
  let stop: (() => Promise<void>) | undefined;
  let told = '';

  const ask = async (expr: string): Promise<Answer> => {
    const query = encodeURIComponent(expr.replaceAll('$__rate_interval', RATE_INTERVAL));
    return (await fetch(`${url}/api/v1/query?query=${query}`)).json() as Promise<Answer>;
  };

  beforeAll(async () => {
    dataDir = makeDataDir();
    dir = mkdtempSync(join(tmpdir(), 'busyhour-prometheus-'));
    node = await startNode(dataDir.path, ['--demo']);
    await node.get('/v1/queues');
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    stop = runPrometheus(dir, port, node.url);
    await vi.waitFor(
      async () => {
        const { data } = await ask(`rate(acd_events_landed_total[${RATE_INTERVAL}]) > 0`);
        expect(data.result).toHaveLength(1);
      },
      { timeout: START_LIMIT_MS, interval: 200 },
    );
    told = await (await fetch(`${node.url}/metrics`)).text();
  }, START_LIMIT_MS);
  afterAll(async () => {
    await stop?.();
    await node?.stop();
    dataDir?.remove();
    rmSync(dir, { recursive: true, force: true });
  });

  /** Whether a node that has only begun has a value of each metric: of what has never gone wrong there is none. */
  const hasValues = (expr: string): boolean =>
    [...expr.matchAll(/\b(acd|process)_\w+/g)].every(([name]) => new RegExp(`^${name}[ {]`, 'm').test(told));

  test('each panel has figures, by the labels of its legend', async () => {
    for (const { title, targets } of dashboardOf('busyhour-operations').panels) {
      for (const { expr = '', legendFormat = '' } of targets) {
        const { status, error, data } = await ask(expr);
        expect([title, status, error]).toEqual([title, 'success', undefined]);
        expect(data.result.length > 0, title).toBe(hasValues(expr));
        const labels = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
        for (const { metric } of data.result) expect(Object.keys(metric), title).toEqual(labels);
      }
    }
  });

  test('each alarm can be decided, and none is raised while all is well', async () => {
    const { data } = (await (await fetch(`${url}/api/v1/rules`)).json()) as Rules;
    const rules = data.groups.flatMap((group) => group.rules);
    expect(rules.map(({ name }) => name)).toEqual(prometheusAlerts().map(({ alert }) => alert));
    for (const { name, health } of rules) expect(health, name).toBe('ok');
    const { data: raised } = await ask('ALERTS{alertstate="firing"}');
    expect(raised.result).toEqual([]);
  });

  test('every event is in one count, also what is on its way', async () => {
    const panel = dashboardOf('busyhour-operations').panels.find(({ title }) => title === 'In flight');
    const values = await Promise.all(
      (panel?.targets ?? []).map(async ({ expr = '' }) => Number((await ask(expr)).data.result[0]?.value[1])),
    );
    expect(values).toEqual([expect.toSatisfy((events: number) => events >= 0), 0]);
  });
});

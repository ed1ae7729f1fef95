/** What Prometheus and Grafana ask of Busyhour's metrics is there, and is PromQL. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTelemetry, measureProcess } from '../../../infra/telemetry.ts';
import { noStore } from '../query-api/live-client.ts';
import { startTestServer, type TestServer } from '../query-api/test-server.ts';
import { dashboardOf, PROMETHEUS_DIR, prometheusAlerts } from './observability-files.ts';

const panelExpressions = dashboardOf('busyhour-operations').panels.flatMap(({ title, targets }) =>
  targets.map(({ expr = '' }) => [title, expr] as const),
);
const alertExpressions = prometheusAlerts().map(({ alert, expr }) => [alert, expr] as const);

/** promtool, or null and a plain word about what is not run; with CI set it has to be there. */
const findPromtool = (): string | null => {
  try {
    execFileSync('promtool', ['--version'], { stdio: 'ignore' });
    return 'promtool';
  } catch {
    const notRun = 'PromQL by promtool: NOT RUN, it is not here: install the package prometheus';
    if (process.env.CI) throw new Error(notRun);
    process.stderr.write(`${notRun}\n`);
    return null;
  }
};
const promtool = findPromtool();

describe('what is asked of metrics', () => {
  let server: TestServer;
  let known: readonly string[];

  beforeAll(async () => {
    server = await startTestServer(noStore, {});
    const { registry } = createTelemetry(Date.now);
    measureProcess(registry, tmpdir());
    const families = [...(await server.registry.getMetricsAsJSON()), ...(await registry.getMetricsAsJSON())];
    known = families.map(({ name }) => name);
  });
  afterAll(() => server?.close());

  test.each([...panelExpressions, ...alertExpressions])(
    '%s asks for metrics that there are',
    (_title, expr) => {
      const metrics = [...expr.matchAll(/\b(?:acd|process)_\w+/g)].map(([name]) =>
        name.replace(/_(bucket|count)$/, ''),
      );
      expect(known).toEqual(expect.arrayContaining(metrics));
      expect(metrics.length > 0 || expr.startsWith('up{')).toBe(true);
    },
  );
});

test('every alarm leads to a section of the operations page', () => {
  const page = readFileSync(join(PROMETHEUS_DIR, '../../docs/operations.md'), 'utf8');
  const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  );
  for (const { annotations } of prometheusAlerts()) {
    expect(anchors).toContain(annotations.runbook_url.split('operations.md#')[1]);
  }
});

describe.skipIf(promtool === null)('promtool', () => {
  const run = (...args: readonly string[]): string =>
    execFileSync(promtool ?? '', args, { cwd: PROMETHEUS_DIR, encoding: 'utf8' });

  test('finds the configuration and the rules right', () => {
    expect(run('check', 'config', 'prometheus.yml')).toContain(`${alertExpressions.length} rules found`);
  });

  test('raises each alarm by its fault, and none while all is well', () => {
    expect(run('test', 'rules', 'alerts.test.yml')).toContain('SUCCESS');
    const tried = readFileSync(join(PROMETHEUS_DIR, 'alerts.test.yml'), 'utf8');
    for (const [alert] of alertExpressions) {
      expect(tried).toContain(`alertname: ${alert}, exp_alerts: []`);
      expect(tried).toContain(`alertname: ${alert}\n`);
    }
  });

  test('reads the expressions of the dashboard', () => {
    const dir = mkdtempSync(join(tmpdir(), 'busyhour-promql-'));
    const rules = panelExpressions.map(([, expr], index) => ({
      record: `panel:${index}`,
      expr: expr.replaceAll('$__rate_interval', '5m'),
    }));
    const file = join(dir, 'rules.yml');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
    expect(run('check', 'rules', file)).toContain(`${rules.length} rules found`);
    rmSync(dir, { recursive: true });
  });
});

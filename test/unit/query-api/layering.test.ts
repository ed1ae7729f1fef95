/** Which ways dependencies may point (architecture.md). */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
const FOLDER = join(ROOT, 'query-api');
/** The ports; adapters are the composition root's business. */
const PORTS = ['infra/log/event-log.ts', 'infra/clickhouse/store.ts', 'infra/clickhouse/sql-access.ts'];

const sources = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);
const importsOf = (file: string): string[] => {
  const text = readFileSync(join(FOLDER, file), 'utf8');
  return [...text.matchAll(/from '(\.[^']+)'/g)].map(([, path]) =>
    relative(ROOT, resolve(dirname(join(FOLDER, file)), path ?? '')),
  );
};

test('the query API imports schemas, ports and itself, and nothing else of Busyhour', () => {
  const allowed = (path: string): boolean =>
    path.startsWith('query-api/') || path.startsWith('schemas/') || PORTS.includes(path);
  const wrong = sources.flatMap((file) =>
    importsOf(file)
      .filter((path) => !allowed(path))
      .map((path) => `${file} → ${path}`),
  );
  expect(sources.length).toBeGreaterThan(20);
  expect(wrong).toEqual([]);
});

test('figures, staffing, forecasts and live states know no server, socket, file or clock', () => {
  const pure = sources.filter((file) => /^(metrics|staffing|forecast)\/|^live\/live-state/.test(file));
  const impure = pure.filter((file) => {
    if (file === 'metrics/render-docs.ts') return false;
    return /from '(fastify|ws|node:)|Date\.now|new Date\(\)|process\.env/.test(
      readFileSync(join(FOLDER, file), 'utf8'),
    );
  });
  expect(impure).toEqual([]);
});

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
/** What the query API sees of the infrastructure; adapters are the composition root's business. */
const PORTS = [
  'infra/access.ts',
  'infra/clickhouse/sql-access.ts',
  'infra/clickhouse/store.ts',
  'infra/log/event-log.ts',
];
const IMPORT = /(?:from|import)\s*\(?\s*'([^']+)'/g;

const sources = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name));

interface Import {
  readonly file: string;
  /** A path in this repository, or a package's name. */
  readonly to: string;
}
const importsOf = (file: string): Import[] =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(IMPORT)].map(([, specifier = '']) => ({
    file,
    to: specifier.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(file), specifier)) : specifier,
  }));

/** Which imports of a folder are not among those it may have. */
const strangers = (folder: string, allowed: readonly string[]): string[] =>
  sources(folder)
    .flatMap(importsOf)
    .filter(({ to }) => !allowed.some((start) => to.startsWith(start)))
    .map(({ file, to }) => `${file} → ${to}`);

const inRepository = (to: string): boolean =>
  ['ingest/', 'processors/', 'query-api/', 'infra/', 'schemas/', 'test/', 'main.ts'].some((start) =>
    to.startsWith(start),
  );
const outsiders = (folder: string, allowed: readonly string[]): string[] =>
  sources(folder)
    .flatMap(importsOf)
    .filter(({ to }) => inRepository(to) && !allowed.some((start) => to.startsWith(start)))
    .map(({ file, to }) => `${file} → ${to}`);

describe('dependencies point inward', () => {
  it('processors/domain imports itself and schemas, no package, no I/O', () => {
    expect(strangers('processors/domain', ['processors/domain/', 'schemas/'])).toEqual([]);
  });

  it('processors/domain reads no clock and no chance', () => {
    const impure = /Date\.now\(|new Date\(\)|Math\.random\(|performance\.now\(|process\./;
    expect(
      sources('processors/domain').filter((file) => impure.test(readFileSync(join(ROOT, file), 'utf8'))),
    ).toEqual([]);
  });

  it.each([
    ['schemas', ['schemas/']],
    ['ingest', ['ingest/', 'infra/', 'schemas/']],
    ['processors', ['processors/', 'infra/', 'schemas/']],
    ['query-api', ['query-api/', 'schemas/', ...PORTS]],
    ['infra', ['infra/', 'schemas/']],
  ])('%s imports only %j of this repository', (folder, allowed) => {
    const commands = 'infra/commands/';
    expect(outsiders(folder, allowed).filter((found) => !found.startsWith(commands))).toEqual([]);
  });

  it('a port declares: it imports other ports and schemas, no adapter and no package', () => {
    const wrong = PORTS.flatMap(importsOf).filter(
      ({ to }) => !to.startsWith('schemas/') && !PORTS.includes(to),
    );
    expect(wrong).toEqual([]);
  });

  it('figures, staffing, forecasts and live states know no server, socket, file or clock', () => {
    const impure = /from '(fastify|ws|node:)|Date\.now|new Date\(\)|process\.env/;
    const files = ['metrics', 'staffing', 'forecast']
      .flatMap((folder) => sources(`query-api/${folder}`))
      // Run as a script, it writes the page.
      .filter((file) => file !== 'query-api/metrics/render-docs.ts')
      .concat('query-api/live/live-state.ts');
    expect(files.filter((file) => impure.test(readFileSync(join(ROOT, file), 'utf8')))).toEqual([]);
  });

  it('only main.ts imports infra/commands, which compose the parts', () => {
    const importers = ['schemas', 'ingest', 'processors', 'query-api', 'infra']
      .flatMap(sources)
      .filter((file) => !file.startsWith('infra/commands/'))
      .flatMap(importsOf)
      .filter(({ to }) => to.startsWith('infra/commands/'));
    expect(importers).toEqual([]);
  });

  it('no file of code is over 400 lines', () => {
    const long = ['schemas', 'ingest', 'processors', 'query-api', 'infra', 'test']
      .flatMap(sources)
      .concat('main.ts')
      .filter((file) => readFileSync(join(ROOT, file), 'utf8').split('\n').length > 401);
    expect(long).toEqual([]);
  });
});

/**
 * Builds the pages into `dist` when their sources are newer. `npm start`, `npx busyhour`, the tests and the image's
 * build stage run it; a server only reads what it left.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

const PAGES = import.meta.dirname;
const ROOT = resolve(PAGES, '../..');
const DIST = join(PAGES, 'dist');
/** What is built into the pages: they share types and formulas with the API. */
const SOURCES = [PAGES, resolve(PAGES, '../metrics'), join(ROOT, 'schemas'), join(ROOT, 'package-lock.json')];
const FINGERPRINT = '.sources';

const filesOf = (path: string): string[] =>
  statSync(path).isFile()
    ? [path]
    : readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name));

/** Names, sizes and times of the sources: whatever changes, is added or goes makes it another. */
const fingerprint = (): string => {
  const hash = createHash('sha256');
  const files = SOURCES.flatMap(filesOf).filter((file) => !relative(PAGES, file).startsWith('dist'));
  for (const file of files.sort()) {
    const { mtimeMs, size } = statSync(file);
    hash.update(`${relative(ROOT, file)} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
};

const builtFrom = (): string | null => {
  try {
    return readFileSync(join(DIST, FINGERPRINT), 'utf8');
  } catch {
    return null;
  }
};

/** Two may build at once; each builds aside and moves its result in whole, and the later one wins. */
const moveIn = (built: string): void => {
  const old = `${built}.old`;
  try {
    renameSync(DIST, old);
  } catch {
    // The first build, or the other one is between its two moves.
  }
  try {
    renameSync(built, DIST);
  } finally {
    rmSync(old, { recursive: true, force: true });
    rmSync(built, { recursive: true, force: true });
  }
};

/** Brings `dist` up to date. Throws vite's message when a source does not compile. */
export const buildPages = async (): Promise<void> => {
  const wanted = fingerprint();
  if (builtFrom() === wanted) return;
  // Only now: loading it takes longer than finding out that there is nothing to do.
  const { build } = await import('vite');
  const aside = join(PAGES, `dist.${process.pid}`);
  await build({
    configFile: join(PAGES, 'vite.config.ts'),
    configLoader: 'native',
    build: { outDir: aside, emptyOutDir: true },
  });
  writeFileSync(join(aside, FINGERPRINT), wanted);
  moveIn(aside);
};

if (import.meta.main) await buildPages();

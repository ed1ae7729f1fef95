import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

interface Entry {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

// npm leaves out platform packages that the registry it asked does not serve, and `npm ci` then refuses the lock.
it('the lock names every optional package, so that npm ci works from every registry (npm run lock)', () => {
  const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, Entry>>;
  };
  const missing = Object.entries(lock.packages).flatMap(([parent, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) =>
        lock.packages[`node_modules/${name}`] === undefined &&
        lock.packages[`${parent}/node_modules/${name}`] === undefined,
    ),
  );
  expect(missing).toEqual([]);
});

/** Loads the processors with one line changed: a copy in a temporary directory, beside links to what they import. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Runtime } from './nodes.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** A bug to plant: `find` must occur exactly once in the file. */
export interface Mutation {
  readonly name: string;
  /** Below processors/. */
  readonly file: string;
  readonly find: string;
  readonly put: string;
  /** It must be found within so many seeds. */
  readonly withinSeeds: number;
}
export interface Mutant {
  readonly runtime: Runtime;
  readonly remove: () => void;
}

const plant = (path: string, { name, find, put }: Mutation): void => {
  const text = readFileSync(path, 'utf8');
  const parts = text.split(find);
  if (parts.length !== 2)
    throw new Error(`${name}: the text to change occurs ${parts.length - 1} times in ${path}`);
  writeFileSync(path, parts.join(put));
};

export const loadMutant = async (mutation: Mutation): Promise<Mutant> => {
  const dir = mkdtempSync(join(tmpdir(), 'busyhour-mutant-'));
  cpSync(join(ROOT, 'processors'), join(dir, 'processors'), { recursive: true });
  for (const folder of ['infra', 'schemas']) symlinkSync(join(ROOT, folder), join(dir, folder));
  plant(join(dir, 'processors', mutation.file), mutation);
  const load = (file: string): Promise<unknown> =>
    import(/* @vite-ignore */ join(dir, 'processors/runtime', file));
  const { startWorker } = (await load('worker.ts')) as Pick<Runtime, 'startWorker'>;
  const { startDeadLetterLander } = (await load('dead-letter-lander.ts')) as Pick<
    Runtime,
    'startDeadLetterLander'
  >;
  return {
    runtime: { startWorker, startDeadLetterLander },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
};

/** A child process of a benchmark: orders go in and answers come out as lines of JSON. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

export interface BenchChild {
  /** What it says when it is ready. */
  readonly first: Promise<unknown>;
  readonly ask: <Answer>(order: string) => Promise<Answer>;
  readonly tell: (order: string) => void;
  readonly end: () => Promise<void>;
}

/** Runs a script of this folder with its order as JSON. */
export const startBenchChild = (script: string, order: unknown): BenchChild => {
  const file = resolve(import.meta.dirname, script);
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [
    ...process.execArgv,
    '--expose-gc',
    file,
    JSON.stringify(order),
  ]);
  child.stderr.pipe(process.stderr);
  const waiting: ((answer: unknown) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(JSON.parse(line)));
  const answer = (): Promise<unknown> => new Promise((found) => waiting.push(found));
  return {
    first: answer(),
    tell: (line) => void child.stdin.write(`${line}\n`),
    ask: <Answer>(line: string) => {
      const answered = answer();
      child.stdin.write(`${line}\n`);
      return answered as Promise<Answer>;
    },
    end: async () => {
      const exited = once(child, 'exit');
      child.stdin.write('end\n');
      await exited;
    },
  };
};

/** Of numbers in rising order. */
export const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? Number.NaN;

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestClickHouse } from '../support/clickhouse.ts';
import { anyQuery, asOneStatement } from './query-grammar.ts';
import { askRaw, holdsForeign, load, MARKER, OWN, startWithTenants } from './two-tenants.ts';

const SEED = 20_261_124;
const QUERIES = 10_000;
/** Queries of one request. Each costs ClickHouse 4.5 ms to plan, whether 10 come in one or 200: both cores are at work. */
const BATCH = 20;
/** Batches asked before the foreign tenant has any row, and again after: the same bytes, so no number tells of it either. */
const COMPARED = 50;
const AT_ONCE = 4;

let clickhouse: TestClickHouse;
beforeAll(async () => {
  clickhouse = await startWithTenants();
});
afterAll(() => clickhouse?.close());

const rowsOf = (text: string): string => text.slice(0, text.lastIndexOf('[["'));

/** The answers, in their order. Throws for a statement that fails. */
const askAll = async (statements: readonly string[]): Promise<readonly string[]> => {
  const answers: string[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let n = next++; n < statements.length; n = next++) {
      const sql = statements[n] ?? '';
      const { status, text } = await askRaw(clickhouse, sql);
      if (status !== 200) throw new Error(`${sql} → ${text.slice(0, 600)}`);
      answers[n] = rowsOf(text).split('\n').sort().join('\n');
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return answers;
};

const generate = (count: number): readonly string[] => {
  const queries = [...new Set(fc.sample(anyQuery, { seed: SEED, numRuns: count * 1.2 }))].slice(0, count);
  expect(queries).toHaveLength(count);
  return Array.from({ length: count / BATCH }, (_, n) =>
    asOneStatement(queries.slice(n * BATCH, (n + 1) * BATCH)),
  );
};

test(`${QUERIES} generated queries tell one tenant nothing of another`, { timeout: 300_000 }, async () => {
  const statements = generate(QUERIES);
  await load(clickhouse.store, [OWN]);
  const alone = await askAll(statements.slice(0, COMPARED));
  await load(clickhouse.store, [MARKER]);
  const beside = await askAll(statements);
  expect(beside.filter(holdsForeign)).toEqual([]);
  const changed = alone.flatMap((answer, n) =>
    answer === beside[n] ? [] : [[statements[n], answer, beside[n]]],
  );
  expect(changed).toEqual([]);
});

test('the same queries do find the foreign tenant’s rows as that tenant', async () => {
  const found = await Promise.all(generate(100).map((sql) => askRaw(clickhouse, sql, { tenant: MARKER })));
  expect(found.filter(({ text }) => holdsForeign(text)).length).toBe(5);
});

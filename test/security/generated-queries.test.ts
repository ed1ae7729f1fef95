import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestClickHouse } from '../support/clickhouse.ts';
import { anyQuery } from './query-grammar.ts';
import { askRaw, holdsForeign, load, MARKER, OWN, startWithTenants } from './two-tenants.ts';

const SEED = 20_261_124;
const QUERIES = 10_000;
/** Asked before the foreign tenant has any row, and once more after: the same bytes, so no number tells of it either. */
const COMPARED = 1_000;
const AT_ONCE = 6;

let clickhouse: TestClickHouse;
beforeAll(async () => {
  clickhouse = await startWithTenants();
});
afterAll(() => clickhouse?.close());

const bodyOf = (text: string): string => text.slice(0, text.lastIndexOf('[["'));

/** The answers of `queries`, in their order; a query that fails is told. */
const askAll = async (queries: readonly string[]): Promise<readonly string[]> => {
  const answers: string[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let n = next++; n < queries.length; n = next++) {
      const sql = queries[n] ?? '';
      const { status, text } = await askRaw(clickhouse, sql);
      if (status !== 200) throw new Error(`${sql} → ${text.slice(0, 600)}`);
      answers[n] = bodyOf(text);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return answers;
};

test(`${QUERIES} generated queries tell one tenant nothing of another`, { timeout: 300_000 }, async () => {
  const queries = [...new Set(fc.sample(anyQuery, { seed: SEED, numRuns: QUERIES * 1.2 }))].slice(0, QUERIES);
  expect(queries).toHaveLength(QUERIES);
  await load(clickhouse.store, [OWN]);
  const alone = await askAll(queries.slice(0, COMPARED));
  // Written again with the foreign tenant's rows, so that both are in the same parts and share their dictionaries.
  await load(clickhouse.store, [OWN, MARKER]);
  const beside = await askAll(queries);
  expect(beside.filter(holdsForeign)).toEqual([]);
  const changed = alone.flatMap((answer, n) =>
    answer === beside[n] ? [] : [[queries[n], answer, beside[n]]],
  );
  expect(changed).toEqual([]);
});

test('the same queries do find the foreign tenant’s rows as that tenant', async () => {
  const queries = fc.sample(anyQuery, { seed: SEED, numRuns: 40 });
  const found = await Promise.all(queries.map((sql) => askRaw(clickhouse, sql, { tenant: MARKER })));
  expect(found.filter(({ text }) => holdsForeign(text)).length).toBeGreaterThan(10);
});

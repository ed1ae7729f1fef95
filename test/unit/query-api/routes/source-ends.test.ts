import { expect, test } from 'vitest';
import type { BoundQuery, Scope } from '../../../../query-api/queries/intervals.ts';
import { type Ask, createSourceMemo, openSourceEnds } from '../../../../query-api/routes/source-ends.ts';

const SCOPE: Scope = { tenant: 'default', queues: null, channels: null, sources: null };
const ENDS: Readonly<Record<string, number>> = { a: 10, b: 20, c: 30 };

/** A store that knows how far its sources are, and what it was asked. */
const storeOf = (scopeSources: readonly string[]) => {
  const asked: string[][] = [];
  const ask = async ({ params }: BoundQuery) => {
    const named = Object.entries(params).flatMap(([name, value]) =>
      /^source_\d+$/.test(name) ? [String(value)] : [],
    );
    asked.push(named);
    if (named.length === 0) return scopeSources.map((source) => ({ source }));
    return named.map((source) => ({ source, up_to_ms: ENDS[source] ?? 0 }));
  };
  return { asked, ask: ask as Ask };
};

test('sources remembered are looked up while the counters come, and no others twice', async () => {
  const memo = createSourceMemo();
  const first = storeOf([]);
  expect(await openSourceEnds(first.ask, SCOPE, memo).of(new Set(['a', 'b']))).toEqual(
    new Map([
      ['a', 10],
      ['b', 20],
    ]),
  );
  const second = storeOf([]);
  const ends = openSourceEnds(second.ask, SCOPE, memo);
  ends.begin();
  expect(second.asked).toEqual([['a', 'b']]);
  await ends.of(new Set(['a', 'c']));
  expect(second.asked).toEqual([['a', 'b'], ['c']]);
});

test('what was remembered is no part of an answer that does not rest on it', async () => {
  const memo = createSourceMemo();
  memo.keep(SCOPE, ['a', 'b']);
  const ends = openSourceEnds(storeOf([]).ask, SCOPE, memo);
  ends.begin();
  expect(await ends.of(new Set(['b']))).toEqual(new Map([['b', 20]]));
});

test('where nothing happened, the sources of the scope are asked for', async () => {
  const { ask, asked } = storeOf(['c']);
  expect(await openSourceEnds(ask, SCOPE, createSourceMemo()).of(new Set())).toEqual(new Map([['c', 30]]));
  expect(asked).toEqual([[], ['c']]);
});

test('a lookup that fails fails the answer, and not the process before anybody waits for it', async () => {
  const memo = createSourceMemo();
  memo.keep(SCOPE, ['a']);
  const ends = openSourceEnds(() => Promise.reject(new Error('the store is away')), SCOPE, memo);
  ends.begin();
  await new Promise((done) => setImmediate(done));
  await expect(ends.of(new Set(['a']))).rejects.toThrow('the store is away');
});

test('scopes are apart, and only so many are remembered', () => {
  const memo = createSourceMemo();
  memo.keep(SCOPE, ['a']);
  for (let i = 0; i < 500; i++) memo.keep({ ...SCOPE, tenant: `t${i}` }, ['b']);
  expect(memo.of(SCOPE)).toEqual([]);
  expect(memo.of({ ...SCOPE, tenant: 't499' })).toEqual(['b']);
});

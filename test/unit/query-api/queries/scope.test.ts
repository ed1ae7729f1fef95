import { expect, test } from 'vitest';
import { scoped, scopeParams } from '../../../../query-api/queries/intervals.ts';

const WHOLE = { tenant: 'default', queues: null, channels: null, sources: null };

test.each([
  ['everything of its tenant', WHOLE, ['tenant']],
  ['no queue at all, which is not every queue', { ...WHOLE, queues: [] }, ['tenant', 'queues']],
  [
    'some of all',
    { ...WHOLE, queues: ['a'], channels: ['voice'], sources: ['pbx'] },
    ['tenant', 'queues', 'channels', 'sources'],
  ],
])('a reader may see %s: just that is asked, and bound', (_, scope, names) => {
  expect([...scoped(scope).matchAll(/\{(\w+):/g)].map(([, name]) => name)).toEqual(names);
  expect(Object.keys(scopeParams(scope))).toEqual(names);
});

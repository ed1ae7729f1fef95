import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../infra/config.ts';

const dir = mkdtempSync(join(tmpdir(), 'busyhour-queue-groups-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const file = join(dir, 'busyhour.yaml');
const load = (text: string) => {
  writeFileSync(file, text);
  return loadConfig({}, file);
};

describe('queue_groups', () => {
  it.each([
    ['', {}],
    ['queue_groups:\n', {}],
    ['queue_groups: {}\n', {}],
    [
      'queue_groups:\n  front: [sales, "north, east"]\n  back office:\n    - claims\n',
      { front: ['sales', 'north, east'], 'back office': ['claims'] },
    ],
    ['queue_groups:\n  nobody: []\n', { nobody: [] }],
  ])('%j are %j', (text, queueGroups) => {
    expect(load(text)).toMatchObject({ status: 'valid', config: { queueGroups } });
  });

  it.each([
    ['queue_groups: sales\n', ['queue_groups must be "name: [queue, …]" lines']],
    ['queue_groups: [sales]\n', ['queue_groups must be "name: [queue, …]" lines']],
    ['queue_groups:\n  front: sales\n', ['queue_groups.front must be a list of queues']],
    ['queue_groups:\n  front: [sales, 7]\n', ['queue_groups.front must be a list of queues']],
    ['queue_groups:\n  front: [""]\n', ['queue_groups.front must be a list of queues']],
    [
      'queue_groups:\n  "a, b": [sales]\n  c: null\n',
      ['queue_groups.a, b must be a list of queues, and its name without a comma', 'queue_groups.c must be'],
    ],
  ])('%j is refused with where it stands', (text, faults) => {
    const loaded = load(text);
    expect(loaded).toMatchObject({
      status: 'invalid',
      faults: faults.map((fault) => expect.stringContaining(fault) as string),
    });
    expect(JSON.stringify(loaded)).toContain(file);
  });
});

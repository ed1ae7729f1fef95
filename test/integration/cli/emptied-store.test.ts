/** A ClickHouse that was deleted, as docs/operations.md allows: the next start brings back what was in it. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { busyhour, type DataDir, makeDataDir, type RunningNode, startNode } from '../../support/cli.ts';

const EVENTS = [
  '{"source":"pbx1","seq":"1","event_time":"2026-03-01T08:00:00Z","body":{"type":"contact_offered","contact_id":"c1",' +
    '"queue":"sales","channel":"voice","direction":"inbound"}}',
  '{"source":"pbx1","seq":"2","event_time":"2026-03-01T08:00:09Z","body":{"type":"nonsense"}}',
];

let data: DataDir;
let node: RunningNode;
beforeAll(async () => {
  data = makeDataDir();
  const file = join(data.path, 'events.jsonl');
  writeFileSync(file, EVENTS.join('\n'));
  const imported = await busyhour(data.path, ['import', 'events', file, '--source', 'pbx1', '--json']);
  expect(JSON.parse(imported.stdout)).toMatchObject({ published: 1, rejected: 1 });
  rmSync(join(data.path, 'data/clickhouse'), { recursive: true });
  node = await startNode(data.path, []);
});
afterAll(async () => {
  await node?.stop();
  data?.remove();
});

const linesOf = async (query: string): Promise<string> => {
  const headers = { authorization: `Bearer ${node.token}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ query, format: 'NDJSON' });
  return (await fetch(`${node.url}/v1/sql`, { method: 'POST', headers, body })).text();
};

test('no simulated centre joins what is in the log', () => {
  expect(node.output()).toContain('no feed is configured');
  expect(node.output()).not.toContain('a simulated centre');
});

test('events and dead letters are there again', async () => {
  await vi.waitFor(
    async () => {
      expect(await linesOf('SELECT count() AS n FROM events')).toBe('{"n":1}\n');
      const letters = "SELECT source, startsWith(reason, 'body.type') AS told FROM dead_letters";
      expect(await linesOf(letters)).toBe('{"source":"pbx1","told":1}\n');
    },
    { timeout: 20_000, interval: 100 },
  );
});

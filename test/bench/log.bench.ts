/**
 * How fast the codec, the embedded log and the ledger are here: `npx node test/bench/log.bench.ts`.
 * On two cores expect at least 300 k appends/s, 400 k reads/s and 1.5 M decodes/s.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteLedger } from '../../infra/ledger/sqlite-ledger.ts';
import { openSqliteLog } from '../../infra/log/sqlite-log.ts';
import { openEmbeddedRegistry } from '../../infra/schema-registry/embedded-registry.ts';
import { openEventCodec } from '../../schemas/codec.ts';
import type { CanonicalEvent, EventBody } from '../../schemas/events.ts';
import { EVENTS } from '../../schemas/topics.ts';

const BATCH = 1_000;
const BATCHES = 400;
const COUNT = BATCH * BATCHES;
const ROUNDS = 3;

const bodyOf = (index: number): EventBody => {
  const contact = { contact_id: `1767225600.${index}`, queue: 'sales' };
  if (index % 3 === 0) return { type: 'agent_paused', agent: 'SIP/100', queue: '', reason: 'lunch' };
  if (index % 3 === 1) return { type: 'contact_exited', ...contact, outcome: 'abandoned', wait_ms: 31_000 };
  return { type: 'contact_answered', ...contact, agent: 'SIP/100', wait_ms: 12_000, ring_ms: null };
};
const eventOf = (index: number): CanonicalEvent => ({
  tenant: 'acme',
  source: 'pbx',
  seq: `${index}`,
  event_time: 1_767_225_600_000 + index,
  recorded_at: 1_767_225_600_000 + index,
  body: bodyOf(index),
});

const timed = async (what: string, work: () => void | Promise<void>): Promise<void> => {
  const started = performance.now();
  await work();
  const perSecond = COUNT / ((performance.now() - started) / 1_000);
  process.stdout.write(
    `${what.padEnd(10)} ${Math.round(perSecond / 1_000)
      .toString()
      .padStart(6)} k/s\n`,
  );
};

const dir = mkdtempSync(join(tmpdir(), 'busyhour-bench-'));
const file = join(dir, 'log.sqlite');
const log = openSqliteLog({ file });
const ledger = openSqliteLedger({ file });
const registry = openEmbeddedRegistry({ file });
const codec = await openEventCodec(registry);
await log.ensureTopics([EVENTS]);
const events = Array.from({ length: COUNT }, (_, index) => eventOf(index));
const batchOf = <T>(all: readonly T[], batch: number): readonly T[] =>
  all.slice(batch * BATCH, (batch + 1) * BATCH);

for (let round = 0; round < ROUNDS; round += 1) {
  let records: { key: string; value: Uint8Array }[] = [];
  await timed('encode', () => {
    records = events.map((event) => ({ key: 'acme/pbx', value: codec.encode(event) }));
  });
  await timed('decode', () => {
    for (const { value } of records) codec.decode(value);
  });
  await timed('append', async () => {
    for (let batch = 0; batch < BATCHES; batch += 1)
      await log.append(EVENTS.name, round, batchOf(records, batch));
  });
  await timed('read', async () => {
    for (let from = 0; from < COUNT; from += BATCH) {
      await log.read(EVENTS.name, round, from, { maxRecords: BATCH, maxBytes: 1_000_000 });
    }
  });
  const ids = events.map(({ seq }) => `${round}/${seq}`);
  await timed('remember', async () => {
    for (let batch = 0; batch < BATCHES; batch += 10) {
      await ledger.remember('acme/pbx', ids.slice(batch * BATCH, (batch + 10) * BATCH));
    }
  });
  await timed('known', async () => {
    await ledger.known('acme/pbx', ids);
  });
}

await log.close();
await ledger.close();
await registry.close();
rmSync(dir, { recursive: true });

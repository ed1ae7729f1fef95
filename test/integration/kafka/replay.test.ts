import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KafkaLog, openKafkaLog } from '../../../infra/log/kafka-log.ts';
import { openEmbeddedRegistry } from '../../../infra/schema-registry/embedded-registry.ts';
import { type ReplayResult, replay } from '../../../processors/runtime/replay.ts';
import { type EventCodec, openEventCodec } from '../../../schemas/codec.ts';
import { ALERTS, DEAD_LETTERS, EVENTS, LIVE } from '../../../schemas/topics.ts';
import { startTestClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';
import { findTestBroker, startTestBroker, type TestBroker } from '../../support/kafka.ts';
import {
  appendPoison,
  bytesOf,
  readerOf,
  replayOptions,
  simulatedTraffic,
  startNode,
  type Traffic,
} from '../processors/rebuilding.ts';

const source = await findTestBroker('a replay of a log on Kafka');

describe.skipIf(source.kind === 'none')('a replay on Kafka', { timeout: 120_000 }, () => {
  let broker: TestBroker;
  let live: TestClickHouse;
  let reference: TestClickHouse;
  let log: KafkaLog;
  let codec: EventCodec;
  let traffic: Traffic;

  beforeAll(async () => {
    [broker, live, reference] = await Promise.all([
      startTestBroker(source),
      startTestClickHouse(),
      startTestClickHouse(),
    ]);
    log = await openKafkaLog({ brokers: [broker.bootstrap], clientId: 'replay-test' });
    await log.ensureTopics([EVENTS, LIVE, DEAD_LETTERS, ALERTS]);
    codec = await openEventCodec(openEmbeddedRegistry({ file: ':memory:' }));
    traffic = simulatedTraffic(log, codec);
  }, 120_000);
  afterAll(async () => {
    await log?.close();
    await Promise.all([live?.close(), reference?.close(), broker?.stop()]);
  }, 60_000);

  /** Lands all of the log in a ClickHouse of its own and takes that for what is right. */
  const expectAgreement = async (): Promise<void> => {
    const node = await startNode(readerOf(log), codec, reference.store);
    await node.landed();
    await node.close();
    const expected = await bytesOf(reference.store);
    for (const view of ['contact_legs', 'queue_intervals', 'agent_states', 'events', 'dead_letters']) {
      expect(expected[view]).not.toMatch(/^0 rows/);
    }
    expect(await bytesOf(live.store)).toEqual(expected);
  };

  it('rebuilds byte for byte what a worker lands meanwhile', async () => {
    await traffic(700);
    await appendPoison(log, 'north');
    const node = await startNode(log, codec, live.store);
    await node.landed();
    await live.store.command('TRUNCATE TABLE acd.queue_intervals_rows');
    await live.store.command(`DELETE FROM acd.contact_legs_rows WHERE source = 'south'`);

    let result: ReplayResult | null = null;
    const replaying = replay(replayOptions(log, codec, live)).then((replayed) => {
      result = replayed;
    });
    let rounds = 0;
    for (; result === null; rounds++) await traffic(5);
    await replaying;
    await node.landed();
    await node.close();

    expect(result).toMatchObject({ status: 'replayed', poisoned: 1 });
    expect(rounds).toBeGreaterThan(0);
    await expectAgreement();
  });
});

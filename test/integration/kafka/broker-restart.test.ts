import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KafkaLog, openKafkaLog } from '../../../infra/log/kafka-log.ts';
import { MAX_BATCH_BYTES } from '../../../infra/log/kafka-topics.ts';
import { findTestBroker, startTestBroker, type TestBroker } from '../../support/kafka.ts';
import { type Group, givenTo, joinAs, newTopic, numbersFrom, until } from './consuming.ts';

const source = await findTestBroker('a broker that comes and goes');

describe.skipIf(source.kind === 'none')('a broker that comes and goes', { timeout: 180_000 }, () => {
  let broker: TestBroker;
  let log: KafkaLog;

  beforeAll(async () => {
    broker = await startTestBroker(source);
    log = await openKafkaLog({ brokers: [broker.bootstrap], clientId: 'restart-test' });
  });
  afterAll(async () => {
    await log?.close();
    await broker?.stop();
  });

  const newGroup = async (partitions: number): Promise<Group> => ({
    log,
    topic: await newTopic(log, partitions),
    group: `g-${randomUUID()}`,
    snapshots: new Map(),
    story: [],
  });
  /** Appends one number at a time, each until it is in, until told to stop; how many there are. */
  const appending = (topic: string) => {
    let stopping = false;
    const run = async (): Promise<{ count: number; failed: number }> => {
      let count = 0;
      let failed = 0;
      while (!stopping) {
        try {
          await log.append(topic, 0, numbersFrom(count, 1));
          count += 1;
        } catch {
          failed += 1;
        }
      }
      return { count, failed };
    };
    const running = run();
    return {
      stop: () => {
        stopping = true;
        return running;
      },
    };
  };

  test.each([
    ['is restarted in order', () => broker.restart()],
    ['is killed and comes back', () => broker.kill().then(() => broker.restart())],
  ])('that %s in the middle loses nothing and doubles only what failed', async (_, interrupt) => {
    const group = await newGroup(1);
    const appender = appending(group.topic);
    const member = await joinAs('member', group);
    await until(() => expect(givenTo([member], 0).length).toBeGreaterThan(200));
    await interrupt();
    const before = givenTo([member], 0).length;
    await until(() => expect(givenTo([member], 0).length).toBeGreaterThan(before + 200));
    const { count, failed } = await appender.stop();
    await until(() => expect(givenTo([member], 0).at(-1)).toBe(count - 1));
    const given = member.given.get(0) ?? [];
    expect([...new Set(given)]).toEqual(Array.from({ length: count }, (_, index) => index));
    // An append that failed may be in the log all the same, and was tried again.
    expect(given.length - count).toBeLessThanOrEqual(failed);
    expect(group.story.filter(([what]) => what === 'failed')).toEqual([]);
    await member.consumer.close();
  });

  test('a batch larger than the log takes as one is refused by name, and appending goes on', async () => {
    const topic = await newTopic(log, 1);
    const noise = crypto.getRandomValues(new Uint8Array(65_536));
    const count = Math.ceil((MAX_BATCH_BYTES * 1.2) / noise.length);
    const tooMuch = Array.from({ length: count }, (_, index) => {
      // Each its own noise: a compressor finds no repetitions.
      const value = crypto.getRandomValues(new Uint8Array(65_536));
      return { key: String(index), value };
    });
    await expect(log.append(topic, 0, tooMuch)).rejects.toMatchObject({ code: 'BATCH_TOO_LARGE' });
    expect(await log.endOffset(topic, 0)).toBe(0);
    expect(await log.append(topic, 0, numbersFrom(0, 3))).toBe(2);
  });

  test('reading on after the end of a log that is not the one it was is refused', async () => {
    const group = await newGroup(1);
    group.snapshots.set(0, 1_000);
    await log.append(group.topic, 0, numbersFrom(0, 10));
    const member = await joinAs('member', group);
    await until(() => expect(group.story.at(-1)).toEqual(['failed', 'member', 0]));
    await member.consumer.close();
  });

  test('the settings of the topics are checked for doctor', async () => {
    const name = await newTopic(log, 2);
    expect(await log.topicFaults([{ name, partitions: 2, compacted: false }])).toEqual([]);
    const faults = await log.topicFaults([
      { name, partitions: 3, compacted: true },
      { name: 'missing', partitions: 1, compacted: false },
    ]);
    expect(faults).toEqual([
      expect.stringContaining(`${name} has 2 partitions, not 3`),
      expect.stringContaining('topic missing is missing'),
    ]);
    const other = { name, partitions: 2, compacted: true };
    await expect(log.ensureTopics([other])).rejects.toMatchObject({ code: 'TOPIC_MISMATCH' });
  });
});

test('a log that is not there is unreachable, and says where', async () => {
  const opening = openKafkaLog({ brokers: ['127.0.0.1:1'], clientId: 'nobody' });
  await expect(opening).rejects.toMatchObject({
    code: 'LOG_UNREACHABLE',
    message: expect.stringContaining('127.0.0.1:1'),
  });
}, 60_000);

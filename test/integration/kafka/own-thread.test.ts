import { randomUUID } from 'node:crypto';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type KafkaLog, openKafkaLog } from '../../../infra/log/kafka-log.ts';
import { timingOf } from '../../../infra/log/kafka-member.ts';
import { LogError } from '../../../infra/log/log-error.ts';
import { findTestBroker, startTestBroker, type TestBroker } from '../../support/kafka.ts';
import { type Group, joinAs, newTopic, numbersFrom, until } from './consuming.ts';

const { threads } = vi.hoisted(() => ({ threads: [] as Worker[] }));
vi.mock('node:worker_threads', async (original) => {
  const real = await original<typeof import('node:worker_threads')>();
  return {
    ...real,
    Worker: class extends real.Worker {
      constructor(...args: ConstructorParameters<typeof real.Worker>) {
        super(...args);
        threads.push(this);
      }
    },
  };
});

const source = await findTestBroker('a member in a thread of its own');
/** The shortest that Kafka takes unless told otherwise. */
const SESSION_MS = 6_000;

describe.skipIf(source.kind === 'none')('a member in a thread of its own', { timeout: 120_000 }, () => {
  let broker: TestBroker;
  let log: KafkaLog;

  const newGroup = async (): Promise<Group> => ({
    log,
    topic: await newTopic(log, 1),
    group: `g-${randomUUID()}`,
    snapshots: new Map(),
    story: [],
  });
  beforeAll(async () => {
    broker = await startTestBroker(source);
    log = await openKafkaLog({
      brokers: [broker.bootstrap],
      clientId: 'own-thread-test',
      timing: timingOf(SESSION_MS),
    });
  });
  afterAll(async () => {
    await log?.close();
    await broker?.stop();
  });

  test('a worker busy with one step for longer than a session is not taken for dead', async () => {
    const group = await newGroup();
    const member = await joinAs('busy', group, async () => {
      // One long synchronous step, as writing down a large snapshot is.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SESSION_MS + 4_000);
    });
    await log.append(group.topic, 0, numbersFrom(0, 1));
    await until(() => expect(member.given.get(0)).toEqual([0]));
    await until(async () => expect(await log.committed(group.group, group.topic, 0)).toBe(1));
    expect(group.story.map(([what]) => what)).toEqual(['assigned', 'batch']);
    await member.consumer.close();
  });

  test('a thread that ends by itself stops its partitions and says so; nothing waits for it for ever', async () => {
    const { topic, group } = await newGroup();
    const failures: [number, unknown][] = [];
    const assigned = Promise.withResolvers<void>();
    const consumer = await log.consume(
      { topic, group, ownThread: true, maxRecords: 1, maxBytes: 1 },
      {
        onAssigned: async () => {
          assigned.resolve();
          return 0;
        },
        onBatch: async () => {},
        onRevoked: async () => {},
        onFailed: (partition, error) => failures.push([partition, error]),
      },
    );
    await assigned.promise;
    await threads.at(-1)?.terminate();
    await until(() => expect(failures).toHaveLength(1));
    expect(failures[0]?.[0]).toBe(0);
    expect(failures[0]?.[1]).toBeInstanceOf(LogError);
    await expect(log.commit(group, topic, 0, 1)).rejects.toMatchObject({ code: 'LOG_UNREACHABLE' });
    await consumer.close();
  });

  test('a worker that is stuck gives its partitions up in the end, and hears of it when it wakes', async () => {
    const stuckMs = 1_000;
    const sticking = await openKafkaLog({
      brokers: [broker.bootstrap],
      clientId: 'own-thread-test',
      timing: { ...timingOf(SESSION_MS), stuckMs },
    });
    const group = { ...(await newGroup()), log: sticking };
    const member = await joinAs('stuck', group, async () => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SESSION_MS + 2 * stuckMs);
    });
    await log.append(group.topic, 0, numbersFrom(0, 1));
    await until(() => expect(group.story.map(([what]) => what)).toContain('failed'));
    await member.consumer.close();
    await sticking.close();
  });

  test("a handler's own error is what the partition fails with", async () => {
    const { topic, group } = await newGroup();
    await log.append(topic, 0, numbersFrom(0, 1));
    const own = new RangeError('the store refuses it');
    const failures: Error[] = [];
    const consumer = await log.consume(
      { topic, group, ownThread: true, maxRecords: 1, maxBytes: 1 },
      {
        onAssigned: async () => 0,
        onBatch: async () => {
          throw own;
        },
        onRevoked: async () => {},
        onFailed: (_partition, error) => failures.push(error),
      },
    );
    await until(() => expect(failures).toEqual([own]));
    expect(failures[0]).toBe(own);
    await consumer.close();
  });

  test('a group that cannot be joined is told at once, and leaves no thread behind', async () => {
    const elsewhere = await openKafkaLog({
      brokers: [broker.bootstrap],
      clientId: 'own-thread-test',
      // Kafka refuses sessions this short.
      timing: timingOf(100),
    });
    const { topic, group } = await newGroup();
    const joining = elsewhere.consume(
      { topic, group, ownThread: true, maxRecords: 1, maxBytes: 1 },
      {
        onAssigned: async () => 0,
        onBatch: async () => {},
        onRevoked: async () => {},
        onFailed: () => {},
      },
    );
    await expect(joining).rejects.toBeInstanceOf(LogError);
    await until(() => expect(threads.at(-1)?.threadId).toBe(-1));
    await elsewhere.close();
  });
});

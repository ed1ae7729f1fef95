import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KafkaLog, openKafkaLog } from '../../../infra/log/kafka-log.ts';
import { timingOf } from '../../../infra/log/kafka-member.ts';
import { findTestBroker, startTestBroker, type TestBroker } from '../../support/kafka.ts';
import {
  type Group,
  givenTo,
  joinAs,
  type Member,
  newTopic,
  numbersFrom,
  type Story,
  until,
} from './consuming.ts';

const PARTITIONS = 4;
const PARTITION_NUMBERS = Array.from({ length: PARTITIONS }, (_, index) => index);
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

const source = await findTestBroker('members of a group on Kafka');

/** Long enough that a machine under load does not lose its sessions by itself. */
const SESSION_MS = 12_000;

describe.skipIf(source.kind === 'none')('members of a group on Kafka', { timeout: 120_000 }, () => {
  let broker: TestBroker;
  let logs: readonly [KafkaLog, KafkaLog];

  const open = () =>
    openKafkaLog({
      brokers: [broker.bootstrap],
      clientId: 'group-test',
      timing: { ...timingOf(SESSION_MS), heartbeatMs: 300, rebalanceMs: 30_000 },
    });
  const newGroup = async (): Promise<Group> => ({
    log: logs[0],
    topic: await newTopic(logs[0], PARTITIONS),
    group: `g-${randomUUID()}`,
    snapshots: new Map(),
    story: [],
  });
  const appendToAll = async ({ log, topic }: Group, first: number, count: number): Promise<void> => {
    for (const partition of PARTITION_NUMBERS) await log.append(topic, partition, numbersFrom(first, count));
  };
  const settled = (members: readonly Member[], sizes: readonly number[]): Promise<void> =>
    until(() => expect(members.map(({ has }) => has.size)).toEqual(sizes));

  beforeAll(async () => {
    broker = await startTestBroker(source);
    logs = [await open(), await open()];
  });
  afterAll(async () => {
    await Promise.all(logs?.map((log) => log.close()) ?? []);
    await broker?.stop();
  });

  test('two share the partitions; when one leaves, the other goes on at its offsets', async () => {
    const group = await newGroup();
    await appendToAll(group, 0, 50);
    const first = await joinAs('first', group);
    await until(() =>
      expect(PARTITION_NUMBERS.map((each) => givenTo([first], each).length)).toEqual([50, 50, 50, 50]),
    );
    const second = await joinAs('second', { ...group, log: logs[1] });
    await settled([first, second], [2, 2]);
    await appendToAll(group, 50, 50);
    const members = [first, second];
    await until(() =>
      expect(PARTITION_NUMBERS.map((each) => givenTo(members, each).length)).toEqual([100, 100, 100, 100]),
    );
    await first.consumer.close();
    await settled([second], [PARTITIONS]);
    await appendToAll(group, 100, 50);
    await until(() => expect(givenTo(members, 3).at(-1)).toBe(149));
    for (const partition of PARTITION_NUMBERS) {
      await until(() => expect(givenTo(members, partition)).toEqual(upTo(150)));
      // What was given is counted before it is committed.
      await until(async () => expect(await logs[1].committed(group.group, group.topic, partition)).toBe(150));
    }
    await second.consumer.close();
    expect(overlapsIn(group.story)).toEqual([]);
  });

  test('a member that joins gets a partition only when its owner has dealt with the batch in hand', async () => {
    const group = await newGroup();
    const gate = Promise.withResolvers<void>();
    let held = 0;
    const first = await joinAs('first', group, async () => {
      held += 1;
      await gate.promise;
    });
    await appendToAll(group, 0, 1);
    await until(() => expect(held).toBe(PARTITIONS));
    const joining = joinAs('second', { ...group, log: logs[1] });
    // Its owner hears of the newcomer while all its batches are in hand.
    await logs[1].endOffset(group.topic, 0);
    expect(group.story.filter(([, member]) => member === 'second')).toEqual([]);
    gate.resolve();
    const second = await joining;
    await settled([first, second], [2, 2]);
    await Promise.all([first.consumer.close(), second.consumer.close()]);
    expect(overlapsIn(group.story)).toEqual([]);
    for (const partition of PARTITION_NUMBERS) expect(givenTo([first, second], partition)).toEqual([0]);
  });

  test('a handler that takes longer than a session keeps its partitions', async () => {
    const group = await newGroup();
    const gate = Promise.withResolvers<void>();
    const first = await joinAs('first', group, () => gate.promise);
    await appendToAll(group, 0, 1);
    await until(() => expect(group.story.filter(([what]) => what === 'batch')).toHaveLength(PARTITIONS));
    const since = Date.now();
    await until(() => expect(Date.now() - since).toBeGreaterThan(SESSION_MS + 1_000));
    gate.resolve();
    await until(() => expect(first.given.size).toBe(PARTITIONS));
    expect(group.story.filter(([what]) => what === 'assigned')).toHaveLength(PARTITIONS);
    await first.consumer.close();
  });

  test('members that come and go lose and double nothing', async () => {
    const group = await newGroup();
    const members: Member[] = [];
    const others: Member[] = [];
    members.push(await joinAs('stays', group));
    for (let round = 0; round < 5; round += 1) {
      await appendToAll(group, round * 200, 200);
      const other = await joinAs(`other ${round}`, { ...group, log: logs[1] });
      others.push(other);
      await until(() => expect(other.has.size).toBe(PARTITIONS / 2));
      await other.consumer.close();
    }
    const all = [...members, ...others];
    for (const partition of PARTITION_NUMBERS) {
      await until(() => expect(givenTo(all, partition)).toEqual(upTo(1_000)));
    }
    await Promise.all(members.map(({ consumer }) => consumer.close()));
    expect(overlapsIn(group.story)).toEqual([]);
  });
});

/** Where a partition was assigned to a member or given to it while another had it. */
const overlapsIn = (story: Story): readonly string[] => {
  const owners = new Map<number, string>();
  const overlaps: string[] = [];
  for (const [what, member, partition] of story) {
    const owner = owners.get(partition);
    if (what === 'assigned' && owner !== undefined) overlaps.push(`${partition}: ${member} while ${owner}`);
    if (what === 'batch' && owner !== member) overlaps.push(`${partition}: ${member} given, ${owner} has it`);
    if (what === 'assigned') owners.set(partition, member);
    if (what === 'revoked') owners.delete(partition);
    if (what === 'failed') overlaps.push(`${partition}: ${member} failed`);
  }
  return overlaps;
};

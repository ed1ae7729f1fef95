/**
 * A member of a consumer group: kafkajs decides which partitions it has and fetches them; what is fetched goes through
 * the partitions' own queues, so that no partition waits for another's handler and kafkajs always gets to its heartbeats.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, {
  type Cluster,
  type EachBatchPayload,
  type Kafka,
  type Consumer as KafkaConsumer,
} from 'kafkajs';
import type { ConsumeOptions } from './event-log.ts';
import { isCoordinatorAway, isMembershipFault, isRetriable, toLogError } from './kafka-fault.ts';
import { packRecords } from './kafka-packed.ts';
import { type HeldPartition, holdPartition, type PackedHandlers } from './kafka-partition.ts';
import { stickyAssigner } from './kafka-sticky-assigner.ts';

export interface MemberTiming {
  /** A member silent for so long is taken for dead. */
  readonly sessionMs: number;
  readonly heartbeatMs: number;
  /** How long the group waits for its members when it shares anew. */
  readonly rebalanceMs: number;
  /** A member in a thread of its own gives up when whoever started it has not stirred for so long. */
  readonly stuckMs: number;
}
/**
 * Of a session: ten heartbeats, so that a few lost ones cost no partition. Ten sessions: no step of a worker that still works
 * takes so long.
 */
export const timingOf = (sessionMs: number): MemberTiming => ({
  sessionMs,
  heartbeatMs: Math.ceil(sessionMs / 10),
  rebalanceMs: 60_000,
  stuckMs: sessionMs * 10,
});
export const MEMBER_TIMING = timingOf(30_000);

/** Of the session: a member that drains before it joins again sends no heartbeats meanwhile. */
const DRAIN_SHARE = 2 / 3;
/** Compressed, and two or three times as much unpacked. All of an answer is made into objects at once, so it is kept small. */
export const FETCH_LIMITS = { maxBytes: 1024 * 1024, maxBytesPerPartition: 128 * 1024 } as const;
/** How long a fetch waits for records: also how late a partition that was paused is asked for again. */
const FETCH_WAIT_MS = 100;

export interface MemberOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly consume: ConsumeOptions;
  readonly timing: MemberTiming;
  /** Where the partition can be read from when `offset` is wanted. Throws LogError where it cannot. */
  readonly startAt: (partition: number, offset: number) => Promise<number>;
}
export interface GroupMember {
  commit(partition: number, offset: number): Promise<void>;
  close(): Promise<void>;
}

/** Joins and resolves when the group has answered. */
export const joinGroup = async (options: MemberOptions, handlers: PackedHandlers): Promise<GroupMember> => {
  const { kafka, groupId, timing } = options;
  const { topic } = options.consume;
  const holdings = openHoldings(options, handlers, () => consumer);
  const sticky = stickyAssigner(holdings.lately);
  const consumer: KafkaConsumer = kafka.consumer({
    groupId,
    sessionTimeout: timing.sessionMs,
    heartbeatInterval: timing.heartbeatMs,
    rebalanceTimeout: timing.rebalanceMs,
    ...FETCH_LIMITS,
    maxWaitTimeInMs: FETCH_WAIT_MS,
    allowAutoTopicCreation: false,
    partitionAssigners: [
      (config) => {
        drainBeforeJoining(config.cluster, () =>
          Promise.race([
            holdings.revokeAll(),
            sleep(timing.sessionMs * DRAIN_SHARE, undefined, { ref: false }),
          ]),
        );
        return sticky(config);
      },
    ],
  });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) =>
    holdings.assign(payload.memberAssignment[topic] ?? []),
  );
  // A crash tells first that it has stopped, which is when the consumer can no longer be asked anything.
  consumer.on(consumer.events.STOP, holdings.orphan);
  let refused: Error | null = null;
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    // kafkajs has left the group and, where it restarts, joins as a new member.
    if (payload.restart) return void holdings.revokeAll();
    refused = toLogError(`read ${topic} in group ${groupId}`, payload.error);
    holdings.failAll(refused);
  });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatch: holdings.receive });
    if (refused !== null) throw refused;
  } catch (error) {
    await consumer.disconnect();
    throw error;
  }
  return {
    commit: (partition, offset) =>
      commitAsMember(consumer, holdings.membership(), { topic, partition, offset }),
    close: async () => {
      await holdings.close();
      await consumer.disconnect();
    },
  };
};

interface Position {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}
type CommitOnce = EachBatchPayload['commitOffsetsIfNecessary'];

/**
 * Asks once where it can, since kafkajs' own commit repeats for long what a group has refused. A commit that is lost
 * is no fault: it is for lag monitors, the next one says more, and a partition that has moved is its new owner's to tell of.
 */
const commitAsMember = async (
  consumer: KafkaConsumer,
  membership: { readonly commitOnce: CommitOnce | null } | null,
  { topic, partition, offset }: Position,
): Promise<void> => {
  if (membership === null) return;
  const position = { partition, offset: String(offset) };
  const { commitOnce } = membership;
  try {
    if (commitOnce === null) await consumer.commitOffsets([{ topic, ...position }]);
    else await commitOnce({ topics: [{ topic, partitions: [position] }] });
  } catch (error) {
    if (!isMembershipFault(error) && !isRetriable(error)) throw error;
  }
};

/**
 * The group shares its partitions anew only when every member has asked to join again, and asking begins with looking
 * for the coordinator: so whoever drains first there has let go before another member begins. Bounded, because the
 * group takes a member for dead that takes too long; what it then still lands is harmless (law 2).
 */
const drainBeforeJoining = (cluster: Cluster, drain: () => Promise<void>): void => {
  const find = cluster.findGroupCoordinator.bind(cluster);
  cluster.findGroupCoordinator = async (group) => {
    await drain();
    return find(group).catch((error: unknown) => {
      throw askAgain(error);
    });
  };
};

/** For kafkajs to join again by itself, as after any other lost connection, where it would give the member up for good. */
const askAgain = (error: unknown): unknown =>
  isCoordinatorAway(error) ? new kafkajs.KafkaJSError(String(error), { retriable: true }) : error;

/** What this member has in hand, over all the times the group shares anew. */
const openHoldings = (
  { consume, startAt }: MemberOptions,
  handlers: PackedHandlers,
  consumer: () => KafkaConsumer,
) => {
  const { topic } = consume;
  const held = new Map<number, HeldPartition>();
  const ending = new Map<number, Promise<boolean>>();
  const failed = new Set<number>();
  let orphans: readonly HeldPartition[] = [];
  let lately: readonly number[] = [];
  let membership: { commitOnce: CommitOnce | null } | null = null;
  let closed = false;

  const at = (partitions: readonly number[]) => [{ topic, partitions: [...partitions] }];
  const hold = (partition: number): void => {
    const whileHeld = (run: () => void) => () => {
      if (held.get(partition) === holding) run();
    };
    const flow = {
      topic,
      partition,
      limits: consume,
      pause: whileHeld(() => consumer().pause(at([partition]))),
      resume: whileHeld(() => consumer().resume(at([partition]))),
      begin: async (wanted: number) => {
        const offset = await startAt(partition, wanted);
        whileHeld(() => consumer().seek({ topic, partition, offset: String(offset) }))();
        return offset;
      },
    };
    const holding = holdPartition(flow, handlers, ending.get(partition) ?? Promise.resolve(true));
    held.set(partition, holding);
    ending.set(partition, holding.ended);
    void holding.ended.then((whole) => {
      if (!whole) failed.add(partition);
      if (ending.get(partition) === holding.ended) ending.delete(partition);
    });
  };
  const orphan = (): void => {
    orphans = [...orphans, ...held.values()];
    held.clear();
    membership = null;
  };
  const releaseAll = (): readonly HeldPartition[] => {
    const released = [...orphans, ...held.values()];
    orphans = [];
    held.clear();
    return released;
  };
  const revokeAll = async (): Promise<void> => {
    await Promise.all(releaseAll().map((holding) => holding.revoke()));
    await Promise.all(ending.values());
  };

  return {
    lately: () => lately,
    membership: () => membership,
    orphan,
    revokeAll,
    failAll: (error: Error): void => {
      const released = releaseAll();
      for (const holding of released) holding.fail(error);
      // Nobody would hear of it otherwise. A member that never had a partition names the first one.
      if (released.length === 0 && !closed) handlers.onFailed(lately[0] ?? 0, error);
    },
    assign: (partitions: readonly number[]): void => {
      lately = partitions;
      membership ??= { commitOnce: null };
      // Nothing of a partition is fetched before its handler has said from where.
      if (partitions.length > 0) consumer().pause(at(partitions));
      if (closed) return;
      for (const partition of partitions) if (!failed.has(partition)) hold(partition);
    },
    receive: async (payload: EachBatchPayload): Promise<void> => {
      const { batch } = payload;
      membership = { commitOnce: (positions) => payload.commitOffsetsIfNecessary(positions) };
      held.get(batch.partition)?.push(packRecords(batch.messages), Number(batch.highWatermark));
    },
    close: (): Promise<void> => {
      closed = true;
      if (held.size > 0) consumer().pause(at([...held.keys()]));
      return revokeAll();
    },
  };
};

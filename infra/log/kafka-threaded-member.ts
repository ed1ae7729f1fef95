/**
 * A group's member in a thread of its own. kafkajs takes a third of a busy worker's time, and its objects another share of
 * V8's collections; in a thread it also goes on telling the group that it is there while the worker is busy with one
 * long step, such as writing down a large snapshot.
 */
import { Worker } from 'node:worker_threads';
import type { ConsumeOptions, ConsumerHandlers } from './event-log.ts';
import type { KafkaConnection, KafkaSasl } from './kafka-connection.ts';
import type { GroupMember, MemberOptions, MemberTiming } from './kafka-member.ts';
import { type PackedRecords, recordsOf } from './kafka-packed.ts';
import { LogError } from './log-error.ts';
import { callsOver, receivedError, type SentError } from './thread-calls.ts';

/** What the thread is started with: plain data. A bearer token is asked for by a call. */
export interface MemberOrder {
  readonly connection: Omit<KafkaConnection, 'sasl' | 'onTrouble'> & {
    readonly sasl: Exclude<KafkaSasl, { mechanism: 'oauthbearer' }> | null;
  };
  readonly oauth: boolean;
  readonly groupId: string;
  readonly consume: ConsumeOptions;
  readonly timing: MemberTiming;
}
/** What the thread answers. */
export type MemberCalls = {
  readonly join: () => Promise<void>;
  readonly commit: (partition: number, offset: number) => Promise<void>;
  readonly close: () => Promise<void>;
};
/** What it asks. */
export type OwnerCalls = {
  readonly startAt: MemberOptions['startAt'];
  readonly onAssigned: ConsumerHandlers['onAssigned'];
  readonly onBatch: (partition: number, records: PackedRecords, endOffset: number) => Promise<void>;
  readonly onRevoked: ConsumerHandlers['onRevoked'];
  readonly onFailed: (partition: number, error: SentError) => void;
  readonly token: () => Promise<string>;
  readonly ping: () => void;
  readonly onTrouble: (message: string, fields: Readonly<Record<string, unknown>>) => void;
};

interface ThreadedMemberOptions extends Omit<MemberOptions, 'kafka'> {
  readonly connection: KafkaConnection;
}
const orderOf = ({ connection, groupId, consume, timing }: ThreadedMemberOptions): MemberOrder => {
  const { brokers, clientId, tls = null, sasl = null } = connection;
  const oauth = sasl?.mechanism === 'oauthbearer';
  return {
    connection: { brokers, clientId, tls, sasl: oauth ? null : sasl },
    oauth,
    groupId,
    consume,
    timing,
  };
};

/** As `joinGroup`, with what the thread needs to connect by itself. Rejects with LogError. */
export const joinGroupInThread = async (
  options: ThreadedMemberOptions,
  handlers: ConsumerHandlers,
): Promise<GroupMember> => {
  const { connection, consume, startAt } = options;
  const { sasl, onTrouble } = connection;
  const thread = new Worker(new URL('./kafka-member-thread.ts', import.meta.url), {
    name: `kafka ${consume.topic}`,
    workerData: orderOf(options),
  });
  const owner = ownerOf(handlers);
  const answers: OwnerCalls = {
    ...owner.answers,
    startAt,
    ping: () => {},
    token: async () => (sasl?.mechanism === 'oauthbearer' ? sasl.token() : ''),
    onTrouble: (message, fields) => onTrouble?.(message, fields),
  };
  const { call, fail } = callsOver<MemberCalls>(thread, { ...answers });
  let [joined, ended] = [false, false];
  const lost = (cause: unknown): void => {
    if (ended) return;
    ended = true;
    const error = new LogError(
      'LOG_UNREACHABLE',
      `log: the thread that reads ${consume.topic} has ended: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
    fail(error);
    if (joined) owner.failAll(error);
  };
  thread.once('error', lost);
  thread.once('exit', (code) => lost(`exit ${code}`));
  const end = async (): Promise<void> => {
    ended = true;
    await thread.terminate();
  };
  try {
    await call('join', []);
    joined = true;
  } catch (error) {
    await end();
    throw error;
  }
  return {
    commit: (partition, offset) => call('commit', [partition, offset]),
    close: async () => {
      // One that has ended by itself has let go of everything.
      if (!ended) await call('close', []);
      await end();
    },
  };
};

/** Hands the thread's news to the handlers. */
const ownerOf = (handlers: ConsumerHandlers) => {
  const held = new Set<number>();
  /** What a handler threw: its own error is reported, not what is left of it after two crossings. */
  const thrown = new Map<number, Error>();

  const keepingError = async <T>(partition: number, run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      thrown.set(partition, error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  };
  const failed = (partition: number, error: Error): void => {
    held.delete(partition);
    handlers.onFailed(partition, error);
  };
  return {
    answers: {
      onAssigned: (partition: number) => {
        held.add(partition);
        return keepingError(partition, () => handlers.onAssigned(partition));
      },
      onBatch: (partition: number, records: PackedRecords, endOffset: number) =>
        keepingError(partition, () => handlers.onBatch(partition, recordsOf(records), endOffset)),
      onRevoked: async (partition: number) => {
        await keepingError(partition, () => handlers.onRevoked(partition));
        held.delete(partition);
      },
      onFailed: (partition: number, error: SentError) => {
        failed(partition, thrown.get(partition) ?? receivedError(error));
        thrown.delete(partition);
      },
    },
    failAll: (error: Error): void => {
      // Nobody would hear of it otherwise, also where no partition was held.
      for (const partition of held.size > 0 ? [...held] : [0]) failed(partition, error);
    },
  };
};

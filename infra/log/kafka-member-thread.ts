/** The thread that kafka-threaded-member.ts starts: a group's member, whose handlers are in the thread that started it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { Kafka } from 'kafkajs';
import { type KafkaConnection, type KafkaSasl, kafkaConfigOf } from './kafka-connection.ts';
import { type GroupMember, joinGroup, type MemberTiming } from './kafka-member.ts';
import { memoryOf } from './kafka-packed.ts';
import type { PackedHandlers } from './kafka-partition.ts';
import type { MemberCalls, MemberOrder, OwnerCalls } from './kafka-threaded-member.ts';
import { provideZstd } from './kafka-zstd.ts';
import { type CallPort, callsOver, sentError } from './thread-calls.ts';

const { connection, oauth, ...order } = workerData as MemberOrder;
let member: GroupMember | null = null;

const answers: MemberCalls = {
  join: async () => {
    member = await joinGroup({ ...order, kafka, startAt }, handlers);
    void watch(order.timing);
  },
  commit: async (partition, offset) => member?.commit(partition, offset),
  close: async () => member?.close(),
};
const { call } = callsOver<OwnerCalls>(parentPort as CallPort, { ...answers });

const sasl: KafkaSasl | null = oauth
  ? { mechanism: 'oauthbearer', token: () => call('token', []) }
  : connection.sasl;
const onTrouble: KafkaConnection['onTrouble'] = (message, fields) =>
  // What kafkajs tells of an error may hold what no other thread can be handed.
  void call('onTrouble', [message, JSON.parse(JSON.stringify(fields))]);

provideZstd();
const kafka = new Kafka(kafkaConfigOf({ ...connection, sasl, onTrouble }));
const startAt = (partition: number, offset: number) => call('startAt', [partition, offset]);
const handlers: PackedHandlers = {
  onAssigned: (partition) => call('onAssigned', [partition]),
  onBatch: (partition, records, endOffset) =>
    call('onBatch', [partition, records, endOffset], memoryOf(records)),
  onRevoked: (partition) => call('onRevoked', [partition]),
  onFailed: (partition, error) => void call('onFailed', [partition, sentError(error)]),
};

/**
 * Heartbeats come from here, so the group would take a worker for alive that is stuck for good. Ending without a word is what
 * the worker's own death would look like: the group gives its partitions to others, and it hears of it should it wake.
 */
async function watch({ sessionMs, stuckMs }: MemberTiming): Promise<void> {
  for (;;) {
    await sleep(sessionMs);
    const answered = call('ping', []).then(() => true);
    if (!(await Promise.race([answered, sleep(stuckMs, false)]))) process.exit(1);
  }
}

/**
 * Consumer groups of the simulated log. A partition changes hands in an orderly way (drained first) or not: then its
 * old owner goes on for a while beside the new one, as a zombie.
 */
import type {
  ConsumeOptions,
  Consumer,
  ConsumerHandlers,
  ReadLimits,
  StoredRecord,
} from '../../infra/log/event-log.ts';
import type { Network } from './network.ts';
import type { Process } from './virtual-time.ts';

const ASSIGN_EVERY_MS = 400;

export interface Groups {
  readonly join: (process: Process, options: ConsumeOptions, handlers: ConsumerHandlers) => Consumer;
  readonly appended: (topic: string, partition: number) => void;
  /** Gives a random partition away: drained first, or without its owner's knowledge for `blindForMs`. */
  readonly move: (how: 'drained' | { readonly blindForMs: number }) => void;
  /** Gives away all that a process holds, unknown to it for `blindForMs`. */
  readonly expel: (process: Process, blindForMs: number) => void;
}

export interface Partitions {
  readonly partitions: (topic: string) => number;
  readonly read: (topic: string, partition: number, from: number, limits: ReadLimits) => StoredRecord[];
  readonly end: (topic: string, partition: number) => number;
}

interface Member {
  readonly process: Process;
  readonly options: ConsumeOptions;
  readonly handlers: ConsumerHandlers;
  readonly loops: Set<Loop>;
  leaving: boolean;
}
interface Loop {
  readonly member: Member;
  readonly partition: number;
  stopping: boolean;
  ended: boolean;
  wake: () => void;
  done: Promise<void>;
}
interface Group {
  readonly topic: string;
  readonly members: Member[];
  readonly owners: Map<number, Loop>;
}

const deliver = async ({ call }: Network, log: Partitions, loop: Loop): Promise<void> => {
  const { partition, member } = loop;
  const { process, options, handlers } = member;
  const { topic } = options;
  let next = await handlers.onAssigned(partition);
  while (!loop.stopping) {
    const appended = new Promise<void>((resolve) => {
      loop.wake = resolve;
    });
    const records = await call(process, () => log.read(topic, partition, next, options));
    if (loop.stopping) break;
    const last = records.at(-1);
    if (last === undefined) {
      await appended;
      continue;
    }
    await handlers.onBatch(partition, records, log.end(topic, partition));
    next = last.offset + 1;
  }
  await handlers.onRevoked(partition);
};

const startLoop = (network: Network, log: Partitions, member: Member, partition: number): Loop => {
  const loop: Loop = {
    member,
    partition,
    stopping: false,
    ended: false,
    wake: () => {},
    done: Promise.resolve(),
  };
  member.loops.add(loop);
  loop.done = deliver(network, log, loop)
    .catch((error: unknown) =>
      member.handlers.onFailed(partition, error instanceof Error ? error : new Error(String(error))),
    )
    .finally(() => {
      loop.ended = true;
      member.loops.delete(loop);
    });
  return loop;
};

const stop = (loop: Loop): void => {
  loop.stopping = true;
  loop.wake();
};

export const createGroups = (network: Network, log: Partitions): Groups => {
  const { time, random } = network;
  const groups = new Map<string, Group>();

  const assign = ({ topic, members, owners }: Group): void => {
    const ready = members.filter(
      ({ process, leaving }) => process.alive && !leaving && process.pausedUntilMs <= time.nowMs(),
    );
    for (let partition = 0; partition < log.partitions(topic); partition++) {
      const owner = owners.get(partition);
      if (owner !== undefined && !owner.ended && owner.member.process.alive) continue;
      // Calls for one partition never overlap in one member, even if the group does not know that it still has it.
      const free = ready.filter(({ loops }) => [...loops].every((loop) => loop.partition !== partition));
      const member = free[random.integer(0, free.length - 1)];
      if (member !== undefined) owners.set(partition, startLoop(network, log, member, partition));
    }
  };
  const assignForEver = (group: Group): void => {
    assign(group);
    time.after(null, ASSIGN_EVERY_MS, () => assignForEver(group));
  };
  const groupOf = ({ group, topic }: ConsumeOptions): Group => {
    const name = `${group}|${topic}`;
    let found = groups.get(name);
    if (found === undefined) {
      found = { topic, members: [], owners: new Map() };
      groups.set(name, found);
      const made = found;
      time.after(null, 0, () => assignForEver(made));
    }
    return found;
  };
  const giveAway = (group: Group, loop: Loop, blindForMs: number): void => {
    group.owners.delete(loop.partition);
    time.after(loop.member.process, blindForMs, () => stop(loop));
  };

  return {
    join: (process, options, handlers) => {
      const member: Member = { process, options, handlers, loops: new Set(), leaving: false };
      groupOf(options).members.push(member);
      return {
        close: async () => {
          member.leaving = true;
          const loops = [...member.loops];
          for (const loop of loops) stop(loop);
          await Promise.all(loops.map(({ done }) => done));
        },
      };
    },
    appended: (topic, partition) => {
      for (const group of groups.values()) {
        if (group.topic !== topic) continue;
        for (const { loops, process } of group.members) {
          for (const loop of loops) {
            if (loop.partition === partition) time.after(process, random.integer(0, 20), () => loop.wake());
          }
        }
      }
    },
    move: (how) => {
      const owned = [...groups.values()].flatMap((group) =>
        [...group.owners.values()].map((loop) => ({ group, loop })),
      );
      const chosen = owned[random.integer(0, owned.length - 1)];
      if (chosen === undefined) return;
      if (how === 'drained') stop(chosen.loop);
      else giveAway(chosen.group, chosen.loop, how.blindForMs);
    },
    expel: (process, blindForMs) => {
      for (const group of groups.values()) {
        for (const loop of group.owners.values()) {
          if (loop.member.process === process) giveAway(group, loop, blindForMs);
        }
      }
    },
  };
};

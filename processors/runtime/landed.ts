/** Waits until what the log holds now has landed: what an import does before it says it is done. */
import type { EventLog } from '../../infra/log/event-log.ts';
import { DEAD_LETTERS, EVENTS } from '../../schemas/topics.ts';
import { DEAD_LETTERS_GROUP } from './dead-letter-lander.ts';
import { LANDED_GROUP } from './worker.ts';

const POLL_MS = 50;

export interface LandedWait {
  readonly log: EventLog;
  /** The partition of the source that was imported. */
  readonly partition: number;
  readonly wait: (ms: number) => Promise<void>;
  /** Throws when waiting has become useless, e.g. because the node that should land is gone. */
  readonly check: () => void;
}

export const untilLanded = async ({ log, partition, wait, check }: LandedWait): Promise<void> => {
  const targets = [
    { group: LANDED_GROUP, topic: EVENTS.name, partition },
    { group: DEAD_LETTERS_GROUP, topic: DEAD_LETTERS.name, partition: 0 },
  ];
  for (const { group, topic, partition: of } of targets) {
    const end = await log.endOffset(topic, of);
    while (((await log.committed(group, topic, of)) ?? 0) < end) {
      check();
      await wait(POLL_MS);
    }
  }
};

/**
 * What the owner of a partition knows of erasures: all of them before it folds its first record, new ones at every flush.
 * It tells when nothing it holds has any of their callers left, which is what `busyhour erase` waits for.
 */

import type { EventLog } from '../../infra/log/event-log.ts';
import { readErasures } from '../../infra/subjects/erasure-log.ts';
import { type Erased, noErasures } from '../../schemas/erasures.ts';
import { ERASURES } from '../../schemas/topics.ts';
import { forgetCallers } from '../domain/forget-callers.ts';
import type { PartitionState } from '../domain/source-state.ts';

/** The group whose committed offsets say up to which erasure a partition's owner has forgotten. */
export const FORGOTTEN_GROUP = 'busyhour-forgotten';

export interface Forgetting {
  readonly erased: Erased;
  /** Takes new erasures out of the state. True while what was forgotten has not been told. */
  readonly update: (state: PartitionState) => Promise<boolean>;
  /** How far `update` has come. */
  readonly offset: () => number;
  /** Says so to others, once rows and snapshot without the erased callers have landed. */
  readonly tell: (offset: number) => Promise<void>;
}

/** Reads the erasures there are. Throws LogError. */
export const startForgetting = async (log: EventLog, partition: number): Promise<Forgetting> => {
  const erased = noErasures();
  let nextOffset = 0;
  let toldOffset = (await log.committed(FORGOTTEN_GROUP, ERASURES.name, partition)) ?? 0;
  const read = async (): Promise<boolean> => {
    const found = await readErasures(log, partition, nextOffset);
    for (const erasure of found.erasures) erased.add(erasure);
    nextOffset = found.nextOffset;
    return found.erasures.length > 0;
  };
  await read();
  return {
    erased,
    update: async (state) => {
      if (await read()) forgetCallers(state, erased);
      return toldOffset < nextOffset;
    },
    offset: () => nextOffset,
    tell: async (offset) => {
      await log.commit(FORGOTTEN_GROUP, ERASURES.name, partition, offset);
      toldOffset = offset;
    },
  };
};

/** For a log without erasures. */
export const NOTHING_TO_FORGET: Forgetting = {
  erased: noErasures(),
  update: async () => false,
  offset: () => 0,
  tell: async () => {},
};

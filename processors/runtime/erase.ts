/**
 * Makes a subject unlinkable: first for all who read the log, then in what has landed, last by replacing the key. The key
 * comes last because without it nobody could find the subject again: killed anywhere before, the same call begins anew
 * and finishes; killed after, there is nothing left to do.
 */
import {
  dropOldSnapshots,
  type ErasedSubject,
  eraseRows,
  type FoundRows,
  findLetters,
  findSubject,
  findTexts,
  untilRewritten,
} from '../../infra/clickhouse/erase-rows.ts';
import { BEAT_INTERVAL_MS, beat, claimErasing, dropRebuild } from '../../infra/clickhouse/rebuild.ts';
import type { Store } from '../../infra/clickhouse/store.ts';
import type { EventLog } from '../../infra/log/event-log.ts';
import { appendErasure, readErasures } from '../../infra/subjects/erasure-log.ts';
import type { Erasure } from '../../schemas/erasures.ts';
import { DEAD_LETTERS, ERASURES, EVENTS } from '../../schemas/topics.ts';
import { FOLD_VERSION } from '../domain/fold.ts';
import { DEAD_LETTERS_GROUP } from './dead-letter-lander.ts';
import { FORGOTTEN_GROUP } from './forgetting.ts';
import { untilLanded } from './landed.ts';

const POLL_MS = 100;
const CLAIM_POLL_MS = 1_000;

export interface EraseOptions {
  readonly log: EventLog;
  readonly store: Store;
  /** '' = one server. */
  readonly cluster: string;
  readonly subject: ErasedSubject;
  readonly erasedAtMs: number;
  /** Puts another key in the subject's place; null where only the pseudonym is known. */
  readonly replaceKey: (() => Promise<void>) | null;
  /** Enters it into the audit log; may be called again for the same erasure. */
  readonly noteDown: (erasedAtMs: number) => Promise<void>;
  readonly wait: (ms: number) => Promise<void>;
  /** Throws when waiting has become useless, e.g. because the node that should land is gone. */
  readonly check: () => void;
  readonly onStep: (step: string) => void;
  /** How long a replay or another erasure may be silent before it is taken to be dead. Left out: half a minute. */
  readonly silentAfterMs?: number;
}
export interface EraseResult {
  /** `nothing`: there is no trace of the subject, and nothing was done. */
  readonly status: 'erased' | 'nothing';
  readonly found: FoundRows;
}

const isEmpty = (found: FoundRows): boolean => Object.values(found).every((rows) => rows === 0);

/** Needs workers that land, here or elsewhere. Throws `StoreError`, `LogError` and what `check` throws. */
export const erase = async (options: EraseOptions): Promise<EraseResult> => {
  const { store, subject } = options;
  options.onStep('waiting until what the log holds has landed');
  await untilAllLanded(options);
  const database = await untilClaimed(options);
  const beating = setInterval(() => void beat(store, database).catch(() => undefined), BEAT_INTERVAL_MS);
  try {
    const found = await findSubject(store, subject);
    const begun = await findBegun(options);
    if (isEmpty(found) && begun === null) return { status: 'nothing', found };
    await carryOut(options, begun?.erased_at ?? options.erasedAtMs);
    return { status: 'erased', found };
  } finally {
    clearInterval(beating);
    await dropRebuild(store, database);
  }
};

const carryOut = async (options: EraseOptions, erasedAtMs: number): Promise<void> => {
  const { log, store, cluster, subject, wait, onStep } = options;
  const erasure: Erasure = {
    tenant: subject.tenant,
    callers: subject.callers,
    letters: [],
    texts: [],
    by: byOf(options.replaceKey),
    erased_at: erasedAtMs,
  };
  onStep('telling everybody who reads the log');
  await appendErasure(log, erasure);
  await untilForgotten(options);
  const letters = await findLetters(store, subject);
  const texts = await findTexts(store, subject);
  // Named in the log, so that a replay does not bring their text back.
  await appendErasure(log, { ...erasure, letters, texts });
  onStep('rewriting the tables');
  await eraseRows(store, { ...subject, letters, texts, cluster });
  await dropOldSnapshots(store, FOLD_VERSION, cluster);
  await untilRewritten(store, { database: 'acd', cluster }, wait);
  const left = await findSubject(store, subject);
  if (!isEmpty(left)) throw new Error(`not everything could be erased: ${leftIn(left)}; repeat the command`);
  await options.noteDown(erasedAtMs);
  onStep('replacing the key');
  await options.replaceKey?.();
};

const leftIn = (found: FoundRows): string =>
  Object.entries(found)
    .filter(([, rows]) => rows > 0)
    .map(([table, rows]) => `${table} ${rows}`)
    .join(', ');

/** The erasure of these very pseudonyms that was begun before. */
const findBegun = async ({ log, subject, replaceKey }: EraseOptions): Promise<Erasure | null> => {
  const { erasures } = await readErasures(log, 0, 0);
  const isBegun = ({ tenant, callers, by }: Erasure): boolean =>
    tenant === subject.tenant &&
    by === byOf(replaceKey) &&
    callers.some((of) => subject.callers.includes(of));
  return erasures.find(isBegun) ?? null;
};
const byOf = (replaceKey: EraseOptions['replaceKey']): Erasure['by'] =>
  replaceKey === null ? 'caller' : 'number';

const partitions = Array.from({ length: EVENTS.partitions }, (_, partition) => partition);

const untilAllLanded = async ({ log, wait, check }: EraseOptions): Promise<void> => {
  for (const partition of partitions) await untilLanded({ log, partition, wait, check });
};

const untilClaimed = async ({ store, wait, check, onStep, silentAfterMs }: EraseOptions): Promise<string> => {
  for (;;) {
    const claim = await claimErasing(store, silentAfterMs);
    if (claim.status === 'claimed') return claim.database;
    onStep(claim.reason);
    check();
    await wait(CLAIM_POLL_MS);
  }
};

/** No worker holds an erased caller any more, and the dead letters from before have landed. */
const untilForgotten = async (options: EraseOptions): Promise<void> => {
  const { log, wait, check } = options;
  const reached = async (group: string, topic: string, partition: number): Promise<void> => {
    const end = await log.endOffset(topic, partition);
    while (((await log.committed(group, topic, partition)) ?? 0) < end) {
      check();
      await wait(POLL_MS);
    }
  };
  for (const partition of partitions) await reached(FORGOTTEN_GROUP, ERASURES.name, partition);
  await reached(DEAD_LETTERS_GROUP, DEAD_LETTERS.name, 0);
};

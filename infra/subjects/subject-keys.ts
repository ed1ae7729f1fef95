/**
 * The keys that pseudonyms are made with, beside the secret that is given: random, in a compacted topic of the log, and
 * sealed with that secret, which is in neither log nor store. Erasing a number is replacing its key here. A process keeps
 * them in memory and follows the topic.
 */
import { randomBytes } from 'node:crypto';
import { type Erased, noErasures } from '../../schemas/erasures.ts';
import { SUBJECT_KEYS } from '../../schemas/topics.ts';
import type { EventLog, LogRecord } from '../log/event-log.ts';
import { LogError } from '../log/log-error.ts';
import { readErasures } from './erasure-log.ts';
import { type KeyTree, leafKey, replaceLeaf, TREE_KEY_BYTES } from './key-tree.ts';
import { seal, sealingKey, unseal } from './seal.ts';

/**
 * Each tree is a record: a replaced leaf adds some 5 KB to it, and a record may have 8 MB. 256 trees last for hundreds
 * of thousands of erasures.
 */
const TREE_DIGITS = 2;
/** Hex digits of a subject's path: among a million subjects two share one with odds of 1 to 140,000. */
export const PATH_DIGITS = 14;
const FETCH = { maxRecords: 1_000, maxBytes: 8 * 1024 * 1024 } as const;
/** How soon a process notices an erasure that another one carries out. */
export const FOLLOW_MS = 2_000;

export interface SubjectKeys {
  /** The subject's key as it is now. */
  readonly keyOf: (path: string) => Uint8Array;
  /** Whether a pseudonym was erased without its number: the key that made it is still there, and must make another. */
  readonly isRetired: (tenant: string, caller: string) => boolean;
  /** Rises when any of this may have changed. */
  readonly version: () => number;
}
export interface SubjectKeyStore extends SubjectKeys {
  /** Whether a pseudonym is erased, its key be replaced yet or not: nothing more may be kept of it. */
  readonly isErased: (tenant: string, caller: string) => boolean;
  /** Takes in what others have changed. Throws LogError. */
  readonly refresh: () => Promise<void>;
  /** Puts a new random key in a subject's place. When it resolves the old one is in no current record. Throws LogError. */
  readonly replace: (path: string) => Promise<void>;
  readonly close: () => void;
}

interface Shard {
  /** Two processes that begin at once make generation 0 both; the first in the log is the one. */
  readonly generation: number;
  readonly tree: KeyTree;
}

/** Each secret has keys of its own: a wrong or a new one neither reads nor replaces those of another. */
const sealing = (secret: string) => {
  const key = sealingKey(secret, 'subject-keys');
  const owner = sealingKey(secret, 'name of the secret').toString('hex', 0, OWNER_BYTES);
  return {
    sealed: (name: string, shard: Shard): LogRecord => {
      const named = `${owner}/${name}`;
      return { key: named, value: seal(key, named, JSON.stringify(shard)) };
    },
    /** The shard and its name; null for one of another secret. */
    opened: ({ key: named, value }: LogRecord): { readonly name: string; readonly shard: Shard } | null => {
      if (!named.startsWith(`${owner}/`)) return null;
      const text = unseal(key, named, value);
      if (text === null) {
        throw new LogError(
          'LOG_CORRUPT',
          `log: ${SUBJECT_KEYS.name} has a damaged record ${named}: restore it`,
        );
      }
      return { name: named.slice(owner.length + 1), shard: JSON.parse(text) as Shard };
    },
  };
};
const OWNER_BYTES = 8;

const randomKey = (): string => randomBytes(TREE_KEY_BYTES).toString('base64url');
const shardNames = Array.from({ length: 16 ** TREE_DIGITS }, (_, i) =>
  i.toString(16).padStart(TREE_DIGITS, '0'),
);

interface Known {
  readonly shards: Map<string, Shard>;
  readonly retired: Erased;
  readonly erased: Erased;
  keysOffset: number;
  erasuresOffset: number;
  version: number;
}

/** Loads the keys, and makes them where the log has none of this secret. Throws LogError. */
export const openSubjectKeys = async (log: EventLog, secret: string): Promise<SubjectKeyStore> => {
  const { sealed, opened } = sealing(secret);
  const known: Known = {
    shards: new Map(),
    retired: noErasures(),
    erased: noErasures(),
    keysOffset: 0,
    erasuresOffset: 0,
    version: 0,
  };
  const take = (record: LogRecord, twice: Set<string>): void => {
    const found = opened(record);
    if (found === null) return;
    const { name, shard } = found;
    const before = known.shards.get(name);
    if (before === undefined || shard.generation > before.generation) known.shards.set(name, shard);
    else if (shard.generation === 0 && before.generation === 0) twice.add(name);
  };
  /** Names of the shards that were made twice. */
  const read = async (): Promise<ReadonlySet<string>> => {
    const twice = new Set<string>();
    const end = await log.endOffset(SUBJECT_KEYS.name, 0);
    while (known.keysOffset < end) {
      const records = await log.read(SUBJECT_KEYS.name, 0, known.keysOffset, FETCH);
      const last = records.at(-1);
      if (last === undefined) break;
      for (const record of records) take(record, twice);
      known.keysOffset = last.offset + 1;
      known.version += 1;
    }
    return twice;
  };
  const append = async (shards: readonly (readonly [string, Shard])[]): Promise<void> => {
    await log.append(
      SUBJECT_KEYS.name,
      0,
      shards.map(([name, shard]) => sealed(name, shard)),
    );
  };
  const readOn = async (): Promise<void> => {
    const twice = [...(await read())].map((name) => [name, shardOf(known, name)] as const);
    const unsettled = twice.filter(([, { generation }]) => generation === 0);
    // Compaction would keep the later of the two: the first is written once more, as the one that counts.
    if (unsettled.length > 0) {
      await append(unsettled.map(([name, shard]) => [name, { ...shard, generation: 1 }] as const));
    }
    const { erasures, nextOffset } = await readErasures(log, 0, known.erasuresOffset);
    for (const erasure of erasures) {
      known.erased.add(erasure);
      if (erasure.by === 'caller') known.retired.add(erasure);
    }
    if (nextOffset !== known.erasuresOffset) known.version += 1;
    known.erasuresOffset = nextOffset;
  };
  // One after the other: a record read twice at once would look as if it had been made twice.
  let reading: Promise<void> = Promise.resolve();
  const refresh = (): Promise<void> => {
    const next = reading.then(readOn);
    reading = next.catch(() => undefined);
    return next;
  };
  await refresh();
  if (known.shards.size < shardNames.length) {
    const missing = shardNames.filter((name) => !known.shards.has(name));
    await append(missing.map((name) => [name, { generation: 0, tree: randomKey() }] as const));
    await refresh();
  }
  const timer = setInterval(() => {
    // A log that is away is noticed by whoever publishes; the next look makes up for this one.
    refresh().catch(() => undefined);
  }, FOLLOW_MS).unref();
  return {
    keyOf: (path) => leafKey(shardOf(known, path.slice(0, TREE_DIGITS)).tree, path.slice(TREE_DIGITS)),
    isRetired: (tenant, caller) => known.retired.has(tenant, caller),
    isErased: (tenant, caller) => known.erased.has(tenant, caller),
    version: () => known.version,
    refresh,
    replace: async (path) => {
      await refresh();
      const name = path.slice(0, TREE_DIGITS);
      const { generation, tree } = shardOf(known, name);
      const fresh = replaceLeaf(tree, path.slice(TREE_DIGITS), randomBytes(TREE_KEY_BYTES));
      await append([[name, { generation: generation + 1, tree: fresh }]]);
      await refresh();
    },
    close: () => clearInterval(timer),
  };
};

const shardOf = ({ shards }: Known, name: string): Shard => {
  const shard = shards.get(name);
  if (shard === undefined) {
    throw new LogError(
      'LOG_CORRUPT',
      `log: ${SUBJECT_KEYS.name} lacks ${name}: restore it, or callers get other pseudonyms`,
    );
  }
  return shard;
};

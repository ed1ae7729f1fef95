/** The feeds by name, as the command line and the configuration know them. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { PublishedLedger } from '../infra/ledger/published-ledger.ts';
import { isTimeZone } from '../infra/time-zone.ts';
import { followQueueLog } from './feeds/asterisk-queue-log/follow.ts';
import { readQueueLog } from './feeds/asterisk-queue-log/lines.ts';
import { oldestFirst } from './feeds/asterisk-queue-log/rotated-logs.ts';
import { parseColumnMap } from './feeds/call-records/column-map.ts';
import { readCallRecords } from './feeds/call-records/read.ts';
import { followEvents } from './feeds/events/follow.ts';
import { readEvents } from './feeds/events/read.ts';
import type { ReadBatch } from './import.ts';
import type { Pseudonymise } from './pseudonymise.ts';
import type { Publisher } from './publish.ts';

export interface FeedOptions {
  readonly tenant: string;
  readonly source: string;
  readonly nowMs: () => number;
  /** The zone of local times in the input. */
  readonly timeZone: string | null;
  /** `call-records`: the column map. */
  readonly mapFile: string | null;
  /** `asterisk-queue-log`: a YAML file of other spellings of agents: `PJSIP/100: Ann`. */
  readonly aliasesFile: string | null;
}
export interface FollowOptions {
  readonly pseudonymise: Pseudonymise;
  readonly path: string;
  readonly publisher: Publisher;
  readonly ledger: PublishedLedger;
  /** Under which the connector's place in its input is kept. */
  readonly cursorName: string;
  readonly signal: AbortSignal;
}
export interface OpenFeed {
  readonly latenessMs: number;
  readonly tracksAgents: boolean;
  /** Its records state themselves what the fold may assume, and how far time has come: nothing is added to them. */
  readonly selfDescribed?: boolean;
  /** In which order to read files. */
  readonly order: (files: readonly string[]) => Promise<readonly string[]>;
  readonly read: (file: string, pseudonymise: Pseudonymise) => AsyncIterable<ReadBatch>;
  /** Follows an input for good, until the signal; null for a feed that only has files. */
  readonly follow: ((options: FollowOptions) => Promise<void>) | null;
}
export type OpenFeedResult =
  | { readonly status: 'open'; readonly feed: OpenFeed }
  | { readonly status: 'usage'; readonly message: string };

const open = (feed: OpenFeed): OpenFeedResult => ({ status: 'open', feed });
const usage = (message: string): OpenFeedResult => ({ status: 'usage', message });
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const openQueueLog = (options: FeedOptions): OpenFeedResult => {
  const aliases = readAliases(options.aliasesFile);
  if (typeof aliases === 'string') return usage(aliases);
  const { nowMs } = options;
  const parsing = { nowMs, agentName: (spelling: string) => aliases.get(spelling) ?? spelling };
  return open({
    // The file is in order, and its stamps' whole seconds are no reason to reorder it.
    latenessMs: 0,
    tracksAgents: true,
    order: oldestFirst,
    read: (file, pseudonymise) => readQueueLog(file, { ...parsing, pseudonymise }),
    follow: (of) => followQueueLog({ ...of, ...parsing }),
  });
};

/** The aliases, or what is wrong with their file. */
const readAliases = (file: string | null): ReadonlyMap<string, string> | string => {
  if (file === null) return new Map();
  try {
    const spellings: unknown = parse(readFileSync(file, 'utf8'));
    if (typeof spellings !== 'object' || spellings === null || Array.isArray(spellings)) {
      return `${file}: aliases are lines "other spelling: agent"`;
    }
    return new Map(Object.entries(spellings).map(([spelling, agent]) => [spelling, String(agent)]));
  } catch (error) {
    return `${file}: ${reasonOf(error)}`;
  }
};

const openCallRecords = ({ mapFile, timeZone, nowMs }: FeedOptions): OpenFeedResult => {
  if (mapFile === null) return usage('call-records needs --map FILE.yaml: see docs/call-records.md');
  let text: string;
  try {
    text = readFileSync(mapFile, 'utf8');
  } catch (error) {
    return usage(`${mapFile}: ${reasonOf(error)}`);
  }
  const parsed = parseColumnMap(text);
  if (parsed.status === 'invalid') return usage(`${mapFile}: ${parsed.faults.join('; ')}`);
  const { map } = parsed;
  return open({
    latenessMs: 0,
    tracksAgents: false,
    // Each row is a whole leg: their order changes nothing.
    order: async (files) => files,
    read: (file, pseudonymise) =>
      readCallRecords(file, { map, timeZone: timeZone ?? 'UTC', pseudonymise, nowMs }),
    follow: null,
  });
};

const openEvents = ({ tenant, source, nowMs }: FeedOptions): OpenFeedResult => {
  const lines = { tenant, source, nowMs };
  return open({
    latenessMs: 0,
    tracksAgents: true,
    selfDescribed: true,
    order: async (files) => files,
    read: (file, pseudonymise) => readEvents(file, { ...lines, pseudonymise }),
    follow: (of) => followEvents({ ...of, ...lines }),
  });
};

const FEEDS: Readonly<Record<string, (options: FeedOptions) => OpenFeedResult>> = {
  'asterisk-queue-log': openQueueLog,
  'call-records': openCallRecords,
  events: openEvents,
};
export const FEED_NAMES: readonly string[] = Object.keys(FEEDS);

/** Makes a feed ready to read, or says in one line what is wrong with how it was asked for. */
export const openFeed = (name: string, options: FeedOptions): OpenFeedResult => {
  const opener = FEEDS[name];
  if (opener === undefined) return usage(`unknown feed "${name}": this version has ${FEED_NAMES.join(', ')}`);
  if (options.timeZone !== null && !isTimeZone(options.timeZone)) {
    return usage(`"${options.timeZone}" is no time zone: use a name such as Europe/Berlin`);
  }
  return opener(options);
};

/** What figures can be grouped and filtered by, as one table: it drives SQL, parameters, `/v1/definitions` and docs. */

interface Grouping {
  readonly doc: string;
  /** Whether stored totals tell it apart; else single legs are counted. */
  readonly inTotals: boolean;
  /** What stands in SELECT, named as the column. */
  readonly sql: string;
}

/** Name → its queues. */
export type QueueGroups = Readonly<Record<string, readonly string[]>>;

const column = (name: string, doc: string, inTotals: boolean): Grouping => ({ doc, inTotals, sql: name });

/** A queue of several groups counts in each, one of none in the group '' . */
const QUEUE_GROUP = `arrayJoin(emptyArrayToSingle(arrayFilter(
    (name, members) -> has(members, queue), {group_names:Array(String)}, {group_queues:Array(Array(String))}))) AS queue_group`;

export const GROUP_COLUMNS = {
  queue: column('queue', 'The queue.', true),
  queue_group: {
    doc: 'Named groups of queues (`queue_groups` of busyhour.yaml).',
    inTotals: true,
    sql: QUEUE_GROUP,
  },
  channel: column('channel', 'voice, chat, email, social or messaging.', true),
  source: column('source', 'The exchange or platform.', true),
  direction: column('direction', 'inbound, outbound or internal.', false),
  language: column('language', 'Language, empty when unknown.', false),
  site: column('site', 'Site, empty when unknown.', false),
  tier: column('tier', 'Customer tier, empty when unknown.', false),
  agent: column('agent', 'Who answered, empty when nobody did.', false),
} as const satisfies Readonly<Record<string, Grouping>>;

export type GroupColumn = keyof typeof GROUP_COLUMNS;
export const GROUP_NAMES = Object.keys(GROUP_COLUMNS) as readonly GroupColumn[];
export const isGroupColumn = (name: string): name is GroupColumn => Object.hasOwn(GROUP_COLUMNS, name);
export type GroupValues = Readonly<Partial<Record<GroupColumn, string>>>;

/** Columns that only single legs have. */
export const LEG_COLUMNS = [
  'direction',
  'language',
  'site',
  'tier',
  'agent',
] as const satisfies readonly GroupColumn[];
export type LegColumn = (typeof LEG_COLUMNS)[number];

/**
 * The column map: what a user writes, in YAML, about the columns of his call records. docs/call-records.md describes
 * it; this file reads and checks it.
 */
import { parseDocument } from 'yaml';
import {
  CHANNELS,
  type Channel,
  DIRECTIONS,
  type Direction,
  type ExitOutcome,
  type RefusalReason,
} from '../../../schemas/events.ts';
import { type AddFault, at, fieldsOf, isMapping, type MapNode, textOf, textsOf, wordOf } from './map-node.ts';
import { outcomeOf } from './outcome-map.ts';
import { createReadDate, DURATION_UNITS, type DurationUnit } from './stamps.ts';

/** Where a value comes from. `values` translates; without it, the text stands as it is. */
export type Source =
  | { readonly kind: 'constant'; readonly value: string }
  | { readonly kind: 'column'; readonly column: string; readonly values: ReadonlyMap<string, string> | null };

export interface DateSource {
  readonly column: string;
  /** `YYMMDD`, `YYYY-MM-DD`, `DD.MM.YYYY`, … */
  readonly format: string;
}
/** `date_time`: a local date of pattern `date`, then the time of day. */
export type StampFormat =
  | { readonly kind: 'time_of_day' | 'iso' | 'epoch_s' | 'epoch_ms' }
  | { readonly kind: 'date_time'; readonly date: string };
export interface StampSource {
  readonly column: string;
  /** Texts of `column` that mean "did not happen", '' always among them. */
  readonly absent: ReadonlySet<string>;
  /** Columns that count, the first that is not empty, where `column` is absent. */
  readonly or: readonly string[];
  readonly format: StampFormat;
  /** A time of day's own date; without it, the record's date. */
  readonly date: DateSource | null;
}
export interface DurationSource {
  readonly column: string;
  readonly unit: DurationUnit;
}

export type MappedOutcome =
  | { readonly kind: 'answered' }
  | { readonly kind: 'exited'; readonly outcome: ExitOutcome }
  | { readonly kind: 'refused'; readonly reason: RefusalReason }
  | { readonly kind: 'dropped'; readonly reason: string };
export interface OutcomeRule {
  /** All of these columns have one of these texts. */
  readonly when: ReadonlyMap<string, ReadonlySet<string>>;
  readonly outcome: MappedOutcome;
}
export interface OutcomeSource {
  readonly column: string;
  readonly values: ReadonlyMap<string, MappedOutcome>;
  /** The first that holds counts before `values`. */
  readonly rules: readonly OutcomeRule[];
}

export const TEXT_FIELDS = [
  'queue',
  'channel',
  'direction',
  'language',
  'site',
  'tier',
  'caller',
  'agent',
] as const;
export const STAMP_FIELDS = ['offered_at', 'answered_at', 'left_at', 'ended_at'] as const;
export const DURATION_FIELDS = ['wait', 'ring', 'talk', 'hold', 'wrap'] as const;
export type TextField = (typeof TEXT_FIELDS)[number];
export type StampField = (typeof STAMP_FIELDS)[number];
export type DurationField = (typeof DURATION_FIELDS)[number];

export interface ColumnMap {
  /** One character. */
  readonly delimiter: string;
  readonly contactId: readonly string[];
  readonly texts: Readonly<Record<TextField, Source>>;
  readonly agentNone: ReadonlySet<string>;
  readonly position: string | null;
  /** The record's date, and the time of day it belongs to: a stage past midnight is on the next day. */
  readonly date: (DateSource & { readonly of: string | null }) | null;
  readonly stamps: Readonly<Partial<Record<StampField, StampSource>>>;
  readonly durations: Readonly<Partial<Record<DurationField, DurationSource>>>;
  readonly outcome: OutcomeSource;
}
export type ColumnMapResult =
  | { readonly status: 'valid'; readonly map: ColumnMap }
  | { readonly status: 'invalid'; readonly faults: readonly string[] };

const DELIMITERS: Readonly<Record<string, string>> = { tab: '\t', comma: ',', semicolon: ';', pipe: '|' };
/** Fields that only take certain words. */
const VOCABULARIES: Readonly<Partial<Record<TextField, readonly string[]>>> = {
  channel: CHANNELS,
  direction: DIRECTIONS,
};
const DEFAULTS: Readonly<Partial<Record<TextField, string>>> = { channel: 'voice', direction: 'inbound' };
const KEYS = [
  'delimiter',
  'contact_id',
  ...TEXT_FIELDS,
  'agent_none',
  'position',
  'date',
  ...STAMP_FIELDS,
  ...DURATION_FIELDS,
  'outcome',
];

export const isChannel = (text: string): text is Channel => CHANNELS.some((channel) => channel === text);
export const isDirection = (text: string): text is Direction => DIRECTIONS.some((one) => one === text);

/** Reads and checks a map. All faults come at once, each naming its path: `offered_at.format: …`. */
export const parseColumnMap = (yaml: string): ColumnMapResult => {
  // Scalars stay the text they are: 0:00:00, NO and 007 are what the columns say, not numbers or booleans.
  const document = parseDocument(yaml, { schema: 'failsafe' });
  const syntax = document.errors.map(({ message }) => message.split('\n')[0] ?? message);
  if (syntax.length > 0) return { status: 'invalid', faults: syntax };
  const faults: string[] = [];
  const map = readMap((document.toJS() ?? '') as MapNode, (path, fault) => {
    faults.push(path === '' ? fault : `${path}: ${fault}`);
  });
  return map === null || faults.length > 0 ? { status: 'invalid', faults } : { status: 'valid', map };
};

const readMap = (root: MapNode, fault: AddFault): ColumnMap | null => {
  const fields = isMapping(root) ? fieldsOf(root, '', KEYS, fault) : null;
  if (fields === null) {
    fault('', 'the map is empty or no mapping: see docs/call-records.md');
    return null;
  }
  const has = (key: string): MapNode | undefined => fields.get(key);
  const texts = textSources(has, fault);
  const date = dateOf(has('date'), fault);
  const stamps = stampsOf(has, date !== null, fault);
  const durations = durationsOf(has, fault);
  const position = has('position');
  const outcome = outcomeOf(has('outcome'), fault);
  if (has('queue') === undefined) fault('queue', 'is missing');
  if (has('offered_at') === undefined) fault('offered_at', 'is missing');
  const delimiter = delimiterOf(has('delimiter'), fault);
  const contactId = contactIdOf(has('contact_id'), fault);
  if (outcome === null) return null;
  return {
    delimiter,
    contactId,
    texts,
    agentNone: new Set(textsOf(has('agent_none') ?? [], 'agent_none', fault)),
    position: position === undefined ? null : textOf(position, 'position', fault),
    date,
    stamps,
    durations,
    outcome,
  };
};

type Has = (key: string) => MapNode | undefined;

const delimiterOf = (node: MapNode | undefined, fault: AddFault): string => {
  if (node === undefined) return ',';
  const text = textOf(node, 'delimiter', fault) ?? ',';
  const delimiter = DELIMITERS[text] ?? text;
  if (delimiter.length === 1 && !/["\r\nA-Za-z0-9]/.test(delimiter)) return delimiter;
  fault('delimiter', `"${text}" is neither ${Object.keys(DELIMITERS).join(', ')} nor one character`);
  return ',';
};

const contactIdOf = (node: MapNode | undefined, fault: AddFault): readonly string[] => {
  const columns = textsOf(node ?? [], 'contact_id', fault);
  if (columns.length === 0 || columns.includes('')) fault('contact_id', 'must name at least one column');
  return columns;
};

const textSources = (has: Has, fault: AddFault): Record<TextField, Source> => {
  const source = (field: TextField): Source => {
    const node = has(field);
    const none: Source = { kind: 'constant', value: DEFAULTS[field] ?? '' };
    return node === undefined ? none : (sourceOf(node, field, VOCABULARIES[field] ?? null, fault) ?? none);
  };
  return {
    queue: source('queue'),
    channel: source('channel'),
    direction: source('direction'),
    language: source('language'),
    site: source('site'),
    tier: source('tier'),
    caller: source('caller'),
    agent: source('agent'),
  };
};

const sourceOf = (
  node: MapNode,
  path: string,
  vocabulary: readonly string[] | null,
  fault: AddFault,
): Source | null => {
  if (typeof node === 'string')
    return { kind: 'column', column: textOf(node, path, fault) ?? '', values: null };
  const fields = fieldsOf(node, path, ['column', 'constant', 'values'], fault);
  if (fields === null) return null;
  const word = (of: MapNode | undefined, where: string): string =>
    (vocabulary === null ? textOf(of, where, fault) : wordOf(of, where, vocabulary, fault)) ?? '';
  if (fields.has('constant')) {
    if (fields.size > 1) fault(path, 'has a constant: nothing else may stand beside it');
    return { kind: 'constant', value: word(fields.get('constant'), at(path, 'constant')) };
  }
  const column = textOf(fields.get('column'), at(path, 'column'), fault) ?? '';
  const table = fields.get('values');
  if (table === undefined) return { kind: 'column', column, values: null };
  const entries = isMapping(table) ? Object.entries(table) : [];
  if (entries.length === 0) fault(at(path, 'values'), 'must be a mapping from texts of the column to words');
  const values = new Map(entries.map(([text, of]) => [text, word(of, at(path, `values.${text}`))]));
  return { kind: 'column', column, values };
};

const dateOf = (node: MapNode | undefined, fault: AddFault): ColumnMap['date'] => {
  if (node === undefined) return null;
  const fields = fieldsOf(node, 'date', ['column', 'format', 'of'], fault);
  if (fields === null) return null;
  const of = fields.get('of');
  const first = of === undefined ? null : textOf(of, 'date.of', fault);
  return { ...datePart(fields.get('column'), fields.get('format'), 'date', fault), of: first };
};

const datePart = (
  column: MapNode | undefined,
  format: MapNode | undefined,
  path: string,
  fault: AddFault,
): DateSource => {
  const pattern = textOf(format, at(path, 'format'), fault);
  if (pattern !== null && createReadDate(pattern) === null) fault(at(path, 'format'), badPattern(pattern));
  return { column: textOf(column, at(path, 'column'), fault) ?? '', format: pattern ?? 'YYYY-MM-DD' };
};
const badPattern = (pattern: string): string =>
  `"${pattern}" is no date pattern: write YYYY or YY, MM and DD as they stand, such as DD.MM.YYYY`;

const stampsOf = (has: Has, dated: boolean, fault: AddFault): ColumnMap['stamps'] => {
  const stamps: Partial<Record<StampField, StampSource>> = {};
  for (const field of STAMP_FIELDS) {
    const node = has(field);
    const stamp = node === undefined ? null : stampOf(node, field, dated, fault);
    if (stamp !== null) stamps[field] = stamp;
  }
  return stamps;
};

const stampOf = (node: MapNode, path: string, dated: boolean, fault: AddFault): StampSource | null => {
  const fields = fieldsOf(node, path, ['column', 'format', 'absent', 'or', 'date'], fault);
  if (fields === null) return null;
  const column = textOf(fields.get('column'), at(path, 'column'), fault) ?? '';
  const or = textsOf(fields.get('or') ?? [], at(path, 'or'), fault);
  const absent = new Set(['', ...textsOf(fields.get('absent') ?? [], at(path, 'absent'), fault)]);
  const format = formatOf(fields.get('format'), at(path, 'format'), fault);
  const own = fields.get('date');
  const ownFields = own === undefined ? null : fieldsOf(own, at(path, 'date'), ['column', 'format'], fault);
  const date =
    ownFields === null
      ? null
      : datePart(ownFields.get('column'), ownFields.get('format'), at(path, 'date'), fault);
  if (format.kind !== 'time_of_day' && own !== undefined)
    fault(at(path, 'date'), 'goes with format time_of_day');
  if (format.kind === 'time_of_day' && own === undefined && !dated) {
    fault(at(path, 'format'), 'a time of day needs a date: add `date` at the top or here');
  }
  return { column, absent, or, format, date };
};

const PLAIN_FORMATS = ['time_of_day', 'iso', 'epoch_s', 'epoch_ms'] as const;
const formatOf = (node: MapNode | undefined, path: string, fault: AddFault): StampFormat => {
  if (node === undefined) return { kind: 'time_of_day' };
  const text = textOf(node, path, fault) ?? '';
  const plain = PLAIN_FORMATS.find((format) => format === text);
  if (plain !== undefined) return { kind: plain };
  const date = /^(\S+)[ T]HH:MM(?::SS)?$/.exec(text)?.[1];
  if (date !== undefined && createReadDate(date) !== null) return { kind: 'date_time', date };
  if (text !== '') {
    fault(
      path,
      `"${text}" is none of ${PLAIN_FORMATS.join(', ')}, nor a pattern such as YYYY-MM-DD HH:MM:SS`,
    );
  }
  return { kind: 'iso' };
};

const durationsOf = (has: Has, fault: AddFault): ColumnMap['durations'] => {
  const durations: Partial<Record<DurationField, DurationSource>> = {};
  for (const field of DURATION_FIELDS) {
    const node = has(field);
    const fields = node === undefined ? null : fieldsOf(node, field, ['column', 'unit'], fault);
    if (fields === null) continue;
    const column = textOf(fields.get('column'), at(field, 'column'), fault) ?? '';
    const unit = wordOf(fields.get('unit'), at(field, 'unit'), DURATION_UNITS, fault) ?? 's';
    durations[field] = { column, unit };
  }
  return durations;
};

/** Every column the map speaks of, with the path that does: what a header must have. */
export const columnsOf = (map: ColumnMap): readonly { readonly column: string; readonly path: string }[] => {
  const named: { column: string; path: string }[] = [];
  const add = (path: string, columns: Iterable<string>): void => {
    for (const column of columns) named.push({ column, path });
  };
  add('contact_id', map.contactId);
  for (const field of TEXT_FIELDS) {
    const source = map.texts[field];
    if (source.kind === 'column') add(field, [source.column]);
  }
  if (map.position !== null) add('position', [map.position]);
  if (map.date !== null)
    add('date', map.date.of === null ? [map.date.column] : [map.date.column, map.date.of]);
  for (const field of STAMP_FIELDS) {
    const stamp = map.stamps[field];
    if (stamp === undefined) continue;
    add(field, [stamp.column, ...stamp.or]);
    if (stamp.date !== null) add(at(field, 'date'), [stamp.date.column]);
  }
  for (const field of DURATION_FIELDS) {
    const duration = map.durations[field];
    if (duration !== undefined) add(field, [duration.column]);
  }
  add('outcome', [map.outcome.column]);
  for (const [i, { when }] of map.outcome.rules.entries()) add(`outcome.rules.${i}.when`, when.keys());
  return named;
};

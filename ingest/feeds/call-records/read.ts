/** Reads files of call records by a column map: one row is one record, published whole or not at all. */
import { hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { ReadBatch } from '../../import.ts';
import { InputError } from '../../input.ts';
import type { Pseudonymise } from '../../pseudonymise.ts';
import { type IngestRecord, MAX_PUBLISH_BATCH } from '../../publish.ts';
import { hideInText } from '../events/hide-numbers.ts';
import { type ColumnMap, columnsOf } from './column-map.ts';
import { createCallRecordParser, type ParsedRecord } from './parse.ts';
import { rowsOf, type TableRow } from './rows.ts';
import { openTextLines } from './text-lines.ts';

const ID_HEX_DIGITS = 32;
/** Stands in no text, so that no two rows have the same content with the borders elsewhere. */
const BORDER = '\u001f';
const BYTE_ORDER_MARK = /^\uFEFF/;

export interface ReadOptions {
  readonly map: ColumnMap;
  /** The zone of local times: an IANA name. */
  readonly timeZone: string;
  readonly pseudonymise: Pseudonymise;
  readonly nowMs: () => number;
  /** What `-` reads. */
  readonly stdin?: Readable;
}

/**
 * Reads a file, zipped or not, or standard input (`-`). A row that cannot be used is a rejected record, and the reading
 * goes on. A record's id is its content but for the caller, so a row repeated anywhere is the same record. Throws an
 * `InputError` before the first batch where the header lacks a column of the map, and Node's error for a file that
 * cannot be read.
 */
export async function* readCallRecords(file: string, options: ReadOptions): AsyncGenerator<ReadBatch> {
  const { map } = options;
  const input = await openTextLines(file, options.stdin);
  try {
    const rows = rowsOf(input.lines, map.delimiter);
    const header = await rows.next();
    const names = header.done === true ? [] : (header.value.fields ?? []);
    const columns = names.map((name) => name.replace(BYTE_ORDER_MARK, '').trim());
    checkHeader(file, columns, map);
    const toRecord = createRecordMaker(file, columns, options);
    const batch = createBatch();
    let lines = 1;
    const take = (): ReadBatch => ({
      ...batch.take(),
      bytesRead: input.bytesRead(),
      bytesTotal: input.bytesTotal,
      lines,
    });
    for await (const row of rows) {
      const made = toRecord(row);
      if (!batch.hasRoomFor(made)) yield take();
      batch.add(made);
      lines = row.number;
    }
    yield take();
  } finally {
    await input.lines.return(undefined);
  }
}

const checkHeader = (file: string, columns: readonly string[], map: ColumnMap): void => {
  const missing = columnsOf(map).filter(({ column }) => !columns.includes(column));
  const twice = columnsOf(map).filter(
    ({ column }) => columns.indexOf(column) !== columns.lastIndexOf(column),
  );
  const named = (of: typeof missing): string =>
    [...new Set(of.map(({ column, path }) => `"${column}" (${path})`))].join(', ');
  if (missing.length > 0) {
    const there = columns.length === 0 ? 'the file is empty' : `its header has ${columns.join(', ')}`;
    throw new InputError(`${file}: the map names columns that are not there: ${named(missing)}; ${there}`);
  }
  if (twice.length > 0) {
    throw new InputError(`${file}: the header has columns of the map twice: ${named(twice)}`);
  }
};

type Made = IngestRecord | { readonly status: 'dropped'; readonly reason: string };

const createRecordMaker = (
  file: string,
  columns: readonly string[],
  options: ReadOptions,
): ((row: TableRow) => Made) => {
  const { map, pseudonymise } = options;
  const places = new Map(columns.map((column, place) => [column, place]));
  const parse = createCallRecordParser({ ...options, places, nowMs: options.nowMs() });
  const caller = map.texts.caller.kind === 'column' ? places.get(map.texts.caller.column) : undefined;
  // A number never leaves this function. It is no part of an id either: all numbers could be tried on a bare hash, and
  // a pseudonym changes when its caller is erased, which would make a row read again another record.
  const withCaller = (fields: readonly string[], of: Pseudonymise): readonly string[] =>
    caller === undefined ? fields : fields.with(caller, of(fields[caller] ?? ''));
  return ({ fields, fault, line, number }) => {
    const whole = fields !== null && fields.length === columns.length;
    const content = whole ? withCaller(fields, () => '') : [hideInText(line, () => '#'), String(number)];
    const id = hash('sha256', content.join(BORDER), 'hex').slice(0, ID_HEX_DIGITS);
    const parsed: ParsedRecord = whole
      ? parse(fields)
      : { status: 'rejected', reason: fault || columnCount(columns.length, fields?.length ?? 0) };
    if (parsed.status === 'dropped') return parsed;
    if (parsed.status === 'events') return { status: 'accepted', id, events: parsed.events };
    // Which column is the caller's nobody knows of a row whose columns could not be told apart.
    const shown = whole
      ? withCaller(fields, pseudonymise).join(map.delimiter)
      : hideInText(line, pseudonymise);
    return { status: 'rejected', id, reason: parsed.reason, place: `${file}:${number}`, line: shown };
  };
};

const columnCount = (wanted: number, found: number): string => `${wanted} columns expected, ${found} found`;

type Content = Pick<ReadBatch, 'records' | 'firstEventMs' | 'lastEventMs'> & {
  readonly dropped: Readonly<Record<string, number>>;
};
interface Batch {
  readonly hasRoomFor: (made: Made) => boolean;
  readonly add: (made: Made) => void;
  /** Gives what has been added and begins again. */
  readonly take: () => Content;
}

const createBatch = (): Batch => {
  let records: IngestRecord[] = [];
  let dropped: Record<string, number> = {};
  let size = 0;
  let taken = 0;
  let firstEventMs: number | null = null;
  let lastEventMs: number | null = null;
  const sizeOf = (made: Made): number => (made.status === 'accepted' ? made.events.length : 1);
  return {
    hasRoomFor: (made) => taken === 0 || size + sizeOf(made) <= MAX_PUBLISH_BATCH,
    add: (made) => {
      taken++;
      size += sizeOf(made);
      if (made.status === 'dropped') {
        dropped[made.reason] = (dropped[made.reason] ?? 0) + 1;
        return;
      }
      records.push(made);
      for (const { event_time } of made.status === 'accepted' ? made.events : []) {
        firstEventMs = Math.min(firstEventMs ?? event_time, event_time);
        lastEventMs = Math.max(lastEventMs ?? event_time, event_time);
      }
    },
    take: () => {
      const content = { records, dropped, firstEventMs, lastEventMs };
      records = [];
      dropped = {};
      size = 0;
      taken = 0;
      firstEventMs = null;
      lastEventMs = null;
      return content;
    },
  };
};

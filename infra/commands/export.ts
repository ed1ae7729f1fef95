/** `busyhour export`: figures and contacts into a file, which is there once it is whole. */
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MAX_COMPUTED_ROWS } from '../../query-api/export/columnar.ts';
import { exportIntervals } from '../../query-api/export/export-intervals.ts';
import { exportQuery } from '../../query-api/export/export-query.ts';
import { isColumnar } from '../../query-api/export/formats.ts';
import type { Fault } from '../../query-api/problems.ts';
import { CONTACT_COLUMNS, contactsQuery } from '../../query-api/queries/contacts.ts';
import { type ContactsContext, parseContactsRequest } from '../../query-api/routes/contacts-request.ts';
import { answerIntervals } from '../../query-api/routes/intervals-answer.ts';
import { parseIntervalsRequest } from '../../query-api/routes/intervals-request.ts';
import type { ExportCommands, ExportFlags } from '../cli/export-commands.ts';
import { DONE, failed, type Outcome, usage } from '../cli/outcome.ts';
import { openProgress, type Progress } from '../cli/progress.ts';
import type { Store } from '../clickhouse/store.ts';
import type { Config } from '../config.ts';
import type { Foundation } from '../foundation.ts';
import { nowMs } from './about.ts';
import { noteDown } from './note-down.ts';
import { searchPseudonymiserOf, withFoundation } from './running.ts';

/** Rows of one text file: every quarter hour of a year of a thousand queues. */
const MAX_FILE_ROWS = 40_000_000;
const STDOUT = '-';

/** Flags as the API's parameters: `--group-by a,b` is `group_by`, and every list is read at its commas there. */
const parametersOf = ({ tenant: _tenant, out: _out, json: _json, ...rest }: ExportFlags) => {
  const named = Object.entries(rest).map(([flag, value]) => {
    const name = flag.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return [name, LISTS.has(name) ? [value] : value] as const;
  });
  return Object.fromEntries(named);
};
const LISTS = new Set([
  'queue',
  'queue_group',
  'channel',
  'source',
  'direction',
  'language',
  'site',
  'tier',
  'agent',
  'group_by',
  'percentiles',
  'caller',
  'outcome',
]);

const wrong = (faults: readonly Fault[]): Outcome =>
  usage(faults.map(({ path, message }) => `--${path.replaceAll('_', '-')}: ${message}`).join('; '));

/** Writes beside the file and puts it in its place when it is whole: nobody finds half an export. */
const write = async (bytes: Readable, out: string): Promise<number> => {
  let written = 0;
  bytes.on('data', (chunk: Buffer | string) => {
    written += Buffer.byteLength(chunk);
  });
  if (out === STDOUT) {
    await pipeline(bytes, process.stdout, { end: false });
    return written;
  }
  const draft = `${out}.${process.pid}.part`;
  try {
    await pipeline(bytes, createWriteStream(draft, { flush: true }));
    await rename(draft, out);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  return written;
};

interface Written {
  readonly rows: number;
  readonly bytes: number;
}

const conclude = (flags: ExportFlags, { rows, bytes }: Written, startedMs: number): Outcome => {
  const seconds = (nowMs() - startedMs) / 1_000;
  const told =
    flags.json === true
      ? JSON.stringify({ out: flags.out, rows, bytes, seconds })
      : `${rows} rows, ${bytes} bytes in ${seconds.toFixed(1)} s: ${flags.out}`;
  // What went to standard output is the export, and nothing else may be in it.
  (flags.out === STDOUT ? process.stderr : process.stdout).write(`${told}\n`);
  return DONE;
};

/** Counts rows as they pass, for the bar. */
const counting = (progress: Progress, total: number) => {
  let rows = 0;
  return {
    rows: () => rows,
    add: (count: number): void => {
      rows += count;
      progress.report(rows, total, rows);
    },
  };
};

async function* passing<Row>(
  batches: AsyncIterable<readonly Row[]>,
  add: (count: number) => void,
): AsyncGenerator<readonly Row[]> {
  for await (const batch of batches) {
    add(batch.length);
    yield batch;
  }
}

const onFoundation = (config: Config, work: (foundation: Foundation) => Promise<Outcome>): Promise<Outcome> =>
  withFoundation({ ...config, clickhouseHttpPort: 0 }, 'command', work);

/** Notes down what was asked for; numbers of callers that were looked for are written down nowhere. */
const noteExport = (store: Store, what: string, { tenant, ...flags }: ExportFlags): Promise<void> => {
  const shown = Object.entries({ ...flags, ...(flags.caller === undefined ? {} : { caller: '(not kept)' }) });
  const detail = [`export ${what}`, ...shown.map(([name, value]) => `${name}=${value}`)].join(' ');
  return noteDown(store, { tenant, action: 'export', detail, outcome: 'done' });
};

const intervals = async (config: Config, flags: ExportFlags): Promise<Outcome> => {
  const context = { nowMs: nowMs(), timeZone: config.timeZone, queueGroups: config.queueGroups };
  const parsed = parseIntervalsRequest(parametersOf(flags), context);
  if (!parsed.ok) return wrong(parsed.faults);
  const { queues, channels, sources, format } = parsed.value;
  return onFoundation(config, async ({ store }) => {
    const startedMs = nowMs();
    const scope = { tenant: flags.tenant, queues, channels, sources };
    const maxRows = isColumnar(format) ? MAX_COMPUTED_ROWS : MAX_FILE_ROWS;
    const outcome = await answerIntervals({ store, nowMs }, parsed.value, scope, maxRows);
    if (outcome.status === 'refused') return failed(outcome.fault);
    await noteExport(store, 'intervals', flags);
    const progress = openProgress(flags.json !== true && flags.out !== STDOUT);
    const { add } = counting(progress, outcome.answer.rows);
    const answer = { ...outcome.answer, batches: passing(outcome.answer.batches, add) };
    const bytes = await exportIntervals(store, parsed.value, answer)
      .then((stream) => write(stream, flags.out))
      .finally(progress.stop);
    return conclude(flags, { rows: answer.rows, bytes }, startedMs);
  });
};

const contactsAsked = (config: Config, flags: ExportFlags, pseudonymise: ContactsContext['pseudonymise']) =>
  parseContactsRequest(parametersOf(flags), { nowMs: nowMs(), timeZone: config.timeZone, pseudonymise });

const contacts = async (config: Config, flags: ExportFlags): Promise<Outcome> => {
  // Told before anything is opened: only what a number stands for is not known yet.
  const checked = contactsAsked(config, flags, (number) => number);
  if (!checked.ok) return wrong(checked.faults);
  const { format } = checked.value;
  if (format === 'json') return usage('--format: json is none of csv, ndjson, parquet, arrow');
  return onFoundation(config, async (foundation) => {
    const { store, subjectKeys } = foundation;
    const startedMs = nowMs();
    const key = subjectKeys === null ? null : searchPseudonymiserOf(foundation, flags.tenant);
    const parsed = contactsAsked(config, flags, key);
    if (!parsed.ok) return wrong(parsed.faults);
    const { search } = parsed.value;
    const { queues, channels, sources } = search;
    const scope = { tenant: flags.tenant, queues, channels, sources };
    const query = contactsQuery({ ...search, scope }, null);
    const [found] = await store.query<{ legs: number }>(
      `SELECT count() AS legs FROM (${query.sql})`,
      query.params,
    );
    const total = found?.legs ?? 0;
    await noteExport(store, 'contacts', flags);
    const progress = openProgress(flags.json !== true && flags.out !== STDOUT);
    const counted = counting(progress, total);
    const bytes = await exportQuery({ store, query, columns: CONTACT_COLUMNS, format, onRows: counted.add })
      .then((stream) => write(stream, flags.out))
      .finally(progress.stop);
    return conclude(flags, { rows: isColumnar(format) ? total : counted.rows(), bytes }, startedMs);
  });
};

export const exportCommands: ExportCommands = { intervals, contacts };

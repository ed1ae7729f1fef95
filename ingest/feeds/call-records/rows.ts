/** Cuts lines into rows of fields. A row may go over several lines within quotes; a quote left open costs one line only. */
import { CsvError, parse } from 'csv-parse/sync';
import type { TextLine } from './text-lines.ts';

/** A quoted text, a note perhaps, that goes over more lines is taken for a quote that nobody closed. */
const MAX_ROW_LINES = 20;

export interface TableRow {
  /** null where the line is no row: `fault` says why. */
  readonly fields: readonly string[] | null;
  readonly fault: string;
  /** The line as it stands, and the number of its first line. */
  readonly line: string;
  readonly number: number;
}

/** The rows of some lines; empty lines are left out. Reading too much for one row, it begins again with the next line. */
export async function* rowsOf(lines: AsyncIterator<TextLine>, delimiter: string): AsyncGenerator<TableRow> {
  const ahead: TextLine[] = [];
  const next = async (): Promise<TextLine | null> => {
    const waiting = ahead.shift();
    if (waiting !== undefined) return waiting;
    const read = await lines.next();
    return read.done === true ? null : read.value;
  };
  for (let first = await next(); first !== null; first = await next()) {
    if (first.text.trim() === '') continue;
    // Without a quote there is nothing that csv-parse would see otherwise, and most rows have none.
    if (first.tooLong || !first.text.includes('"')) {
      yield plainRow(first, delimiter);
      continue;
    }
    const taken = [first];
    let row = quotedRow(taken, delimiter);
    while (row === 'open' && taken.length < MAX_ROW_LINES) {
      const more = await next();
      if (more === null) break;
      taken.push(more);
      row = more.tooLong ? 'open' : quotedRow(taken, delimiter);
    }
    if (row !== 'open') {
      yield row;
      continue;
    }
    yield notARow(first, 'a quote is opened and not closed');
    ahead.unshift(...taken.slice(1));
  }
}

const notARow = ({ text, number }: TextLine, fault: string): TableRow => ({
  fields: null,
  fault,
  line: text,
  number,
});

const plainRow = (line: TextLine, delimiter: string): TableRow =>
  line.tooLong
    ? notARow(line, 'the line is too long')
    : { fields: line.text.split(delimiter), fault: '', line: line.text, number: line.number };

/** `open`: more lines are needed to close a quote. */
const quotedRow = (lines: readonly TextLine[], delimiter: string): TableRow | 'open' => {
  const [first] = lines;
  if (first === undefined) return 'open';
  const text = lines.map((line) => line.text).join('\n');
  try {
    const [fields] = parse(text, { delimiter, relax_quotes: true, relax_column_count: true }) as string[][];
    return { fields: fields ?? [], fault: '', line: text, number: first.number };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    if (error.code === 'CSV_QUOTE_NOT_CLOSED') return 'open';
    return notARow({ ...first, text }, error.message.split('\n')[0] ?? error.code);
  }
};

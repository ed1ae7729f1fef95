/** Where in a query an error of ClickHouse's lies, as its text says it. Pure. */

export interface Place {
  /** UTF-16 positions in the query, as an editor counts. */
  readonly from: number;
  readonly to: number;
}

/** ClickHouse counts lines and columns from 1, and columns in bytes. */
const AT_LINE = /\(line (\d+), col (\d+)\)/;
const AT_POSITION = /failed at position (\d+)/;
/** What could not be found stands quoted: an identifier, a function, a table. */
const NAMES = [
  /identifier [`']([^`']+)[`']/i,
  /function (?:with name )?[`']?(\w+)/i,
  /table [`']?([\w.]+)[`']?/i,
];

const isInQuery = (place: Place, query: string): boolean =>
  place.from < query.length && place.to <= query.length;

/** The position of a byte of UTF-8 in the text. */
const fromByte = (text: string, byte: number): number =>
  new TextDecoder().decode(new TextEncoder().encode(text).subarray(0, byte)).length;

const wordAt = (query: string, from: number): Place => {
  const word = /^[\w.]+|^\S/.exec(query.slice(from))?.[0] ?? '';
  // An error at the very end is marked on the last character: there is nothing after it to mark.
  return word === ''
    ? { from: Math.max(0, query.trimEnd().length - 1), to: query.trimEnd().length }
    : { from, to: from + word.length };
};

const byLine = (query: string, message: string): number | null => {
  const [, line, column] = AT_LINE.exec(message) ?? [];
  if (line === undefined || column === undefined) return null;
  const lines = query.split('\n');
  const before = lines.slice(0, Number(line) - 1).reduce((sum, each) => sum + each.length + 1, 0);
  return before + fromByte(lines[Number(line) - 1] ?? '', Number(column) - 1);
};
const byPosition = (query: string, message: string): number | null => {
  const position = AT_POSITION.exec(message)?.[1];
  return position === undefined ? null : fromByte(query, Number(position) - 1);
};

const byName = (query: string, message: string): Place | null => {
  for (const pattern of NAMES) {
    const name = pattern.exec(message)?.[1]?.split('.').at(-1);
    if (name === undefined || name === '') continue;
    const found = [...query.matchAll(/[\w]+/g)].find(([word]) => word === name);
    if (found !== undefined) return { from: found.index, to: found.index + name.length };
  }
  return null;
};

/** Null where the message names no place. */
export const placeOf = (query: string, message: string): Place | null => {
  const from = byLine(query, message) ?? byPosition(query, message);
  if (from === null) return byName(query, message);
  const place = wordAt(query, from);
  return isInQuery(place, query) ? place : null;
};

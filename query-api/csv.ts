/** CSV after RFC 4180, safe to open in a spreadsheet. */

const CRLF = '\r\n';
/**
 * A cell that begins with one of these is run as a formula by spreadsheets, some of which drop white space before it and
 * read full-width signs as the plain ones (OWASP, CSV injection; ASVS 1.2.10).
 */
const FORMULA = /^[=+\-@\t\r\n\0＝＋－＠]/;
/** A phone number by E.164: a spreadsheet takes `+4930…` for a number, and nothing in it can be run. */
const PHONE_NUMBER = /^\+\d{4,15}$/;

export type CellValue =
  | string
  | number
  | boolean
  | null
  | readonly string[]
  | Readonly<Record<string, number>>;

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** One cell: text quoted where needed and never a formula, null empty, a list or map as JSON. */
const cellOf = (value: CellValue): string => {
  if (value === null) return '';
  if (typeof value === 'object') return quoted(JSON.stringify(value));
  if (typeof value !== 'string') return String(value);
  return quoted(FORMULA.test(value) && !PHONE_NUMBER.test(value) ? `'${value}` : value);
};

export const csvLine = (values: readonly CellValue[]): string => values.map(cellOf).join(',') + CRLF;

/** CSV after RFC 4180, safe to open in a spreadsheet. */

const CRLF = '\r\n';
/** A cell that begins with one of these is run as a formula by spreadsheets (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r]/;

/** One cell: text quoted where needed and never a formula, null empty. */
const cellOf = (value: string | number | null): string => {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

export const csvLine = (values: readonly (string | number | null)[]): string =>
  values.map(cellOf).join(',') + CRLF;

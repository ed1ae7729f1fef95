/** CSV after RFC 4180, safe to open in a spreadsheet. */

const CRLF = '\r\n';
/** A cell that begins with one of these is run as a formula by spreadsheets (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r]/;
/** A phone number by E.164: a spreadsheet takes `+4930…` for a number, and nothing in it can be run. */
const PHONE_NUMBER = /^\+\d{4,15}$/;

/** One cell: text quoted where needed and never a formula, null empty. */
const cellOf = (value: string | number | boolean | null): string => {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const text = FORMULA.test(value) && !PHONE_NUMBER.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

export const csvLine = (values: readonly (string | number | boolean | null)[]): string =>
  values.map(cellOf).join(',') + CRLF;

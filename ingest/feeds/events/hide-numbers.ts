/**
 * A rejected line goes to the dead letters as it came, but for what may be a telephone number: that becomes its
 * pseudonym, wherever in the line it stands. Which field was meant nobody knows of a line that could not be understood.
 */
import type { Pseudonymise } from '../../pseudonymise.ts';

/** Seven digits or more, with the marks people put between them. */
const TELEPHONE_NUMBER = /\+?\d(?:[\s().\-/]{0,2}\d){6,}/g;
/** Fields of which digits are no telephone number: identities, times, places in the log. */
const HARMLESS = /^(?:seq|contact_id|event_time|at|recorded_at|start|end|day|log_\w+|\w+_ms)$/;

/** A line that is no JSON: every number-like run in it. */
export const hideInText = (text: string, pseudonymise: Pseudonymise): string =>
  text.replace(TELEPHONE_NUMBER, (number) => pseudonymise(number));

const hideInValue = (name: string, value: unknown, pseudonymise: Pseudonymise): unknown => {
  if (Array.isArray(value)) return value.map((entry) => hideInValue(name, entry, pseudonymise));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([field, of]) => [field, hideInValue(field, of, pseudonymise)]),
    );
  }
  if (HARMLESS.test(name)) return value;
  if (typeof value === 'string') return hideInText(value, pseudonymise);
  return typeof value === 'number' && hideInText(String(value), () => '') === ''
    ? pseudonymise(String(value))
    : value;
};

/** The line without telephone numbers; `parsed` is what it is as JSON, undefined where it is none. */
export const hideNumbers = (line: string, parsed: unknown, pseudonymise: Pseudonymise): string =>
  parsed === undefined
    ? hideInText(line, pseudonymise)
    : JSON.stringify(hideInValue('', parsed, pseudonymise));

/** The settings of what is kept and for how long: `retention` and `keep_numbers`. */
import { parse } from 'yaml';
import { RETAINED, type RetainedTable, type Retention } from './clickhouse/retention.ts';

const DAY_MS = 86_400_000;
/** A hundred years; more is for ever. */
const MAX_DAYS = 36_500;

const isRetained = (name: string): name is RetainedTable => Object.hasOwn(RETAINED, name);

const spanOf = (text: unknown): number | null | undefined => {
  if (text === 'forever') return null;
  const days = typeof text === 'string' ? /^(\d{1,5})d$/.exec(text)?.[1] : undefined;
  const count = Number(days);
  return days !== undefined && count >= 1 && count <= MAX_DAYS ? count * DAY_MS : undefined;
};

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const parsed = (value: string): unknown => {
  try {
    return parse(value);
  } catch {
    return undefined;
  }
};

/** Reads `{contact_legs: 400d, queue_intervals: forever}`, as YAML or JSON; a table it does not name is left as it is. */
export const readRetention = (value: string, faults: string[]): Retention => {
  if (value === '') return {};
  const tables = parsed(value);
  if (!isMapping(tables)) {
    faults.push(`BUSYHOUR_RETENTION: "${value}" must be tables with their days, such as {events: 90d}`);
    return {};
  }
  const retention: Partial<Record<RetainedTable, number | null>> = {};
  for (const [name, text] of Object.entries(tables)) {
    const span = spanOf(text);
    if (!isRetained(name)) {
      faults.push(`BUSYHOUR_RETENTION: "${name}" is none of ${Object.keys(RETAINED).join(', ')}`);
    } else if (span === undefined) {
      faults.push(`BUSYHOUR_RETENTION: ${name}: "${String(text)}" must be days such as 90d, or forever`);
    } else retention[name] = span;
  }
  return retention;
};

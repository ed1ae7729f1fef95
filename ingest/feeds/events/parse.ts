/**
 * One JSON line as a canonical event. Pure. A line is `{"seq","event_time","body"}`, with `source` where several share
 * an input; the rows of `acd.events` are such lines too, so what was exported can be taken in again.
 */
import { hash } from 'node:crypto';
import type { EventBody } from '../../../schemas/events.ts';
import type { Pseudonymise } from '../../pseudonymise.ts';
import type { AcceptedRecord, RejectedRecord } from '../../publish.ts';
import { readIso } from '../call-records/stamps.ts';
import { createBodyCheck, isObject, type JsonObject, strangeField } from './body-check.ts';
import { hideNumbers } from './hide-numbers.ts';

/** A longer line is no event. */
export const MAX_LINE_LENGTH = 32_768;
const MAX_SEQ_LENGTH = 200;
const MAX_SOURCE_LENGTH = 100;
/** A stamp further in the future than this is wrong, and would run the source's time ahead of its real events. */
const MAX_AHEAD_MS = 24 * 3_600_000;
const ID_HEX_DIGITS = 32;
/** What is a pseudonym already, in an export for example, stays as it is: no telephone number looks like this. */
const PSEUDONYM = /^[0-9a-f]{32}$/;
const CONTROL_CHARACTERS = /\p{Cc}/u;

/** What a line may have. The columns of `acd.events` that repeat the body, or say where in another log it stood, are allowed. */
const FIELDS: ReadonlySet<string> = new Set([
  ...['tenant', 'source', 'seq', 'event_time', 'at', 'recorded_at', 'body'],
  ...['kind', 'contact_id', 'queue', 'agent', 'log_partition', 'log_offset'],
]);

export interface EventLineOptions {
  readonly tenant: string;
  /** Whose events are wanted; null: each line names its source. */
  readonly source: string | null;
  readonly pseudonymise: Pseudonymise;
  readonly nowMs: () => number;
}
/** `source` is the line's, '' where it could not be read. */
export type ParsedEventLine =
  | (AcceptedRecord & { readonly source: string })
  | (Omit<RejectedRecord, 'place'> & { readonly source: string })
  | { readonly status: 'dropped'; readonly reason: 'of another source' };

type Found = { readonly source: string; readonly event: AcceptedRecord };

export type ParseEventLine = (line: string) => ParsedEventLine;

/** Makes the parser. */
export const createEventLineParser = (options: EventLineOptions): ParseEventLine => {
  const checkBody = createBodyCheck();
  return (line) => {
    const parsed = line.length > MAX_LINE_LENGTH ? undefined : parseJson(line);
    const found = eventOf(line, parsed, options, checkBody);
    if (found === 'of another source') return { status: 'dropped', reason: found };
    if (typeof found !== 'string') return { ...found.event, source: found.source };
    const shown = hideNumbers(line.slice(0, MAX_LINE_LENGTH), parsed, options.pseudonymise);
    // Without the pseudonyms, which change when a caller is erased: the line would be another one then.
    const naming = hideNumbers(line.slice(0, MAX_LINE_LENGTH), parsed, () => '#');
    const id = hash('sha256', naming, 'hex').slice(0, ID_HEX_DIGITS);
    const given = isObject(parsed) ? sourceOf(parsed, options) : null;
    const source = given?.status !== 'wanted' ? (options.source ?? '') : given.source;
    return { status: 'rejected', id, reason: found, line: shown, source };
  };
};

/** undefined for what is no JSON. */
const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

/** The event of a line, or why there is none. */
const eventOf = (
  line: string,
  parsed: unknown,
  options: EventLineOptions,
  checkBody: ReturnType<typeof createBodyCheck>,
): Found | string => {
  if (line.length > MAX_LINE_LENGTH) return `more than ${MAX_LINE_LENGTH} characters`;
  if (parsed === undefined) return 'not JSON';
  if (!isObject(parsed)) return 'not a JSON object';
  const strange = Object.keys(parsed).find((name) => !FIELDS.has(name));
  if (strange !== undefined) return `${strangeField('', strange)} none of ${[...FIELDS].join(', ')}`;
  const from = sourceOf(parsed, options);
  if (from.status === 'fault') return from.reason;
  if (from.status === 'other') return 'of another source';
  const seq = parsed.seq;
  if (typeof seq !== 'string' || seq === '' || seq.length > MAX_SEQ_LENGTH || CONTROL_CHARACTERS.test(seq)) {
    return `seq must be a text of 1 to ${MAX_SEQ_LENGTH} characters that names the event within its source`;
  }
  const checked = checkBody(typeof parsed.body === 'string' ? parseJson(parsed.body) : parsed.body);
  if (checked.status === 'fault') return checked.reason;
  const contradiction = contradictionOf(parsed, checked.body);
  if (contradiction !== null) return contradiction;
  const time = timeOf(parsed, checked.body, options.nowMs());
  if (typeof time === 'string') return time;
  const body = withPseudonym(checked.body, options.pseudonymise);
  return {
    source: from.source,
    event: { status: 'accepted', id: seq, events: [{ event_time: time, body }] },
  };
};

type Origin =
  | { readonly status: 'wanted'; readonly source: string }
  | { readonly status: 'other' }
  | { readonly status: 'fault'; readonly reason: string };

const sourceOf = (line: JsonObject, { tenant, source: wanted }: EventLineOptions): Origin => {
  const { source = wanted, tenant: owner = tenant } = line;
  if (owner !== tenant) {
    return wanted === null ? { status: 'fault', reason: 'tenant is not yours' } : { status: 'other' };
  }
  if (wanted !== null) return source === wanted ? { status: 'wanted', source: wanted } : { status: 'other' };
  // With a slash, source `b/c` of tenant `a` would have the log's key of source `c` of tenant `a/b`.
  const isName = typeof source === 'string' && source !== '' && !source.includes('/');
  if (!isName || source.length > MAX_SOURCE_LENGTH || CONTROL_CHARACTERS.test(source)) {
    const reason = `source must be a text of 1 to ${MAX_SOURCE_LENGTH} characters without "/"`;
    return { status: 'fault', reason };
  }
  return { status: 'wanted', source };
};

/** A column that says something else than the body it was taken from. */
const contradictionOf = (line: JsonObject, body: EventBody): string | null => {
  const said = body as unknown as JsonObject;
  const meant = { kind: body.type, contact_id: said.contact_id, queue: said.queue, agent: said.agent };
  for (const [name, value] of Object.entries(meant)) {
    if (line[name] !== undefined && line[name] !== (value ?? '')) {
      return `${name} is not what the body says`;
    }
  }
  return null;
};

/** UTC epoch ms of the line's time, or what is wrong with it. */
const timeOf = (line: JsonObject, body: EventBody, nowMs: number): number | string => {
  const { at, event_time: given = at } = line;
  const field = line.event_time === undefined ? 'at' : 'event_time';
  if (given === undefined) return 'event_time is missing';
  // Without an offset it is UTC, as ClickHouse writes the column `at`.
  const ms = typeof given === 'string' ? readIso(given)?.ms : given;
  if (typeof ms !== 'number' || !Number.isSafeInteger(ms) || ms < 0) {
    return `${field} must be milliseconds since 1970 or ISO 8601`;
  }
  // A schedule is of the future by nature, and moves no clock of the fold.
  const isPlan = body.type === 'agent_scheduled';
  return !isPlan && ms > nowMs + MAX_AHEAD_MS ? `${field} is more than a day ahead` : ms;
};

const withPseudonym = (body: EventBody, pseudonymise: Pseudonymise): EventBody => {
  if (!('caller' in body) || PSEUDONYM.test(body.caller)) return body;
  return { ...body, caller: pseudonymise(body.caller) };
};

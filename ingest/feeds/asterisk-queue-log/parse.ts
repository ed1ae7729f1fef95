/**
 * One line of Asterisk's queue_log as canonical events. Pure. The verbs and their fields are those of app_queue.c and
 * app_agent_pool.c (Asterisk 22), of older Asterisk versions, and of what Wazo, FreePBX and QueueMetrics add.
 */
import type { ContactRefused, ContactTransferred, EventBody, ExitOutcome } from '../../../schemas/events.ts';

export interface ParseOptions {
  readonly pseudonymise: (number: string) => string;
  /** The agent's one name, whichever way the log spells him. */
  readonly agentName: (spelling: string) => string;
  readonly nowMs: () => number;
}
export interface LineEvent {
  readonly event_time: number;
  readonly body: EventBody;
}
export type ParsedLine =
  | { readonly status: 'event'; readonly event: LineEvent }
  | { readonly status: 'rejected'; readonly reason: string };

/** Asterisk cuts lines at this (ast_queue_log, main/logger.c): a longer one is not its own. */
export const MAX_LINE_LENGTH = 8_192;
/** A stamp further in the future than this is wrong, and would run the source's time ahead of its real events. */
const MAX_AHEAD_MS = 24 * 3_600_000;

/** What a verb finds on its line; `data` are the fields after the verb. */
interface Fields {
  readonly contact_id: string;
  readonly queue: string;
  readonly agent: string;
  readonly data: readonly string[];
  readonly verb: string;
  readonly options: ParseOptions;
}
type Verb = (fields: Fields) => EventBody;

const field = (data: readonly string[], i: number): string => data[i] ?? '';
const rest = (data: readonly string[]): string => data.join('|');

/** NaN for what is no plain decimal number of a sane size: `parseLine` rejects the line for it. */
const number = (text: string): number => (/^-?\d{1,10}(\.\d+)?$/.test(text) ? Number(text) : Number.NaN);
/** Every duration is in whole seconds but those of ringing. */
const seconds = ({ data }: Fields, i: number): number => Math.round(number(field(data, i)) * 1_000);
/** app_queue.c: RINGNOANSWER and RINGCANCELED carry milliseconds. */
const milliseconds = ({ data }: Fields, i: number): number => Math.round(number(field(data, i)));

const inQueue = ({ contact_id, queue }: Fields) => ({ contact_id, queue });
const byAgent = ({ contact_id, queue, agent }: Fields) => ({ contact_id, queue, agent });
const voice = { channel: 'voice', direction: 'inbound', language: '', site: '', tier: '' } as const;

const enter: Verb = (fields) => {
  const position = number(field(fields.data, 2));
  return {
    type: 'contact_offered',
    ...inQueue(fields),
    ...voice,
    caller: fields.options.pseudonymise(field(fields.data, 1)),
    // Missing in some wild logs (xivo-dao's fixtures).
    position: Number.isInteger(position) && position > 0 ? position : null,
  };
};
const refuse =
  (reason: ContactRefused['reason']): Verb =>
  (fields) => ({ type: 'contact_refused', ...inQueue(fields), ...voice, caller: '', reason });
const connect: Verb = (fields) => ({
  type: 'contact_answered',
  ...byAgent(fields),
  wait_ms: seconds(fields, 0),
  ring_ms: field(fields.data, 2) === '' ? null : seconds(fields, 2),
});
const complete =
  (ended_by: 'agent' | 'caller'): Verb =>
  (fields) => ({
    type: 'contact_ended',
    ...byAgent(fields),
    ended_by,
    wait_ms: seconds(fields, 0),
    talk_ms: seconds(fields, 1),
    hold_ms: null,
  });
/** `waitAt`: which field the wait is in. `shortForm`: how many fields an older Asterisk wrote, which had no wait. */
const exit =
  (outcome: ExitOutcome, waitAt: number, shortForm?: number): Verb =>
  (fields) => {
    const wait_ms = fields.data.length === shortForm ? null : seconds(fields, waitAt);
    return { type: 'contact_exited', ...inQueue(fields), outcome, wait_ms };
  };
const exitUnstated =
  (outcome: ExitOutcome): Verb =>
  (fields) => ({ type: 'contact_exited', ...inQueue(fields), outcome, wait_ms: null });
/** A transfer takes COMPLETE's place: no COMPLETE follows. `timesAt`: where holdtime and calltime begin; null = nowhere. */
const transfer = (
  fields: Fields,
  kind: ContactTransferred['kind'],
  to: string,
  timesAt: number | null,
): EventBody => ({
  type: 'contact_transferred',
  ...byAgent(fields),
  kind,
  to,
  wait_ms: timesAt === null ? null : seconds(fields, timesAt),
  talk_ms: timesAt === null ? null : seconds(fields, timesAt + 1),
  hold_ms: null,
});
/** `shortForm`: how many fields an older Asterisk wrote, which had no times. */
const blind =
  (shortForm?: number): Verb =>
  (fields) => {
    const context = field(fields.data, 1);
    const to = `${field(fields.data, 0)}${context === '' ? '' : `@${context}`}`;
    return transfer(fields, 'blind', to, fields.data.length === shortForm ? null : 2);
  };
/** BRIDGE|id, APP|name or LINK|channel|channel, then the times (app_queue.c, handle_attended_transfer). */
const attended: Verb = (fields) => {
  const [how, first = '', second = ''] = fields.data;
  return how === 'LINK'
    ? transfer(fields, 'attended', `${first},${second}`, 3)
    : transfer(fields, 'attended', first, 2);
};
const rang =
  (result: 'no_answer' | 'canceled'): Verb =>
  (fields) => ({ type: 'agent_rang', ...byAgent(fields), ring_ms: milliseconds(fields, 0), result });
/** The agent hung up on the announcement; the caller stays in the queue and is offered again. */
const dump: Verb = (fields) => ({ type: 'agent_rang', ...byAgent(fields), ring_ms: 0, result: 'failed' });
const hold =
  (type: 'contact_held' | 'contact_resumed'): Verb =>
  (fields) => ({ type, ...byAgent(fields) });
const wrapUp: Verb = (fields) => ({
  type: 'wrap_up_started',
  ...byAgent(fields),
  planned_ms: seconds(fields, 0),
});
const join: Verb = ({ agent, queue, data }) => ({
  type: 'agent_joined_queue',
  agent,
  queue,
  paused: field(data, 0) === 'PAUSED',
});
const leave: Verb = ({ agent, queue }) => ({ type: 'agent_left_queue', agent, queue });
/** PAUSEALL comes with one PAUSE a queue, which the fold takes as the same pause. */
const pause: Verb = ({ agent, queue, data }) => ({ type: 'agent_paused', agent, queue, reason: rest(data) });
const unpause: Verb = ({ agent, queue }) => ({ type: 'agent_unpaused', agent, queue });
const login: Verb = ({ agent }) => ({ type: 'agent_logged_in', agent });
const logout: Verb = ({ agent }) => ({ type: 'agent_logged_out', agent });
const restart: Verb = () => ({ type: 'source_restarted' });
const note: Verb = ({ verb, contact_id, queue, agent, data }) => ({
  type: 'annotated',
  kind: verb,
  contact_id,
  queue,
  agent,
  text: rest(data),
});

const VERBS: ReadonlyMap<string, Verb> = new Map([
  ['ENTERQUEUE', enter],
  ['CONNECT', connect],
  ['COMPLETEAGENT', complete('agent')],
  ['COMPLETECALLER', complete('caller')],
  ['ABANDON', exit('abandoned', 2)],
  // Asterisk 1.4 and older: EXITWITHTIMEOUT(position), EXITWITHKEY(key|position) (doc/queuelog.txt).
  ['EXITWITHTIMEOUT', exit('timed_out', 2, 1)],
  ['EXITEMPTY', exit('left_empty', 2)],
  ['EXITWITHKEY', exit('key_exit', 3, 2)],
  ['WITHDRAW', exit('withdrawn', 2)],
  // No codec in common: the call ends, and nothing says how long it waited.
  ['SYSCOMPAT', exitUnstated('withdrawn')],
  ['BLINDTRANSFER', blind()],
  // Asterisk 11 and older; 1.2 named extension and context only.
  ['TRANSFER', blind(2)],
  ['ATTENDEDTRANSFER', attended],
  ['RINGNOANSWER', rang('no_answer')],
  ['RINGCANCELED', rang('canceled')],
  ['AGENTDUMP', dump],
  ['ADDMEMBER', join],
  ['REMOVEMEMBER', leave],
  ['PAUSE', pause],
  ['PAUSEALL', pause],
  ['UNPAUSE', unpause],
  ['UNPAUSEALL', unpause],
  ['AGENTLOGIN', login],
  ['AGENTCALLBACKLOGIN', login],
  ['AGENTLOGOFF', logout],
  ['AGENTCALLBACKLOGOFF', logout],
  ['QUEUESTART', restart],
  // Wazo: refused before entering, or sent elsewhere for a long queue.
  ['FULL', refuse('full')],
  ['CLOSED', refuse('closed')],
  ['JOINEMPTY', refuse('empty')],
  ['DIVERT_CA_RATIO', refuse('full')],
  ['DIVERT_HOLDTIME', refuse('full')],
  // Wazo writes it after EXITEMPTY, for the same exit, which the fold then counts as having no leg left.
  ['LEAVEEMPTY', exitUnstated('left_empty')],
  ['WRAPUPSTART', wrapUp],
  // QueueMetrics.
  ['CALLERONHOLD', hold('contact_held')],
  ['CALLEROFFHOLD', hold('contact_resumed')],
]);
/** Everything else (CONFIGRELOAD, PENALTY, RINGINUSE, OUTCALL, DID, INFO, a dialplan's own) is kept for audits. */
const verbOf = (name: string): Verb => VERBS.get(name) ?? note;

const unlessNone = (text: string): string => (text === 'NONE' ? '' : text);
/** What stands in the call's place where no call is meant (app_queue.c). */
const NO_CALL: ReadonlySet<string> = new Set(['NONE', 'REALTIME', 'MANAGER', 'CLI']);

/** Reads one line, without its end. */
export const parseLine = (line: string, options: ParseOptions): ParsedLine => {
  if (line.length > MAX_LINE_LENGTH) return rejected(`longer than ${MAX_LINE_LENGTH} characters`);
  const [time = '', callId = '', queue = '', agent = '', verb = '', ...data] = line.split('|');
  if (verb === '') return rejected('fewer than 5 fields separated by "|"');
  const event_time = Math.round(Number(time) * 1_000);
  if (!/^\d+(\.\d+)?$/.test(time)) return rejected(`time "${time}" is not in seconds since 1970`);
  if (event_time > options.nowMs() + MAX_AHEAD_MS) return rejected(`time "${time}" is in the future`);
  const name = unlessNone(agent);
  const body = verbOf(verb)({
    contact_id: NO_CALL.has(callId) ? '' : callId,
    queue: unlessNone(queue),
    agent: name === '' ? '' : options.agentName(name),
    // There is always a "|" after the verb, so one without arguments leaves an empty field.
    data: data.length === 1 && data[0] === '' ? [] : data,
    verb,
    options,
  });
  const fault = faultOf(body, data);
  return fault === null ? { status: 'event', event: { event_time, body } } : rejected(`${verb}: ${fault}`);
};

/** Why no event can be made of a line whose columns were told apart. */
const faultOf = (body: EventBody, data: readonly string[]): string | null => {
  const unreadable = Object.entries(body).find(([, value]) => Number.isNaN(value));
  if (unreadable !== undefined) return `no number for ${unreadable[0]} in "${rest(data)}"`;
  if ('contact_id' in body) {
    // Legs of calls without a name would be taken for one call.
    return body.contact_id === '' && body.type.startsWith('contact_') ? 'names no call' : null;
  }
  return 'agent' in body && body.agent === '' ? 'names no agent' : null;
};

const rejected = (reason: string): ParsedLine => ({ status: 'rejected', reason });

const CALLER_VERB = 'ENTERQUEUE';
/** url, number, position; what follows is the caller's name. */
const ENTER_FIELDS = 3;

/** The line as it may be kept: with the caller's pseudonym for the number, and without the name. */
export const withoutCaller = (line: string, pseudonymise: ParseOptions['pseudonymise']): string => {
  const fields = line.split('|');
  if (fields[4] !== CALLER_VERB) return line;
  const [url, number, ...more] = fields.slice(5, 5 + ENTER_FIELDS);
  const caller = number === undefined ? [] : [pseudonymise(number)];
  return [...fields.slice(0, 5), ...(url === undefined ? [] : [url]), ...caller, ...more].join('|');
};

/** What names the line: a hash of a number could be undone by trying all numbers, so the caller is left out of it. */
export const namingPart = (line: string): string => {
  const fields = line.split('|', 5);
  return fields[4] === CALLER_VERB ? fields.join('|') : line;
};

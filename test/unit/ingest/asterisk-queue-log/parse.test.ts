import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MAX_LINE_LENGTH,
  namingPart,
  type ParseOptions,
  parseLine,
  withoutCaller,
} from '../../../../ingest/feeds/asterisk-queue-log/parse.ts';
import { openEventCodec } from '../../../../schemas/codec.ts';
import type { EventBody } from '../../../../schemas/events.ts';

const T = 1_795_515_000;
const options: ParseOptions = {
  pseudonymise: (number) => (number === '' ? '' : `p(${number})`),
  agentName: (spelling) => (spelling === 'PJSIP/100' ? 'Ann' : spelling),
  nowMs: () => T * 1_000,
};
const bodyOf = (line: string): EventBody => {
  const parsed = parseLine(line, options);
  if (parsed.status === 'rejected') throw new Error(parsed.reason);
  expect(parsed.event.event_time).toBe(T * 1_000);
  return parsed.event.body;
};
const reasonOf = (line: string): string => {
  const parsed = parseLine(line, options);
  return parsed.status === 'rejected' ? parsed.reason : 'accepted';
};

const call = { contact_id: 'c.1', queue: 'sales' };
const ann = { ...call, agent: 'Ann' };
const facts = { ...call, channel: 'voice', direction: 'inbound', language: '', site: '', tier: '' };
const unstated = { wait_ms: null, talk_ms: null, hold_ms: null };
const transferred = { ...ann, type: 'contact_transferred', wait_ms: 4_000, talk_ms: 31_000, hold_ms: null };

describe('every verb', () => {
  it.each<[string, object]>([
    [
      'c.1|sales|NONE|ENTERQUEUE||0821234567|3',
      { ...facts, type: 'contact_offered', caller: 'p(0821234567)', position: 3 },
    ],
    [
      'c.1|sales|NONE|ENTERQUEUE||0821234567',
      { ...facts, type: 'contact_offered', caller: 'p(0821234567)', position: null },
    ],
    [
      'c.1|sales|NONE|ENTERQUEUE|http://x|082|1|Ann | Bob',
      { ...facts, type: 'contact_offered', caller: 'p(082)', position: 1 },
    ],
    [
      'c.1|sales|Ann|CONNECT|12|1795515000.2|5',
      { ...ann, type: 'contact_answered', wait_ms: 12_000, ring_ms: 5_000 },
    ],
    [
      'c.1|sales|Ann|CONNECT|12|1795515000.2',
      { ...ann, type: 'contact_answered', wait_ms: 12_000, ring_ms: null },
    ],
    [
      'c.1|sales|Ann|COMPLETEAGENT|12|80|1',
      { ...ann, ...unstated, type: 'contact_ended', ended_by: 'agent', wait_ms: 12_000, talk_ms: 80_000 },
    ],
    [
      'c.1|sales|Ann|COMPLETECALLER|12|80|1',
      { ...ann, ...unstated, type: 'contact_ended', ended_by: 'caller', wait_ms: 12_000, talk_ms: 80_000 },
    ],
    [
      'c.1|sales|NONE|ABANDON|1|2|19',
      { ...call, type: 'contact_exited', outcome: 'abandoned', wait_ms: 19_000 },
    ],
    [
      'c.1|sales|Ann|ABANDON|1|2|19',
      { ...call, type: 'contact_exited', outcome: 'abandoned', wait_ms: 19_000 },
    ],
    [
      'c.1|sales|NONE|EXITWITHTIMEOUT|1|1|25',
      { ...call, type: 'contact_exited', outcome: 'timed_out', wait_ms: 25_000 },
    ],
    [
      'c.1|sales|NONE|EXITEMPTY|1|1|7',
      { ...call, type: 'contact_exited', outcome: 'left_empty', wait_ms: 7_000 },
    ],
    [
      'c.1|sales|NONE|EXITWITHKEY|2|1|1|9',
      { ...call, type: 'contact_exited', outcome: 'key_exit', wait_ms: 9_000 },
    ],
    [
      'c.1|sales|NONE|WITHDRAW|1|1|8|moved on',
      { ...call, type: 'contact_exited', outcome: 'withdrawn', wait_ms: 8_000 },
    ],
    [
      'c.1|sales|NONE|EXITWITHTIMEOUT|1',
      { ...call, type: 'contact_exited', outcome: 'timed_out', wait_ms: null },
    ],
    [
      'c.1|sales|NONE|EXITWITHKEY|2|1',
      { ...call, type: 'contact_exited', outcome: 'key_exit', wait_ms: null },
    ],
    ['c.1|sales|Ann|SYSCOMPAT|', { ...call, type: 'contact_exited', outcome: 'withdrawn', wait_ms: null }],
    ['c.1|sales|Ann|BLINDTRANSFER|200|default|4|31|1', { ...transferred, kind: 'blind', to: '200@default' }],
    ['c.1|sales|Ann|TRANSFER|200|default|4|31', { ...transferred, kind: 'blind', to: '200@default' }],
    [
      'c.1|sales|Ann|TRANSFER|200|default',
      { ...transferred, kind: 'blind', to: '200@default', wait_ms: null, talk_ms: null },
    ],
    ['c.1|sales|Ann|ATTENDEDTRANSFER|BRIDGE|b-1|4|31|1', { ...transferred, kind: 'attended', to: 'b-1' }],
    [
      'c.1|sales|Ann|ATTENDEDTRANSFER|APP|VoiceMail|4|31|1',
      { ...transferred, kind: 'attended', to: 'VoiceMail' },
    ],
    [
      'c.1|sales|Ann|ATTENDEDTRANSFER|LINK|PJSIP/1|PJSIP/2|4|31|1',
      { ...transferred, kind: 'attended', to: 'PJSIP/1,PJSIP/2' },
    ],
    [
      'c.1|sales|Ann|RINGNOANSWER|15000',
      { ...ann, type: 'agent_rang', ring_ms: 15_000, result: 'no_answer' },
    ],
    ['c.1|sales|Ann|RINGCANCELED|2991', { ...ann, type: 'agent_rang', ring_ms: 2_991, result: 'canceled' }],
    ['c.1|sales|Ann|AGENTDUMP|', { ...ann, type: 'agent_rang', ring_ms: 0, result: 'failed' }],
    [
      'MANAGER|sales|PJSIP/100|ADDMEMBER|',
      { type: 'agent_joined_queue', agent: 'Ann', queue: 'sales', paused: false },
    ],
    [
      'CLI|sales|Ann|ADDMEMBER|PAUSED',
      { type: 'agent_joined_queue', agent: 'Ann', queue: 'sales', paused: true },
    ],
    ['REALTIME|sales|Ann|REMOVEMEMBER|', { type: 'agent_left_queue', agent: 'Ann', queue: 'sales' }],
    ['NONE|sales|Ann|PAUSE|lunch', { type: 'agent_paused', agent: 'Ann', queue: 'sales', reason: 'lunch' }],
    [
      'NONE|NONE|Ann|PAUSEALL|lunch | errand',
      { type: 'agent_paused', agent: 'Ann', queue: '', reason: 'lunch | errand' },
    ],
    ['NONE|sales|Ann|UNPAUSE|', { type: 'agent_unpaused', agent: 'Ann', queue: 'sales' }],
    ['NONE|NONE|Ann|UNPAUSEALL|', { type: 'agent_unpaused', agent: 'Ann', queue: '' }],
    ['c.1|NONE|1001|AGENTLOGIN|PJSIP/100', { type: 'agent_logged_in', agent: '1001' }],
    ['c.1|NONE|1001|AGENTCALLBACKLOGIN|100@agents', { type: 'agent_logged_in', agent: '1001' }],
    ['c.1|NONE|1001|AGENTLOGOFF|PJSIP/100|3600', { type: 'agent_logged_out', agent: '1001' }],
    ['c.1|NONE|1001|AGENTCALLBACKLOGOFF|100@agents|3600|', { type: 'agent_logged_out', agent: '1001' }],
    ['NONE|NONE|NONE|QUEUESTART|', { type: 'source_restarted' }],
    ['c.1|sales|NONE|FULL|', { ...facts, type: 'contact_refused', caller: '', reason: 'full' }],
    ['c.1|sales|NONE|CLOSED|', { ...facts, type: 'contact_refused', caller: '', reason: 'closed' }],
    ['c.1|sales|NONE|JOINEMPTY|', { ...facts, type: 'contact_refused', caller: '', reason: 'empty' }],
    ['c.1|sales|NONE|DIVERT_CA_RATIO|', { ...facts, type: 'contact_refused', caller: '', reason: 'full' }],
    ['c.1|sales|NONE|DIVERT_HOLDTIME|', { ...facts, type: 'contact_refused', caller: '', reason: 'full' }],
    ['c.1|sales|NONE|LEAVEEMPTY|', { ...call, type: 'contact_exited', outcome: 'left_empty', wait_ms: null }],
    ['c.1|sales|Ann|WRAPUPSTART|20', { ...ann, type: 'wrap_up_started', planned_ms: 20_000 }],
    ['c.1|sales|Ann|CALLERONHOLD|', { ...ann, type: 'contact_held' }],
    ['c.1|sales|Ann|CALLEROFFHOLD|', { ...ann, type: 'contact_resumed' }],
    [
      'NONE|NONE|NONE|CONFIGRELOAD|',
      { type: 'annotated', kind: 'CONFIGRELOAD', contact_id: '', queue: '', agent: '', text: '' },
    ],
    [
      'NONE|sales|Ann|PENALTY|5',
      { type: 'annotated', kind: 'PENALTY', contact_id: '', queue: 'sales', agent: 'Ann', text: '5' },
    ],
    [
      'NONE|sales|Ann|RINGINUSE|0',
      { type: 'annotated', kind: 'RINGINUSE', contact_id: '', queue: 'sales', agent: 'Ann', text: '0' },
    ],
    [
      'c.1|sales|Ann|OUTCALL|ANSWER|30|x',
      { ...ann, type: 'annotated', kind: 'OUTCALL', text: 'ANSWER|30|x' },
    ],
    ['c.1|sales|NONE|DID|0821', { ...call, type: 'annotated', kind: 'DID', agent: '', text: '0821' }],
    ['c.1|sales|NONE|INFO|k|v', { ...call, type: 'annotated', kind: 'INFO', agent: '', text: 'k|v' }],
    ['c.1|sales|Ann|CALLSTATUS|SALE', { ...ann, type: 'annotated', kind: 'CALLSTATUS', text: 'SALE' }],
    ['c.1|sales|NONE|OURS|a|b', { ...call, type: 'annotated', kind: 'OURS', agent: '', text: 'a|b' }],
  ])('%s', (line, body) => {
    expect(bodyOf(`${T}|${line}`)).toEqual(body);
  });

  it('a stamp with a fraction keeps its milliseconds', () => {
    const parsed = parseLine(`${T - 1}.250|c.1|sales|NONE|DID|1`, options);
    expect(parsed).toMatchObject({ event: { event_time: T * 1_000 - 750 } });
  });
});

describe('what cannot be understood names the field', () => {
  it.each([
    ['', 'fewer than 5 fields separated by "|"'],
    [`${T}|c.1|sales|NONE`, 'fewer than 5 fields separated by "|"'],
    [`${T}|c.1|sales|NONE|`, 'fewer than 5 fields separated by "|"'],
    ['yesterday|c.1|sales|NONE|DID|1', 'time "yesterday" is not in seconds since 1970'],
    ['-5|c.1|sales|NONE|DID|1', 'time "-5" is not in seconds since 1970'],
    [`${T + 90_000}|c.1|sales|NONE|DID|1`, `time "${T + 90_000}" is in the future`],
    [`${T}|c.1|sales|Ann|CONNECT|soon|x|1`, 'CONNECT: no number for wait_ms in "soon|x|1"'],
    [`${T}|c.1|sales|Ann|CONNECT|1|x|y`, 'CONNECT: no number for ring_ms in "1|x|y"'],
    [`${T}|c.1|sales|Ann|COMPLETEAGENT|1`, 'COMPLETEAGENT: no number for talk_ms in "1"'],
    [`${T}|c.1|sales|NONE|ABANDON|1|1`, 'ABANDON: no number for wait_ms in "1|1"'],
    [`${T}|c.1|sales|Ann|RINGNOANSWER|`, 'RINGNOANSWER: no number for ring_ms in ""'],
    [
      `${T}|c.1|sales|Ann|ATTENDEDTRANSFER|LINK|a|b|4`,
      'ATTENDEDTRANSFER: no number for talk_ms in "LINK|a|b|4"',
    ],
    // Numbers that JavaScript would read and no log writes: none of them may reach the codec.
    ...['Infinity', '1e300', '0x10', '-9000000000000000', '99999999999'].map((wait): [string, string] => [
      `${T}|c.1|sales|Ann|CONNECT|${wait}|x|1`,
      `CONNECT: no number for wait_ms in "${wait}|x|1"`,
    ]),
    [`${T}|c.1|sales|Ann|BLINDTRANSFER|200|default`, 'BLINDTRANSFER: no number for wait_ms in "200|default"'],
    [`${T}||sales|NONE|ENTERQUEUE||082|1`, 'ENTERQUEUE: names no call'],
    [`${T}|NONE|sales|NONE|ABANDON|1|1|4`, 'ABANDON: names no call'],
    [`${T}|NONE|sales|NONE|PAUSE|lunch`, 'PAUSE: names no agent'],
    [`${T}|CLI|sales||ADDMEMBER|`, 'ADDMEMBER: names no agent'],
    [`${T}|c.1|sales|NONE|INFO|${'x'.repeat(MAX_LINE_LENGTH)}`, `longer than ${MAX_LINE_LENGTH} characters`],
  ])('%j', (line, reason) => {
    expect(reasonOf(line)).toBe(reason);
  });
});

it('a place that is no sane number is an unknown place', () => {
  expect(bodyOf(`${T}|c.1|sales|NONE|ENTERQUEUE||082|1e300`)).toMatchObject({ position: null });
});

it('whatever the numbers of a line are, what is accepted can be written down', async () => {
  const codec = await openEventCodec({ register: async () => 1, schemaById: async () => null });
  const verbs = [
    'ENTERQUEUE',
    'CONNECT',
    'COMPLETEAGENT',
    'ABANDON',
    'RINGNOANSWER',
    'WRAPUPSTART',
    'TRANSFER',
  ];
  const texts = fc.oneof(fc.double().map(String), fc.bigInt().map(String), fc.string());
  fc.assert(
    fc.property(fc.constantFrom(...verbs), fc.array(texts, { maxLength: 6 }), (verb, data) => {
      const parsed = parseLine(`${T}|c.1|sales|Ann|${verb}|${data.join('|')}`, options);
      if (parsed.status === 'rejected') return;
      const event = { tenant: 't', source: 's', seq: '1', recorded_at: 0, ...parsed.event };
      expect(codec.decode(codec.encode(event)).body.type).toBe(parsed.event.body.type);
    }),
  );
});

describe('a caller is not in what is kept of his line', () => {
  const enter = 'yesterday|c.1|sales|NONE|ENTERQUEUE|http://x|0821234567|3|Ann Example';
  it('a rejected line has the pseudonym for the number, and no name', () => {
    expect(withoutCaller(enter, options.pseudonymise)).toBe(
      'yesterday|c.1|sales|NONE|ENTERQUEUE|http://x|p(0821234567)|3',
    );
    expect(withoutCaller('x|c.1|sales|NONE|ENTERQUEUE', options.pseudonymise)).toBe(
      'x|c.1|sales|NONE|ENTERQUEUE',
    );
    expect(withoutCaller('x|c.1|sales|Ann|CONNECT|1|082|3', options.pseudonymise)).toContain('082');
  });
  it("a line's name, a hash without a key, is made without the number", () => {
    expect(namingPart(enter)).toBe('yesterday|c.1|sales|NONE|ENTERQUEUE');
    expect(namingPart('1|c.1|sales|Ann|CONNECT|1|x|3')).toBe('1|c.1|sales|Ann|CONNECT|1|x|3');
  });
});

it('understands every line of a real Asterisk 22', () => {
  const file = join(import.meta.dirname, '../../../fixtures/asterisk22/queue_log');
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const kinds = new Map<string, number>();
  for (const line of lines) {
    const parsed = parseLine(line, options);
    const kind = parsed.status === 'rejected' ? parsed.reason : parsed.event.body.type;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  expect(Object.fromEntries(kinds)).toEqual({
    contact_offered: 123,
    contact_answered: 69,
    contact_ended: 67,
    contact_transferred: 2,
    contact_exited: 54,
    agent_rang: 24,
    agent_joined_queue: 7,
    agent_left_queue: 6,
    agent_paused: 13,
    agent_unpaused: 8,
  });
});

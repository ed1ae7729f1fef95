/** Turns one call record, a whole call in one row, into the events of its leg. Pure: the clock and the key are given. */
import type { ContactRefused, EventBody, ExitOutcome } from '../../../schemas/events.ts';
import type { Pseudonymise } from '../../pseudonymise.ts';
import {
  type ColumnMap,
  DURATION_FIELDS,
  type DurationField,
  isChannel,
  isDirection,
  type MappedOutcome,
  type StampField,
  type TextField,
} from './column-map.ts';
import { createRow, type Row } from './row.ts';
import { createReadStages } from './stages.ts';
import { DAY_MS, readDuration } from './stamps.ts';

/** A clock or a zone may be off by this much; a call further ahead is a misread date. */
const MAX_AHEAD_MS = DAY_MS;

export interface TimedBody {
  readonly event_time: number;
  readonly body: EventBody;
}
export type ParsedRecord =
  | { readonly status: 'events'; readonly events: readonly TimedBody[] }
  | { readonly status: 'dropped'; readonly reason: string }
  | { readonly status: 'rejected'; readonly reason: string };

export interface ParserOptions {
  readonly map: ColumnMap;
  /** Where each column stands in a row. */
  readonly places: ReadonlyMap<string, number>;
  readonly timeZone: string;
  readonly pseudonymise: Pseudonymise;
  /** When this is read: for years of two digits, and to refuse calls from the future. */
  readonly nowMs: number;
}

type Facts = Omit<ContactRefused, 'type' | 'reason'>;
type Durations = Readonly<Record<DurationField, number | null>>;
interface Reading {
  readonly row: Row;
  readonly facts: Facts;
  readonly durations: Durations;
  readonly stages: (fields: readonly StampField[]) => ReadonlyMap<StampField, number | null>;
}

/** The events of a record's leg are in order: none is earlier than the one before it. */
export const createCallRecordParser = (
  options: ParserOptions,
): ((fields: readonly string[]) => ParsedRecord) => {
  const { map, places, timeZone, nowMs } = options;
  const readStages = createReadStages(map, timeZone, new Date(nowMs).getUTCFullYear());
  return (fields) => {
    const row = createRow(places, fields);
    const outcome = outcomeOf(row, map);
    if (outcome?.kind === 'dropped') return { status: 'dropped', reason: outcome.reason };
    const reading: Reading = {
      row,
      facts: factsOf(row, options),
      durations: durationsOf(row, map),
      stages: (stages) => readStages(row, stages),
    };
    const events = outcome === null ? [] : eventsOf(outcome, reading, options);
    checkTimes(row, events, nowMs);
    const reason = row.failure();
    return reason === null ? { status: 'events', events: inOrder(events) } : { status: 'rejected', reason };
  };
};

const outcomeOf = (row: Row, { outcome }: ColumnMap): MappedOutcome | null => {
  for (const { when, outcome: ruled } of outcome.rules) {
    if ([...when].every(([column, texts]) => texts.has(row.text(column)))) return ruled;
  }
  const text = row.text(outcome.column);
  return outcome.values.get(text) ?? row.fail(`outcome: the map has no meaning for "${text}"`);
};

const factsOf = (row: Row, { map, pseudonymise }: ParserOptions): Facts => {
  const text = (field: TextField): string => textOf(row, map, field);
  const channel = text('channel');
  const direction = text('direction');
  const contact_id = map.contactId.map(row.text).join('-');
  const queue = text('queue');
  if (/^-*$/.test(contact_id)) row.fail('contact_id is empty');
  if (queue === '') row.fail('queue is empty');
  if (!isChannel(channel)) row.fail(`channel: "${channel}" is no channel: translate it with values`);
  if (!isDirection(direction))
    row.fail(`direction: "${direction}" is no direction: translate it with values`);
  return {
    contact_id,
    queue,
    channel: isChannel(channel) ? channel : 'voice',
    direction: isDirection(direction) ? direction : 'inbound',
    language: text('language'),
    site: text('site'),
    tier: text('tier'),
    caller: pseudonymise(text('caller')),
  };
};

const textOf = (row: Row, map: ColumnMap, field: TextField): string => {
  const source = map.texts[field];
  if (source.kind === 'constant') return source.value;
  const text = row.text(source.column);
  if (source.values === null) return text;
  return source.values.get(text) ?? row.fail(`${field}: the map has no meaning for "${text}"`) ?? '';
};

const durationsOf = (row: Row, map: ColumnMap): Durations => {
  const durations: Record<DurationField, number | null> = {
    wait: null,
    ring: null,
    talk: null,
    hold: null,
    wrap: null,
  };
  for (const field of DURATION_FIELDS) {
    const source = map.durations[field];
    const text = source === undefined ? '' : row.text(source.column);
    if (source === undefined || text === '') continue;
    const unit = source.unit === 'hms' ? 'H:MM:SS' : source.unit;
    durations[field] =
      readDuration(text, source.unit) ?? row.fail(`${field}: "${text}" is no duration in ${unit}`);
  }
  return durations;
};

const eventsOf = (
  outcome: Exclude<MappedOutcome, { kind: 'dropped' }>,
  reading: Reading,
  { map }: ParserOptions,
): TimedBody[] => {
  switch (outcome.kind) {
    case 'answered':
      return answeredLeg(reading, agentOf(reading.row, map), positionOf(reading.row, map));
    case 'exited': {
      const left = map.stamps.left_at === undefined ? 'ended_at' : 'left_at';
      return exitedLeg(reading, outcome.outcome, left, positionOf(reading.row, map));
    }
    case 'refused': {
      const atMs = offeredMs(reading, reading.stages(['offered_at']));
      if (atMs === null) return [];
      return [
        { event_time: atMs, body: { type: 'contact_refused', ...reading.facts, reason: outcome.reason } },
      ];
    }
  }
};

const agentOf = (row: Row, map: ColumnMap): string => {
  const agent = textOf(row, map, 'agent');
  return map.agentNone.has(agent) ? '' : agent;
};

const positionOf = (row: Row, { position }: ColumnMap): number | null => {
  const text = position === null ? '' : row.text(position);
  if (text === '') return null;
  return /^\d{1,6}$/.test(text) ? Number(text) : row.fail(`position: "${text}" is no place in a queue`);
};

type Times = ReadonlyMap<StampField, number | null>;
const offeredMs = ({ row }: Reading, times: Times): number | null =>
  times.get('offered_at') ?? row.fail('offered_at is empty');
const offeredEvent = ({ facts }: Reading, event_time: number, position: number | null): TimedBody => ({
  event_time,
  body: { type: 'contact_offered', ...facts, position },
});

/** Where a stamp is missing, the stated durations say when it was. */
const answeredLeg = (reading: Reading, agent: string, position: number | null): TimedBody[] => {
  const { row, facts, durations } = reading;
  const { wait, ring, talk, hold, wrap } = durations;
  const times = reading.stages(['offered_at', 'answered_at', 'ended_at']);
  const offered = offeredMs(reading, times);
  if (offered === null) return [];
  const onContact = talk === null ? null : talk + (hold ?? 0);
  const stampedEnd = times.get('ended_at') ?? null;
  const answered =
    times.get('answered_at') ??
    plus(offered, wait) ??
    plus(stampedEnd, onContact === null ? null : -onContact) ??
    row.fail('answered, but neither answered_at nor wait nor ended_at with talk says when');
  const ended =
    stampedEnd ??
    plus(answered, onContact) ??
    row.fail('answered, but neither ended_at nor talk says how long');
  if (answered === null || ended === null) return [];
  const about = { contact_id: facts.contact_id, queue: facts.queue, agent };
  const wait_ms = statedOr(wait, offered, answered);
  const talk_ms = statedOr(talk, answered, ended);
  const events: TimedBody[] = [
    offeredEvent(reading, offered, position),
    { event_time: answered, body: { type: 'contact_answered', ...about, wait_ms, ring_ms: ring } },
    {
      event_time: ended,
      body: { type: 'contact_ended', ...about, ended_by: 'unknown', wait_ms: null, talk_ms, hold_ms: hold },
    },
  ];
  if (wrap !== null) {
    events.push({
      event_time: Math.max(ended, answered) + Math.max(wrap, 0),
      body: { type: 'wrap_up_ended', ...about, wrap_ms: wrap },
    });
  }
  return events;
};

const exitedLeg = (
  reading: Reading,
  outcome: ExitOutcome,
  leftAt: 'left_at' | 'ended_at',
  position: number | null,
): TimedBody[] => {
  const { row, facts, durations } = reading;
  const times = reading.stages(['offered_at', leftAt]);
  const offered = offeredMs(reading, times);
  if (offered === null) return [];
  const left =
    times.get(leftAt) ??
    plus(offered, durations.wait) ??
    row.fail(`${outcome}, but neither ${leftAt} nor wait says when`);
  if (left === null) return [];
  const { contact_id, queue } = facts;
  const wait_ms = statedOr(durations.wait, offered, left);
  return [
    offeredEvent(reading, offered, position),
    { event_time: left, body: { type: 'contact_exited', contact_id, queue, outcome, wait_ms } },
  ];
};

const plus = (fromMs: number | null, lengthMs: number | null): number | null =>
  fromMs === null || lengthMs === null ? null : fromMs + lengthMs;

/** Stamps that run backwards are put in order below; the negative difference goes along, so that it is counted as the clock's fault. */
const statedOr = (statedMs: number | null, fromMs: number, toMs: number): number | null =>
  statedMs ?? (toMs < fromMs ? toMs - fromMs : null);

const checkTimes = (row: Row, events: readonly TimedBody[], nowMs: number): void => {
  for (const { event_time, body } of events) {
    if (event_time >= 0 && event_time <= nowMs + MAX_AHEAD_MS) continue;
    const when = event_time < 0 ? 'before 1970' : 'in the future';
    row.fail(`${body.type} would be ${when}: check the formats of its dates and times`);
  }
};

const inOrder = (events: readonly TimedBody[]): readonly TimedBody[] => {
  let latest = 0;
  return events.map(({ event_time, body }) => {
    latest = Math.max(latest, event_time);
    return { event_time: latest, body };
  });
};

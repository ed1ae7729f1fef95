/** What `/v1/agents` takes and gives. */
import { Type } from 'typebox';
import { FORMATS } from '../export/formats.ts';
import { AGENT_METRICS } from '../metrics/agent-metrics.ts';
import { INTERVALS } from '../metrics/buckets.ts';

const text = (description: string, examples: readonly string[] = []) =>
  Type.Optional(Type.String({ description, maxLength: 200, examples: [...examples] }));
const list = (description: string) =>
  Type.Optional(Type.Array(Type.String({ maxLength: 2000 }), { description, maxItems: 1000 }));
const strict = { additionalProperties: false } as const;

const source = list('Only these sources: an agent of the same name in another is another agent.');
const span = {
  from: text('Date in tz, or ISO 8601; default: today.', ['2026-10-25']),
  to: text('Exclusive; default: the end of today.', ['2026-10-26']),
  tz: text('Time zone of days; default: the configured one.', ['Europe/Berlin']),
};

const format = text(`One of ${FORMATS.join(', ')}; default json.`, ['csv']);

export const AgentParams = Type.Object({
  agent: Type.String({ description: 'His name, as in the feed; * = every agent.' }),
});
export const NowQuerystring = Type.Object(
  {
    queue: list(
      'Only agents of these queues: repeated or separated by commas; \\, is a comma within a name.',
    ),
    source,
    format,
  },
  strict,
);
export const StatesQuerystring = Type.Object({ ...span, source, format }, strict);
export const IntervalsQuerystring = Type.Object(
  {
    ...span,
    interval: text(`One of ${INTERVALS.join(', ')}; default 15m.`, ['1h']),
    source,
    format,
    away: list('Further activities of schedules during which an agent is to be away.'),
  },
  strict,
);

const bound = {
  contact_id: Type.String({
    description: 'The contact that binds him; empty when none, or beyond this token.',
  }),
  queue: Type.String({ description: 'Its queue.' }),
};
export const AgentNow = Type.Object({
  agents: Type.Array(
    Type.Object({
      agent: Type.String(),
      source: Type.String(),
      state: Type.String(),
      reason: Type.String({ description: 'Why he is unavailable.' }),
      since: Type.Union([Type.String(), Type.Null()], { description: 'ISO 8601, UTC.' }),
      ...bound,
      queues: Type.Array(Type.String(), { description: 'Queues he is a member of or at work for.' }),
      as_of: Type.String({ description: 'Up to when his source has told.' }),
      stale: Type.Optional(Type.Literal(true, { description: 'His source has been silent for too long.' })),
    }),
  ),
});
export const AgentStates = Type.Object({
  agent: Type.String(),
  rows: Type.Array(
    Type.Object({
      source: Type.String(),
      agent: Type.String(),
      state: Type.String(),
      reason: Type.String(),
      started_at: Type.String({ description: 'ISO 8601, UTC.' }),
      ended_at: Type.Union([Type.String(), Type.Null()], { description: 'null: it still goes on.' }),
      duration_ms: Type.Integer(),
      ...bound,
    }),
  ),
});
export const AgentIntervals = Type.Object({
  definition: Type.Record(Type.String(), Type.Unknown()),
  rows: Type.Array(
    Type.Object({
      interval_start: Type.String({ description: 'ISO 8601 with the zone’s offset.' }),
      source: Type.String(),
      agent: Type.String(),
      ...Object.fromEntries(
        AGENT_METRICS.map(({ name, unit, doc, formula }) => [
          name,
          Type.Union([Type.Number(), Type.Null()], { description: `${doc} ${formula} (${unit})` }),
        ]),
      ),
      reasons: Type.Record(Type.String(), Type.Integer(), { description: 'Reason → ms of unavailable_ms.' }),
    }),
  ),
});

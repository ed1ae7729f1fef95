/** `GET /v1/forecast`: calls, handle time and agents by interval, from the history of a queue. */
import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import type { Store } from '../../infra/clickhouse/store.ts';
import { principalOf, queuesInScope, requireRole } from '../auth.ts';
import { COUNT, type ExportColumn, INSTANT, NUMBER } from '../export/columns.ts';
import { FORMATS } from '../export/formats.ts';
import { describeDefinition, sendRows } from '../export/send-export.ts';
import { BACKTEST_WEEKS } from '../forecast/backtest.ts';
import { calendarOf, dateAt, intervalsOf } from '../forecast/calendar.ts';
import { type Forecast, type ForecastQuestion, forecastQueue } from '../forecast/forecast.ts';
import type { QuarterCounts } from '../forecast/history.ts';
import { HOLIDAY_COUNTRIES } from '../forecast/holidays.ts';
import { bucketStarts, formatLocal } from '../metrics/buckets.ts';
import { badRequest, problem, sendProblem } from '../problems.ts';
import { type QuarterRow, quartersQuery } from '../queries/forecast.ts';
import { describePlan } from '../staffing/plan-request.ts';
import {
  DEFAULT_HISTORY_WEEKS,
  FORECAST_INTERVALS,
  FORECAST_LIMITS,
  type ForecastRequest,
  parseForecastRequest,
} from './forecast-request.ts';
import { PLAN_PARAMETERS } from './staffing.ts';

export interface ForecastRouteOptions {
  readonly store: Store;
  readonly nowMs: () => number;
  readonly timeZone: string;
}

const text = (description: string, examples: readonly string[]) =>
  Type.Optional(Type.String({ description, maxLength: 200, examples: [...examples] }));
const list = (description: string) =>
  Type.Optional(Type.Array(Type.String({ maxLength: 2000 }), { description, maxItems: 1000 }));

const Querystring = Type.Object(
  {
    queue: Type.Array(Type.String({ maxLength: 2000 }), {
      description: `The queues, each forecast by itself: repeated or separated by commas (\\, within a name), up to ${FORECAST_LIMITS.queues}.`,
      maxItems: 1000,
      examples: [['sales']],
    }),
    channel: list('Only these channels.'),
    source: list('Only these sources.'),
    from: text('Date in tz, or ISO 8601; default: tomorrow.', ['2026-10-26']),
    to: text('Exclusive; default: the end of the day of from.', ['2026-10-27']),
    interval: text(`One of ${FORECAST_INTERVALS.join(', ')}; default 15m.`, ['15m']),
    tz: text('Time zone of days and of the wall clock; default: the configured one.', ['Europe/Berlin']),
    history: text(`Weeks to learn from; default ${DEFAULT_HISTORY_WEEKS}w.`, ['8w']),
    holidays: list(
      `Dates such as 2026-12-25, past and to come, and countries: ${HOLIDAY_COUNTRIES.join(', ')}.`,
    ),
    aht: text('Average handle time; default: the history’s own, by time of day.', ['180s']),
    format: text(`One of ${FORMATS.join(', ')}; default json. The others have the rows alone.`, ['csv']),
    ...PLAN_PARAMETERS,
  },
  { additionalProperties: false },
);

const nullable = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });
const Row = Type.Object({
  interval_start: Type.String({ description: 'ISO 8601 with the zone’s offset.' }),
  queue: Type.String(),
  calls: Type.Integer({ description: 'Whole calls; those of a day add up to the day’s.' }),
  expected_calls: Type.Number({ description: 'The mean, which the agents are computed from.' }),
  aht_s: Type.Number({ description: 'Average handle time, seconds.' }),
  agents: nullable('The fewest agents that reach every target; null: out of reach.'),
  scheduled_agents: nullable('The fewest to schedule so that so many are there.'),
  service_level: nullable('Of the agents above, 0..1; null without calls.'),
  occupancy: nullable('Of the agents above, 0..1; null without calls.'),
  holiday: Type.Boolean(),
});
const COLUMNS: readonly ExportColumn[] = [
  { name: 'interval_start', type: INSTANT },
  { name: 'queue', type: 'String' },
  { name: 'calls', type: COUNT },
  { name: 'expected_calls', type: NUMBER },
  { name: 'aht_s', type: NUMBER },
  { name: 'agents', type: COUNT },
  { name: 'scheduled_agents', type: COUNT },
  { name: 'service_level', type: NUMBER },
  { name: 'occupancy', type: NUMBER },
  { name: 'holiday', type: 'Bool' },
];
const Queue = Type.Object({
  queue: Type.String(),
  history_from: Type.String({ description: 'First date with a call.' }),
  history_to: Type.String({ description: 'Last date with a call.' }),
  days: Type.Integer({ description: 'Ordinary days learnt from.' }),
  left_out: Type.Array(Type.String(), { description: 'Dates with too few calls to be ordinary: outages.' }),
  trend_per_week: Type.Number({ description: 'Growth a week, as a fraction; damped ahead.' }),
  holiday_factor: nullable('Calls of a holiday relative to an ordinary day; null: none in the history.'),
  backtest: Type.Object({
    wape: nullable('Σ |forecast − actual| / Σ actual by interval over the weeks forecast anew.'),
    naive_wape: nullable('The same of repeating the same weekday of the week before.'),
    weeks: Type.Integer(),
    intervals: Type.Integer(),
  }),
});
const Reply = Type.Object({
  definition: Type.Record(Type.String(), Type.Unknown()),
  queues: Type.Array(Queue),
  skipped: Type.Array(Type.Object({ queue: Type.String(), reason: Type.String() })),
  rows: Type.Array(Row),
});

type Counts = Map<number, QuarterCounts>;

const countsByQueue = (rows: readonly QuarterRow[]): ReadonlyMap<string, Counts> => {
  const queues = new Map<string, Counts>();
  for (const { queue, start_ms, offered, handled, handle_ms } of rows) {
    const counts = queues.get(queue) ?? new Map<number, QuarterCounts>();
    queues.set(queue, counts);
    counts.set(start_ms, { offered, handled, handleMs: handle_ms });
  }
  return queues;
};

/** What is asked, with the calendar worked out once for all queues. */
const questionOf = (request: ForecastRequest): ForecastQuestion => {
  const { range, starts, interval, timeZone, history } = request;
  const past = bucketStarts({ range: history, interval, timeZone, limit: Number.POSITIVE_INFINITY }) ?? [];
  const pastStarts = new Map(
    intervalsOf(history, timeZone, past).flatMap(({ startMs, quarters }) =>
      quarters.map((quarter) => [quarter.startMs, startMs]),
    ),
  );
  return {
    ...request,
    history: calendarOf(history, timeZone),
    origin: dateAt(timeZone, history.toMs),
    intervals: intervalsOf(range, timeZone, starts),
    byPeak: interval === '1d',
    intervalOf: (startMs) => pastStarts.get(startMs) ?? startMs,
  };
};

const METHOD =
  'mean of the same quarter hours of the week, recent weeks weighing more, along the trend of the weeks';

/** What the figures mean and where they come from, sent along with them. */
const describe = (request: ForecastRequest): Readonly<Record<string, unknown>> => {
  const { timeZone, range, history } = request;
  return {
    method: METHOD,
    interval: request.interval,
    tz: timeZone,
    from: formatLocal(timeZone, range.fromMs),
    to: formatLocal(timeZone, range.toMs),
    history: `${request.historyWeeks}w`,
    history_from: formatLocal(timeZone, history.fromMs),
    history_to: formatLocal(timeZone, history.toMs),
    backtest: `the last weeks, up to ${BACKTEST_WEEKS}, each forecast from what was known before it`,
    staffing: describePlan(request.plan),
  };
};

/** The definition of formats that have the rows alone: with the error of each queue's forecast, and which have none. */
const describeBriefly = ({ definition, queues, skipped }: Static<typeof Reply>) => ({
  ...definition,
  wape: Object.fromEntries(queues.map(({ queue, backtest }) => [queue, backtest.wape])),
  skipped: skipped.map(({ queue }) => queue),
});

type Found = readonly { readonly queue: string; readonly forecast: Forecast }[];

const replyOf = (request: ForecastRequest, found: Found): Static<typeof Reply> => {
  const queues: Static<typeof Queue>[] = [];
  const skipped: { queue: string; reason: string }[] = [];
  const rows: Static<typeof Row>[] = [];
  for (const { queue, forecast: outcome } of found) {
    if (outcome.status === 'too_little') {
      skipped.push({ queue, reason: outcome.reason });
      continue;
    }
    const { forecast } = outcome;
    const { wape, naiveWape, weeks, intervals } = forecast.backtest;
    queues.push({
      queue,
      history_from: forecast.firstDate,
      history_to: forecast.lastDate,
      days: forecast.days,
      left_out: [...forecast.leftOut],
      trend_per_week: forecast.trend,
      holiday_factor: forecast.holidayFactor,
      backtest: { wape, naive_wape: naiveWape, weeks, intervals },
    });
    for (const { interval_start, ...figures } of forecast.rows) {
      rows.push({ interval_start, queue, ...figures });
    }
  }
  return { definition: describe(request), queues, skipped, rows };
};

export const forecastRoute =
  (options: ForecastRouteOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/v1/forecast',
      {
        onRequest: requireRole('planner'),
        schema: {
          summary: 'Calls and agents to expect',
          description:
            'By queue and interval, from the same times of past weeks; with the error of the method over the last weeks beside that of a naive forecast. Too little history is a 422.',
          querystring: Querystring,
          response: { 200: Reply },
        },
      },
      async (request, reply) => {
        const { timeZone, store } = options;
        const parsed = parseForecastRequest(request.query, { timeZone, nowMs: options.nowMs() });
        if (parsed.status === 'refused') return sendProblem(reply, badRequest(parsed.faults));
        const asked = parsed.request;
        const principal = principalOf(request);
        const { refused } = queuesInScope(principal, asked.queues);
        if (refused.length > 0) {
          const detail = `this token does not cover queue ${refused.join(', ')}`;
          return sendProblem(reply, problem('forbidden', detail));
        }
        const { queues, channels, sources } = asked;
        const scope = { tenant: principal.tenant, queues, channels, sources };
        const { sql, params } = quartersQuery(scope, asked.history);
        const counts = countsByQueue(await store.query<QuarterRow>(sql, params));
        const question = questionOf(asked);
        const found: { queue: string; forecast: Forecast }[] = [];
        for (const queue of queues) {
          found.push({ queue, forecast: forecastQueue(question, counts.get(queue) ?? new Map()) });
          await letOthersRun();
        }
        const answer = replyOf(asked, found);
        if (answer.queues.length > 0) {
          const { format } = asked;
          if (format === 'json') return answer;
          describeDefinition(reply, describeBriefly(answer));
          return sendRows(request, reply, 'forecast', { store, columns: COLUMNS, rows: answer.rows, format });
        }
        const reasons = answer.skipped.map(({ queue, reason }) => `${queue}: ${reason}`).join('; ');
        return sendProblem(reply, problem('too_little_history', reasons));
      },
    );
  };

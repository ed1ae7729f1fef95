/** `GET` and `POST /v1/staffing`: the agents that one interval, or the intervals of a day or a week, need. */
import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import { formatDuration } from '../../schemas/durations.ts';
import { SERVICE_LEVEL_NAMES } from '../../schemas/service-level.ts';
import { requireRole } from '../auth.ts';
import { badRequest, type Fault, sendProblem } from '../problems.ts';
import {
  DEFAULT_HANDLE_MS,
  DEFAULT_PERIOD_MS,
  demandFault,
  describePlan,
  type NoteFault,
  type PlanQuery,
  readDuration,
  readPlan,
  UNREACHABLE,
} from '../staffing/plan-request.ts';
import { type Demand, staffInterval } from '../staffing/staff.ts';

/** Intervals of one request: a week of quarter hours. */
export const MAX_INTERVALS = 672;

const optionalText = (description: string, examples: readonly string[]) =>
  Type.Optional(Type.String({ description, maxLength: 40, examples: [...examples] }));
const optionalNumber = (description: string, examples: readonly number[]) =>
  Type.Optional(Type.Number({ description, examples: [...examples] }));

/** Parameters of a staffing, whatever the calls come from. */
export const PLAN_PARAMETERS = {
  sl_threshold: optionalText('Service-level threshold; default 20s.', ['20s']),
  sl_formula: optionalText(`One of ${SERVICE_LEVEL_NAMES.join(', ')}; default abandons_negative.`, [
    'abandons_negative',
  ]),
  short_abandon: optionalText('Longest wait of a short abandon; default 5s.', ['5s']),
  sl_target: optionalNumber('Least service level; default 0.9 when no other target is given.', [0.9]),
  asa_target: optionalText('Longest mean wait of the answered.', ['10s']),
  abandonment_target: optionalNumber('Largest share of calls that give up; needs patience.', [0.05]),
  max_occupancy: optionalNumber('Largest share of agents’ time on calls.', [0.85]),
  patience: optionalText(
    'How long callers wait on average before they give up: Erlang A. Without: Erlang C.',
    ['3m'],
  ),
  shrinkage: optionalNumber(
    'Share of paid time in which an agent is not there, 0 to 0.99; default 0.',
    [0.3],
  ),
};

const AGENTS = {
  agents: optionalNumber('How many agents there are: says how they do, in place of any target.', [14]),
};
const PERIOD = optionalText('Length of the interval; default 30m.', ['30m']);
const HANDLE_TIME = optionalText('Average handle time; default 180s.', ['180s']);

const Query = Type.Object(
  {
    calls: Type.Number({
      description: 'Calls offered in the period; may be a mean such as 12.5.',
      examples: [100],
    }),
    period: PERIOD,
    aht: HANDLE_TIME,
    ...PLAN_PARAMETERS,
    ...AGENTS,
  },
  { additionalProperties: false },
);

const Interval = Type.Object(
  {
    interval_start: Type.Optional(
      Type.String({ description: 'Any label; returned as it came.', maxLength: 100 }),
    ),
    calls: Type.Number({ description: 'Calls offered in the period.' }),
    period: PERIOD,
    aht: HANDLE_TIME,
  },
  { additionalProperties: false },
);
const Body = Type.Object(
  {
    intervals: Type.Array(Interval, { minItems: 1, maxItems: MAX_INTERVALS }),
    period: PERIOD,
    aht: HANDLE_TIME,
    ...PLAN_PARAMETERS,
    ...AGENTS,
  },
  {
    additionalProperties: false,
    examples: [{ aht: '180s', sl_target: 0.9, intervals: [{ calls: 100 }, { calls: 60, aht: '200s' }] }],
  },
);

const figure = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });
/** The figures of one interval, in the order of the API. */
export const STAFFING_FIGURES = {
  agents: Type.Integer({ description: 'The fewest agents that reach every target.' }),
  service_level: figure('Fraction 0..1 by sl_formula.'),
  asa_s: figure('Mean wait of the answered, seconds; null when the queue would grow without end.'),
  occupancy: figure('Share of the agents’ time on calls, 0..1.'),
  wait_probability: figure('Of all calls: those that do not find an agent at once.'),
  abandonment_rate: figure('Of all calls: those that give up; 0 without patience (Erlang C).'),
  scheduled_agents: Type.Integer({ description: 'The fewest to schedule so that so many are there.' }),
};
const Definition = Type.Record(Type.String(), Type.Unknown());
const One = Type.Object({ ...STAFFING_FIGURES, definition: Definition });
const Many = Type.Object({
  definition: Definition,
  rows: Type.Array(
    Type.Object({ interval_start: Type.Optional(Type.String()), calls: Type.Number(), ...STAFFING_FIGURES }),
  ),
});

interface DemandQuery {
  readonly calls: number;
  readonly period?: string;
  readonly aht?: string;
}

/** Reads the demand; its faults are named below `at`, the place of the interval in the request. */
const readDemand = (query: DemandQuery, at: string, note: NoteFault): Demand => {
  const demand: Demand = {
    calls: query.calls,
    periodMs: readDuration(query.period, `${at}period`, note, {
      fallbackMs: DEFAULT_PERIOD_MS,
      leastMs: 1000,
    }),
    handleMs: readDuration(query.aht, `${at}aht`, note, { fallbackMs: DEFAULT_HANDLE_MS, leastMs: 1 }),
  };
  const fault = demandFault(demand);
  if (fault !== null) note(`${at}calls`, fault.message);
  return demand;
};

const faultNotes = (): { readonly faults: Fault[]; readonly note: NoteFault } => {
  const faults: Fault[] = [];
  return { faults, note: (path, message) => faults.push({ path, message }) };
};

type Answer<Value> = { readonly faults: readonly Fault[] } | { readonly faults: null; readonly value: Value };
const unreachable = (path: string): Fault => ({ path, message: UNREACHABLE });

const staffOne = (query: DemandQuery & PlanQuery): Answer<Static<typeof One>> => {
  const { faults, note } = faultNotes();
  const plan = readPlan(query, note);
  const demand = readDemand(query, '', note);
  if (faults.length > 0) return { faults };
  const figures = staffInterval(demand, plan);
  if (figures === null) return { faults: [unreachable('calls')] };
  const definition = {
    ...describePlan(plan),
    period: formatDuration(demand.periodMs),
    aht: formatDuration(demand.handleMs),
  };
  return { faults: null, value: { ...figures, definition } };
};

interface ManyQuery extends PlanQuery, Omit<DemandQuery, 'calls'> {
  readonly intervals: readonly (DemandQuery & { readonly interval_start?: string })[];
}

const staffMany = async (body: ManyQuery): Promise<Answer<Static<typeof Many>>> => {
  const { faults, note } = faultNotes();
  const plan = readPlan(body, note);
  const { period, aht } = body;
  const common = { ...(period === undefined ? {} : { period }), ...(aht === undefined ? {} : { aht }) };
  const asked = body.intervals.map((interval, i) => {
    const at = `intervals.${i}.`;
    return { interval, at, demand: readDemand({ ...common, ...interval }, at, note) };
  });
  if (faults.length > 0) return { faults };
  const rows: Static<typeof Many>['rows'] = [];
  for (const { interval, at, demand } of asked) {
    const { interval_start, calls } = interval;
    const figures = staffInterval(demand, plan);
    if (figures === null) faults.push(unreachable(`${at}calls`));
    else rows.push({ ...(interval_start === undefined ? {} : { interval_start }), calls, ...figures });
    await letOthersRun();
  }
  return faults.length > 0 ? { faults } : { faults: null, value: { definition: describePlan(plan), rows } };
};

export const staffingRoutes = (): FastifyPluginAsyncTypebox => async (app) => {
  app.get(
    '/v1/staffing',
    {
      onRequest: requireRole('planner'),
      schema: {
        summary: 'The agents that an interval needs',
        description:
          'The fewest that reach every target, by Erlang C, or by Erlang A when patience is given.',
        querystring: Query,
        response: { 200: One },
      },
    },
    async (request, reply) => {
      const answer = staffOne(request.query);
      return answer.faults === null ? answer.value : sendProblem(reply, badRequest(answer.faults));
    },
  );
  app.post(
    '/v1/staffing',
    {
      onRequest: requireRole('planner'),
      schema: {
        summary: 'The agents that many intervals need',
        description: `Up to ${MAX_INTERVALS} intervals, each with its calls and, where it differs, its aht and period.`,
        body: Body,
        response: { 200: Many },
      },
    },
    async (request, reply) => {
      const answer = await staffMany(request.body);
      return answer.faults === null ? answer.value : sendProblem(reply, badRequest(answer.faults));
    },
  );
};

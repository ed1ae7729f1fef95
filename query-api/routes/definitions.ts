/** `GET /v1/definitions`: what figures there are and what they mean, from the tables that compute them. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { formatDuration } from '../../schemas/durations.ts';
import { LiveDefinitionSchema } from '../../schemas/live.ts';
import type { QueueServiceLevel } from '../../schemas/queue-definition.ts';
import { SERVICE_LEVEL_FORMULAS, spellOut } from '../../schemas/service-level.ts';
import { requireRole } from '../auth.ts';
import { EXPORT_FORMATS, FORMATS } from '../export/formats.ts';
import { LAYOUTS } from '../export/layouts.ts';
import { liveDefinition } from '../live/live-definition.ts';
import { INTERVALS } from '../metrics/buckets.ts';
import { BASES, defineFigures, PROFILES } from '../metrics/definition.ts';
import { METRICS } from '../metrics/metrics.ts';
import { PROVENANCE } from '../metrics/provenance.ts';
import { GROUP_COLUMNS, GROUP_NAMES, type QueueGroups } from '../queries/group-columns.ts';

const named = { name: Type.String(), doc: Type.String() };
const Reply = Type.Object({
  metrics: Type.Array(
    Type.Object({
      ...named,
      unit: Type.String(),
      formula: Type.String(),
      aliases: Type.Array(Type.String()),
    }),
  ),
  provenance: Type.Array(Type.Object({ ...named, type: Type.String() })),
  service_level_formulas: Type.Array(
    Type.Object({ name: Type.String(), formula: Type.String(), aliases: Type.Array(Type.String()) }),
  ),
  profiles: Type.Array(
    Type.Object({ ...named, sl_formula: Type.String(), abandon_outcomes: Type.Array(Type.String()) }),
  ),
  bases: Type.Array(Type.Object(named)),
  intervals: Type.Array(Type.String()),
  group_columns: Type.Array(
    Type.Object({
      ...named,
      computed_from: Type.String({ description: 'queue_intervals or contact_legs.' }),
    }),
  ),
  queue_groups: Type.Array(Type.Object({ name: Type.String(), queues: Type.Array(Type.String()) })),
  service_levels: Type.Array(
    Type.Object({
      queues: Type.Array(Type.String({ description: 'A name, or a pattern with `*`.' })),
      channel: Type.String({ description: 'Empty: all channels.' }),
      ...LiveDefinitionSchema.properties,
    }),
    {
      description:
        'Queues’ own service levels, by which live figures are measured: the first that covers a queue.',
    },
  ),
  formats: Type.Array(Type.Object({ ...named, content_type: Type.String() })),
  layouts: Type.Array(Type.Object(named)),
  defaults: Type.Object({
    sl_formula: Type.String(),
    sl_threshold: Type.String(),
    short_abandon: Type.String(),
    basis: Type.String(),
    tz: Type.String(),
  }),
});

export interface DefinitionsRouteOptions {
  readonly timeZone: string;
  readonly queueGroups: QueueGroups;
  readonly serviceLevels: readonly QueueServiceLevel[];
}

const definitions = ({ timeZone, queueGroups, serviceLevels }: DefinitionsRouteOptions) => {
  const standard = defineFigures({});
  return {
    metrics: METRICS.map(({ name, doc, unit, formula, aliases }) => ({
      name,
      doc,
      unit,
      formula,
      aliases: [...aliases],
    })),
    provenance: [...PROVENANCE],
    service_level_formulas: SERVICE_LEVEL_FORMULAS.map(({ name, aliases }) => ({
      name,
      formula: spellOut({ formula: name, countExits: false }),
      aliases: [...aliases],
    })),
    profiles: PROFILES.map(({ name, doc, formula, abandonOutcomes }) => ({
      name,
      doc,
      sl_formula: formula,
      abandon_outcomes: [...abandonOutcomes],
    })),
    bases: [...BASES],
    intervals: [...INTERVALS],
    group_columns: GROUP_NAMES.map((name) => ({
      name,
      doc: GROUP_COLUMNS[name].doc,
      computed_from: GROUP_COLUMNS[name].inTotals ? 'queue_intervals' : 'contact_legs',
    })),
    queue_groups: Object.entries(queueGroups).map(([name, queues]) => ({ name, queues: [...queues] })),
    service_levels: serviceLevels.map(({ queues, channel, ...of }) => ({
      queues: [...queues],
      channel,
      ...liveDefinition(of),
    })),
    formats: FORMATS.map((name) => {
      const { doc, contentType } = EXPORT_FORMATS[name];
      return { name, doc, content_type: contentType };
    }),
    layouts: [...LAYOUTS],
    defaults: {
      sl_formula: standard.formula,
      sl_threshold: formatDuration(standard.thresholdMs),
      short_abandon: formatDuration(standard.shortAbandonMs),
      basis: standard.basis,
      tz: timeZone,
    },
  };
};

export const definitionsRoute =
  (options: DefinitionsRouteOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/v1/definitions',
      {
        onRequest: requireRole('wallboard'),
        schema: {
          summary: 'What figures there are and what they mean',
          description: 'The tables that compute the figures: the same as in docs/metrics.md.',
          response: { 200: Reply },
        },
      },
      async () => definitions(options),
    );
  };

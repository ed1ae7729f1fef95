/** Parameters and reply of `/v1/intervals`, as OpenAPI tells them. */
import { Type } from 'typebox';
import { SERVICE_LEVEL_NAMES } from '../../schemas/service-level.ts';
import { FORMATS } from '../export/formats.ts';
import { LAYOUT_NAMES } from '../export/layouts.ts';
import { INTERVALS } from '../metrics/buckets.ts';
import { BASIS_NAMES, PROFILE_NAMES } from '../metrics/definition.ts';
import { METRICS } from '../metrics/metrics.ts';
import { PROVENANCE } from '../metrics/provenance.ts';
import { GROUP_COLUMNS, GROUP_NAMES, LEG_COLUMNS } from '../queries/group-columns.ts';

const textParameter = (description: string, examples: readonly string[]) =>
  Type.Optional(Type.String({ description, maxLength: 200, examples: [...examples] }));
const listParameter = (description: string) =>
  Type.Optional(Type.Array(Type.String({ maxLength: 2000 }), { description, maxItems: 1000 }));

export const Querystring = Type.Object(
  {
    from: textParameter(
      'Date in tz, or ISO 8601; default: today. With interval=total: the beginning of all data.',
      ['2026-10-25'],
    ),
    to: textParameter('Exclusive; default: the end of today. With interval=total: the end of all data.', [
      '2026-10-26',
    ]),
    interval: textParameter(`One of ${INTERVALS.join(', ')}; default 15m.`, ['1h']),
    tz: textParameter('Time zone of days and of the wall clock; default: the configured one.', [
      'Europe/Berlin',
    ]),
    queue: listParameter(
      'Only these queues, or the queues of @group: repeated or separated by commas; \\, is a comma within a name.',
    ),
    queue_group: listParameter('Only the queues of these groups: the same as queue=@group.'),
    channel: listParameter('Only these channels.'),
    source: listParameter('Only these sources.'),
    ...Object.fromEntries(
      LEG_COLUMNS.map((name) => [name, listParameter(`Only these; counted from single legs.`)]),
    ),
    group_by: listParameter(`Any of ${GROUP_NAMES.join(', ')}; default queue. Empty: everything together.`),
    basis: textParameter(`Which moment decides the interval: ${BASIS_NAMES.join(', ')}; default arrival.`, [
      'arrival',
    ]),
    sl_threshold: textParameter('Service-level threshold; default 20s.', ['20s', '1m30s']),
    sl_formula: textParameter(`One of ${SERVICE_LEVEL_NAMES.join(', ')}; default abandons_negative.`, [
      'abandons_negative',
    ]),
    short_abandon: textParameter('Longest wait of a short abandon; default 5s.', ['5s']),
    count_exits: Type.Optional(
      Type.Boolean({ description: 'Adds exits to the denominator of the service level.' }),
    ),
    exclude_short: Type.Optional(
      Type.Boolean({ description: 'Takes short abandons out of the abandonment rate.' }),
    ),
    percentiles: listParameter('Per cent, such as 50,90: adds answer_p50_s and answer_p90_s.'),
    profile: textParameter(`A vendor’s definition: ${PROFILE_NAMES.join(', ')}.`, ['asterisk']),
    format: textParameter(`One of ${FORMATS.join(', ')}; default json.`, ['csv']),
    layout: textParameter(`One of ${LAYOUT_NAMES.join(', ')}; default table.`, ['wfm']),
  },
  { additionalProperties: false },
);

const Row = Type.Object({
  interval_start: Type.String({ description: 'ISO 8601 with the zone’s offset.' }),
  ...Object.fromEntries(
    GROUP_NAMES.map((name) => [name, Type.Optional(Type.String({ description: GROUP_COLUMNS[name].doc }))]),
  ),
  ...Object.fromEntries(
    METRICS.map(({ name, unit, doc, formula }) => [
      name,
      Type.Union([Type.Number(), Type.Null()], { description: `${doc} ${formula} (${unit})` }),
    ]),
  ),
  ...Object.fromEntries(
    PROVENANCE.map(({ name, doc }) => [
      name,
      Type.Union([Type.String(), Type.Number(), Type.Null()], { description: doc }),
    ]),
  ),
});
export const Reply = Type.Object({
  definition: Type.Record(Type.String(), Type.Unknown()),
  rows: Type.Array(Row),
});

/** The part of docs/metrics.md about the quality of contacts, from the table that computes its figures. */
import { formatDuration } from '../../schemas/durations.ts';
import { DEFAULT_FCR_WINDOW_MS, MAX_FCR_WINDOW_DAYS, QUALITY_METRICS } from './quality.ts';

type Table = (head: readonly string[], rows: readonly (readonly string[])[]) => string;

export const renderQualitySection = (table: Table): string => `## Quality of contacts

\`GET /v1/quality\` tells who had to come back, by day, week, month or in all:

${table(
  ['field', 'unit', 'formula', 'meaning'],
  QUALITY_METRICS.map(({ name, unit, formula, doc }) => [`\`${name}\``, unit, formula, doc]),
)}

\`fcr_window\` is ${formatDuration(DEFAULT_FCR_WINDOW_MS)} unless asked otherwise, at most ${MAX_FCR_WINDOW_DAYS} days. Coming back is another inbound contact of the
same caller, answered or not and by any channel or source, to the same queue or one of the same queue group, offered
within the window after the first one was. It is credited to the day on which the first contact was answered, and that
day is \`matured\` once the window of all its contacts has passed. Callers are told apart by their pseudonyms; one who
withheld his number, or writes by chat after a call, is another one, and so is one whose key was replaced by an erasure.
\`group_by\` and filters are those above.

The other figures of customer care come from \`/v1/intervals\`, by channel, language, site, customer tier or agent: time
to the first reply is \`asa_s\`, contacts passed on are \`transfer_rate\`. What feeds do not tell today has no figure: customer
satisfaction (CSAT) and recommendation (NPS) need surveys; time to resolution and escalations between tiers of support
need tickets; cost a contact needs rates; and no feed names the supplier that an agent works for.`;

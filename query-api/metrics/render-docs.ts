/**
 * Writes docs/metrics.md from the tables that compute the figures: `node query-api/metrics/render-docs.ts`.
 * A test fails when the page is older than the tables.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SERVICE_LEVEL_FORMULAS, serviceLevel, spellOut } from '../../schemas/service-level.ts';
import { GROUP_COLUMNS, GROUP_NAMES } from '../queries/group-columns.ts';
import { BASES, defineFigures, LONGEST_LEG_DAYS, PROFILES } from './definition.ts';
import { METRICS } from './metrics.ts';
import { PROVENANCE } from './provenance.ts';
import { renderAgentSection } from './render-agent-docs.ts';
import { renderQualitySection } from './render-quality-docs.ts';

export const METRICS_PAGE = fileURLToPath(new URL('../../docs/metrics.md', import.meta.url));

const EXAMPLE = {
  answered: 1000,
  abandoned: 60,
  exits: 0,
  answeredWithin: 860,
  abandonedWithin: 20,
  shortAbandoned: 10,
};

const escapeCell = (text: string): string => text.replaceAll('|', '\\|');
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map(escapeCell).join(' | ')} |`)
    .join('\n');

const formulaTable = (): string =>
  table(
    ['`sl_formula`', 'formula', 'example', 'also known as'],
    SERVICE_LEVEL_FORMULAS.map(({ name, aliases }) => {
      const rule = { formula: name, countExits: false };
      const figure = serviceLevel(rule, EXAMPLE) ?? Number.NaN;
      const isDefault = defineFigures({}).formula === name;
      return [
        `\`${name}\`${isDefault ? ' (default)' : ''}`,
        spellOut(rule),
        figure.toFixed(4).slice(1),
        aliases.join(', '),
      ];
    }),
  );

const profileTable = (): string =>
  table(
    ['`profile`', '`sl_formula`', 'counted as abandons', 'source'],
    PROFILES.map(({ name, formula, abandonOutcomes, doc }) => [
      `\`${name}\``,
      `\`${formula}\``,
      abandonOutcomes.map((outcome) => `\`${outcome}\``).join(', '),
      doc,
    ]),
  );

const metricTable = (): string =>
  table(
    ['field', 'unit', 'formula', 'meaning', 'elsewhere'],
    METRICS.map(({ name, unit, formula, doc, aliases }) => [
      `\`${name}\``,
      unit,
      formula,
      doc,
      aliases.join(', '),
    ]),
  );

const basisTable = (): string =>
  table(
    ['`basis`', 'the interval of the moment'],
    BASES.map(({ name, doc }) => [`\`${name}\``, doc]),
  );

const groupTable = (): string =>
  table(
    ['`group_by`', 'computed from', 'meaning'],
    GROUP_NAMES.map((name) => {
      const { inTotals, doc } = GROUP_COLUMNS[name];
      return [`\`${name}\``, inTotals ? '`queue_intervals`' : '`contact_legs`', doc];
    }),
  );

const provenanceTable = (): string =>
  table(
    ['field', 'meaning'],
    PROVENANCE.map(({ name, doc }) => [`\`${name}\``, doc]),
  );

/** The whole page. */
export const renderMetricsPage = (): string => `# Metrics: what each number means

<!-- Made by \`node query-api/metrics/render-docs.ts\` from the tables in query-api/metrics. Change those. -->

Vendors disagree on nearly every one of these figures: the same hour gives a service level from 81 % to 86 % by the six
formulas in use. Busyhour therefore stores counters and applies a definition when it is read. Changing the definition
is instant and holds for all of the past. Every reply of \`/v1/intervals\` carries the definition that it was computed
by: as \`definition\` in JSON, as the header \`busyhour-definition\` with every other format, and in short on every row.
\`GET /v1/definitions\` has the tables of this page for programs; [exports.md](exports.md) the formats.

## A contact leg

One stay of one contact in one queue: offered, waits, one outcome, and if answered: talk, hold, wrap-up. A transfer to
a queue starts a new leg with its own clock; so does entering the same queue again. Durations that a feed states are
used as they are and not computed again from rounded stamps.

## Which interval a contact counts in

Everything about a contact counts in the interval in which it was **offered** (basis \`arrival\`). So
offered = answered + abandoned + exits + in progress holds in every interval, and no ratio leaves 0..1. Agents’ time is
cut at the edges of the interval in which it passes. Totals are stored by 15 minutes UTC; longer intervals, days, weeks
(from Monday) and months are those of the time zone asked for: a day with a clock change has 23 or 25 hours and is one
day. \`from\` and \`to\` are widened to whole quarter hours; \`to\` is exclusive.

\`basis\` chooses another moment; contacts are then counted from single legs (\`computed_from: contact_legs\`), where one
that is not over is not there yet, and one that was offered more than ${LONGEST_LEG_DAYS} days before the time asked
about is not looked for. Agents’ time stays where it passes.

${basisTable()}

## Groups and filters

\`group_by\` takes any of these, and several; each but \`queue_group\` is a filter too, by its own name. What totals do not
tell apart is counted from single legs, without agents’ time.

${groupTable()}

\`queue_groups\` of busyhour.yaml names groups: \`sales: [sales-de, sales-en]\`. \`queue=@sales\` and
\`queue_group=sales\` stand for its queues, \`group_by=queue_group\` sums them. A queue of two groups counts in both, one of
none in the group named with the empty text.

## Service level

With the threshold T (\`sl_threshold\`, default 20 s) and the short-abandon limit S (\`short_abandon\`, default 5 s), both
meant as “at most”:

- A answered, a those of them within T
- B abandoned, b those of them within T, s those within S
- F exits: \`timed_out\`, \`left_empty\`, \`key_exit\`, \`overflowed\`; \`count_exits=true\` adds them to the denominator

${formulaTable()}

The example has A = 1000, a = 860, B = 60, b = 20, s = 10.

Where nothing counts, a figure is \`null\`, never 0 or 100 %. Figures are fractions 0..1 in the API, per cent on screens.

Waits are kept as histograms whose edges are every second up to 60 s, every 5 s up to 5 min, every 30 s up to 30 min,
every 5 min up to 2 h, every hour up to a day and every day up to a week. A limit on an edge is answered exactly from
them (\`computed_from: queue_intervals\`). For another limit, or a profile that counts other outcomes as abandons, all
counts of the service level come from the single legs (\`computed_from: contact_legs\`). Both are exact; but a leg is
there only once the contact’s part is over, so contacts being talked to are in the first and not yet in the second.

## Profiles

A profile is a vendor’s whole definition; a parameter given beside it wins.

${profileTable()}

With \`profile=asterisk\`, \`abandonment_rate\` too counts what Asterisk counts.

## Figures of an interval

${metricTable()}

\`percentiles=50,90\` adds \`answer_p50_s\` and \`answer_p90_s\`: the shortest time, on an edge of the histograms, within
which so many per cent of the answered were answered; null without one, or where it is longer than a week.

Beside its figures every row tells what it rests on:

${provenanceTable()}

An agent is in one state at a time, across all queues and channels, so that wall-clock time is never counted twice.
The available time of an agent of n queues is split n ways among those he is not paused in: queues add up to the centre.
A queue’s staffed time is its contacts’ part of its agents’ time (contact, hold, wrap-up, ringing) and its share of their
available and unavailable time. Open stretches count up to the last quarter hour or heartbeat of the source.

Feeds do not always say that an agent came or went. One who is only seen at work (a static member of an Asterisk queue)
counts as staffed from his first ring until 4 hours after he was last heard of, anyone else until 24 hours after. A wrap-up
whose end was lost ends after an hour, a ring after ten minutes. Call records do not tell where agents are: there occupancy
and utilisation are null, and staffed time is 0.

A leg nothing was heard of for 24 hours is given up: \`unknown\` if it waited; if it was answered, it stays answered but is
not handled, as nobody knows its talk time.

${renderAgentSection(table)}

${renderQualitySection(table)}

## On the wallboard

\`today\` is the day of the configured time zone, \`interval\` the current 15 minutes. Their service level is
\`abandons_negative\` at 20 s; occupancy includes the agents’ stretches that are still open. A queue is \`stale\` when one
of its sources has been silent for 30 s.
`;

if (import.meta.main) writeFileSync(METRICS_PAGE, renderMetricsPage());
